"""Answers to public reads, kept in Redis until something that they show changes, and made once however many ask at a time.

What an answer shows is named by scopes ("product:<id>", "catalogue"). Each scope has a version; an entry says which versions it was
made of, and is good only while these are the present ones: one round trip reads both. Whoever changes something gives its scopes
new versions after the commit. With Redis away answers are made anew, still once for all who ask this instance at a time. Who then
changed something could not say so: an instance that saw Redis away believes nothing from before, and for a minute keeps nothing long.

What Redis said a moment ago is believed: that an answer is good, and that a change settles, so that none is kept. `AT_HAND_SEC`, and the
second that the CDN may keep an answer, are within the two seconds after which nobody sees what was before a change.
"""

import hashlib
import json
import random
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from contextvars import ContextVar
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import uuid4

from plazza.data import cache
from plazza.data.sql import Tx

Value = TypeVar("Value")
Values = Sequence[bytes | None]

SETTLE_SEC = 1.3
"""The engine shows a change after its refresh, within a second: what is found until then is not kept."""
LINGER_SEC = 0.5
"""How long an instance hands on what it just made, to those who had looked before it was there."""
FLEETING_SEC = 1.5
"""How long an answer is kept of which nobody may hear that it changed."""
AT_HAND_SEC = 0.5
WAIT_SEC = 5.0
MOST_BYTES = 262_144
_MOST_AT_HAND = 500
_MOST_BYTES_AT_HAND = 32_768
_VERSION_SEC = 86_400
_JITTER = 0.2
"""Entries made together must not end together."""
_SHAKY_SEC = 60.0
"""So long after Redis was away others may still stay away from it, and their changes are not told."""


class Ask(NamedTuple):
    """Which answer is wanted, and what it shows."""

    key: str
    scopes: tuple[str, ...]

    def keys(self) -> list[str]:
        """Give the keys whose values `find` and `make` take: all of them are read in one step."""
        return [self.key, *map(_version, self.scopes), *map(_settling, self.scopes)]


class Counted(NamedTuple):
    """What is counted whenever an answer is given: arguments of `cache.tally`."""

    name: str
    entry: str
    most: int


class Made(NamedTuple):
    """An answer's body; `ttl_sec` 0 when it may not be kept."""

    body: bytes
    ttl_sec: float
    counted: Counted | None = None


class _Head(NamedTuple):
    """What an entry says of the answer it holds: when it was made (seconds since 1970), and of which versions."""

    at: float
    versions: list[str]
    counted: list[Any] | None


class _Moment(Generic[Value]):
    """What was seen a moment ago, by key; the oldest gives way."""

    def __init__(self) -> None:
        self._seen: OrderedDict[Hashable, tuple[Value, float]] = OrderedDict()

    def get(self, key: Hashable) -> Value | None:
        """Give what was seen, or None when that is too long ago."""
        seen = self._seen.get(key)
        return seen[0] if seen is not None and time.monotonic() < seen[1] else None

    def put(self, key: Hashable, value: Value) -> None:
        """Say what is seen now."""
        with _lock:
            self._seen[key] = (value, time.monotonic() + AT_HAND_SEC)
            self._seen.move_to_end(key)
            if len(self._seen) > _MOST_AT_HAND:
                self._seen.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        self._seen.clear()


class _Flight:
    """An answer that is being made, or was made a moment ago: it, or what went wrong, once nobody holds `making`."""

    def __init__(self, began: float) -> None:
        self.began = began
        self.making = threading.Lock()
        self.making.acquire()
        self.ending: Made | BaseException | None = None

    def end(self, ending: Made | BaseException) -> None:
        """Say what it came to, to all who wait."""
        self.ending = ending
        self.making.release()

    def wait(self) -> Made | None:
        """Give the answer, or None when it is not there in time. Raises what its maker met."""
        if not self.making.acquire(timeout=WAIT_SEC):
            return None
        self.making.release()
        if isinstance(self.ending, BaseException):
            raise self.ending
        return self.ending


_at_hand: _Moment[Made] = _Moment()
_unsettled: _Moment[Values] = _Moment()
_flights: dict[tuple[str, ...], _Flight] = {}
_lock = threading.Lock()
_counted: ContextVar[Counted | None] = ContextVar("counted", default=None)


def count(name: str, entry: str, most: int) -> None:
    """Count one more of an entry, as `cache.tally` does, and again whenever the answer that is being made is given to another."""
    _counted.set(Counted(name, entry, most))
    cache.tally(name, entry, most)


def at_hand(ask: Ask) -> Made | None:
    """Give the answer if it was good a moment ago."""
    answer = _at_hand.get(ask.key)
    return _given(answer) if answer is not None else None


def unsettled(ask: Ask) -> Values | None:
    """Give the values that `find` would get if a change of what the answer shows settled a moment ago: none is kept then."""
    return _unsettled.get(ask.scopes)


