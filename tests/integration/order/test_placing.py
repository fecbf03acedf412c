"""Quoting and placing orders."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest

from plazza.order import consumers
from tests.integration.order.conftest import Shop
from tests.support.client import Client
from tests.support.database import Builders, Database
from tests.support.people import new_uid

PRICES = ("items_paise", "discount_paise", "delivery_paise", "tax_paise", "total_paise", "items")


def test_the_order_has_the_numbers_of_its_quote(shop: Shop, make: Builders) -> None:
    strip, syrup = shop.product(), shop.product(price_paise=7_777, gst_bp=1200)
    coupon = make.coupon(amount_paise=1_001)

    quote = shop.quote((strip, 3), syrup, coupon_codes=[coupon])
    order = shop.place(
        (strip, 3),
        syrup,
        coupon_codes=[coupon],
        payment_method="razorpay",
        expected_total_paise=quote.json["total_paise"],
    )

    assert quote.status_code == 200
    assert quote.json["can_be_ordered"]
    assert quote.json["problems"] == []
    assert order.status_code == 201
    assert {name: order.json[name] for name in PRICES} == {name: quote.json[name] for name in PRICES}
    assert order.json["total_paise"] == 3 * 9_000 + 7_777 - 1_001 + 2_500
    assert order.json["coupon_codes"] == quote.json["coupon_codes"] == [coupon]


def test_an_online_order_waits_for_its_payment(shop: Shop) -> None:
    strip = shop.product()

    order = shop.place(strip, payment_method="razorpay").json

    assert (order["status"], order["payment_status"], order["prescription_status"]) == (
        "pending",
        "pending",
        "not_needed",
    )
    assert order["expires_at"] is not None
    assert order["confirmed_at"] is order["promised_at"] is None
    assert [event["kind"] for event in order["events"]] == ["placed"]
    assert shop.outbox(order["id"]) == {"order.placed"}
    assert shop.stock(strip) == (100, 1)


def test_a_cash_order_is_confirmed_at_once(shop: Shop) -> None:
    strip = shop.product()

    order = shop.place(strip).json

    assert (order["status"], order["payment_status"], order["version"]) == ("confirmed", "cod_due", 2)
    assert order["expires_at"] is None
    assert order["promised_at"] is not None
    assert order["number"].startswith("PLZ-")
    assert [event["kind"] for event in order["events"]] == ["placed", "confirmed"]
    assert shop.outbox(order["id"]) == {"order.placed", "order.confirmed"}
    read = shop.api.get(f"/orders/{order['id']}", uid=shop.uid)
    assert read.json == order


def test_the_first_to_expire_is_promised_first(shop: Shop, make: Builders) -> None:
    strip = make.product()
    late, gone, early = (make.batch(shop.store, strip, 5, days) for days in (300, 0, 30))

    order = shop.place((strip, 7)).json

    query = "SELECT batch_id::TEXT, quantity, state FROM order_batches WHERE order_id = %s ORDER BY quantity DESC"
    assert shop.db.rows(query, UUID(order["id"])) == [(early, 5, "reserved"), (late, 2, "reserved")]
    assert shop.db.value("SELECT reserved FROM inventory_batches WHERE id = %s", UUID(gone)) == 0
    moved = "SELECT sum(reserved_change)::INT8 FROM stock_movements WHERE reference = %s"
    assert shop.db.value(moved, f"order:{order['id']}") == 7


def test_a_batch_printed_with_less_than_the_price_is_not_promised(shop: Shop, make: Builders) -> None:
    strip = make.product(price_paise=9_000)
    make.batch(shop.store, strip, 5, mrp_paise=8_999)

    quote, order = shop.quote(strip), shop.place(strip)

    assert [problem["code"] for problem in quote.json["problems"]] == ["OUT_OF_STOCK"]
    assert order.status_code == 409
    assert order.json["details"]["reason"] == "OUT_OF_STOCK"


def test_what_stands_against_an_order_is_said_before_and_then(shop: Shop, make: Builders) -> None:
    few = shop.product(2)
    gone = shop.product(status="discontinued")
    counter = shop.product(schedule="X", prescription_required=True)
    unknown = str(uuid4())

    quote = shop.quote((few, 3), gone, counter, unknown)
    order = shop.place((few, 3), gone, counter, unknown)

    codes = [problem["code"] for problem in quote.json["problems"]]
    assert sorted(codes) == ["NOT_SOLD_ONLINE", "OUT_OF_STOCK", "PRESCRIPTION_NEEDED", "PRODUCT_UNAVAILABLE", "PRODUCT_UNAVAILABLE"]  # fmt: skip
    assert not quote.json["can_be_ordered"]
    assert order.status_code == 409
    assert order.json["details"]["problems"] == [
        {name: value for name, value in problem.items() if value is not None} for problem in quote.json["problems"]
    ]
    assert [(one["product_id"], one["amount_paise"]) for one in order.json["details"]["lines"]] == [
        (few, 27_000),
        (counter, 9_000),
    ]
    assert order.json["details"]["items_paise"] == 36_000
    assert shop.stock(few) == (2, 0)
    assert shop.quote(gone).status_code == 409


def test_below_the_minimum_says_what_is_missing(api: Client, db: Database, make: Builders) -> None:
    shop = Shop(api, db, make, minimum_order_paise=10_000)
    strip = shop.product(price_paise=6_000)

    quote, order, enough = shop.quote(strip), shop.place(strip), shop.place((strip, 2))

    assert quote.json["problems"][0]["missing_paise"] == 4_000
    assert order.json["details"]["reason"] == "MINIMUM_NOT_MET"
    assert enough.status_code == 201


def test_a_price_that_changed_is_refused(shop: Shop) -> None:
    strip = shop.product()
    total = shop.quote(strip).json["total_paise"]
    shop.db.execute("UPDATE products SET price_paise = price_paise - 1 WHERE id = %s", UUID(strip))

    order = shop.place(strip, expected_total_paise=total)

    assert order.status_code == 409
    details = order.json["details"]
    assert (details["reason"], details["total_paise"]) == ("PRICE_CHANGED", total - 1)
    assert [one["price_paise"] for one in details["lines"]] == [8_999]


def test_ten_requests_with_one_key_are_one_order(shop: Shop) -> None:
    strip = shop.product()
    key = str(uuid4())

    with ThreadPoolExecutor(10) as taps:
        answers = list(taps.map(lambda _: shop.place(strip, key=key), range(10)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json["id"] for answer in answers}) == 1
    assert sum(answer.headers.get("Idempotent-Replayed") == "true" for answer in answers) == 9
    assert shop.stock(strip) == (100, 1)
    assert shop.db.value("SELECT count(*) FROM orders WHERE uid = %s", shop.uid) == 1


def test_a_key_serves_one_body_only(shop: Shop) -> None:
    strip = shop.product()
    key = str(uuid4())

    first, other, again = shop.place(strip, key=key), shop.place((strip, 2), key=key), shop.place(strip, key=key)

    assert (first.status_code, other.status_code, again.status_code) == (201, 409, 201)
    assert again.json == first.json
    assert shop.stock(strip) == (100, 1)


def test_a_coupon_comes_back_when_the_order_does_not_come(shop: Shop, make: Builders, pg: Database) -> None:
    strip, few = shop.product(), shop.product(1)
    coupon = make.coupon(global_limit=1)

    refused = shop.place(strip, (few, 2), coupon_codes=[coupon])
    order = shop.place(strip, coupon_codes=[coupon])

    assert refused.status_code == 409
    assert order.status_code == 201
    statuses = pg.rows(
        "SELECT r.status FROM coupon_redemptions AS r JOIN coupons AS c ON c.id = r.coupon_id WHERE c.code = %s", coupon
    )
    assert sorted(row[0] for row in statuses) == ["held", "released"]


def test_a_confirmed_order_keeps_its_coupon_and_a_cancelled_one_does_not(
    shop: Shop, make: Builders, pg: Database
) -> None:
    strip = shop.product()
    kept, given_up = (shop.place(strip, coupon_codes=[make.coupon()]).json["id"] for _ in range(2))
    shop.api.post(f"/orders/{given_up}/cancel", {}, uid=shop.uid)

    for consume in (consumers.confirm_coupon, consumers.release_coupon, consumers.confirm_coupon):
        consume(kept)
        consume(given_up)

    query = "SELECT status FROM coupon_redemptions WHERE order_id = %s"
    assert pg.value(query, UUID(kept)) == "confirmed"
    assert pg.value(query, UUID(given_up)) == "released"


def test_a_first_order_coupon_is_for_the_first_order(shop: Shop, make: Builders) -> None:
    strip = shop.product()
    coupon = make.coupon(first_order_only=True)

    first, second = shop.place(strip, coupon_codes=[coupon]), shop.quote(strip, coupon_codes=[coupon])

    assert first.status_code == 201
    assert second.status_code == 409
    assert second.json["details"]["reason"]


def test_a_coupon_may_pay_for_everything(shop: Shop, make: Builders) -> None:
    """₹90 off ₹90 with no delivery charge: nothing is left to pay, so the order is confirmed at once."""
    shop.make.pg.execute("UPDATE serviceable_areas SET charge_paise = 0 WHERE pincode = %s", shop.pincode)
    strip = shop.product()

    order = shop.place(strip, coupon_codes=[make.coupon(amount_paise=9_000)], payment_method="razorpay").json

    assert (order["total_paise"], order["status"], order["payment_status"]) == (0, "confirmed", "captured")


def test_another_state_pays_igst(api: Client, db: Database, make: Builders) -> None:
    shop = Shop(api, db, make, state_code="33", state="Tamil Nadu")
    strip = shop.product()

    line = shop.quote(strip).json["items"][0]

    assert (line["cgst_paise"], line["sgst_paise"]) == (0, 0)
    assert line["igst_paise"] == 429


def test_a_closed_store_takes_no_order(shop: Shop) -> None:
    strip = shop.product()
    shop.db.execute("UPDATE stores SET status = 'closed' WHERE id = %s", UUID(shop.store))

    assert shop.place(strip).json["details"]["reason"] == "STORE_CLOSED"


def test_anothers_address_is_not_found(shop: Shop, make: Builders) -> None:
    strip = shop.product()
    foreign = make.address(new_uid(), pincode=shop.pincode)

    for path in ("/orders", "/orders/quote"):
        body = shop.cart(strip, address_id=foreign) | ({"payment_method": "cod"} if path == "/orders" else {})
        assert shop.api.post(path, body, uid=shop.uid).status_code == 404
    assert shop.stock(strip) == (100, 0)


@pytest.mark.parametrize("path", ["/orders", "/orders/quote"])
def test_bad_requests_change_nothing(shop: Shop, path: str) -> None:
    strip = shop.product()
    body: dict[str, Any] = shop.cart(strip) | ({"payment_method": "cod"} if path == "/orders" else {})
    api = shop.api

    assert api.post(path, body, role=None).status_code == 401
    for role in ("rider", "support", "admin"):
        assert api.post(path, body, role=role).status_code == 403
    assert api.post(path, body | {"extra": 1}, uid=shop.uid).status_code == 400
    assert api.post(path, body | {"items": "x"}, uid=shop.uid).status_code == 400
    assert api.post(path, raw=b"{", uid=shop.uid).status_code == 400
    assert api.post(path, raw=b"[" * 5_000, uid=shop.uid).status_code == 400
    assert api.post(path, raw=b" " * 1_100_000, uid=shop.uid).status_code == 413
    assert api.post(path, body, uid=shop.uid, headers={"Idempotency-Key": "short"}).status_code in {200, 400}
    assert shop.stock(strip) == (100, 0)
