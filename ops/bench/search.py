"""`ops bench search`: search, suggestions and cached reads through real function processes, against the bare engine and a bare function.

Everything is measured at 10,000 products and at all of the list, on stores of its own or on the cluster of `--engine-url`.
"""

import argparse
import csv
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import psycopg

from ops import mappings, migrate
from ops.bench.building import measure_build
from ops.bench.environment import describe
from ops.bench.functions import BARE, Pair, start_function
from ops.bench.searching import MANY, Measured, measure, measure_fallbacks
from ops.evaluation.scores import Judged, read_queries
from ops.importing import products as importing
from ops.importing.files import read as read_rows
from ops.paths import LOCAL, MIGRATIONS
from ops.process import Run, free_ports
from ops.results import print_table, result
from ops.stores import Server, create_database, start_postgres, start_redis, start_search
from plazza.data import sql

SMALL = 10_000
_LOAD_JAVA = ("-Xms2g", "-Xmx2g", "-XX:G1ReservePercent=25", "-XX:InitiatingHeapOccupancyPercent=30")
"""The collector as the engine's own packages set it: it begins before big requests fill the heap, which the engine answers with 429."""


class Bound(NamedTuple):
    """A promise: what, its figure, and the most, or the least, that it may be."""

    what: str
    figure: float
    most: float | None = None
    least: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the promise is kept."""
        return (self.most is None or self.figure <= self.most) and (self.least is None or self.figure >= self.least)

    def row(self) -> dict[str, object]:
        """Give it as a row of a table."""
        bound = f"at most {self.most:g}" if self.most is not None else f"at least {self.least:g}"
        return {"figure": self.what, "is": self.figure, "must be": bound, "holds": "yes" if self.holds else "NO"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the bench's options."""
    parser.add_argument("products", type=Path, help="a list of products, as `ops import products` takes it")
    parser.add_argument("queries", type=Path, help="judged queries, as `ops evaluate-search` takes them")
    parser.add_argument("--engine-url", help="an Elasticsearch or OpenSearch cluster, instead of a throwaway node")
    parser.add_argument(
        "--rounds",
        type=int,
        default=2,
        choices=range(1, 10),
        help="how often everything is measured, in turn with the others (2)",
    )


def main(options: argparse.Namespace) -> int:
    """Measure, and print each figure beside what it must be."""
    queries = read_queries(options.queries)
    LOCAL.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=LOCAL) as name, Run(Path(name) / "logs") as run:
        folder = Path(name)
        server = start_postgres(run, "cockroach", folder / "cockroach", free_ports(1)[0])
        _use_stores(run, folder, options.engine_url)
        bare = start_function(run, "hello", {}, BARE)
        lists = (_sample(options.products, folder), options.products)
        small, whole = [_measure(run, server, bare, one, queries, options.rounds) for one in lists]
        sql.close_pools()
        fallbacks = measure_fallbacks([small, whole], options.rounds)
    print_table([describe()])
    print()
    print_table([_row(one, fallback) for one, fallback in zip((small, whole), fallbacks, strict=True)])
    print()
    bounds = _bounds(small, whole, fallbacks)
    print_table([bound.row() for bound in bounds])
    failing = sum(not bound.holds for bound in bounds)
    return result("bench-search", ok=not failing, products=whole.products, bounds=len(bounds), failing=failing)


def _use_stores(run: Run, folder: Path, engine_url: str | None) -> None:
    if engine_url is None:
        port, transport = free_ports(1, 9100, 9290)[0], free_ports(1)[0]
        engine_url = start_search(run, folder / "search", port, transport, java_options=_LOAD_JAVA).url
    os.environ.update(ELASTICSEARCH_URL=engine_url, REDIS_URL=start_redis(run, free_ports(1)[0]).url)
    os.environ.setdefault("BATCH_SIZE", "500")
    os.environ.setdefault("LOG_LEVEL", "error")


def _measure(run: Run, server: Server, bare: str, products: Path, queries: Sequence[Judged], rounds: int) -> Measured:
    name = f"bench_{free_ports(1)[0]}"
    os.environ["COCKROACH_DB_URL"] = create_database(server, name, is_serializable=True)
    migrate.run(migrate.Target("cockroach", MIGRATIONS / "cockroach", os.environ["COCKROACH_DB_URL"]))
    wanted = importing.Settings(products, LOCAL / "imports" / f"{name}.refused.csv", 500, importing.processes())
    importing.import_products(wanted, lambda done, rows: None)
    with psycopg.connect(os.environ["COCKROACH_DB_URL"], autocommit=True) as connection:
        connection.execute("ANALYZE")  # as a server does by itself before long, at either size
    built = measure_build()
    return measure(run, bare, built, queries, rounds)


