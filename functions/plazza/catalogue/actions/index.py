"""The search index's life: built beside the old one, checked, swapped in at once; kept up to date product by product.

Searches ask the alias `products` only, so none ever sees half an index.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from elasticsearch import Elasticsearch, helpers

from plazza import clock, logs, settings
from plazza.catalogue.actions import templates
from plazza.catalogue.actions.candidates import ALIAS
from plazza.catalogue.actions.documents import document_of
from plazza.catalogue.models.index import IndexView
from plazza.catalogue.store import products as store
from plazza.data import search as engine
from plazza.data.sql import read
from plazza.errors import Conflict

_FIRST = UUID(int=0)
_OVERLAP = timedelta(seconds=30)
"""A transaction that began before the build may commit during it: changes are taken again from a little earlier."""
_OLDER = 409


def build() -> IndexView:
    """Build a new index of all products, check it, and put it behind the alias. Raises SearchDown, Conflict when it is not whole."""
    began = clock.now()
    index = f"{ALIAS}-{began:%Y%m%d%H%M%S}"
    definition = templates.index_definition()
    engine.call(
        lambda client: client.indices.create(
            index=index, settings=definition["settings"], mappings=definition["mappings"]
        ),
        timeout_sec=engine.BULK_TIMEOUT_SEC,
    )
    _write(index, _all_products())
    swap(index, check=True)
    # What changed meanwhile went to the old index; the outbox writes by alias, so from here on to the new one.
    _write(index, _changed_products(began - _OVERLAP))
    logs.write("INFO", "index built", index=index)
    return status()


def swap(index: str, *, check: bool) -> IndexView:
    """Point the alias at an index, in one step. Raises Conflict when `check` finds that products are missing in it."""
    if check:
        engine.call(lambda client: client.indices.refresh(index=index), timeout_sec=engine.BULK_TIMEOUT_SEC)
        have = engine.call(lambda client: client.count(index=index))["count"]
        want = read(store.count_products)
        if have < want:
            raise Conflict("The new index lacks products; build it again.", documents=have, products=want)
    actions: list[dict[str, Any]] = [{"remove": {"index": old, "alias": ALIAS}} for old in _aliased() if old != index]
    actions.append({"add": {"index": index, "alias": ALIAS, "is_write_index": True}})
    engine.call(lambda client: client.indices.update_aliases(actions=actions), timeout_sec=engine.BULK_TIMEOUT_SEC)
    return status()


def status() -> IndexView:
    """Tell which index answers, which others are there, and whether the counts agree. Raises SearchDown."""
    aliased = _aliased()
    listed = engine.call(lambda client: client.indices.get_alias(index=f"{ALIAS}-*"))
    documents = engine.call(lambda client: client.count(index=ALIAS))["count"] if aliased else 0
    return IndexView(
        alias=ALIAS,
        index=aliased[0] if aliased else None,
        others=sorted(set(listed) - set(aliased)),
        documents=int(documents),
        products=read(store.count_products),
        mapping_version=int(templates.index_definition()["mappings"]["_meta"]["version"]),
    )


def write_product(product_id: UUID) -> None:
    """Bring one product's document up to date; an older version never replaces a newer one. Raises SearchDown."""
    product = read(lambda tx: store.find_product(tx, product_id))
    if product is None:
        return
    engine.call(lambda client: _write_one(client, product))


def _write_one(client: Elasticsearch, product: store.FullProduct) -> None:
    client.options(ignore_status=_OLDER).index(
        index=ALIAS,
        id=str(product.id),
        document=document_of(product),
        version=product.version,
        version_type="external",
        require_alias=True,
    )


def _aliased() -> list[str]:
    exists = engine.call(lambda client: client.indices.exists_alias(name=ALIAS))
    return sorted(engine.call(lambda client: client.indices.get_alias(name=ALIAS))) if exists else []


def _write(index: str, products: Iterator[store.FullProduct]) -> None:
    actions = (
        {
            "_op_type": "index",
            "_index": index,
            "_id": str(product.id),
            "version": product.version,
            "version_type": "external_gte",
            "_source": document_of(product),
        }
        for product in products
    )

    def work(client: Elasticsearch) -> None:
        for done, item in helpers.streaming_bulk(
            client, actions, chunk_size=settings.number("BATCH_SIZE"), raise_on_error=False
        ):
            if not done and item["index"]["status"] != _OLDER:
                raise Conflict(
                    "The engine refused a product; see its mapping.", problem=str(item["index"].get("error"))[:300]
                )

    engine.call(work, timeout_sec=engine.BULK_TIMEOUT_SEC)


def _all_products() -> Iterator[store.FullProduct]:
    size, after = settings.number("BATCH_SIZE"), _FIRST
    while page := read(lambda tx, last=after: store.list_after(tx, last, size)):
        yield from page
        after = page[-1].id


def _changed_products(since: datetime) -> Iterator[store.FullProduct]:
    size, after = settings.number("BATCH_SIZE"), _FIRST
    while page := read(lambda tx, last=after: store.list_changed(tx, since, last, size)):
        yield from page
        after = page[-1].id
