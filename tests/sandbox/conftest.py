"""A sandbox process for the tests of one worker, and a receiver for its webhooks."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

ROOT = Path(__file__).parents[2]
START_SECONDS = 60


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def wait_until(check: Callable[[], Any], seconds: float = 10, what: str = "") -> Any:
    """Return the first true answer of `check`; fail when it does not come in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := check():
            return answer
        time.sleep(0.02)
    pytest.fail(f"did not happen within {seconds} s: {what or check}")


@dataclass
class Sandbox:
    """A running sandbox: its address and its control calls."""

    url: str
    process: subprocess.Popen[bytes]
    http: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.http.trust_env = False

    def call(self, method: str, path: str, body: Any = None, *, status: int | None = 200) -> Any:
        """Make a control call and return its JSON."""
        answer = self.http.request(method, f"{self.url}/_sandbox{path}", json=body, timeout=60)
        assert status is None or answer.status_code == status, answer.text
        return answer.json()

    def get(self, path: str, /, **query: str) -> Any:
        """Read from the control calls."""
        return self.http.get(f"{self.url}/_sandbox{path}", params=query, timeout=60).json()

    def fault(self, provider: str, kind: str, **more: Any) -> str:
        """Set a fault and return its id."""
        return str(self.call("POST", "/faults", {"provider": provider, "kind": kind, **more}, status=201)["id"])

    def advance(self, seconds: float) -> None:
        """Move the sandbox's clock and wait for what was due."""
        assert self.call("POST", "/clock/advance", {"seconds": seconds})["settled"]

    def calls(self, provider: str, path: str = "") -> list[dict[str, Any]]:
        """Return the journal."""
        return list(self.get("/calls", provider=provider, path=path)["calls"])

    def events(self, provider: str = "") -> list[dict[str, Any]]:
        """Return the webhooks."""
        return list(self.get("/webhooks", provider=provider)["events"])

    def stop(self) -> None:
        """End the process as its parent's death would."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(20)


def start_sandbox(*args: str, env: dict[str, str] | None = None) -> Sandbox:
    """Start `python -m sandbox` on a free port and wait until it answers."""
    port = free_port()
    command = [sys.executable, "-m", "sandbox", "--port", str(port), "--exit-with-stdin", *args]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, env=environment() | (env or {}))
    sandbox = Sandbox(f"http://127.0.0.1:{port}", process)

    def ready() -> bool:
        assert process.poll() is None, "the sandbox ended while starting"
        try:
            return bool(sandbox.get("/health")["status"] == "ok")
        except requests.ConnectionError:
            return False

    wait_until(ready, START_SECONDS, "the sandbox starts")
    return sandbox


def environment() -> dict[str, str]:
    """Return this process's environment without project names and proxies for this machine."""
    kept = {name: value for name, value in os.environ.items() if name not in ("FIREBASE_PROJECT_ID", "GCLOUD_PROJECT")}
    return kept | {"NO_PROXY": "127.0.0.1,localhost"}


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    """One process for all tests of a worker."""
    sandbox = start_sandbox()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def sandbox(running_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The worker's sandbox, emptied."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    running_sandbox.call("POST", "/reset", {"seed": 1})
    return running_sandbox


@dataclass
class Delivered:
    """One webhook as it arrived."""

    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class Receiver:
    """Stands where Plazza's webhook endpoint would: keeps what arrives and answers as it is told."""

    url: str
    got: list[Delivered] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    pause: float = 0.0
    challenge: bool = True

    def names(self) -> list[str]:
        """Return the names of the Razorpay events in the order they came."""
        return [delivered.json["event"] for delivered in self.got]

    def wait(self, count: int, seconds: float = 10) -> list[Delivered]:
        """Wait until so many webhooks have come."""
        wait_until(lambda: len(self.got) >= count, seconds, f"{count} webhooks; came: {len(self.got)}")
        return self.got


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A webhook endpoint."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            known = query.get("hub.verify_token") == ["sandbox-verify-token"] and endpoint.challenge
            self.answer(200 if known else 403, query["hub.challenge"][0].encode() if known else b"")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(endpoint.pause)
            endpoint.got.append(Delivered(dict(self.headers.items()), body))
            self.answer(endpoint.statuses.pop(0) if endpoint.statuses else 200, b"")

        def answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name is the base class's
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    endpoint = Receiver(f"http://127.0.0.1:{server.server_address[1]}/hook")
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield endpoint
    server.shutdown()
    server.server_close()