def _sample(products: Path, folder: Path) -> Path:
    """Write `SMALL` rows of a list, taken from all of it at even distances."""
    rows = [given.cells for given in read_rows(products)]
    file = folder / "sample.csv"
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.DictWriter(opened, list(rows[0]))
        writer.writeheader()
        for row in rows[:: max(1, len(rows) // SMALL)][:SMALL]:
            writer.writerow({name: cell if isinstance(cell, str) else json.dumps(cell) for name, cell in row.items()})
    return file


def _row(one: Measured, fallback: Pair) -> dict[str, object]:
    times = one.times
    return {
        "products": one.products,
        "bare ms": times.bare[1].p50 * 1000,
        "engine ms": times.raw[1].p50 * 1000,
        "search ms p50": times.search[1].p50 * 1000,
        "p95": times.search[1].p95 * 1000,
        "first time p50": times.unseen.p50 * 1000,
        " p95": times.unseen.p95 * 1000,
        "its share in bare": times.unseen_share / times.bare[1].p50,
        "suggest p50": times.suggest.p50 * 1000,
        "fallback p50": fallback.p50 * 1000,
        "p95 ": fallback.p95 * 1000,
        "took p50": one.engine.took.p50 * 1000,
        "p95  ": one.engine.took.p95 * 1000,
        "plain took p50": one.engine.plain_took.p50 * 1000,
        "p95   ": one.engine.plain_took.p95 * 1000,
        "built/s": one.built.build_rate,
        "bulk/s": one.built.bulk_rate,
        "build MB": one.built.peak_mb,
    }


def _bounds(small: Measured, whole: Measured, fallbacks: Sequence[Pair]) -> list[Bound]:
    times, engine = whole.times, whole.engine
    # In bare functions of the same minutes: between the two sizes the machine may become another one.
    small_share, share = (one.times.share / one.times.bare[1].p50 for one in (small, whole))
    return [
        *(bound for clients in (1, MANY) for bound in _search_bounds(whole, clients)),
        Bound("our share of a search, in bare functions", share, most=6),
        Bound("our share, at all products to at 10,000", share / small_share, most=1.2),
        Bound("took to plain multi_match, p50", engine.took.p50 / engine.plain_took.p50, most=0.6),
        Bound("took to plain multi_match, p95", engine.took.p95 / engine.plain_took.p95, most=1.0),
        Bound("took p95, at all products to at 10,000", engine.took.p95 / small.engine.took.p95, most=2),
        Bound("right product among the candidates", engine.recall, least=0.98),
        Bound("more of them than a plain multi_match", engine.recall - engine.plain_recall, least=0),
        Bound("engine requests a search", max(one.requests_a_search for one in (small, whole)), most=2),
        Bound("engine requests a suggestion", max(one.requests_a_suggestion for one in (small, whole)), most=1),
        Bound("suggest p95 to search p50", times.suggest.p95 / times.search[1].p50, most=1.5),
        Bound("cached products/s to a bare function's", whole.product_rate / whole.bare_rate, least=0.7),
        Bound("fallback p95, at all products to at 10,000", fallbacks[1].p95 / fallbacks[0].p95, most=2),
        Bound("index build to helpers.bulk, documents/s", whole.built.build_rate / whole.built.bulk_rate, least=0.8),
        Bound("memory of a build, at all products to at 10,000", whole.built.peak_mb / small.built.peak_mb, most=1.5),
        Bound("forbidden clauses in the query templates", len(mappings.forbidden_clauses()), most=0),
    ]


def _search_bounds(whole: Measured, clients: int) -> list[Bound]:
    search, raw, bare = (times[clients] for times in (whole.times.search, whole.times.raw, whole.times.bare))
    people = "1 client" if clients == 1 else f"{clients} clients"
    return [
        Bound(f"search to engine + bare function, p50, {people}", search.p50 / (raw.p50 + bare.p50), most=1.25),
        Bound(f"search to engine + bare function, p95, {people}", search.p95 / (raw.p95 + bare.p95), most=1.5),
    ]
