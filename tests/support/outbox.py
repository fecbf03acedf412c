"""Delivers the outbox in the test's own process, task consumers included."""

from collections.abc import Callable
from importlib import import_module

from plazza.data import outbox
from tests.support.database import Database


def deliver_lane(db: Database, lane: str, max_rounds: int = 6) -> int:
    """Give what is pending of one lane to its consumers, whatever its pause; gives how many rows still wait."""
    query = "SELECT id FROM outbox WHERE status = 'pending' AND lane = %s ORDER BY position, id"
    for _ in range(max_rounds):
        waiting = [row for row in (outbox.get(ident) for (ident,) in db.rows(query, lane)) if row is not None]
        done = [outbox.deliver(row, _consumer(row)) for row in waiting]
        if not any(done):
            return len(waiting)
    raise AssertionError(f"the lane {lane} never ends")


def deliver(max_rounds: int = 20) -> int:
    """Give every due row to its consumer; rows that fail wait as in production. Gives how many were done."""
    done = 0
    for _ in range(max_rounds):
        rows = outbox.claim(100, owner="test")
        if not rows:
            break
        for row in rows:
            done += outbox.deliver(row, _consumer(row))
    return done


def _consumer(row: outbox.Row) -> Callable[[str], None]:
    service, name = row.consumer.split(".")
    return getattr(import_module(f"plazza.{service}.consumers"), name)
