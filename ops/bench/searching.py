"""What `ops bench search` measures at one size of the catalogue: seconds at the median and the 95th percentile, rates, shares."""

import json
import os
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple
from urllib.parse import quote
from uuid import UUID

from ops.bench.building import Built
from ops.bench.functions import (
    Asked,
    Pair,
    alternate,
    ask,
    ask_all,
    in_turn,
    json_body,
    pair_of,
    percentile,
    start_function,
    time_all,
)
from ops.evaluation import baseline
from ops.evaluation.scores import Judged
from ops.process import Run
from plazza.catalogue.actions.candidates import request_of, synonyms
from plazza.catalogue.rules.query import parse
from plazza.catalogue.rules.ranking import MOST_CANDIDATES
from plazza.catalogue.store import products as store
from plazza.data import cache
from plazza.data import search as engine
from plazza.data.sql import read

MANY = 8
_TYPED = 5
_PHASES = 10
"""With many clients a phase lasts a second, which says little by itself: so many of each in a round."""
_PRODUCTS = 50
_BENCH_MS = 4 * 3_600_000
_NOBODY = "http://127.0.0.1:9"
"""Where no engine answers."""


class Requests(NamedTuple):
    """The same queries, asked in every way; each list of `unseen` asks for pages that nobody has asked for."""

    bare: list[Asked]
    raw: list[Asked]
    unseen: Iterator[list[Asked]]
    search: list[Asked]
    suggest: list[Asked]
    fallback: list[Asked]
    product: list[Asked]


class Times(NamedTuple):
    """How long answers took: of a bare function, of the engine alone, of ours; by how many clients asked at once, or one.

    `unseen` is a search that the instance makes for the first time. `share` is our part of one: all but what the engine says it took.
    """

    bare: dict[int, Pair]
    raw: dict[int, Pair]
    search: dict[int, Pair]
    suggest: Pair
    unseen: Pair
    unseen_share: float
    share: float


class Engine(NamedTuple):
    """What the engine itself took for our candidates and for a plain `multi_match`, and how often the right product was among them."""

    took: Pair
    plain_took: Pair
    recall: float
    plain_recall: float


class Measured(NamedTuple):
    """All figures at one size; requests are those that the engine got, rates are answers a second.

    `fallback` are searches that an instance without an engine still takes: all sizes are asked in turn, which needs the others' databases.
    """

    products: int
    built: Built
    times: Times
    engine: Engine
    requests_a_search: float
    requests_a_suggestion: float
    bare_rate: float
    product_rate: float
    fallback: list[Asked]


def measure(run: Run, bare: str, built: Built, queries: Sequence[Judged], rounds: int) -> Measured:
    """Measure over the stores of the environment, where the products are in and the index is built."""
    # As if the catalogue changed all the time: each search asks the engine anew, however often it was asked; single products are kept.
    cache.put("settling:catalogue", b"1", _BENCH_MS)
    requests = _requests(run, bare, queries)
    for asked in (requests.bare, requests.raw, requests.search, requests.suggest, requests.product):
        ask_all(asked)  # warm
    figures = _engine(requests.raw, queries, rounds)
    times = _times(requests, rounds)
    bare_sec, product_sec = alternate(
        rounds * _PHASES, lambda: [time_all(requests.bare, MANY)], lambda: [time_all(requests.product, MANY)]
    )
    return Measured(
        products=read(store.count_products),
        built=built,
        times=times,
        engine=figures,
        requests_a_search=_queries_for_each(requests.search),
        requests_a_suggestion=_queries_for_each(requests.suggest),
        bare_rate=len(bare_sec) * len(requests.bare) / sum(bare_sec),
        product_rate=len(product_sec) * len(requests.product) / sum(product_sec),
        fallback=requests.fallback,
    )


def measure_fallbacks(sizes: Sequence[Measured], rounds: int) -> list[Pair]:
    """Measure what the database answers without an engine, at all sizes in turn: searches asked again, whose products this instance has read."""
    phases = [partial(ask_all, one.fallback) for one in sizes]
    alternate(1, *phases)  # warm
    return [pair_of(seconds) for seconds in alternate(rounds, *phases)]


