"""Sales at the counter."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from plazza import clock
from tests.integration.order.conftest import Shop
from tests.support.client import Answer, Client
from tests.support.database import Builders, Database


def sell(shop: Shop, *items: tuple[str, int], role: str = "cashier", key: str | None = None, **over: Any) -> Answer:
    lines = [{"product_id": product, "quantity": quantity} for product, quantity in items]
    body = {"client_sale_id": f"till-{uuid4()}", "payment_method": "cash", "items": lines} | over
    return shop.api.post("/pos/transactions", body, key=key, **shop.staff(role))


def test_a_sale_takes_the_first_to_expire(shop: Shop, make: Builders) -> None:
    """Eight strips at ₹90, five from the batch that expires first; 5 % of tax is inside."""
    strip = make.product()
    late, expired, early = (make.batch(shop.store, strip, 5, days) for days in (300, 0, 30))

    sale = sell(shop, (strip, 8))

    assert sale.status_code == 201
    assert [(line["batch_id"], line["quantity"]) for line in sale.json["items"]] == [(early, 5), (late, 3)]
    assert (sale.json["total_paise"], sale.json["tax_paise"]) == (72_000, 2_143 + 1_286)
    assert shop.db.value("SELECT on_hand FROM inventory_batches WHERE id = %s", UUID(expired)) == 5
    query = "SELECT sum(on_hand_change)::INT8 FROM stock_movements WHERE reference = %s AND kind = 'sale'"
    assert shop.db.value(query, f"sale:{sale.json['id']}") == -8


def test_no_batch_is_sold_above_its_printed_mrp(shop: Shop, make: Builders) -> None:
    strip = make.product(price_paise=9_000)
    make.batch(shop.store, strip, 5, mrp_paise=8_500)

    line = sell(shop, (strip, 2)).json["items"][0]

    assert (line["price_paise"], line["mrp_paise"], line["total_paise"]) == (8_500, 8_500, 17_000)


def test_the_counter_never_takes_what_is_promised(shop: Shop) -> None:
    strip = shop.product(5)
    shop.place((strip, 4))

    refused, sold = sell(shop, (strip, 2)), sell(shop, (strip, 1))

    assert (refused.status_code, refused.json["details"]["available"]) == (409, {strip: 1})
    assert sold.status_code == 201
    assert shop.stock(strip) == (4, 4)


def test_a_till_that_sends_its_sale_again_sells_once(shop: Shop) -> None:
    strip = shop.product()

    def send(_: int) -> Answer:
        return sell(shop, (strip, 2), client_sale_id="till-7", key=None)

    first = send(0)
    with ThreadPoolExecutor(8) as taps:
        answers = list(taps.map(send, range(8)))
    other = sell(shop, (strip, 3), client_sale_id="till-7")

    assert {answer.json["id"] for answer in answers} == {first.json["id"]}
    assert (other.status_code, other.json["details"]["reason"]) == (409, "SALE_EXISTS")
    assert shop.stock(strip) == (98, 0)


def test_a_till_that_taps_ten_times_at_once_sells_once(shop: Shop) -> None:
    strip, key = shop.product(), str(uuid4())

    with ThreadPoolExecutor(10) as taps:
        answers = list(taps.map(lambda _: sell(shop, (strip, 2), client_sale_id="till-8", key=key), range(10)))

    assert {answer.status_code for answer in answers} == {201}
    assert shop.stock(strip) == (98, 0)


def test_prescription_medicines_need_prescriber_and_pharmacist(shop: Shop) -> None:
    medicine = shop.product(schedule="H1", prescription_required=True)
    named = {"prescriber_registration": "KMC-12345"}

    assert sell(shop, (medicine, 1), role="pharmacist").json["details"]["reason"] == "PRESCRIBER_NEEDED"
    assert sell(shop, (medicine, 1), **named).json["details"]["reason"] == "PHARMACIST_NEEDED"
    assert sell(shop, (medicine, 1), pharmacist_registration="KA-9", **named).status_code == 403
    assert shop.stock(medicine) == (100, 0)
    assert sell(shop, (medicine, 1), role="pharmacist", **named).status_code == 201
    assert sell(shop, (medicine, 1), pharmacist_registration="KA-1001", **named).status_code == 201
    assert shop.stock(medicine) == (98, 0)


def test_the_days_list_has_its_sales_and_totals(shop: Shop) -> None:
    strip = shop.product()
    for method, packs in (("cash", 1), ("card", 2), ("upi", 3)):
        sell(shop, (strip, packs), payment_method=method)
    yesterday = (clock.now() - timedelta(days=1)).isoformat()
    sell(shop, (strip, 4), sold_at=yesterday)

    today = shop.api.get("/pos/transactions?limit=2", **shop.staff("cashier")).json
    rest = shop.api.get(f"/pos/transactions?limit=2&cursor={today['next_cursor']}", **shop.staff("cashier")).json
    before = (clock.today() - timedelta(days=1)).isoformat()
    earlier = shop.api.get(f"/pos/transactions?day={before}&store_id={shop.store}", role="admin").json

    assert today["day"] == clock.today().isoformat()
    assert (today["sales_count"], today["total_paise"]) == (3, 54_000)
    assert [today[name] for name in ("cash_paise", "card_paise", "upi_paise")] == [9_000, 18_000, 27_000]
    assert [sale["payment_method"] for sale in today["items"] + rest["items"]] == ["upi", "card", "cash"]
    assert rest["next_cursor"] is None
    assert (earlier["sales_count"], earlier["items"][0]["total_paise"]) == (1, 36_000)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"payment_method": "barter"}, 400),
        ({"client_sale_id": "a b"}, 400),
        ({"items": []}, 400),
        ({"total_paise": 1}, 400),
        ({"sold_at": "yesterday"}, 400),
        ({"sold_at": "2020-01-01T00:00:00Z"}, 409),
        ({"sold_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}, 409),
    ],
)
def test_a_bad_sale_changes_nothing(shop: Shop, change: dict[str, Any], status: int) -> None:
    strip = shop.product()

    assert sell(shop, (strip, 1), **change).status_code == status
    assert shop.stock(strip) == (100, 0)


def test_sales_are_their_stores(shop: Shop, api: Client, db: Database, make: Builders) -> None:
    strip = shop.product()
    other = Shop(api, db, make)
    sell(shop, (strip, 1))

    assert sell(other, (strip, 1)).status_code == 409
    assert api.get("/pos/transactions", **other.staff("cashier")).json["sales_count"] == 0
    assert api.get(f"/pos/transactions?store_id={shop.store}", **other.staff("cashier")).status_code == 404
    assert api.get("/pos/transactions", uid=shop.uid).status_code == 403
    assert api.get("/pos/transactions", role="admin").status_code == 400
    assert api.get("/pos/transactions?day=x", **shop.staff("cashier")).status_code == 400
    for role in ("customer", "rider", "support", "admin"):
        assert api.post("/pos/transactions", {}, role=role).status_code == 403
