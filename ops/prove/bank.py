"""Razorpay as a proof sees it: it lets people pay, breaks calls, moves the time of everybody, and collects what is told to us."""

import base64
import json
import threading
from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from ops.http import call
from ops.settings import PROVIDERS
from plazza import clock

_PAGE = 100


class Event(NamedTuple):
    """A webhook as it was sent."""

    raw: bytes
    headers: dict[str, str]

    @property
    def body(self) -> dict[str, Any]:
        """Give what it says."""
        return json.loads(self.raw)


class Attempt(NamedTuple):
    """A payment as Razorpay has it now."""

    id: str
    order_id: str
    amount_paise: int
    returned_paise: int
    is_captured: bool
    created_at: datetime


class Bank:
    """The sandbox's Razorpay. Events wait in `inbox`, by Razorpay's order, until a proof brings them to the product."""

    def __init__(self, sandbox_url: str) -> None:
        """Begin to collect events."""
        self._url = sandbox_url
        self.inbox: dict[str, list[Event]] = defaultdict(list)
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self._server.serve_forever, name="bank", daemon=True).start()
        keys = PROVIDERS["Razorpay"].credentials
        pair = f"{keys['RAZORPAY_KEY_ID']}:{keys['RAZORPAY_KEY_SECRET']}".encode()
        self._headers = {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
        self._ahead = timedelta()

    @contextmanager
    def keeps_time(self) -> Generator[None]:
        """Let this process have Razorpay's time, which `wait` moves."""
        before = clock.now
        clock.now = lambda: datetime.now(UTC) + self._ahead
        try:
            yield
        finally:
            clock.now = before
            self._server.shutdown()
            self._server.server_close()

    def reset(self, seed: int) -> None:
        """Forget everything; new ids follow from the seed."""
        self.control("POST", "/reset", {"seed": seed})
        url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.control("PUT", "/webhooks/razorpay", {"url": url})
        self.inbox.clear()
        self._ahead = timedelta()

    def wait(self, duration: timedelta) -> None:
        """Let time go by here and there, with everything that happens meanwhile."""
        self.control("POST", "/clock/advance", {"seconds": duration.total_seconds(), "wait": True})
        self._ahead += duration

    def settle(self) -> None:
        """Wait until every event that is due has been collected."""
        self.control("POST", "/clock/advance", {"seconds": 0, "wait": True})

    def pay(self, razorpay_order_id: str, **wanted: object) -> dict[str, Any]:
        """Pay in Checkout; gives what it hands to the client."""
        return self.control("POST", f"/razorpay/orders/{razorpay_order_id}/pay", wanted)

    @contextmanager
    def broken(self, kind: str | None, path: str = "*", method: str | None = None) -> Generator[None]:
        """Let the next call of a path go wrong; without a kind all is well."""
        if kind is None:
            yield
            return
        fault: dict[str, object] = {"provider": "razorpay", "kind": kind, "path": path}
        if kind in {"status", "act_then_status"}:
            fault["status"] = 503
        self.control("POST", "/faults", fault | ({"method": method} if method else {}))
        try:
            yield
        finally:
            self.control("DELETE", "/faults")

    def attempts(self) -> list[Attempt]:
        """Give every attempt to pay anything, oldest first."""
        found: list[dict[str, Any]] = []
        while page := self.read(f"/payments?count={_PAGE}&skip={len(found)}")["items"]:
            found += page
        return [_attempt(item) for item in reversed(found)]

    def known(self, payment_id: str) -> Attempt:
        """Give one attempt."""
        return _attempt(self.read(f"/payments/{payment_id}"))

    def read(self, path: str) -> Any:
        """Read from Razorpay's API, as its dashboard would."""
        return call(f"{self._url}/razorpay/v1{path}", headers=self._headers)

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Make a control call of the sandbox."""
        return call(f"{self._url}/_sandbox{path}", method, body)

    def take_in(self, event: Event) -> None:
        """Keep an event that arrived, with those of the same order."""
        entities = event.body["payload"]
        order_id = next((one["entity"]["order_id"] for one in entities.values() if one["entity"].get("order_id")), "")
        with self._lock:
            self.inbox[order_id].append(event)


def _attempt(item: dict[str, Any]) -> Attempt:
    returned = item["amount_refunded"] if item["captured"] else 0
    created_at = datetime.fromtimestamp(item["created_at"], UTC)
    return Attempt(item["id"], item["order_id"], item["amount"], returned, item["captured"], created_at)


def _handler(bank: Bank) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            signed = {
                name.lower(): value for name, value in self.headers.items() if name.lower().startswith("x-razorpay")
            }
            bank.take_in(Event(self.rfile.read(int(self.headers["Content-Length"])), signed))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
            """Say nothing."""

    return Handler
