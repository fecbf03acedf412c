"""Orders while something behind them is away."""

import json
import os
import time
from collections.abc import Iterator

import firebase_admin
import pytest

from plazza.data import firebase, outbox, rtdb
from plazza.data.sql import read
from plazza.order import consumers
from tests.integration.order.conftest import Shop
from tests.support.database import Builders
from tests.support.people import new_uid

NOWHERE = "postgresql://plazza_app@127.0.0.1:9/plazza"


def test_without_postgresql_a_known_address_has_a_quote(
    monkeypatch: pytest.MonkeyPatch, shop: Shop, make: Builders
) -> None:
    strip, coupon = shop.product(), make.coupon()
    shop.place(strip)
    known = shop.quote(strip).json
    new = make.address(shop.uid, pincode=shop.pincode)
    monkeypatch.setenv("POSTGRES_URL", NOWHERE)
    started = time.monotonic()

    quote = shop.quote(strip, coupon_code=coupon)
    unknown = shop.quote(strip, address_id=new)
    order = shop.place(strip)

    assert (quote.status_code, quote.json["degraded"], quote.json["can_be_ordered"]) == (200, True, False)
    assert quote.json["coupon_code"] is None
    assert (quote.json["total_paise"], quote.json["store_id"]) == (known["total_paise"], shop.store)
    for answer in (unknown, order):
        assert answer.status_code == 503
        assert answer.json["code"] == "SERVICE_UNAVAILABLE"
        assert int(answer.headers["Retry-After"]) > 0
    assert time.monotonic() - started < 15
    assert shop.stock(strip) == (100, 1)
    monkeypatch.undo()
    assert shop.place(strip).status_code == 201


def test_without_postgresql_orders_still_move(monkeypatch: pytest.MonkeyPatch, shop: Shop) -> None:
    strip = shop.product()
    order = shop.place(strip).json["id"]
    monkeypatch.setenv("POSTGRES_URL", NOWHERE)

    assert shop.api.get(f"/orders/{order}", uid=shop.uid).status_code == 200
    assert shop.api.post(f"/orders/{order}/cancel", {}, uid=shop.uid).status_code == 200
    assert shop.stock(strip) == (100, 0)


def test_without_cockroachdb_nothing_is_half_done(monkeypatch: pytest.MonkeyPatch, shop: Shop) -> None:
    strip = shop.product()
    order = shop.place(strip).json["id"]
    sale = {"client_sale_id": "s", "payment_method": "cash", "items": [{"product_id": strip, "quantity": 1}]}
    monkeypatch.setenv("COCKROACH_DB_URL", NOWHERE)

    answers = [
        shop.quote(strip),
        shop.place(strip, key="a-key-of-mine"),
        shop.api.get(f"/orders/{order}", uid=shop.uid),
        shop.api.post(f"/orders/{order}/cancel", {}, uid=shop.uid),
        shop.api.get("/stores", role=None),
        shop.api.post("/pos/transactions", sale, **shop.staff("cashier")),
    ]

    assert [answer.status_code for answer in answers] == [503] * 6
    assert all("Traceback" not in answer.content.decode() for answer in answers)
    monkeypatch.undo()
    assert shop.stock(strip) == (100, 1)
    assert shop.place(strip, key="a-key-of-mine").status_code == 201


def test_without_redis_orders_work(monkeypatch: pytest.MonkeyPatch, shop: Shop) -> None:
    strip = shop.product()
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:9/0")

    assert shop.quote(strip).status_code == 200
    assert shop.place(strip).status_code == 201


@pytest.fixture
def no_live_database(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Point the Firebase app at a live database that is not there; `undo` brings the right one back."""
    config = json.loads(os.environ["FIREBASE_CONFIG"]) | {"databaseURL": "http://127.0.0.1:9/?ns=none"}
    monkeypatch.setenv("FIREBASE_CONFIG", json.dumps(config))
    monkeypatch.setenv("FIREBASE_DATABASE_EMULATOR_HOST", "127.0.0.1:9")
    firebase_admin.delete_app(firebase.app())
    yield monkeypatch
    firebase_admin.delete_app(firebase.app())


def test_without_the_live_database_the_projection_catches_up(no_live_database: pytest.MonkeyPatch, shop: Shop) -> None:
    """The consumer fails, its row waits, and the order itself is not touched by that."""
    order = shop.place(shop.product())
    row = next(row for row in _rows(order.json["id"]) if row.consumer == "order.project_order")

    was_done = outbox.deliver(row, consumers.project_order)

    assert order.status_code == 201
    assert not was_done
    assert shop.db.value("SELECT status FROM outbox WHERE id = %s", row.id) == "pending"
    no_live_database.undo()
    firebase_admin.delete_app(firebase.app())
    assert outbox.deliver(row, consumers.project_order)
    assert rtdb.get(f"orders/{shop.uid}/{order.json['id']}/status") == "confirmed"


def _rows(key: str) -> list[outbox.Row]:
    query = "SELECT id, event, consumer, key, attempts FROM outbox WHERE key = %s ORDER BY position, id"
    return read(lambda tx: tx.rows(outbox.Row, query, (key,)))


def test_a_stranger_gets_no_known_place(monkeypatch: pytest.MonkeyPatch, shop: Shop) -> None:
    strip = shop.product()
    shop.place(strip)
    monkeypatch.setenv("POSTGRES_URL", NOWHERE)

    assert shop.api.post("/orders/quote", shop.cart(strip), uid=new_uid()).status_code == 503
