"""What search would find without us: the engine's own `multi_match` with `fuzziness: AUTO` over names, salts and makers."""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from elasticsearch import Elasticsearch, helpers

from ops.evaluation.scores import Answer, Judged
from ops.paths import use_functions

use_functions()

from plazza.catalogue.store import products as store  # noqa: E402 -- the path to it is set above
from plazza.data import search as engine  # noqa: E402 -- the same
from plazza.data.sql import read  # noqa: E402 -- the same

FIELDS = ("name", "salts", "manufacturer")
_PAGE, _ASKED = 2000, 10
_TIMEOUT_SEC = 60.0
_SETTINGS = {"number_of_shards": 1, "number_of_replicas": 0}
_PROPERTIES = {"sku": {"type": "keyword"}, **{name: {"type": "text"} for name in FIELDS}}


@contextmanager
def plain_index(progress: Callable[[int, int], None]) -> Generator[str]:
    """Give an index of the active products with the engine's own analysis; it is deleted afterwards."""
    name = f"evaluation-{time.time_ns()}"
    mappings = {"dynamic": "strict", "properties": _PROPERTIES}
    engine.call(
        lambda client: client.indices.create(index=name, settings=_SETTINGS, mappings=mappings),
        timeout_sec=_TIMEOUT_SEC,
    )
    try:
        engine.call(lambda client: _fill(client, name, progress), timeout_sec=_TIMEOUT_SEC)
        yield name
    finally:
        engine.call(lambda client: client.indices.delete(index=name), timeout_sec=_TIMEOUT_SEC)


def ask(index: str, queries: Sequence[Judged]) -> list[Answer]:
    """Give the plain search's answer to each query; it marks nothing."""
    return [Answer(_skus(index, judged.q), frozenset()) for judged in queries]


def body(q: str, size: int = _ASKED) -> dict[str, Any]:
    """Give the plain search's request."""
    match = {"query": q, "fields": list(FIELDS), "fuzziness": "AUTO"}
    fetched = {"_source": False, "stored_fields": "_none_", "docvalue_fields": ["sku"]}
    return {"size": size, "track_total_hits": False, **fetched, "query": {"multi_match": match}}


def _skus(index: str, q: str) -> list[str]:
    answer = engine.call(lambda client: client.search(index=index, body=body(q)), timeout_sec=_TIMEOUT_SEC)
    return [hit["fields"]["sku"][0] for hit in answer["hits"]["hits"]]


def _fill(client: Elasticsearch, index: str, progress: Callable[[int, int], None]) -> None:
    helpers.bulk(client, _documents(index, progress), chunk_size=_PAGE, stats_only=True)
    client.indices.refresh(index=index)


def _documents(index: str, progress: Callable[[int, int], None]) -> Iterator[dict[str, Any]]:
    count, done, after = read(store.count_products), 0, UUID(int=0)
    while page := read(lambda tx, last=after: store.list_after(tx, last, _PAGE)):
        for product in page:
            if product.status == "active":
                salts = " ".join(salt["salt"] for salt in product.salts)
                yield {
                    "_index": index,
                    "sku": product.sku,
                    "name": product.name,
                    "salts": salts,
                    "manufacturer": product.manufacturer,
                }
        done, after = done + len(page), page[-1].id
        progress(min(done, count), count)
