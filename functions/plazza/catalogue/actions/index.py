"""The search index's life: built beside the old one, checked, swapped in at once; kept up to date product by product.

Searches ask the alias `products` only, so none ever sees half an index. Versions are the products' own, so that whatever comes late,
be it an event or a page of a build, never replaces what is newer.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from elasticsearch import Elasticsearch

from plazza import clock, logs, settings
from plazza.catalogue.actions import changes, drift, templates
from plazza.catalogue.actions.aliases import indices, point, remove
from plazza.catalogue.actions.candidates import ALIAS, is_found
from plazza.catalogue.actions.documents import document_of
from plazza.catalogue.actions.writing import OLDER, insist, write_products
from plazza.catalogue.models.index import IndexView, RepairedIndex
from plazza.catalogue.store import leases
from plazza.catalogue.store import products as store
from plazza.data import search as engine
from plazza.data.sql import read, run_transaction
from plazza.errors import Conflict, NotFound

_FIRST = UUID(int=0)
_LEASE, _LEASE_FOR = "search-index", timedelta(seconds=180)
_SAMPLES, _SAMPLE = 10, 5
_LEAST_FOUND = 0.8
"""Of the sampled names; the same name may be that of more products than a search looks at."""


class Expected(NamedTuple):
    """What a new index is held against, as read before the last look at what changed: how many products, and some by id."""

    products: int
    sample: dict[str, store.FullProduct]


def build() -> IndexView:
    """Build a new index of all products, check it, and put it behind the alias.

    The one before is kept for `rollback`; older ones, and what a build that died left behind, are removed. Raises SearchDown, and
    Conflict when the new index is not whole or another build runs.
    """
    with _alone() as renew:
        remove(indices().others)
        index = f"{ALIAS}-{clock.now():%Y%m%d%H%M%S%f}"
        definition = templates.index_definition()
        insist(lambda client: _create(client, index, definition))
        write_products(index, _all_products(), each=renew)
        expected = expect()
        drift.repair(index)  # what changed meanwhile
        renew()
        check(index, expected)
        point(index)
        # The outbox writes by alias: what it wrote between the last look and the swap went to the old index only.
        drift.repair(index)
        remove(indices().others)
        logs.write("INFO", "index built", index=index)
    return status()


def expect() -> Expected:
    """Count the products and take samples of them, from anywhere in the catalogue."""
    starts = [uuid4() for _ in range(_SAMPLES)]
    pages = [read(lambda tx, after=after: store.list_after(tx, after, _SAMPLE)) for after in starts]
    return Expected(read(store.count_products), {str(product.id): product for page in pages for product in page})


def check(index: str, expected: Expected) -> None:
    """Raise Conflict unless an index has all products, the sampled ones as they are or newer, and finds them by their names."""
    insist(lambda client: client.options(ignore_status=400).indices.put_settings(index=index, settings=_LIVE))
    insist(lambda client: client.indices.refresh(index=index))
    insist(lambda client: client.cluster.health(index=index, wait_for_no_initializing_shards=True, timeout="20s"))
    have = int(insist(lambda client: client.count(index=index))["count"])
    if have < expected.products:
        raise Conflict("The new index lacks products; build it again.", documents=have, products=expected.products)
    sample = expected.sample
    documents = insist(lambda client: client.mget(index=index, ids=list(sample)))["docs"] if sample else []
    for one in documents:
        product = sample[one["_id"]]
        if not one["found"] or one["_version"] < product.version:
            raise Conflict("The new index has a product in an old version; build it again.", product_id=one["_id"])
        if one["_version"] == product.version and one["_source"]["view"] != document_of(product)["view"]:
            raise Conflict("The new index has a product with other content; build it again.", product_id=one["_id"])
    named = [product for product in sample.values() if product.status == "active"]
    found = sum(is_found(index, product.name, product.id) for product in named)
    if found < _LEAST_FOUND * len(named):
        raise Conflict("The new index does not find products by their names.", found=found, asked=len(named))


def swap(index: str) -> IndexView:
    """Let another index that is there answer. Raises NotFound, Conflict while a build runs, SearchDown."""
    with _alone():
        if index not in indices().all():
            raise NotFound("There is no such index; see its status.", index=index)
        _mend_then_point(index)
    return status()


def rollback() -> IndexView:
    """Let the index before answer again, with what has changed since. Raises Conflict when there is none or a build runs."""
    with _alone():
        before = indices().previous
        if before is None:
            raise Conflict("There is no index to go back to.")
        _mend_then_point(before)
    return status()


def repair() -> RepairedIndex:
    """Mend what differs between the index and the products, and nothing else. Raises SearchDown, also when no index answers."""
    done = drift.repair(ALIAS)
    logs.write("INFO", "index repaired", **done._asdict())
    return RepairedIndex(**done._asdict(), status=status())


def status() -> IndexView:
    """Tell which index answers, which others are there, and what differs from the products. Raises SearchDown."""
    found = indices()
    wanted = int(templates.index_definition()["mappings"]["_meta"]["version"])
    documents = int(engine.call(lambda client: client.count(index=ALIAS))["count"]) if found.current else 0
    return IndexView(
        alias=ALIAS,
        index=found.current,
        previous=found.previous,
        others=found.others,
        documents=documents,
        products=read(store.count_products),
        differing_buckets=len(drift.differing(ALIAS)) if found.current else drift.BUCKETS,
        mapping_version=wanted,
        index_mapping_version=_mapping_version(found.current) if found.current else None,
    )


def write_product(product_id: UUID) -> None:
    """Bring one product's document up to date; an older version never replaces a newer one. Raises SearchDown."""
    changes.forget(product_id)  # also when the engine is away: what the change itself could not say is said here
    product = read(lambda tx: store.find_product(tx, product_id))
    if product is None:
        return
    engine.call(lambda client: _write_one(client, product))
    changes.forget(product_id)


