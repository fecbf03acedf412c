"""What differs between the products and an index: counts and a checksum by id and version, per 256th of the catalogue.

Both sides give a count and a sum per bucket: the engine by one aggregation, the database by a walk over ids and versions. Only
buckets that differ are looked into.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID

from plazza.catalogue.actions import changes
from plazza.catalogue.actions.documents import bucket_of, mark_of
from plazza.catalogue.actions.writing import delete_documents, write_products
from plazza.catalogue.store import products as store
from plazza.data import search as engine
from plazza.data.sql import read

_ALL = (UUID(int=0), UUID(int=2**128 - 1))
_PAGE = 5_000
_WRITTEN_AT_ONCE = 200
BUCKETS = 256
_NONE = "none"


class Sum(NamedTuple):
    """How many products or documents a bucket has, and the sum of their marks."""

    documents: int = 0
    marks: int = 0


class Repaired(NamedTuple):
    """What a repair did: documents written and removed, and those that the index has in a version nobody knows of."""

    written: int
    removed: int
    ahead: int


def differing(index: str) -> list[str]:
    """Give the buckets in which an index differs from the products. Raises SearchDown."""
    indexed, stored = _indexed_sums(index), _stored_sums()
    return sorted(name for name in indexed.keys() | stored.keys() if indexed.get(name) != stored.get(name))


def repair(index: str) -> Repaired:
    """Mend what differs in an index, and touch nothing else. Raises SearchDown."""
    total = Repaired(0, 0, 0)
    for bucket in differing(index):
        done = _repair_bucket(index, bucket)
        total = Repaired(total.written + done.written, total.removed + done.removed, total.ahead + done.ahead)
    if total.written or total.removed:
        changes.forget_all()
    return total


def _repair_bucket(index: str, bucket: str) -> Repaired:
    # The index first: what is in it was in the database before, so what the database then lacks is truly too much.
    indexed = _indexed_versions(index, bucket)
    stored = {} if bucket == _NONE else {row.id: row.version for row in _stored_versions(*_range(bucket))}
    if bucket == _NONE:
        known = read(lambda tx: store.list_full(tx, list(indexed)))
        stored = {row.id: row.version for row in known}
    behind = [one for one, version in stored.items() if bucket == _NONE or indexed.get(one, -1) < version]
    newer = 0
    for start in range(0, len(behind), _WRITTEN_AT_ONCE):
        ids = behind[start : start + _WRITTEN_AT_ONCE]
        newer += write_products(index, read(lambda tx, ids=ids: store.list_full(tx, ids)))
    surplus = {one: version for one, version in indexed.items() if one not in stored}
    delete_documents(index, surplus)
    ahead = sum(1 for one, version in stored.items() if bucket != _NONE and indexed.get(one, -1) > version)
    return Repaired(len(behind) - newer, len(surplus), ahead + newer)


def _stored_sums() -> dict[str, Sum]:
    sums: defaultdict[str, Sum] = defaultdict(Sum)
    for row in _stored_versions(*_ALL):
        name = bucket_of(row.id)
        before = sums[name]
        sums[name] = Sum(before.documents + 1, before.marks + mark_of(row.id, row.version))
    return dict(sums)


def _stored_versions(after: UUID, last: UUID) -> Iterator[store.Versioned]:
    while page := read(lambda tx, after=after: store.list_versions(tx, after, last, _PAGE)):
        yield from page
        after = page[-1].id


def _range(bucket: str) -> tuple[UUID, UUID]:
    first = int(bucket, 16) << 120
    return UUID(int=max(first - 1, 0)), UUID(int=first + 2**120 - 1)


def _indexed_sums(index: str) -> dict[str, Sum]:
    engine.call(lambda client: client.indices.refresh(index=index), timeout_sec=engine.BULK_TIMEOUT_SEC)
    body: dict[str, Any] = {
        "size": 0,
        "track_total_hits": False,
        "aggs": {
            "buckets": {
                "terms": {"field": "bucket", "size": BUCKETS + 1, "missing": _NONE},
                "aggs": {"marks": {"sum": {"field": "mark"}}},
            }
        },
    }
    answer = engine.call(lambda client: client.search(index=index, body=body), timeout_sec=engine.BULK_TIMEOUT_SEC)
    return {
        one["key"]: Sum(one["doc_count"], round(one["marks"]["value"]))
        for one in answer["aggregations"]["buckets"]["buckets"]
    }


def _indexed_versions(index: str, bucket: str) -> dict[UUID, int]:
    query = (
        {"bool": {"must_not": [{"exists": {"field": "bucket"}}]}}
        if bucket == _NONE
        else {"bool": {"filter": [{"term": {"bucket": bucket}}]}}
    )
    body: dict[str, Any] = {"size": _PAGE, "version": True, "_source": False, "query": query, "sort": [{"sku": "asc"}]}
    found: dict[UUID, int] = {}
    while hits := engine.call(lambda client: client.search(index=index, body=body))["hits"]["hits"]:
        found |= {UUID(hit["_id"]): int(hit["_version"]) for hit in hits}
        body["search_after"] = hits[-1]["sort"]
    return found