def find(ask: Ask, values: Values | None) -> Made | None:
    """Give the kept answer, or None when there is none, it is outdated, or it is not what was written."""
    if not values or values[0] is None:
        return None
    digest, _, entry = values[0].partition(b"\n")
    if digest != _digest(entry).encode():
        return None
    written, _, body = entry.partition(b"\n")
    head = _Head(*json.loads(written))
    versions = values[1 : 1 + len(ask.scopes)]
    if head.versions != [version and version.decode() for version in versions] or head.at <= cache.last_away():
        return None
    answer = Made(body, 0, Counted(*head.counted) if head.counted else None)
    if len(body) <= _MOST_BYTES_AT_HAND:
        _at_hand.put(ask.key, answer)
    return _given(answer)


def make(ask: Ask, values: Values | None, work: Callable[[], Made]) -> Made:
    """Make an answer and keep it; who asks for the same meanwhile waits for it. Raises what `work` raises."""
    versions, is_settled = _known_versions(ask, values)
    if values and versions and not is_settled and _unsettled.get(ask.scopes) is None:
        _unsettled.put(ask.scopes, [None, *values[1:]])
    # Those who saw a newer version must not be handed what was made of an older one.
    flight_key = (ask.key, *versions)
    flight, leads = _board(flight_key)
    if not leads:
        found = flight.wait()
        return _given(found) if found is not None else work()
    try:
        _counted.set(None)
        at = time.time()
        answer = work()._replace(counted=_counted.get())
        is_kept = is_settled and answer.ttl_sec > 0
        if is_kept and len(answer.body) <= MOST_BYTES:
            _keep(ask, versions, answer, at)
    except BaseException as exc:
        _land(flight_key)
        flight.end(exc)
        raise
    if versions and not is_kept:
        _land(flight_key)
    flight.end(answer)
    return answer


def forget(*scopes: str) -> None:
    """Let every answer that shows one of these be made anew, and keep none of them until the engine shows the change too."""

    def work(pipe: cache.Pipeline) -> None:
        # In this order: who sees the new version sees that it settles too.
        for scope in scopes:
            pipe.set(_settling(scope), "1", px=int(SETTLE_SEC * 1000))
            pipe.set(_version(scope), uuid4().hex, ex=_VERSION_SEC)

    cache.pipeline(work)
    _at_hand.clear()
    _unsettled.clear()


def forget_after(tx: Tx, *scopes: str) -> None:
    """Let answers that show one of these be made anew once the transaction is committed: one round trip for all of it."""
    earlier = tx.after_commit.get("forget answers")
    known = earlier.args if isinstance(earlier, partial) else ()
    tx.after_commit["forget answers"] = partial(forget, *dict.fromkeys((*known, *scopes)))


def _version(scope: str) -> str:
    return f"version:{scope}"


def _settling(scope: str) -> str:
    return f"settling:{scope}"


def _known_versions(ask: Ask, values: Values | None) -> tuple[tuple[str, ...], bool]:
    """Give each scope's version, first ones where there are none, and whether nothing settles; () and False when Redis is away."""
    if values is None:
        return (), False
    count = len(ask.scopes)
    found = values[1:]
    if None in found[:count]:
        # A version that was lost is never a known one again, so what was made of it stays outdated.
        names = ask.keys()[1:]

        def work(pipe: cache.Pipeline) -> None:
            for name in names[:count]:
                pipe.set(name, uuid4().hex, nx=True, ex=_VERSION_SEC)
            pipe.mget(names)

        told = cache.pipeline(work)
        found = told[-1] if told else [None] * count
    versions = tuple(version.decode() for version in found[:count] if version is not None)
    return (versions, not any(found[count:])) if len(versions) == count else ((), False)


def _keep(ask: Ask, versions: tuple[str, ...], answer: Made, at: float) -> None:
    is_shaky = at - cache.last_away() < _SHAKY_SEC
    keep_sec = min(answer.ttl_sec, FLEETING_SEC) if is_shaky else answer.ttl_sec
    spread = random.uniform(1 - _JITTER, 1)  # noqa: S311 -- jitter, not a secret
    head = _Head(at, list(versions), list(answer.counted) if answer.counted else None)
    entry = json.dumps(head).encode() + b"\n" + answer.body
    cache.put(ask.key, _digest(entry).encode() + b"\n" + entry, max(1, round(keep_sec * 1000 * spread)))


def _given(answer: Made) -> Made:
    """Count an answer that was made for another."""
    if answer.counted:
        cache.tally(*answer.counted)
    return answer


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def _board(key: tuple[str, ...]) -> tuple[_Flight, bool]:
    """Give the answer that is on its way and False, or a new one and True: then it is the caller's to make."""
    now = time.monotonic()
    with _lock:
        # In the order they began, and each is done within a request's time: the first that is not old ends the search.
        for old in list(_flights):
            if now - _flights[old].began < LINGER_SEC:
                break
            if not _flights[old].making.locked():
                del _flights[old]
        flight = _flights.get(key)
        if flight is not None:
            return flight, False
        _flights[key] = flight = _Flight(now)
        return flight, True


def _land(key: tuple[str, ...]) -> None:
    with _lock:
        _flights.pop(key, None)
