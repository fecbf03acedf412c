"""The search index's life on a real engine of its own alias: built, swapped, rolled back, mended, while searches go on."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from plazza import clock
from plazza.catalogue.actions import index
from plazza.catalogue.actions.templates import index_definition
from plazza.catalogue.actions.writing import write_products
from plazza.catalogue.store import leases
from plazza.catalogue.store import products as store
from plazza.catalogue.store.products import FullProduct
from plazza.data import search
from plazza.data.sql import read, run_transaction
from plazza.errors import Conflict
from tests.support.catalogue import new_brand, sell
from tests.support.client import Client
from tests.support.database import Database


@pytest.fixture
def built(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an index answer that agrees with the products; only where it cannot be mended is it built."""
    monkeypatch.setenv("ELASTICSEARCH_URL", engine)
    found = index.status()
    if found.index is None or found.index_mapping_version != found.mapping_version or index.repair().ahead:
        index.build()


@pytest.fixture
def aside(built: None) -> Iterator[str]:
    """An index of the products' mapping that no alias names."""
    name = f"aside-{uuid4()}"
    search.call(lambda client: client.indices.create(index=name, **index_definition()), timeout_sec=30)
    yield name
    search.call(lambda client: client.indices.delete(index=name), timeout_sec=30)


def _post(api: Client, path: str, body: dict[str, Any] | None = None) -> Any:
    return api.post(f"/admin/index/{path}", body or {}, role="admin", uid=f"admin-{uuid4()}")


def _version(product_id: str) -> int:
    search.call(lambda client: client.indices.refresh(index="products"))
    found = search.call(
        lambda client: client.search(index="products", query={"ids": {"values": [product_id]}}, version=True)
    )
    return found["hits"]["hits"][0]["_version"]


def test_searches_never_fail_while_the_index_is_built_swapped_rolled_back_and_mended(api: Client, built: None) -> None:
    name = f"{new_brand()} 500 Tablet"
    sku = name.replace(" ", "-")
    sell(api, name)
    stop, answers, wrong = threading.Event(), list[int](), list[Any]()

    def ask() -> None:
        while not stop.is_set():
            answer = Client().post("/products/search", {"q": name}, role=None)  # each from an address of its own
            answers.append(answer.status_code)
            if answer.status_code != 200 or answer.json["degraded"] or answer.json["items"][0]["sku"] != sku:
                wrong.append(answer.json)

    with ThreadPoolExecutor(2) as searchers:
        asked = [searchers.submit(ask) for _ in range(2)]
        try:
            first = index.build()
            second = index.build()
            back = index.rollback()
            index.swap(str(second.index))
            index.repair()
        finally:
            stop.set()
        for one in asked:
            one.result()

    assert len(answers) > 10
    assert wrong == []
    assert (back.index, back.previous) == (first.index, second.index)
    assert index.status().others == []


def test_repair_mends_only_what_differs(api: Client, db: Database, built: None) -> None:
    kept, lost, old = (sell(api, f"{new_brand()} 5 Tablet") for _ in range(3))
    stranger = str(uuid4())
    source = {"sku": "STRANGER", "status": "active", "bucket": stranger[:2], "mark": 1}
    search.call(lambda client: client.delete(index="products", id=lost, version=1, version_type="external_gte"))
    search.call(lambda client: client.index(index="products", id=stranger, document=source))
    db.execute("UPDATE products SET version = version + 1 WHERE id = %s", old)
    status = index.status()

    done = _post(Client(), "repair")

    assert status.differing_buckets == len({one[:2] for one in (lost, old, stranger)})
    assert done.status_code == 200, done.json
    assert (done.json["written"], done.json["removed"], done.json["ahead"]) == (2, 1, 0)
    assert done.json["status"]["differing_buckets"] == 0
    assert _version(old) == _version(kept) + 1


def test_an_index_ahead_of_the_database_is_told_and_built_anew(api: Client, db: Database, built: None) -> None:
    product = sell(api, f"{new_brand()} 5 Tablet")
    db.execute("UPDATE products SET version = version + 5 WHERE id = %s", product)
    index.write_product(UUID(product))
    db.execute("UPDATE products SET version = version - 5 WHERE id = %s", product)

    repaired, rebuilt = index.repair(), index.build()

    assert (repaired.written, repaired.ahead, repaired.status.differing_buckets) == (0, 1, 1)
    assert rebuilt.differing_buckets == 0


