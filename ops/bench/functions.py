"""Functions as production runs them, one process of the Functions Framework each, and clients that time their answers."""

import http.client
import itertools
import json
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from ops.errors import OpsError
from ops.http import request
from ops.paths import FUNCTIONS, FUNCTIONS_VENV, ROOT
from ops.process import Child, Run, free_ports

_START_SEC = 60.0
_TIMEOUT_SEC = 30.0
_PROJECT = "demo-plazza"
BARE = ROOT / "ops" / "bench" / "bare.py"


class Instance(NamedTuple):
    """One instance of a function: where it answers, and its process."""

    url: str
    child: Child


def start_function(run: Run, target: str, env: Mapping[str, str], source: Path = FUNCTIONS / "main.py") -> str:
    """Start one instance of a function and give its URL; `env` are its settings and secrets."""
    instance = launch_function(run, target, env, source)
    wait_for(run, instance)
    return instance.url


def launch_function(run: Run, target: str, env: Mapping[str, str], source: Path = FUNCTIONS / "main.py") -> Instance:
    """Start one instance of a function without waiting for it."""
    port = free_ports(1)[0]
    known = {key: value for key, value in os.environ.items() if key in {"PATH", "HOME", "LANG"}}
    config = json.dumps(
        {
            "projectId": _PROJECT,
            "storageBucket": f"{_PROJECT}.appspot.com",
            "databaseURL": f"https://{_PROJECT}.example",
        }
    )
    settings = {"FIREBASE_CONFIG": config, "GCLOUD_PROJECT": _PROJECT, "LOG_LEVEL": "error", "BATCH_SIZE": "500", **env}
    child = run.start(
        f"{target}-{port}",
        [FUNCTIONS_VENV / "bin" / "functions-framework", "--source", source, "--target", target, "--host", "127.0.0.1", "--port", str(port)],
        env={**known, **settings}, cwd=FUNCTIONS,
    )  # fmt: skip
    return Instance(f"http://127.0.0.1:{port}", child)


def wait_for(run: Run, instance: Instance) -> None:
    """Wait until an instance answers anything, its rooms loaded. Raises OpsError."""
    run.wait_until(instance.child, lambda: _speaks(instance.url), _START_SEC)


def _speaks(url: str) -> bool:
    try:
        request(f"{url}/products/suggest?q=a")
    except OpsError:
        return False
    return True


class Asked(NamedTuple):
    """A request: where, a body for POST, and the ID token of whoever asks."""

    url: str
    body: bytes | None = None
    token: str | None = None


class Pair(NamedTuple):
    """Seconds at the median and at the 95th percentile."""

    p50: float
    p95: float


class Timed(NamedTuple):
    """An answer and how long it took."""

    seconds: float
    content: bytes


_connections = threading.local()
_people = itertools.count()


def ask(asked: Asked) -> Timed:
    """Send a request over this thread's own connection, as one of many addresses: none of them reaches its limit."""
    try:
        return _ask(asked)
    except (http.client.HTTPException, OSError):
        # The server ended an idle connection: once more, on a new one.
        _connection(urlsplit(asked.url).netloc).close()
        return _ask(asked)


def _ask(asked: Asked) -> Timed:
    place, person = urlsplit(asked.url), next(_people)
    address = f"10.{person >> 16 & 255}.{person >> 8 & 255}.{person & 255}"
    headers = {"Content-Type": "application/json", "X-Forwarded-For": address}
    if asked.token is not None:
        headers["Authorization"] = f"Bearer {asked.token}"
    path = f"{place.path or '/'}{'?' if place.query else ''}{place.query}"
    connection = _connection(place.netloc)
    began = time.perf_counter()
    connection.request("GET" if asked.body is None else "POST", path, asked.body, headers)
    answer = connection.getresponse()
    content = answer.read()
    seconds = time.perf_counter() - began
    if answer.status != 200:
        raise OpsError(f"{asked.url} answered {answer.status}: {content[:300]!r}")
    return Timed(seconds, content)


def ask_all(asked: Sequence[Asked], clients: int = 1) -> list[float]:
    """Give how many seconds each of some requests took, sent by so many clients at once."""
    with ThreadPoolExecutor(clients) as pool:
        return [timed.seconds for timed in pool.map(ask, asked)]


def time_all(asked: Sequence[Asked], clients: int) -> float:
    """Give in how many seconds so many clients have the answers to all of some requests."""
    began = time.perf_counter()
    ask_all(asked, clients)
    return time.perf_counter() - began


def json_body(value: object) -> bytes:
    """Give a request's body."""
    return json.dumps(value).encode()


def pair_of(seconds: Sequence[float]) -> Pair:
    """Give both percentiles."""
    return Pair(percentile(seconds, 0.5), percentile(seconds, 0.95))


def percentile(values: Sequence[float], share: float) -> float:
    """Give the value below which a share of some values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def alternate(rounds: int, *phases: Callable[[], list[float]]) -> list[list[float]]:
    """Run phases in turn, several times, so that what else the machine does meets all of them alike. Gives each one's figures."""
    figures: list[list[float]] = [[] for _ in phases]
    for _ in range(rounds):
        for phase, kept in zip(phases, figures, strict=True):
            kept.extend(phase())
    return figures


def in_turn(rounds: int, *lists: Callable[[], Sequence[Asked]]) -> list[list[float]]:
    """Ask the first of each list, then the second of each, and so on, one client; gives each list's seconds.

    Who asks one thing over and over times a process whose code and data stay in the processor's caches, and a processor that never
    rests: a search, which is three processes' work in turn, has neither, and its parts are timed as they are there.
    """
    figures: list[list[float]] = [[] for _ in lists]
    for _ in range(rounds):
        for row in zip(*(one() for one in lists), strict=True):
            for asked, kept in zip(row, figures, strict=True):
                kept.append(ask(asked).seconds)
    return figures


def _connection(netloc: str) -> http.client.HTTPConnection:
    open_ones: dict[str, http.client.HTTPConnection] = _connections.__dict__
    if netloc not in open_ones:
        open_ones[netloc] = http.client.HTTPConnection(netloc, timeout=_TIMEOUT_SEC)
    return open_ones[netloc]
