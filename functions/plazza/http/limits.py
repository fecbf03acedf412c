"""Rate limits per address and per caller, counted in Redis; with Redis down they are open."""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

from plazza.data import cache
from plazza.errors import RateLimited

WINDOW_SEC = 60
PER_ADDRESS = 1200
"""A minute, for one address: many people share one behind a carrier's NAT."""
PER_CALLER = 300
MOST_UNSAID = 100
"""So many requests of one address an instance answers by what it saw a moment ago before it checks again."""
_MOST_SUBJECTS = 10_000

_unsaid: OrderedDict[str, int] = OrderedDict()
_refused_until: OrderedDict[str, float] = OrderedDict()
_lock = threading.Lock()


class Allowance(NamedTuple):
    """What is left of a limit: the numbers of the X-RateLimit headers."""

    limit: int
    remaining: int
    reset_sec: int


def check(subject: str, limit: int) -> Allowance | None:
    """Count one request of `subject` (an address, a caller with a route). Raises RateLimited; None when nobody counts."""
    counted = cache.count(_key(subject), WINDOW_SEC, by=_waiting(subject))
    return _allow(subject, counted, limit) if counted is not None else None


def check_and_get(subject: str, limit: int, wanted: Sequence[str]) -> Sequence[bytes | None] | None:
    """Count as `check` does, and give what Redis has of `wanted` from the same round trip, None when it is down. Raises RateLimited."""
    counted, values = cache.count_and_get(_key(subject), WINDOW_SEC, wanted, by=_waiting(subject))
    if counted is not None:
        _allow(subject, counted, limit)
    return values


def count_later(subject: str) -> bool:
    """Count one request of `subject` along with its next one; False when it is time to check, as for who was refused."""
    with _lock:
        waiting = _unsaid.get(subject, 0)
        if waiting >= MOST_UNSAID or time.monotonic() < _refused_until.get(subject, 0.0):
            return False
        _unsaid[subject] = waiting + 1
        if len(_unsaid) > _MOST_SUBJECTS:
            _unsaid.popitem(last=False)
    return True


def _waiting(subject: str) -> int:
    """Give how many requests are to be counted: this one, and those that were left for it."""
    with _lock:
        return 1 + _unsaid.pop(subject, 0)


def _key(subject: str) -> str:
    return f"limit:{hashlib.sha256(subject.encode()).hexdigest()[:32]}"


def _allow(subject: str, counted: cache.Count, limit: int) -> Allowance:
    if counted.total > limit:
        with _lock:
            _refused_until[subject] = time.monotonic() + counted.reset_sec
            if len(_refused_until) > _MOST_SUBJECTS:
                _refused_until.popitem(last=False)
        raise RateLimited("Too many requests; wait a little.", retry_after_sec=counted.reset_sec, limit=limit)
    return Allowance(limit, limit - counted.total, counted.reset_sec)