def _write_one(client: Elasticsearch, product: store.FullProduct) -> None:
    client.options(ignore_status=OLDER).index(
        index=ALIAS,
        id=str(product.id),
        document=document_of(product),
        version=product.version,
        version_type="external",
        require_alias=True,
    )


_BUILT = {"refresh_interval": "-1"}
"""While it is built nobody reads it: making its documents visible each second would only cost time."""
_LIVE = {"refresh_interval": "1s"}


def _create(client: Elasticsearch, index: str, definition: dict[str, Any]) -> None:
    # A repetition after an answer that was lost finds it there. All copies before the first document: a node may be lost from then on.
    client.options(ignore_status=400).indices.create(
        index=index,
        settings=definition["settings"] | _BUILT,
        mappings=definition["mappings"],
        wait_for_active_shards="all",
    )


def _mend_then_point(index: str) -> None:
    can_mend = _mapping_version(index) == int(templates.index_definition()["mappings"]["_meta"]["version"])
    if can_mend:  # an index of another mapping cannot take today's documents; it answers as it is, and status says so
        drift.repair(index)
    point(index)
    if can_mend:
        drift.repair(index)


def _mapping_version(index: str) -> int | None:
    mapping = engine.call(lambda client: client.indices.get_mapping(index=index))[index]["mappings"]
    return mapping.get("_meta", {}).get("version")


@contextmanager
def _alone() -> Generator[Callable[[], None]]:
    """Hold the lease; gives what renews it. Raises Conflict when another build, swap or rollback holds it, or took it over."""
    owner = uuid4()

    def renew() -> None:
        now = clock.now()
        if not run_transaction(lambda tx: leases.take_lease(tx, _LEASE, owner, now, now + _LEASE_FOR)):
            raise Conflict("Another build of the search index runs; wait for it.")

    renew()
    try:
        yield renew
    finally:
        run_transaction(lambda tx: leases.delete_lease(tx, _LEASE, owner))


def _all_products() -> Iterator[store.FullProduct]:
    size, after = settings.number("BATCH_SIZE"), _FIRST
    while page := read(lambda tx, last=after: store.list_after(tx, last, size)):
        yield from page
        after = page[-1].id
