"""Rate limits per address and per caller, counted in Redis; with Redis down they are open."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from plazza.data import cache
from plazza.errors import RateLimited

WINDOW_SEC = 60
PER_ADDRESS = 1200
"""A minute, for one address: many people share one behind a carrier's NAT."""
PER_CALLER = 300


class Allowance(NamedTuple):
    """What is left of a limit: the numbers of the X-RateLimit headers."""

    limit: int
    remaining: int
    reset_sec: int


def check(subject: str, limit: int) -> Allowance | None:
    """Count one request of `subject` (an address, a caller with a route). Raises RateLimited; None when nobody counts."""
    counted = cache.count(_key(subject), WINDOW_SEC)
    return _allow(counted, limit) if counted is not None else None


def check_and_get(subject: str, limit: int, wanted: Sequence[str]) -> Sequence[bytes | None] | None:
    """Count as `check` does, and give what Redis has of `wanted` from the same round trip, None when it is down. Raises RateLimited."""
    counted, values = cache.count_and_get(_key(subject), WINDOW_SEC, wanted)
    if counted is not None:
        _allow(counted, limit)
    return values


def _key(subject: str) -> str:
    return f"limit:{hashlib.sha256(subject.encode()).hexdigest()[:32]}"


def _allow(counted: cache.Count, limit: int) -> Allowance:
    if counted.total > limit:
        raise RateLimited("Too many requests; wait a little.", retry_after_sec=counted.reset_sec, limit=limit)
    return Allowance(limit, limit - counted.total, counted.reset_sec)
