"""`ops prove search-index`: no search fails, falls back to the database or misses its product, whatever is done to the index.

A cluster of three processes and a database that nobody else uses. Searches, changes of products and the work on the index are each
a process of their own, as they are functions of their own in production.
"""

import argparse
import json
import logging
import os
import random
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ops import migrate
from ops.errors import OpsError
from ops.paths import LOCAL, MIGRATIONS
from ops.process import Child, Run, free_ports
from ops.prove import products, searching, stages
from ops.prove.cluster import Cluster
from ops.prove.searching import VERDICTS, WELL, Asked
from ops.prove.stages import Stages, Wrong
from ops.results import print_table, result
from ops.steps import Screen
from ops.stores import create_database, start_postgres
from plazza.catalogue.actions import aliases, index
from plazza.catalogue.actions.candidates import ALIAS
from plazza.data import search as engine
from plazza.data import sql
from plazza.errors import PlazzaError

_MOST_PIECES, _LARGEST_PIECE, _SMALLEST_PIECE = 20, 500, 10
_WATCHED_SEC = 1.0
"""For so long after a stage what searches answer is still put down to it."""
_GAP_SEC = 0.3
_BEGIN_SEC = 60.0
_SHOWN_PROBLEMS = 10


class Done(NamedTuple):
    """A stage: what came of it, and when it was."""

    name: str
    outcome: str
    is_well: bool
    began: float
    ended: float

    def during(self, asked: list[Asked]) -> list[Asked]:
        """Give the searches that began while it went on."""
        return [search for search in asked if self.began <= search.at < self.ended]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the proof's options."""
    parser.add_argument("--products", type=Path, metavar="FILE", help="a list, as `ops import products` takes it")
    parser.add_argument(
        "--count", type=int, default=20_000, help="how many products to make up instead (default: 20000)"
    )
    parser.add_argument("--nodes", type=int, choices=[1, 3], default=3, help="1: no node is killed (default: 3)")
    parser.add_argument("--seed", type=int, help="what the dice begin with; printed, to repeat a run")
    parser.add_argument(
        "--break", dest="broken", choices=["swap"], help="swap in two steps, with a gap: the proof must then fail"
    )


