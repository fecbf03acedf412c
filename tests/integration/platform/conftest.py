"""Accounts in the auth emulator, and an outbox in which only this test's rows are due."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.support import auth
from tests.support.auth import People
from tests.support.database import Database
from tests.support.servers import Servers


@pytest.fixture
def people(parts: Servers) -> People:
    """Accounts."""
    return auth.start(parts)


@pytest.fixture
def row(db: Database) -> Callable[..., UUID]:
    """Write a row of the outbox; what other tests left in it is done."""
    db.execute("UPDATE outbox SET status = 'done', delivered_at = now() WHERE status = 'pending'")
    position = iter(range(1, 10**6))

    def write(lane: str = "lane", consumer: str = "test.note", **over: Any) -> UUID:
        at, ident = datetime.now(UTC), uuid4()
        values: dict[str, Any] = {
            "id": ident, "shard": 0, "lane": lane, "position": next(position), "event": "order.changed", "consumer": consumer,
            "key": str(ident), "available_at": at, "created_at": at,
        }  # fmt: skip
        db.insert("outbox", **(values | over))
        return ident

    return write
