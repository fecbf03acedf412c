"""The journey of an order on a running system, and what only a running system shows: Google's SDKs, Hosting, the payment page."""

import json
import secrets
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import uuid4

import firebase_admin
import pytest
import requests
from firebase_admin import auth, credentials, db
from google.auth.credentials import AnonymousCredentials

from ops.endpoints import Endpoints
from ops.journey import shopping
from ops.journey.play import play
from ops.journey.shopping import Cast, Medicine
from ops.journey.stage import Stage
from tests.e2e.serving import Serve, until

pytestmark = pytest.mark.timeout(300)
APP = Path(__file__).parent / "customer_app.mjs"
SEEN_WITHIN_SEC = 1.0
PATIENCE_SEC = 75.0
"""Usually a moment; a nudge that is lost is found by the sweep of the next minute."""


@pytest.fixture(scope="module")
def found(serve: Serve) -> Endpoints:
    """Where the parts answer."""
    return serve.found


@pytest.fixture(scope="module")
def stage(found: Endpoints) -> Stage:
    """Calls and checks as the journey makes them."""
    return Stage(found)


class Visit:
    """A new customer with an address, the staff, and something to buy."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.cast: Cast = shopping.sign_everybody_in(stage, f"+9197{secrets.randbelow(10**8):08d}")
        self.medicine: Medicine = shopping.search(stage)
        self.address = shopping.add_addresses(stage, self.cast.customer)

    def order(self, method: str) -> dict[str, Any]:
        """Place an order of four packs."""
        items = [{"product_id": self.medicine.id, "quantity": 4}]
        cart = {"address_id": self.address, "items": items, "payment_method": method}
        return self.stage.call("POST", "/orders", cart, by=self.cast.customer, key=f"e2e-{uuid4()}", expect=201)


@pytest.fixture(scope="module")
def visit(stage: Stage) -> Visit:
    """Somebody who did not play the journey."""
    return Visit(stage)


class _Owner(credentials.Base):
    """The emulators know the administrator by the header that the SDK sends them."""

    def get_credential(self) -> AnonymousCredentials:
        return AnonymousCredentials()


@pytest.fixture(scope="module")
def admin(found: Endpoints) -> Iterator[firebase_admin.App]:
    """The Admin SDK as a script of the operators would start it."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in found.emulator_environment().items():
            patch.setenv(name, value)
        options = {"projectId": found.project, "databaseURL": found.database_url}
        app = firebase_admin.initialize_app(_Owner(), options, name=uuid4().hex)
        yield app
        firebase_admin.delete_app(app)


def test_the_journey(found: Endpoints) -> None:
    assert play(found) > 100


