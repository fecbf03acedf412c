"""A till of its own for each test: a customer with an order of ₹500 to be paid online."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from plazza.data import outbox
from plazza.data.sql import run_transaction
from plazza.order.actions import moving
from plazza.order.rules.states import SYSTEM
from plazza.order.store import orders
from plazza.payment import consumers
from tests.integration.order.conftest import Shop
from tests.support import auth
from tests.support.auth import People
from tests.support.client import Answer, Client
from tests.support.database import Builders, Database
from tests.support.people import new_uid
from tests.support.razorpay import Razorpay, webhook_headers
from tests.support.servers import Servers

TOTAL_PAISE = 50_000


class Till:
    """An order, its payment, and Razorpay on the other side."""

    def __init__(self, shop: Shop, razorpay: Razorpay) -> None:
        self.shop, self.api, self.db, self.razorpay = shop, shop.api, shop.db, razorpay
        self.uid = shop.uid
        self.product = shop.product(mrp_paise=60_000, price_paise=47_500)
        self.order = self.place("razorpay")
        self.payment: dict[str, Any] = {}
        self.sent: list[str] = []

    def place(self, method: str) -> dict[str, Any]:
        """Place an order of ₹475 and ₹25 delivery."""
        placed = self.shop.place(self.product, payment_method=method)
        assert placed.status_code == 201, placed.json
        assert placed.json["total_paise"] == TOTAL_PAISE
        return placed.json

    def create(self, order_id: str | None = None, **who: Any) -> Answer:
        """Ask for a payment of the order; the first good answer becomes the till's payment."""
        answer = self.api.post(
            "/payments/create", {"order_id": order_id or self.order["id"]}, **({"uid": self.uid} | who)
        )
        if answer.status_code == 201 and not self.payment:
            self.payment = answer.json
        return answer

    @property
    def asked(self) -> str:
        """Razorpay's id of the order to be paid."""
        if not self.payment:
            assert self.create().status_code == 201
        return self.payment["razorpay_order_id"]

    def pay(self, **wanted: Any) -> dict[str, Any]:
        """Pay in Checkout; gives what it hands to the client."""
        paid = self.razorpay.pay(self.asked, **wanted)
        return {name: paid[name] for name in ("razorpay_order_id", "razorpay_payment_id", "razorpay_signature")}

    def verify(self, paid: dict[str, Any], **who: Any) -> Answer:
        return self.api.post("/payments/verify", paid, **({"uid": self.uid} | who))

    def settle(self) -> dict[str, Any]:
        """Pay and verify; gives what Checkout handed over."""
        paid = self.pay()
        assert self.verify(paid).json["status"] == "captured"
        return paid

    def send(self, event: dict[str, Any]) -> Answer:
        """Bring one of Razorpay's webhooks, signed, to our door."""
        return self.post(event["body"].encode(), event["id"])

    def post(self, raw: bytes, event_id: str, headers: dict[str, str] | None = None) -> Answer:
        self.sent.append(event_id)
        signed = webhook_headers(raw, event_id) if headers is None else headers
        return self.api.call("POST", "/webhooks/razorpay", None, raw=raw, headers=signed, role=None)

    def send_all(self, *names: str, work: bool = True) -> None:
        """Bring every webhook about the order (of these names) once, and let the consumers work on them."""
        for event in self.razorpay.events(self.asked, *names):
            assert self.send(event).status_code == 200
        if work:
            self.work()

    def work(self, rounds: int = 6) -> int:
        """Give the payment's due rows to their consumers, whatever their pause; other tests' rows stay where they are."""
        query = """
            SELECT id, consumer FROM outbox
             WHERE status = 'pending' AND consumer LIKE 'payment.%%' AND (lane = ANY(%s) OR key = ANY(%s))
             ORDER BY position, id"""
        mine, done = [self.order["id"], str(self.payment.get("id"))], 0
        for _ in range(rounds):
            rows = self.db.rows(query, mine, self.sent)
            if not rows:
                break
            for ident, consumer in rows:
                row = outbox.get(ident)
                if row is not None:  # else another worker was faster
                    done += outbox.deliver(row, getattr(consumers, consumer.removeprefix("payment.")))
        return done

    def cancel(self, reason: str = "changed my mind") -> None:
        """Cancel the order as the system does."""
        order_id = UUID(self.order["id"])
        run_transaction(lambda tx: moving.cancel(tx, orders.lock_order(tx, order_id), SYSTEM, reason))

    def read(self, **who: Any) -> dict[str, Any]:
        """Give the payment as its customer reads it."""
        answer = self.api.get(f"/payments/{self.payment['id']}", **({"uid": self.uid} | who))
        assert answer.status_code == 200, answer.json
        return answer.json

    def order_now(self) -> tuple[str, str]:
        """Give the order's status and payment status as its customer reads them."""
        order = self.api.get(f"/orders/{self.order['id']}", uid=self.uid).json
        return order["status"], order["payment_status"]

    def kinds(self) -> list[str]:
        """Give the timeline in short."""
        return [event["kind"] for event in self.read()["timeline"]]

    def announced(self, event: str) -> int:
        """Count how often something was announced of the order or its payment."""
        lanes = [self.order["id"], str(self.payment.get("id"))]
        return self.db.value("SELECT count(DISTINCT key) FROM outbox WHERE event = %s AND lane = ANY(%s)", event, lanes)


@pytest.fixture
def razorpay(parts: Servers) -> Iterator[Razorpay]:
    """Razorpay itself; mended when the test is over."""
    there = Razorpay(parts.sandbox_url)
    yield there
    there.mend()


@pytest.fixture
def till(api: Client, db: Database, make: Builders, razorpay: Razorpay) -> Till:
    """A till that nobody else has."""
    return Till(Shop(api, db, make), razorpay)


@pytest.fixture
def other(api: Client, db: Database, make: Builders, razorpay: Razorpay) -> Till:
    """Another customer's till."""
    return Till(Shop(api, db, make), razorpay)


@pytest.fixture(scope="session")
def people(parts: Servers) -> People:
    """Accounts in the auth emulator, which sensitive routes ask."""
    return auth.start(parts)


@pytest.fixture(scope="session")
def support(people: People) -> dict[str, str]:
    """The arguments with which a person of support calls."""
    return {"role": "support", "uid": people.sign_up("support", uid=new_uid("sup"))}
