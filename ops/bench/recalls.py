"""`ops bench recalls`: how long a recall takes with a million order lines behind it, and whether it scans any table for it."""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import psycopg

from ops import migrate
from ops.bench.environment import describe
from ops.bench.order_lines import BATCH_NO, PRODUCT, fill
from ops.paths import LOCAL, MIGRATIONS
from ops.process import Run, free_ports
from ops.results import print_table, result
from ops.stores import create_database, start_postgres
from plazza.data import sql
from plazza.data.once import Once
from plazza.data.sql import Tx, read
from plazza.identity import Caller, Role
from plazza.order.actions import recalls as actions
from plazza.order.models.recalls import ReachQuery, RecallBatch, RecallView
from plazza.order.store import recalls as store
from plazza.whatsapp import consumers

MOST_SEC = 2.0
Found = TypeVar("Found")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the bench's options."""
    parser.add_argument(
        "--lines", type=int, default=1_000_000, help="order lines, two to an order (default: 1,000,000)"
    )
    parser.add_argument("--reached", type=int, default=2_000, help="orders with the recalled batch (default: 2,000)")


def main(options: argparse.Namespace) -> int:
    """Fill a throwaway server, recall one batch, list everybody whom it reached."""
    LOCAL.mkdir(exist_ok=True)
    os.environ.setdefault("THREADS", "8")
    os.environ.setdefault("LOG_LEVEL", "critical")  # nobody is there whom a commit could nudge, and each would say so
    with tempfile.TemporaryDirectory(dir=LOCAL) as name, Run(Path(name) / "logs") as run:
        server = start_postgres(run, "cockroach", Path(name) / "cockroach", free_ports(1)[0])
        url = os.environ["COCKROACH_DB_URL"] = create_database(server, "recalls", is_serializable=True)
        migrate.run(migrate.Target("cockroach", MIGRATIONS / "cockroach", url))
        filled_sec, _ = _timed(
            lambda: fill(server.url.removesuffix("/postgres") + "/recalls", options.lines, options.reached)
        )
        body = RecallBatch(product_id=PRODUCT, batch_no=BATCH_NO, reason="bench")
        once = Once("bench", "POST", "/inventory/recalls", None, b"")
        recall_sec, recall = _timed(lambda: actions.recall_batch(Caller("bench", Role.ADMIN), once, body))
        reach_sec, rows = _timed(lambda: _walk(recall))
        notices_sec, _ = _timed(lambda: consumers.tell_batch_recalled(str(recall.id)))
        told = actions.list_reach(recall.id, ReachQuery(limit=1)).recall
        scans = _scans(url, recall)
        sql.close_pools()
    print_table([describe()])
    table = [
        ("filling", filled_sec, options.lines),
        ("recall", recall_sec, recall.orders),
        ("orders, customers, riders, messages", reach_sec, rows),
        ("notices queued", notices_sec, told.notices),
    ]
    print_table([{"what": what, "seconds": seconds, "rows": count} for what, seconds, count in table])
    print("\n".join(scans))
    holds = (
        recall_sec + reach_sec <= MOST_SEC
        and rows == recall.orders == options.reached
        and told.notices == told.customers
    )
    return result(
        "bench-recalls", ok=holds and not scans, lines=options.lines, orders=rows, seconds=recall_sec + reach_sec, most=MOST_SEC,
        scans=len(scans),
    )  # fmt: skip


def _walk(recall: RecallView) -> int:
    """Read all pages of a recall's reach; gives the number of orders."""
    count, cursor = 0, None
    while True:
        page = actions.list_reach(recall.id, ReachQuery(limit=1000, cursor=cursor))
        count, cursor = count + len(page.items), page.next_cursor
        if cursor is None:
            return count


def _scans(url: str, recall: RecallView) -> list[str]:
    """Give the lines of the plans of a recall's queries that read a whole table."""
    seen: list[str] = []
    sql.statements.set(seen)
    _walk(recall)
    read(lambda tx: store.list_customers(tx, _stored(tx, recall)))
    sql.statements.set(None)
    named = {
        "product": recall.product_id, "batch_no": recall.batch_no, "after": None, "limit": 1000,
        "template": store.TEMPLATE, "subject": store.subject(recall.id),
    }  # fmt: skip
    placed = [recall.product_id, recall.batch_no, store.TEMPLATE, store.subject(recall.id)]
    found: list[str] = []
    with psycopg.connect(url) as connection:
        for query in dict.fromkeys(query for query in seen if "upper(b.batch_no)" in query):
            params = named if "%(" in query else placed[: query.count("%s")]
            plan = connection.execute(f"EXPLAIN {query}".encode(), params).fetchall()
            found += [line.strip() for (line,) in plan if "Seq Scan" in line]
    return found


def _stored(tx: Tx, recall: RecallView) -> store.Recall:
    return store.get_recall(tx, recall.id)


def _timed(work: Callable[[], Found]) -> tuple[float, Found]:
    began = time.monotonic()
    answer = work()
    return time.monotonic() - began, answer