class CustomerApp:
    """The customer's app in Node, and what it printed."""

    def __init__(self, found: Endpoints, custom_token: str, stranger: str) -> None:
        self.lines: list[dict[str, Any]] = []
        self._changed = threading.Condition()
        hosts = (found.auth_host, found.database_host, found.namespace)
        self._process = subprocess.Popen(
            ["node", APP, *hosts, custom_token, stranger],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        threading.Thread(target=self._read, daemon=True).start()

    def sees(self, is_wanted: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """Give the first line that is wanted, as soon as it is there."""
        wanted: list[dict[str, Any]] = []

        def is_there() -> bool:
            wanted[:] = [line for line in self.lines if is_wanted(line)]
            return bool(wanted)

        with self._changed:
            assert self._changed.wait_for(is_there, PATIENCE_SEC), self.lines
        return wanted[0]

    def close(self) -> None:
        """Let it end."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert self._process.wait(10) == 0

    def _read(self) -> None:
        assert self._process.stdout is not None
        for text in self._process.stdout:
            line = json.loads(text) if text.startswith("{") else {"failed": text}
            with self._changed:
                self.lines.append(line)
                self._changed.notify_all()


def test_the_javascript_sdk_follows_an_order(
    found: Endpoints, stage: Stage, visit: Visit, admin: firebase_admin.App
) -> None:
    """Signed in as the customer it sees the store's move, and a change of the live data within a second."""
    uid = visit.cast.customer.uid
    order = visit.order("cod")
    app = CustomerApp(found, auth.create_custom_token(uid, app=admin).decode(), visit.cast.rider.uid)
    try:
        assert app.sees(lambda line: "signedIn" in line)["signedIn"] == uid
        app.sees(lambda line: _live(line, order)["status"] == "confirmed")
        stage.call("POST", f"/orders/{order['id']}/status", {"status": "processing"}, by=visit.cast.staff)

        app.sees(lambda line: _live(line, order)["status"] == "processing")
        written_at_ms = time.time() * 1000
        db.reference(f"orders/{uid}/{order['id']}/promised_at", admin).set("2031-01-01T00:00:00Z")
        seen = app.sees(lambda line: _live(line, order)["promised_at"] == "2031-01-01T00:00:00Z")

        assert seen["atMs"] - written_at_ms < SEEN_WITHIN_SEC * 1000
        assert app.sees(lambda line: "refusedRead" in line)["refusedRead"] == "PERMISSION_DENIED"
        assert app.sees(lambda line: "refusedWrite" in line)["refusedWrite"] == "PERMISSION_DENIED"
    finally:
        app.close()
    assert not [line for line in app.lines if "failed" in line]


def _live(line: dict[str, Any], order: dict[str, Any]) -> dict[str, Any]:
    nothing = {"status": None, "promised_at": None}
    return nothing | (line.get("orders") or {}).get(order["id"], {})


def test_the_python_admin_sdk_uses_the_live_database(admin: firebase_admin.App) -> None:
    """Set, get, update, transaction, query, listen and ETag; the threads of a transaction lose no count."""
    board = db.reference(f"board/{uuid4()}", admin)  # its rules have an index for `status`
    told: list[tuple[str, Any]] = []
    listening = board.listen(lambda event: told.append((event.path, event.data)))
    board.set({"a": {"status": "confirmed"}, "b": {"status": "shipped"}, "c": {"status": "processing"}, "count": 0})
    board.update({"a/status": "processing", "note": "yes"})
    counters = [threading.Thread(target=_count, args=(board.child("count"),)) for _ in range(4)]
    for counter in counters:
        counter.start()
    for counter in counters:
        counter.join()

    assert board.get() == {
        "a": {"status": "processing"},
        "b": {"status": "shipped"},
        "c": {"status": "processing"},
        "count": 4,
        "note": "yes",
    }
    ranked = board.order_by_child("status").equal_to("processing").limit_to_last(1).get()
    assert ranked == {"c": {"status": "processing"}}
    value, etag = board.child("note").get(etag=True)
    assert value == "yes"
    assert board.child("note").set_if_unchanged("another", "no")[0] is False
    assert board.child("note").set_if_unchanged(etag, "no")[0] is True
    assert until(lambda: ("/note", "no") in told and ("/count", 4) in told, PATIENCE_SEC), told
    closing = threading.Thread(target=listening.close)  # the SDK waits for one more event before it is closed
    closing.start()
    board.delete()
    closing.join(10)
    assert board.get() is None
    assert not closing.is_alive()


def _count(ref: db.Reference) -> None:
    ref.transaction(lambda value: int(value or 0) + 1)


def test_bad_requests_through_hosting_get_the_documented_errors(found: Endpoints, visit: Visit) -> None:
    person = visit.cast.customer.headers
    huge = {**person, "Content-Type": "application/json"}

    answers = {
        "unknown path": requests.get(f"{found.api_url}/orders/no/such/path", headers=person, timeout=60),
        "2 MB": requests.post(f"{found.api_url}/orders/quote", data=b"[" + b" " * 2_000_000, headers=huge, timeout=60),
        "token": requests.get(f"{found.api_url}/me", headers={"Authorization": "Bearer a.b.c"}, timeout=60),
        "role": requests.get(f"{found.api_url}/delivery/jobs", headers=person, timeout=60),
        "field": requests.post(f"{found.api_url}/orders/quote", json={"free": True}, headers=person, timeout=60),
        "signature": requests.post(f"{found.api_url}/webhooks/razorpay", json={}, timeout=60),
    }

    expected = {
        "unknown path": (404, "RESOURCE_NOT_FOUND"),
        "2 MB": (413, "PAYLOAD_TOO_LARGE"),
        "token": (401, "UNAUTHORIZED"),
        "role": (403, "FORBIDDEN"),
        "field": (400, "VALIDATION_ERROR"),
        "signature": (401, "UNAUTHORIZED"),
    }
    assert {name: (answer.status_code, answer.json()["code"]) for name, answer in answers.items()} == expected
    for answer in answers.values():
        assert answer.json()["status"] == "error"
        assert answer.headers["X-Trace-Id"] == answer.json()["traceId"]
        assert "Traceback" not in answer.text
    outside = requests.get(f"{found.api_url}/nothing", timeout=60)
    assert outside.status_code == 404
    assert outside.json()["code"] == "RESOURCE_NOT_FOUND"


def test_only_allowed_origins_may_read_answers(found: Endpoints) -> None:
    """A browser asks before it sends a token; an origin that is not on the list is given no leave."""

    def ask(origin: str) -> requests.Response:
        wish = {
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization",
        }
        return requests.options(f"{found.api_url}/orders", headers=wish, timeout=60)

    ours, theirs = ask(found.base_url), ask("https://elsewhere.example")

    assert ours.status_code == theirs.status_code == 204
    assert ours.headers["Access-Control-Allow-Origin"] == found.base_url
    assert "Authorization" in ours.headers["Access-Control-Allow-Headers"]
    assert "Idempotency-Key" in ours.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Origin" not in theirs.headers


def test_a_functions_own_url_serves_the_same_paths(found: Endpoints, visit: Visit) -> None:
    own = f"{found.functions_url}/{found.project}/asia-south1/accounts"

    answers = [
        requests.get(f"{url}/me", headers=visit.cast.customer.headers, timeout=60)
        for url in (found.api_url, own, f"{own}/api/v1")
    ]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert {answer.json()["uid"] for answer in answers} == {visit.cast.customer.uid}


class Page(HTMLParser):
    """A page's buttons by value, and its list of terms and texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.buttons: list[str] = []
        self.facts: dict[str, str] = {}
        self._place, self._term = "", ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._place = tag
        if tag == "button":
            self.buttons.append(str(dict(attrs).get("value")))

    def handle_data(self, data: str) -> None:
        if self._place == "dt":
            self._term = data
        elif self._place == "dd":
            self.facts[self._term] = data
        self._place = ""


def test_the_payment_page_can_be_paid_on(found: Endpoints, stage: Stage, visit: Visit) -> None:
    order = visit.order("razorpay")
    payment = stage.call(
        "POST", "/payments/create", {"order_id": order["id"]}, by=visit.cast.customer, key=f"e2e-{uuid4()}", expect=201
    )
    url = f"{found.sandbox_url}/razorpay/pay/{payment['razorpay_order_id']}"
    shown = requests.get(url, timeout=30)
    assert {"upi", "card", "fail"} <= set(Page(shown.text).buttons)

    failed = requests.post(url, data={"button": "fail"}, timeout=30)
    paid = requests.post(url, data={"button": "upi"}, timeout=30)

    assert failed.ok
    assert "razorpay_signature" not in Page(failed.text).facts
    facts = Page(paid.text).facts
    handed = {name: facts[name] for name in ("razorpay_order_id", "razorpay_payment_id", "razorpay_signature")}
    verified = stage.call("POST", "/payments/verify", handed, by=visit.cast.customer)
    assert (verified["status"], verified["captured_paise"]) == ("captured", order["total_paise"])
    assert stage.call("GET", f"/orders/{order['id']}", by=visit.cast.customer)["status"] == "confirmed"
    assert "upi" not in Page(requests.get(url, timeout=30).text).buttons
