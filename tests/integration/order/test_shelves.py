"""Stock that moves between stores, is counted, expires."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from plazza import clock
from tests.integration.order.conftest import Shop
from tests.integration.order.shelves import add_up, count, report, sell, transfer, write_off
from tests.support.client import Client
from tests.support.database import Builders, Database


@pytest.fixture
def other(api: Client, db: Database, make: Builders) -> Shop:
    return Shop(api, db, make)


# ── transfers ───────────────────────────────────────────────────────


def test_packs_go_from_one_store_to_the_other(shop: Shop, other: Shop, make: Builders) -> None:
    product = make.product()
    batch = make.batch(shop.store, product, 10)

    first = transfer(shop, other, batch, 4, note="runs low")
    more = transfer(shop, other, batch, 3)

    assert (first.status_code, first.json["sent"]["on_hand"], first.json["received"]["on_hand"]) == (201, 6, 4)
    assert (more.json["received"]["id"], more.json["received"]["on_hand"]) == (first.json["received"]["id"], 7)
    assert (shop.stock(product), other.stock(product)) == ((3, 0), (7, 0))
    query = "SELECT kind, on_hand_change FROM stock_movements WHERE transfer_id = %s ORDER BY kind"
    assert shop.db.rows(query, UUID(first.json["id"])) == [("transfer_in", 4), ("transfer_out", -4)]
    add_up(shop, other)


def test_a_transfer_sent_ten_times_is_one(shop: Shop, other: Shop, make: Builders) -> None:
    product, key = make.product(), str(uuid4())
    body = {"batch_id": make.batch(shop.store, product, 10), "to_store_id": other.store, "quantity": 2}

    with ThreadPoolExecutor(10) as taps:
        answers = list(
            taps.map(lambda _: shop.api.post("/inventory/transfers", body, key=key, **shop.staff()), range(10))
        )

    assert {answer.status_code for answer in answers} == {201}
    assert (shop.stock(product), other.stock(product)) == ((8, 0), (2, 0))


def test_transfers_both_ways_at_once_lose_nothing(shop: Shop, other: Shop, make: Builders) -> None:
    product = make.product()
    number = f"X{uuid4().hex[:8]}"
    # All twelve of one way may come first: no shelf runs short of packs.
    here, there = (make.batch(one.store, product, 40, batch_no=number) for one in (shop, other))

    def go(at: int) -> int:
        way = (shop, other, here) if at % 2 else (other, shop, there)
        return transfer(*way, 3).status_code

    with ThreadPoolExecutor(12) as hands:
        statuses = list(hands.map(go, range(24)))

    assert statuses == [201] * 24
    assert (shop.stock(product), other.stock(product)) == ((40, 0), (40, 0))
    assert report(shop)["transfers"] == 24
    add_up(shop, other)


def test_what_cannot_be_sold_or_is_promised_is_not_transferred(shop: Shop, other: Shop, make: Builders) -> None:
    product = make.product()
    batch = make.batch(shop.store, product, 10)
    shop.place((product, 6))
    expired = make.batch(shop.store, product, 5, 0)
    recalled = make.batch(shop.store, product, 5, recalled=True)
    odd = make.batch(shop.store, product, 5)
    number = shop.db.value("SELECT batch_no FROM inventory_batches WHERE id = %s", UUID(odd))
    make.batch(other.store, product, 1, batch_no=number, mrp_paise=9_500)

    assert transfer(shop, other, batch, 5).json["details"]["available"] == 4
    assert transfer(shop, other, expired, 1).json["details"]["reason"] == "EXPIRED"
    assert transfer(shop, other, recalled, 1).json["details"]["reason"] == "RECALLED"
    assert transfer(shop, other, odd, 1).json["details"]["mrp_paise"] == 9_500
    assert transfer(shop, shop, batch, 1).status_code == 400
    assert transfer(other, shop, batch, 1).status_code == 404
    assert transfer(shop, other, batch, 0).status_code == 400
    assert transfer(shop, other, batch, 1, to_store_id=str(uuid4())).status_code == 404
    assert shop.api.post("/inventory/transfers", {}, **shop.staff("cashier")).status_code == 403
    assert (shop.stock(product), other.stock(product)) == ((25, 6), (1, 0))


# ── counts ──────────────────────────────────────────────────────────


def test_a_count_corrects_and_never_below_what_is_promised(shop: Shop, make: Builders) -> None:
    product = make.product()
    batch = make.batch(shop.store, product, 10)
    shop.place((product, 6))

    refused, missing, found, right = (count(shop, batch, packs) for packs in (5, 7, 9, 9))

    assert (refused.status_code, refused.json["details"]) == (409, {"reason": "BELOW_RESERVED", "reserved": 6})
    assert [answer.json["change"] for answer in (missing, found, right)] == [-3, 2, 0]
    assert shop.stock(product) == (9, 6)
    query = "SELECT counted, on_hand, reason FROM stock_counts WHERE batch_id = %s ORDER BY created_at"
    assert shop.db.rows(query, UUID(batch)) == [(7, 10, "cycle count"), (9, 7, "cycle count"), (9, 9, "cycle count")]
    add_up(shop)


def test_a_count_of_what_was_read_before_a_sale_is_refused(shop: Shop, make: Builders) -> None:
    product = make.product()
    batch = make.batch(shop.store, product, 10)
    sell(shop, product)

    late = count(shop, batch, 10, expected_on_hand=10)
    again = count(shop, batch, 9, expected_on_hand=9)

    assert (late.status_code, late.json["details"]) == (409, {"reason": "STOCK_MOVED", "on_hand": 9})
    assert (again.status_code, again.json["change"]) == (201, 0)


def test_counting_while_selling_keeps_the_books(shop: Shop, make: Builders) -> None:
    """Whoever counts read the shelf before: what was sold since is never taken for found."""
    product = make.product()
    batch = make.batch(shop.store, product, 60)

    def act(at: int) -> int:
        if at % 3 == 0:
            on_hand = shop.stock(product)[0]
            return count(shop, batch, on_hand, expected_on_hand=on_hand).status_code
        if at % 3 == 1:
            return shop.place(product, key=str(uuid4())).status_code
        return sell(shop, product).status_code

    with ThreadPoolExecutor(12) as hands:
        statuses = list(hands.map(act, range(36)))

    assert set(statuses[0::3]) <= {201, 409}
    assert statuses[1::3] == statuses[2::3] == [201] * 12
    assert shop.stock(product) == (48, 12)
    add_up(shop)


# ── what has expired, or will too soon ──────────────────────────────


def test_one_call_writes_off_what_has_expired(shop: Shop, make: Builders) -> None:
    product = make.product()
    gone, promised, good = (make.batch(shop.store, product, 5, days) for days in (-3, 1, 90))
    shop.place((product, 2))
    yesterday = clock.today() - timedelta(days=1)
    shop.db.execute("UPDATE inventory_batches SET expires_on = %s WHERE id = %s", yesterday, UUID(promised))

    first, again = write_off(shop), write_off(shop)

    assert first.status_code == 201
    items = {item["batch_id"]: (item["quantity"], item["still_reserved"]) for item in first.json["items"]}
    assert items == {gone: (5, 0), promised: (3, 2)}
    assert again.json["items"] == []
    assert shop.db.value("SELECT on_hand FROM inventory_batches WHERE id = %s", UUID(good)) == 5
    query = "SELECT reason FROM stock_movements WHERE kind = 'write_off' AND batch_id = %s"
    assert shop.db.value(query, UUID(gone)) == "expired"
    add_up(shop)


def test_only_what_had_expired_by_the_day_is_written_off(shop: Shop, make: Builders) -> None:
    product = make.product()
    long_gone, gone = (make.batch(shop.store, product, 5, days) for days in (-30, -3))
    day = (clock.today() - timedelta(days=10)).isoformat()
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()

    assert [item["batch_id"] for item in write_off(shop, day=day).json["items"]] == [long_gone]
    assert write_off(shop, day=tomorrow).json["details"]["reason"] == "NOT_YET"
    assert [item["batch_id"] for item in write_off(shop).json["items"]] == [gone]


def test_what_expires_inside_the_course_is_not_sold(shop: Shop, make: Builders) -> None:
    """A course of thirty days leaves out the batch that expires on the thirtieth, and takes the one after it."""
    product = make.product()
    make.batch(shop.store, product, 5, 30)
    late = make.batch(shop.store, product, 2, 31)

    def cart(quantity: int) -> dict[str, Any]:
        line = {"product_id": product, "quantity": quantity, "course_days": 30}
        return {"items": [line], "address_id": shop.address}

    quote = shop.api.post("/orders/quote", cart(3), uid=shop.uid).json
    refused = shop.api.post("/orders", cart(3) | {"payment_method": "cod"}, uid=shop.uid)
    placed = shop.api.post("/orders", cart(1) | {"payment_method": "cod"}, uid=shop.uid)
    sold = sell(shop, product, course_days=30)

    assert [(problem["code"], problem["available"]) for problem in quote["problems"]] == [("OUT_OF_STOCK", 2)]
    assert (refused.status_code, refused.json["details"]["reason"]) == (409, "OUT_OF_STOCK")
    query = "SELECT batch_id::TEXT FROM order_batches WHERE order_id = %s"
    assert shop.db.value(query, UUID(placed.json["id"])) == late
    assert [line["batch_id"] for line in sold.json["items"]] == [late]
    assert sell(shop, product, course_days=30).status_code == 409
    assert sell(shop, product).status_code == 201
