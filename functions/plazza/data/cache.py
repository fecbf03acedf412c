"""Redis: cache, counters and short locks. Never the only copy of anything but counts that may be lost, so every call fails open.

After a failure the instance stays away from Redis for a while: a dead server then costs one short time-out, not one a request.
"""

import atexit
import contextlib
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID, uuid4

import redis
import redis.client
from redis.backoff import NoBackoff
from redis.retry import Retry

from plazza import logs, settings

Pipeline: TypeAlias = redis.client.Pipeline
"""Commands that go to Redis in one round trip."""

TIMEOUT_SEC = 0.2
STAY_AWAY_SEC = 5.0
TELL_EACH_SEC = 1.0
_MOST_UNTOLD = 200

# The expiry is set with the first count in one step: a crash between two calls would leave a counter that never ends. The keys after
# the first are read by the way, so that a request that is counted and answered from what is kept costs one command.
_COUNT = """
local n = redis.call('INCRBY', KEYS[1], ARGV[2])
if n == tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {n, redis.call('PTTL', KEYS[1]), #KEYS > 1 and redis.call('MGET', unpack(KEYS, 2)) or {}}"""

_TALLY = """
for at = 2, #ARGV, 2 do
  if redis.call('HEXISTS', KEYS[1], ARGV[at]) == 1 or redis.call('HLEN', KEYS[1]) < tonumber(ARGV[1]) then
    redis.call('HINCRBY', KEYS[1], ARGV[at], ARGV[at + 1])
  end
end"""

# The id stands in the hash itself, under the empty name, so that neither is ever there without the other.
_TAKE = """
if redis.call('EXISTS', KEYS[2]) == 0 and redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('RENAME', KEYS[1], KEYS[2])
  redis.call('HSET', KEYS[2], '', ARGV[1])
end
return redis.call('HGETALL', KEYS[2])"""

_DROP = "if redis.call('HGET', KEYS[1], '') == ARGV[1] then redis.call('DEL', KEYS[1]) end"


class Count(NamedTuple):
    """How often something happened in its window, and the seconds until the window ends."""

    total: int
    reset_sec: int


class _Line:
    """A thread's own connection; `is_owed` while Redis's answer to what `_tell` sent is unread."""

    def __init__(self, client: redis.Redis) -> None:
        self.client = client
        self.is_owed = False


class Tally(NamedTuple):
    """How often each thing happened; no other tally has its id."""

    id: UUID
    counts: dict[str, int]


_untold: dict[tuple[str, int], Counter[str]] = {}
_untold_lock = threading.Lock()
_told_at = 0.0

_of_thread = threading.local()
_away_until = 0.0
_away_at = 0.0


def get_json(key: str) -> Any:
    """Give a cached value, or None when there is none, it cannot be read, or Redis is down."""
    found = _try(lambda client: client.get(key))
    try:
        return None if found is None else json.loads(found)
    except ValueError:
        return None


def put(key: str, value: bytes, ttl_ms: int) -> None:
    """Keep bytes for `ttl_ms` milliseconds."""
    _try(lambda client: client.set(key, value, px=ttl_ms))


def put_json(key: str, value: Any, ttl_sec: int) -> None:
    """Keep a value for `ttl_sec` seconds."""
    _try(lambda client: client.set(key, json.dumps(value, separators=(",", ":")), ex=ttl_sec))


def delete(*keys: str) -> None:
    """Forget keys."""
    if keys:
        _try(lambda client: client.delete(*keys))


def count(key: str, window_sec: int, *, by: int = 1) -> Count | None:
    """Count `by` more in a window that starts with the first, or give None when Redis is down."""
    counted, _ = count_and_get(key, window_sec, (), by=by)
    return counted


