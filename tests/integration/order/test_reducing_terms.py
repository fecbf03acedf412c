"""A customer does not take out what the order's coupons or its area need; the store may, and nobody loses money by it."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from plazza.order.actions import repair
from tests.integration.order.conftest import Shop
from tests.integration.order.test_reducing import reduce
from tests.support.client import Client
from tests.support.database import Builders, Database


@pytest.fixture
def gift(shop: Shop, make: Builders) -> dict[str, Any]:
    """An order of four strips with two bottles free (two give one) and a syrup; gives it with its coupon's `code`."""
    strip, drops, syrup = shop.product(), shop.product(price_paise=6_000, form="drops"), shop.product(form="syrup")
    code = make.coupon(
        kind="buy_x_get_y", amount_paise=None, buy_quantity=2, get_quantity=1, product_ids=[UUID(strip)], get_product_ids=[UUID(drops)],
    )  # fmt: skip
    order = shop.place((strip, 4), (drops, 2), syrup, coupon_codes=[code]).json
    assert [one["discount_paise"] for one in order["items"]] == [0, 12_000, 0]
    return order | {"code": code}


def test_a_gift_does_not_stay_without_what_was_bought_for_it(shop: Shop, gift: dict[str, Any]) -> None:
    answer = reduce(shop, gift["id"], (1, 3))

    assert answer.status_code == 409
    assert answer.json["details"] == {
        "reason": "COUPON_NEEDS_THIS", "code": gift["code"], "discount_paise": 6_000, "line_nos": [2], "needs": "QUANTITY_NOT_MET",
    }  # fmt: skip
    assert "line 2" in answer.json["message"]
    lacking = reduce(shop, gift["id"], (1, 1)).json["details"]
    assert (lacking["discount_paise"], lacking["missing_quantity"]) == (12_000, 1)
    assert shop.api.get(f"/orders/{gift['id']}", uid=shop.uid).json == {
        name: gift[name] for name in gift if name != "code"
    }
    after = reduce(shop, gift["id"], (1, 3), (2, 1)).json
    assert [(one["quantity"], one["discount_paise"]) for one in after["items"]] == [(3, 0), (1, 6_000), (1, 0)]
    last = reduce(shop, gift["id"], (1, 0), (2, 0)).json
    assert [one["line_no"] for one in last["items"]] == [3]
    assert repair.report(UUID(shop.store)).differences == []


def test_what_the_store_lacks_costs_the_customer_nothing(shop: Shop, gift: dict[str, Any]) -> None:
    after = reduce(shop, gift["id"], (1, 0), **shop.staff())

    assert after.status_code == 200
    assert after.json["items"] == gift["items"][1:]
    assert after.json["discount_paise"] == 12_000


def test_a_deal_of_one_line_goes_as_a_whole(shop: Shop, make: Builders) -> None:
    code = make.coupon(kind="buy_x_get_y", amount_paise=None, buy_quantity=2, get_quantity=1)
    strip = shop.product(price_paise=9_001)
    order = shop.place((strip, 6), coupon_codes=[code]).json["id"]

    assert reduce(shop, order, (1, 5)).json["details"]["discount_paise"] >= 6_000
    assert reduce(shop, order, (1, 3)).status_code == 200
    assert reduce(shop, order, (1, 2)).json["details"]["line_nos"] == [1]


@pytest.mark.parametrize("terms", [{"amount_paise": 1_000}, {"kind": "free_delivery", "amount_paise": None}])
def test_a_coupon_needs_its_minimum(shop: Shop, make: Builders, terms: dict[str, Any]) -> None:
    code = make.coupon(minimum_order_paise=25_000, **terms)
    order = shop.place((shop.product(price_paise=9_000), 3), coupon_codes=[code]).json["id"]

    details = reduce(shop, order, (1, 2)).json["details"]

    assert (details["reason"], details["code"], details["needs"]) == ("COUPON_NEEDS_THIS", code, "MINIMUM_NOT_MET")
    assert details["missing_paise"] == 7_000
    assert details["line_nos"] == ([1] if terms["amount_paise"] else [])
    assert reduce(shop, order, (1, 2), role="support").status_code == 200


def test_a_coupon_that_bears_on_nothing_that_stays_needs_nothing(shop: Shop, make: Builders) -> None:
    strip, syrup = shop.product(), shop.product(form="syrup")
    code = make.coupon(minimum_order_paise=15_000, product_ids=[UUID(strip)])
    order = shop.place(strip, syrup, coupon_codes=[code]).json["id"]

    assert reduce(shop, order, (2, 0)).json["details"]["reason"] == "COUPON_NEEDS_THIS"
    assert reduce(shop, order, (1, 0)).status_code == 200


def test_a_coupon_that_ended_meanwhile_still_stands(shop: Shop, make: Builders, pg: Database) -> None:
    code = make.coupon()
    order = shop.place((shop.product(), 3), coupon_codes=[code]).json["id"]
    pg.execute("UPDATE coupons SET status = 'disabled', ends_at = now() WHERE code = %s", code)

    assert reduce(shop, order, (1, 2)).status_code == 200


def test_too_little_to_be_delivered_does_not_stay(api: Client, db: Database, make: Builders, pg: Database) -> None:
    shop = Shop(api, db, make, minimum_order_paise=15_000)
    order = shop.place((shop.product(price_paise=9_000), 3)).json["id"]

    refused = reduce(shop, order, (1, 1))

    assert (refused.status_code, refused.json["details"]) == (
        409,
        {"reason": "MINIMUM_NOT_MET", "missing_paise": 6_000},
    )
    assert reduce(shop, order, (1, 2)).status_code == 200
    assert reduce(shop, order, (1, 1), **shop.staff()).status_code == 200


def test_an_order_below_a_minimum_that_rose_may_become_less(
    api: Client, db: Database, make: Builders, pg: Database
) -> None:
    shop = Shop(api, db, make, minimum_order_paise=0)
    order = shop.place((shop.product(), 3)).json["id"]
    pg.execute("UPDATE serviceable_areas SET minimum_order_paise = 90000 WHERE pincode = %s", shop.pincode)

    assert reduce(shop, order, (1, 2)).status_code == 200


def test_without_postgresql_a_coupon_cannot_be_asked_and_a_minimum_stops_nobody(
    shop: Shop, make: Builders, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = shop.place((shop.product(), 3)).json["id"]
    bound = shop.place((shop.product(), 3), coupon_codes=[make.coupon()]).json["id"]
    monkeypatch.setenv("POSTGRES_URL", "postgresql://nobody@127.0.0.1:9/none")

    assert reduce(shop, plain, (1, 2)).status_code == 200
    assert reduce(shop, bound, (1, 2)).json["code"] == "SERVICE_UNAVAILABLE"
    assert reduce(shop, bound, (1, 2), **shop.staff()).status_code == 200


def test_the_same_key_gives_the_same_answer_when_the_terms_would_refuse_it_now(
    shop: Shop, gift: dict[str, Any]
) -> None:
    key = str(uuid4())
    first = reduce(shop, gift["id"], (1, 2), (2, 1), key=key)

    again = reduce(shop, gift["id"], (1, 2), (2, 1), key=key)

    assert (first.status_code, again.json) == (200, first.json)