def _requests(run: Run, bare: str, queries: Sequence[Judged]) -> Requests:
    urls = {name: os.environ[name] for name in ("COCKROACH_DB_URL", "REDIS_URL", "ELASTICSEARCH_URL")}
    catalogue = start_function(run, "catalogue", urls)
    alone = start_function(run, "catalogue", urls | {"ELASTICSEARCH_URL": _NOBODY})
    ids = [product.id for product in read(lambda tx: store.list_after(tx, UUID(int=0), _PRODUCTS))]
    bodies = [json_body({"q": judged.q}) for judged in queries]
    candidates = [request_of("search", parse(judged.q, synonyms()), None, MOST_CANDIDATES) for judged in queries]
    return Requests(
        # At a path like ours, which the framework and its server read at the same cost.
        bare=[Asked(f"{bare}/products/search")] * len(queries),
        raw=[Asked(_engine_url("products"), body) for body in candidates],
        unseen=_unseen(f"{catalogue}/products/search", queries),
        search=[Asked(f"{catalogue}/products/search", body) for body in bodies],
        suggest=[Asked(f"{catalogue}/products/suggest?q={quote(judged.q[:_TYPED])}") for judged in queries],
        fallback=[Asked(f"{alone}/products/search", body) for body in bodies],
        product=[Asked(f"{catalogue}/products/{ids[at % len(ids)]}") for at in range(len(queries))],
    )


def _unseen(url: str, queries: Sequence[Judged]) -> Iterator[list[Asked]]:
    for limit in range(19, 0, -1):
        yield [Asked(url, json_body({"q": judged.q, "limit": limit})) for judged in queries]


def _times(requests: Requests, rounds: int) -> Times:
    kinds = (requests.bare, requests.raw, requests.search)
    lists: list[Callable[[], Sequence[Asked]]] = [
        *(partial(list[Asked], one) for one in (*kinds, requests.suggest)),
        lambda: next(requests.unseen),
    ]
    single = in_turn(rounds, *lists)
    # Many at once leave no processor idle: there each is asked for by itself.
    many = alternate(rounds * _PHASES, *(partial(ask_all, one, MANY) for one in kinds))
    bare, raw, search = ({1: pair_of(one), MANY: pair_of(of_many)} for one, of_many in zip(single, many, strict=False))
    took = [ms / 1000 for ms in _took(requests.raw)] * rounds
    return Times(
        bare=bare,
        raw=raw,
        search=search,
        suggest=pair_of(single[3]),
        unseen=pair_of(single[4]),
        unseen_share=_share(single[4], took),
        share=_share(single[2], took),
    )


def _share(seconds: Sequence[float], took: Sequence[float]) -> float:
    return percentile([whole - of_engine for whole, of_engine in zip(seconds, took, strict=True)], 0.5)


def _engine(ours: Sequence[Asked], queries: Sequence[Judged], rounds: int) -> Engine:
    with baseline.plain_index(lambda done, count: None) as index:
        bodies = [json_body(baseline.body(judged.q, MOST_CANDIDATES)) for judged in queries]
        plain = [Asked(_engine_url(index), body) for body in bodies]
        ask_all(plain)  # warm
        took, plain_took = alternate(rounds, lambda: _took(ours), lambda: _took(plain))
        return Engine(_pair_told(took), _pair_told(plain_took), _recall(ours, queries), _recall(plain, queries))


def _engine_url(index: str) -> str:
    return f"{os.environ['ELASTICSEARCH_URL'].split(',')[0].rstrip('/')}/{index}/_search"


def _took(asked: Sequence[Asked]) -> list[float]:
    """Give the engine's own time for each request: whole milliseconds, what is beyond them cut off."""
    return [json.loads(ask(one).content)["took"] for one in asked]


def _pair_told(took: Sequence[float]) -> Pair:
    """Give both percentiles of whole milliseconds as of a histogram: those that were told alike lie evenly within their millisecond."""
    ordered = sorted(took)

    def seconds(share: float) -> float:
        at = int(len(ordered) * share)
        first, end = bisect_left(ordered, ordered[at]), bisect_right(ordered, ordered[at])
        return (ordered[at] + (at - first) / (end - first)) / 1000

    return Pair(seconds(0.5), seconds(0.95))


def _recall(asked: Sequence[Asked], queries: Sequence[Judged]) -> float:
    """Give the share of queries for which a right product is among what is found."""
    found = [json.loads(ask(one).content)["hits"]["hits"] for one in asked]
    skus = [{hit["fields"]["sku"][0] for hit in hits} for hits in found]
    return sum(not judged.relevant.isdisjoint(one) for judged, one in zip(queries, skus, strict=True)) / len(queries)


def _queries_for_each(asked: Sequence[Asked]) -> float:
    """Give how many queries reach the engine for each request: its shard counts them."""
    before = _query_total()
    ask_all(asked)
    return (_query_total() - before) / len(asked)


def _query_total() -> int:
    stats = engine.call(lambda client: client.indices.stats(index="products"))
    return int(stats["_all"]["total"]["search"]["query_total"])
