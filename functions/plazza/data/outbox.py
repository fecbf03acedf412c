"""The outbox: what a change must cause elsewhere, written with the change, one row per consumer.

A row carries a key, not a state. Rows of one lane (an order, a product) reach a consumer in the order they were announced, at
least once; a row that keeps failing waits longer each time and ends as `dead`, where people see it.
"""

import time
import zlib
from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

from plazza import clock, logs
from plazza.data import tasks
from plazza.data.sql import Tx, run_transaction
from plazza.events import CONSUMERS

LEASE_SEC = 60
MAX_ATTEMPTS = 14
"""With the pauses below this is about a day of trying."""

SWEEP_SEC = 60
"""What waits longer is found by the schedule `sweep_outbox` soon enough."""

SHARDS = 8


class Row(NamedTuple):
    """One thing to do: tell `consumer` that `event` happened to `key`."""

    id: UUID
    event: str
    consumer: str
    key: str
    attempts: int


def announce(tx: Tx, event: str, key: UUID | str, *, lane: UUID | str | None = None) -> None:
    """Write a row for each consumer of the event, and nudge the dispatcher after the commit.

    `lane` (default: the key) is what order is kept within. Raises KeyError for an event that `events.py` does not list.
    """
    consumers = CONSUMERS[event]
    lane_key = str(lane or key)
    count = len(consumers)
    query = """
        INSERT INTO outbox (id, shard, lane, position, event, consumer, key, available_at, created_at)
        SELECT id, %s, %s, position, %s, consumer, %s, %s, %s
          FROM unnest(%s::UUID[], %s::INT8[], %s::TEXT[]) AS row (id, position, consumer)"""
    at, position = clock.now(), time.time_ns()
    ids, positions = [uuid4() for _ in consumers], [position] * count
    shard = zlib.crc32(lane_key.encode()) % SHARDS
    tx.send(query, (shard, lane_key, event, str(key), at, at, ids, positions, list(consumers)))
    tx.after_commit["nudge dispatchOutbox"] = nudge


def nudge(delay_sec: int = 0) -> None:
    """Ask for a run of the dispatcher now, or so much later, instead of at its next minute."""
    tasks.enqueue("dispatchOutbox", {}, delay_sec=delay_sec)


def claim(limit: int, *, owner: str) -> list[Row]:
    """Lease the next rows that are due: of each lane and consumer only the oldest, so that order holds."""
    query = """
        UPDATE outbox SET claimed_until = %(until)s, claimed_by = %(owner)s, attempts = attempts + 1
         WHERE id IN (SELECT o.id FROM outbox AS o
                       WHERE o.status = 'pending' AND o.available_at <= %(now)s
                         AND (o.claimed_until IS NULL OR o.claimed_until < %(now)s)
                         AND NOT EXISTS (SELECT 1 FROM outbox AS earlier
                                          WHERE earlier.lane = o.lane AND earlier.consumer = o.consumer
                                            AND earlier.status = 'pending' AND earlier.position < o.position)
                       ORDER BY o.available_at, o.position LIMIT %(limit)s
                         FOR UPDATE SKIP LOCKED)
         RETURNING id, event, consumer, key, attempts"""

    def work(tx: Tx) -> list[Row]:
        at = clock.now()
        until = at + timedelta(seconds=LEASE_SEC)
        return tx.rows(Row, query, {"now": at, "until": until, "owner": owner, "limit": limit})

    return run_transaction(work)


def get(row_id: UUID) -> Row | None:
    """Give a row that is still to be done, or None: it was done already, or never was."""
    query = "SELECT id, event, consumer, key, attempts FROM outbox WHERE id = %s AND status = 'pending'"
    return run_transaction(lambda tx: tx.row(Row, query, (row_id,)))


def settle(row_id: UUID) -> None:
    """Mark a row as done."""
    query = "UPDATE outbox SET status = 'done', delivered_at = %s, claimed_until = NULL WHERE id = %s AND status = 'pending'"
    run_transaction(lambda tx: tx.execute(query, (clock.now(), row_id)))


def postpone(row: Row, reason: str) -> None:
    """Let a failed row wait: 2, 4, 8 … seconds up to two hours; after MAX_ATTEMPTS it is dead. `reason` names a class, no person."""
    dead = row.attempts >= MAX_ATTEMPTS
    pause_sec = min(2**row.attempts, 7200)
    available_at = clock.now() + timedelta(seconds=pause_sec)
    query = """
        UPDATE outbox SET status = %s, available_at = %s, claimed_until = NULL, last_error = %s
         WHERE id = %s AND status = 'pending'"""
    params = ("dead" if dead else "pending", available_at, reason[:200], row.id)

    def work(tx: Tx) -> None:
        tx.execute(query, params)
        if not dead and pause_sec < SWEEP_SEC:
            tx.after_commit["nudge dispatchOutbox"] = lambda: nudge(pause_sec)

    run_transaction(work)
    if dead:
        logs.write("ERROR", "outbox row is dead", consumer=row.consumer, event=row.event, key=row.key, reason=reason)


def run(row_id: UUID, consume: Callable[[str], None]) -> None:
    """Do one row that the dispatcher handed to a task function; one that is done already is left alone."""
    row = get(row_id)
    if row is not None:
        deliver(row, consume)


def deliver(row: Row, consume: Callable[[str], None]) -> bool:
    """Give a row to its consumer and settle it, or let it wait; tell whether it was done."""
    try:
        consume(row.key)
    except Exception as exc:  # noqa: BLE001 -- whatever a consumer raises, its row waits and the others go on
        logs.error("outbox row failed", exc, consumer=row.consumer, event=row.event, key=row.key, attempts=row.attempts)
        postpone(row, type(exc).__name__)
        return False
    settle(row.id)
    return True
