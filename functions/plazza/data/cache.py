"""Redis: cache, counters and short locks. Never the only copy of anything, so every call fails open.

After a failure the instance stays away from Redis for a while: a dead server then costs one short time-out, not one a request.
"""

import json
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from plazza import logs, settings

Result = TypeVar("Result")

TIMEOUT_SEC = 0.2
STAY_AWAY_SEC = 5.0

# The expiry is set with the first count in one step: a crash between two calls would leave a counter that never ends.
_COUNT = """
local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {n, redis.call('PTTL', KEYS[1])}"""


class Count(NamedTuple):
    """How often something happened in its window, and the seconds until the window ends."""

    total: int
    reset_sec: int


_clients: dict[str, redis.Redis] = {}
_lock = threading.Lock()
_away_until = 0.0


def get_json(key: str) -> Any:
    """Give a cached value, or None when there is none or Redis is down."""
    found = _try(lambda client: client.get(key))
    return None if found is None else json.loads(found)


def put_json(key: str, value: Any, ttl_sec: int) -> None:
    """Keep a value for `ttl_sec` seconds."""
    _try(lambda client: client.set(key, json.dumps(value, separators=(",", ":")), ex=ttl_sec))


def delete(*keys: str) -> None:
    """Forget keys."""
    if keys:
        _try(lambda client: client.delete(*keys))


def count(key: str, window_sec: int) -> Count | None:
    """Count one more in a window that starts with the first, or give None when Redis is down."""
    found = _try(lambda client: client.eval(_COUNT, 1, key, str(window_sec * 1000)))
    return None if found is None else Count(int(found[0]), max(1, -(-int(found[1]) // 1000)))


def acquire(key: str, ttl_sec: int) -> bool:
    """Take a short lock that ends by itself; True as well when Redis is down, so only use it to save work."""
    return _try(lambda client: bool(client.set(key, "1", nx=True, ex=ttl_sec)), when_down=True) or False


def is_up() -> bool:
    """Tell whether Redis answers now."""
    return bool(_try(lambda client: client.ping()))


def _try(call: Callable[[redis.Redis], Any], when_down: Any = None) -> Any:
    global _away_until  # noqa: PLW0603 -- one instant per instance: when to speak to Redis again
    if time.monotonic() < _away_until:
        return when_down
    try:
        return call(_client())
    except (redis.RedisError, settings.MissingSetting) as exc:
        _away_until = time.monotonic() + STAY_AWAY_SEC
        logs.write("WARNING", "redis is away", error_class=type(exc).__name__)
        return when_down


def _client() -> redis.Redis:
    url = settings.get("REDIS_URL")
    with _lock:
        if url not in _clients:
            _clients[url] = redis.Redis.from_url(
                url, socket_timeout=TIMEOUT_SEC, socket_connect_timeout=TIMEOUT_SEC, retry=Retry(NoBackoff(), 0)
            )
        return _clients[url]
