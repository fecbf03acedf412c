"""Which parts answer. A part's own error text is not shown: it may name hosts and logins."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, NamedTuple

from plazza.data import cache, rtdb, search
from plazza.data.sql import COCKROACH, POSTGRES, Database, read
from plazza.errors import PlazzaError
from plazza.platform.models import HealthView, PartHealth


class Part(NamedTuple):
    """A part, whether Plazza can go on without it, and how to ask it."""

    name: str
    needed: bool
    asks: Callable[[], bool]


def _answers(database: Database) -> bool:
    return read(lambda tx: tx.value("SELECT 1"), on=database) is not None


_PARTS = (
    Part("cockroach", needed=True, asks=lambda: _answers(COCKROACH)),
    Part("postgres", needed=False, asks=lambda: _answers(POSTGRES)),
    Part("redis", needed=False, asks=cache.is_up),
    Part("search", needed=False, asks=lambda: bool(search.call(lambda client: client.info()))),
    Part("rtdb", needed=False, asks=lambda: rtdb.get("/health") is None),
)


def look() -> HealthView:
    """Ask every part at the same time."""
    with ThreadPoolExecutor(len(_PARTS)) as pool:
        parts = list(pool.map(_look, _PARTS))
    down = {part.name for part in parts if part.status == "down"}
    needed_down = any(part.needed and part.name in down for part in _PARTS)
    status: Literal["ok", "degraded", "down"] = "down" if needed_down else "degraded" if down else "ok"
    return HealthView(status=status, parts=parts)


def _look(part: Part) -> PartHealth:
    started = time.monotonic()
    try:
        up = part.asks()
    except PlazzaError:
        up = False
    return PartHealth(
        name=part.name, status="up" if up else "down", duration_ms=round((time.monotonic() - started) * 1000)
    )