def test_a_late_event_never_overwrites_a_newer_one(
    api: Client, db: Database, built: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first writer read version 1 and is held up until the second has written that the product is discontinued."""
    product = sell(api, f"{new_brand()} 5 Tablet")
    read, written, true_document = threading.Event(), threading.Event(), index.document_of

    def slow(given: FullProduct) -> dict[str, Any]:
        if given.status == "active":
            read.set()
            assert written.wait(10)
        return true_document(given)

    monkeypatch.setattr(index, "document_of", slow)
    with ThreadPoolExecutor(1) as late:
        waiting = late.submit(index.write_product, UUID(product))
        assert read.wait(10)
        db.execute("UPDATE products SET status = 'discontinued', version = version + 1 WHERE id = %s", product)
        index.write_product(UUID(product))
        written.set()
        waiting.result()

    found = search.call(lambda client: client.get(index="products", id=product))
    assert (found["_version"], found["_source"]["status"]) == (2, "discontinued")


def test_products_that_change_during_a_build_are_new_in_it(api: Client, db: Database, built: None) -> None:
    products = [sell(api, f"{new_brand()} 5 Tablet") for _ in range(5)]
    stop = threading.Event()

    def change() -> None:
        while not stop.is_set():
            for product in products:
                db.execute(
                    "UPDATE products SET version = version + 1, popularity = popularity + 1, updated_at = now() WHERE id = %s",
                    product,
                )
                index.write_product(UUID(product))

    with ThreadPoolExecutor(1) as changer:
        changing = changer.submit(change)
        try:
            index.build()
            index.build()
        finally:
            stop.set()
        changing.result()

    assert index.status().differing_buckets == 0


def test_a_deleted_index_degrades_search_until_it_is_built(api: Client, built: None) -> None:
    name = f"{new_brand()} 500 Tablet"
    sell(api, name)
    current = str(index.status().index)
    search.call(lambda client: client.indices.delete(index=current))

    without = api.post("/products/search", {"q": name}, uid=f"u-{uuid4()}")
    status = index.status()
    rebuilt = index.build()
    again = api.post("/products/search", {"q": name}, uid=f"u-{uuid4()}")

    assert (without.status_code, without.json["degraded"]) == (200, True)
    assert (status.index, status.documents, status.differing_buckets) == (None, 0, 256)
    assert rebuilt.differing_buckets == 0
    assert (again.json["degraded"], again.json["items"][0]["name"]) == (False, name)


def test_only_one_builds_and_the_next_removes_what_a_dead_build_left(built: None) -> None:
    now, owner = clock.now(), uuid4()
    half = "products-20200101000000000000"
    search.call(lambda client: client.indices.create(index=half))
    run_transaction(lambda tx: leases.take_lease(tx, "search-index", owner, now, now + timedelta(minutes=3)))

    refused = _post(Client(), "build")
    left = index.status().others
    run_transaction(lambda tx: leases.take_lease(tx, "search-index", owner, now, now - timedelta(seconds=1)))
    rebuilt = _post(Client(), "build")

    assert refused.status_code == 409
    assert left == [half]
    assert rebuilt.status_code == 200, rebuilt.json
    assert rebuilt.json["others"] == []


def test_an_index_that_lacks_products_is_not_swapped_in(api: Client, built: None) -> None:
    """The check of a build is asked for one product more than there is."""
    current, expected = str(index.status().index), index.expect()

    index.check(current, expected)
    with pytest.raises(Conflict, match="lacks products"):
        index.check(current, expected._replace(products=expected.products + 1))


def test_a_batch_tells_what_was_newer_and_names_what_the_mapping_refuses(api: Client, aside: str) -> None:
    for _ in range(2):
        sell(api, f"{new_brand()} 500 Tablet")
    one, other = read(lambda tx: store.list_after(tx, UUID(int=0), 2))

    newer = [write_products(aside, [one._replace(version=one.version + 5), other]), write_products(aside, [one, other])]
    with pytest.raises(Conflict) as refused:
        write_products(aside, [other, one._replace(version=one.version + 6, popularity=2**70)])

    assert newer == [0, 1]
    assert "popularity" in refused.value.details["problem"]