def main(options: argparse.Namespace) -> int:
    """Prove it; exit 0 only when no search noticed anything, and every stage came out as it must."""
    if options.count < 4 * _SMALLEST_PIECE:
        raise OpsError(f"--count must be at least {4 * _SMALLEST_PIECE}")
    seed = secrets.randbelow(1_000_000) if options.seed is None else options.seed
    logging.getLogger("elastic_transport").setLevel(logging.CRITICAL)  # it tells of each node that does not answer
    screen = Screen()
    screen.line(f"seed {seed}")
    LOCAL.mkdir(exist_ok=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(dir=LOCAL) as name, Run(Path(name) / "logs") as run:
        try:
            count, done, asked = _prove(options, seed, run, Path(name), screen)
        finally:
            sql.close_pools()
    _report(done, asked)
    totals = Counter(search.verdict for search in asked)
    wrong = sum(not one.is_well or not one.during(asked) for one in done)  # without a search a stage proves nothing
    ok = wrong == 0 and totals[WELL] == len(asked)
    figures = {name: totals[name] for name in VERDICTS if name != WELL}
    figures |= {"stages": len(done), "wrong": wrong, "products": count, "nodes": options.nodes, "seed": seed}
    return result("prove-search-index", ok=ok, searches=len(asked), **figures, seconds=time.monotonic() - began)


def _prove(
    options: argparse.Namespace, seed: int, run: Run, folder: Path, screen: Screen
) -> tuple[int, list[Done], list[Asked]]:
    dice = random.Random(seed)  # noqa: S311 -- no secret
    cluster = Cluster(run, folder, options.nodes)
    _use(run, folder, cluster)
    file = options.products
    if file is None:
        file = folder / "products.csv"
        products.write_list(file, options.count, dice)
    os.environ["BATCH_SIZE"] = str(_LARGEST_PIECE)
    count = products.take(file, folder)
    piece = max(_SMALLEST_PIECE, min(_LARGEST_PIECE, count // _MOST_PIECES))
    os.environ["BATCH_SIZE"] = str(piece)  # a build of a few products has pieces too, between which a node is killed
    screen.line(f"{count} products; waiting for {options.nodes} node(s)")
    cluster.wait()
    index.build()
    cluster.wait()
    parts = products.share_out(dice)
    screen.line(f"the index is built; {len(parts.asked)} products are asked for, {len(parts.changed)} change")
    searches = _start(run, folder, "searching", [(products.asked_by(product), product.sku) for product in parts.asked])
    run.wait_until(searches, lambda: bool(searching.read(searches)), _BEGIN_SEC)
    changes = _start(run, folder, "changing", [product.sku for product in parts.changed], str(seed))
    if options.broken == "swap":
        index.point = _swap_with_a_gap
    done: list[Done] = []
    for name, work in Stages(cluster, parts, count).all(has_spare_nodes=options.nodes > 1).items():
        done.append(_watch(name, work, screen))
    changes.stop()
    done.append(_watch("compare", lambda: _compare(changes), screen))
    return count, done, searching.read(searches)


def _use(run: Run, folder: Path, cluster: Cluster) -> None:
    """Start a database, and point this process and those it starts at it and at the cluster."""
    server = start_postgres(run, "cockroach", folder / "cockroach", free_ports(1)[0])
    url = create_database(server, "plazza", is_serializable=True)
    migrate.run(migrate.Target("cockroach", MIGRATIONS / "cockroach", url))
    os.environ.update(COCKROACH_DB_URL=url, ELASTICSEARCH_URL=",".join(cluster.urls), LOG_LEVEL="critical")


def _start(run: Run, folder: Path, name: str, given: object, *more: str) -> Child:
    file = folder / f"{name}.json"
    file.write_text(json.dumps(given))
    return run.start(name, [sys.executable, "-m", f"ops.prove.{name}", file, *more], grace_sec=60.0)


def _watch(name: str, work: Callable[[], str], screen: Screen) -> Done:
    began = time.time()
    try:
        outcome, is_well = work(), True
    except (Wrong, PlazzaError, OpsError) as exc:
        outcome, is_well = f"{type(exc).__name__}: {exc}", False
    time.sleep(_WATCHED_SEC)
    screen.line(f"{name}: {outcome}")
    return Done(name, outcome, is_well, began, time.time())


def _compare(changes: Child) -> str:
    told = changes.said().strip().splitlines()[-1]
    if changes.process.returncode != 0:
        raise Wrong(told)
    return f"{told}; {stages.compare()}"


def _swap_with_a_gap(name: str) -> None:
    """Let another index answer as it must not be done: the one that answers is gone before."""
    current = aliases.indices().current
    if current == name:
        return
    engine.call(lambda client: client.indices.delete(index=str(current)))
    time.sleep(_GAP_SEC)
    engine.call(lambda client: client.indices.put_alias(index=name, name=ALIAS, is_write_index=True))


def _report(done: list[Done], asked: list[Asked]) -> None:
    """Print what happened in each stage, and the first searches that were not answered well."""
    rows: list[dict[str, object]] = []
    for one in done:
        during = one.during(asked)
        counts = Counter(search.verdict for search in during)
        row: dict[str, object] = {"stage": one.name, "seconds": one.ended - one.began, "searches": len(during)}
        row |= {verdict: counts[verdict] for verdict in VERDICTS if verdict != WELL}
        slowest = max((search.seconds for search in during), default=0.0)
        rows.append(row | {"slowest s": slowest, "outcome": one.outcome})
    print_table(rows)
    for search in [search for search in asked if search.verdict != WELL][:_SHOWN_PROBLEMS]:
        print(f"{search.verdict}: {search.problem}", file=sys.stderr)