def count_and_get(
    key: str, window_sec: int, wanted: Sequence[str], *, by: int = 1
) -> tuple[Count | None, Sequence[bytes | None] | None]:
    """Count, and give the values of `wanted`, in one round trip; (None, None) when Redis is down."""
    found = _try(lambda client: _send(client, "EVAL", _COUNT, 1 + len(wanted), key, *wanted, window_sec * 1000, by))
    if found is None:
        return None, None
    total, left_ms, values = found
    return Count(int(total), max(1, -(-int(left_ms) // 1000))), values


def pipeline(work: Callable[[Pipeline], None]) -> list[Any]:
    """Run the commands that `work` gives to a pipeline and give their answers; [] when Redis is down."""

    def call(client: redis.Redis) -> list[Any]:
        with client.pipeline(transaction=False) as pipe:
            work(pipe)
            return pipe.execute()

    return _try(call) or []


def tally(name: str, entry: str, most: int) -> None:
    """Count one more of an entry (not empty); with `most` entries there already, a new one is left out. Nobody waits for it.

    Redis is told once a second at most, of the rest by the next count or when the instance ends: one that is killed loses a second's.
    """
    with _untold_lock:
        counts = _untold.setdefault((name, most), Counter())
        counts[entry] += 1
        if time.monotonic() < _told_at + TELL_EACH_SEC and len(counts) < _MOST_UNTOLD:
            return
    tell()


def tell() -> None:
    """Tell Redis what was counted since it was told."""
    global _told_at
    with _untold_lock:
        untold, _told_at = list(_untold.items()), time.monotonic()
        _untold.clear()
    for (name, most), counts in untold:
        pairs = [part for pair in counts.items() for part in pair]
        _try(lambda client, name=name, most=most, pairs=pairs: _tell(client, "EVAL", _TALLY, 1, name, most, *pairs))


atexit.register(tell)


def take_tally(name: str) -> Tally | None:
    """Give what was tallied, the same each time until it is dropped, while the next tally begins; None for nothing, or when Redis is down."""
    tell()
    found = _try(lambda client: client.eval(_TAKE, 2, name, _taken(name), str(uuid4())))
    if not found:
        return None
    counts = {entry.decode(): number.decode() for entry, number in zip(found[::2], found[1::2], strict=True)}
    ident = UUID(counts.pop(""))
    return Tally(ident, {entry: int(number) for entry, number in counts.items()})


def drop_tally(name: str, ident: UUID) -> None:
    """Forget a tally that was taken."""
    _try(lambda client: client.eval(_DROP, 1, _taken(name), str(ident)))


def _taken(name: str) -> str:
    return f"{{{name}}}:taken"  # the braces keep both keys on one node of a cluster


def acquire(key: str, ttl_sec: int) -> bool:
    """Take a short lock that ends by itself; True as well when Redis is down, so only use it to save work."""
    return _try(lambda client: bool(client.set(key, "1", nx=True, ex=ttl_sec)), when_down=True) or False


def last_away() -> float:
    """Give when Redis failed this instance last, in seconds since 1970; 0.0 for never."""
    return _away_at


def is_up() -> bool:
    """Tell whether Redis answers now."""
    return bool(_try(lambda client: client.ping()))


def _try(call: Callable[[redis.Redis], Any], when_down: Any = None) -> Any:
    global _away_at, _away_until
    if time.monotonic() < _away_until:
        return when_down
    try:
        return call(_client())
    except (redis.RedisError, settings.MissingSetting) as exc:
        _away_at, _away_until = time.time(), time.monotonic() + STAY_AWAY_SEC
        logs.write("WARNING", "redis is away", error_class=type(exc).__name__)
        return when_down


def _send(client: redis.Redis, *command: str | int) -> Any:
    """Do as `execute_command`, in half of its time: every request of every function passes here."""
    connection = client.connection
    if connection is None:
        return client.execute_command(*command)
    try:
        connection.send_command(*command)
        return connection.read_response()
    except redis.ConnectionError:
        connection.send_command(*command)
        return connection.read_response()


def _tell(client: redis.Redis, *command: str | int) -> None:
    """Send a command and leave its answer for whoever uses the thread's connection next: it has come by then."""
    if client.connection is None:
        client.execute_command(*command)
    else:
        client.connection.send_command(*command)
        _line().is_owed = True


def _client() -> redis.Redis:
    line = _line()
    if line.is_owed and line.client.connection is not None:
        line.is_owed = False
        # A connection that ended owes nothing any more, and what it was told may be lost.
        with contextlib.suppress(redis.ConnectionError, redis.ResponseError):
            line.client.connection.read_response()
    return line.client


def _line() -> _Line:
    url = settings.get("REDIS_URL")
    lines: dict[str, _Line] = _of_thread.__dict__
    if url not in lines:
        # A pool looks whether a connection is alive each time it gives one: as dear as the question itself when threads are busy.
        # A thread that has its own finds out by asking, and asks again on a new one.
        client = redis.Redis.from_url(
            url,
            single_connection_client=True,
            socket_timeout=TIMEOUT_SEC,
            socket_connect_timeout=TIMEOUT_SEC,
            retry=Retry(NoBackoff(), 1, (redis.ConnectionError,)),
        )
        lines[url] = _Line(client)
    return lines[url]
