"""Coupons over HTTP: tried on a cart, and held for it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from plazza import clock
from plazza.order.actions import coupons
from tests.support.client import Client
from tests.support.database import Builders, Database
from tests.support.people import new_uid


def test_a_coupon_says_what_it_takes_off(api: Client, make: Builders, cart: list[dict[str, Any]]) -> None:
    code = make.coupon(kind="percentage", percent_bp=1_000, amount_paise=None)

    answer = api.post("/coupons/validate", {"code": code.lower(), "items": cart})

    assert answer.status_code == 200
    assert answer.json == {
        "valid": True, "code": code, "title": "Test coupon", "discount_paise": 1_800, "reason": None, "message": "Test coupon",
        "missing_paise": None, "missing_quantity": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("over", "reason"),
    [
        ({"minimum_order_paise": 20_000}, "MINIMUM_NOT_MET"),
        ({"status": "disabled"}, "DISABLED"),
        ({"starts_at": datetime(2099, 1, 1, tzinfo=UTC), "ends_at": datetime(2099, 1, 2, tzinfo=UTC)}, "NOT_STARTED"),
        ({"starts_at": datetime(2020, 1, 1, tzinfo=UTC), "ends_at": datetime(2020, 1, 2, tzinfo=UTC)}, "EXPIRED"),
        ({"only_uid": "somebody-else"}, "UNKNOWN_CODE"),
        ({"forms": ["syrup"]}, "NO_ELIGIBLE_PRODUCT"),
        ({"kind": "buy_x_get_y", "amount_paise": None, "buy_quantity": 2, "get_quantity": 1}, "QUANTITY_NOT_MET"),
        ({"budget_paise": 999}, "BUDGET_SPENT"),
    ],
)
def test_a_coupon_that_does_not_fit_says_why(
    api: Client, make: Builders, cart: list[dict[str, Any]], over: dict[str, Any], reason: str
) -> None:
    body = {"code": make.coupon(**over), "items": cart}

    tried, applied = api.post("/coupons/validate", body), api.post("/coupons/apply", body)

    assert (tried.status_code, tried.json["valid"], tried.json["reason"]) == (200, False, reason)
    assert tried.json["missing_paise"] == (2_000 if reason == "MINIMUM_NOT_MET" else None)
    assert tried.json["missing_quantity"] == (1 if reason == "QUANTITY_NOT_MET" else None)
    assert tried.json["message"] == applied.json["message"]
    assert applied.status_code == (404 if reason == "UNKNOWN_CODE" else 409)
    assert applied.json["details"]["reason"] == reason


def test_an_applied_coupon_is_held_once_and_runs_out(
    api: Client, make: Builders, pg: Database, cart: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    body, uid = {"code": make.coupon(global_limit=1), "items": cart}, new_uid()

    first, again = (api.post("/coupons/apply", body, uid=uid) for _ in range(2))
    other = api.post("/coupons/apply", body, uid=new_uid())

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json["discount_paise"] == 1_000
    until = datetime.fromisoformat(first.json["expires_at"]) - datetime.now(UTC)
    assert timedelta(minutes=14) < until <= timedelta(minutes=15)
    assert (other.status_code, other.json["details"]["reason"]) == (409, "USED_UP")
    assert pg.value("SELECT uses FROM coupons WHERE code = %s", body["code"]) == 1

    later = datetime.now(UTC) + timedelta(minutes=16)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert coupons.settle_expired() >= 1
    monkeypatch.undo()
    assert pg.rows("SELECT uses, spent_paise FROM coupons WHERE code = %s", body["code"]) == [(0, 0)]
    assert api.post("/coupons/apply", body, uid=new_uid()).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"code": "SAVE10"},
        {"code": "SAVE10", "items": []},
        {"code": "SAVE10", "items": [{"product_id": str(uuid4()), "quantity": 0}]},
        {"code": "SAVE10", "items": [{"product_id": str(uuid4()), "quantity": 1.5}]},
        {"code": "SAVE10", "items": [{"product_id": str(uuid4()), "quantity": 10**9}]},
        {"code": "SAVE10", "items": [{"product_id": str(uuid4()), "quantity": 1}] * 31},
        {"code": "SAVE10", "items": [{"product_id": "7b1f6c0e-0000-4000-8000-000000000001", "quantity": 1}] * 2},
        {"code": "SAVE10", "beside": ["SHIP"] * 3, "items": [{"product_id": str(uuid4()), "quantity": 1}]},
        {"code": "SAVE10", "delivery_paise": -1, "items": [{"product_id": str(uuid4()), "quantity": 1}]},
        {"code": "SAVE10", "delivery_paise": 2**63, "items": [{"product_id": str(uuid4()), "quantity": 1}]},
        {"code": "A" * 10_000, "items": [{"product_id": str(uuid4()), "quantity": 1}]},
        {"code": ["SAVE10"], "items": [{"product_id": str(uuid4()), "quantity": 1}]},
        {"code": "SAVE10", "items": [{"product_id": str(uuid4()), "quantity": 1}], "discount_paise": 5},
        [],
        None,
    ],
)
@pytest.mark.parametrize("path", ["/coupons/validate", "/coupons/apply"])
def test_a_cart_that_is_none_is_refused(api: Client, path: str, body: Any) -> None:
    answer = api.call("POST", path, body)

    assert (answer.status_code, answer.json["code"]) == (400, "VALIDATION_ERROR")


def test_products_that_nobody_knows_are_named(api: Client, make: Builders) -> None:
    unknown = str(uuid4())

    answer = api.post("/coupons/apply", {"code": make.coupon(), "items": [{"product_id": unknown, "quantity": 1}]})

    assert answer.status_code == 400
    assert answer.json["details"]["product_ids"] == [unknown]


def test_guessing_codes_is_slowed_down(api: Client, cart: list[dict[str, Any]]) -> None:
    uid = new_uid()

    statuses = [
        api.post("/coupons/validate", {"code": f"GUESS{at}", "items": cart}, uid=uid).status_code for at in range(32)
    ]

    assert statuses == [200] * 30 + [429] * 2


def test_the_fourth_pack_is_free_and_its_share_is_said(api: Client, make: Builders) -> None:
    code = make.coupon(kind="buy_x_get_y", amount_paise=None, buy_quantity=3, get_quantity=1)
    items = [{"product_id": make.product(price_paise=price), "quantity": 2} for price in (9_000, 5_000)]

    answer = api.post("/coupons/validate", {"code": code, "items": items}, uid=new_uid())

    assert (answer.json["valid"], answer.json["discount_paise"]) == (True, 5_000)


def test_no_discount_on_schedules_that_the_coupon_leaves_out(api: Client, make: Builders) -> None:
    code = make.coupon(kind="percentage", percent_bp=1_000, amount_paise=None, excluded_schedules=["H", "H1", "X"])
    free, scheduled = make.product(), make.product(schedule="H1", prescription_required=True)
    items = [{"product_id": product, "quantity": 1} for product in (free, scheduled)]

    both = api.post("/coupons/validate", {"code": code, "items": items}, uid=new_uid())
    alone = api.post("/coupons/validate", {"code": code, "items": items[1:]}, uid=new_uid())

    assert both.json["discount_paise"] == 900
    assert (alone.json["valid"], alone.json["reason"]) == (False, "SCHEDULE_EXCLUDED")


def test_a_coupon_is_tried_beside_others(api: Client, make: Builders, cart: list[dict[str, Any]]) -> None:
    """Free delivery goes with an amount off; two amounts off do not, nor anything with an exclusive coupon."""
    amount, more, alone = make.coupon(), make.coupon(priority=1), make.coupon(exclusive=True)
    ship = make.coupon(kind="free_delivery", amount_paise=None)
    body, uid = {"items": cart, "delivery_paise": 2_500}, new_uid()

    tried = [
        api.post("/coupons/validate", body | {"code": code, "beside": beside}, uid=uid).json
        for code, beside in [(amount, [ship]), (ship, [amount.lower()]), (amount, [more]), (amount, [alone])]
    ]

    assert [(one["valid"], one["discount_paise"], one["reason"]) for one in tried] == [
        (True, 1_000, None), (True, 2_500, None), (False, 0, "ALREADY_DISCOUNTED"), (False, 0, "NOT_WITH_OTHERS"),
    ]  # fmt: skip
    assert tried[3]["code"] == alone
    assert (
        api.post("/coupons/apply", body | {"code": ship, "beside": [amount]}, uid=uid).json["discount_paise"] == 2_500
    )


def test_what_my_cart_holds_is_not_used_by_me(api: Client, make: Builders, cart: list[dict[str, Any]]) -> None:
    body, uid = {"code": make.coupon(global_limit=1, per_user_limit=1, budget_paise=1_000), "items": cart}, new_uid()

    assert api.post("/coupons/apply", body, uid=uid).status_code == 200
    assert api.post("/coupons/validate", body, uid=uid).json["valid"]
    assert api.post("/coupons/validate", body, uid=new_uid()).json["reason"] == "USED_UP"


@pytest.mark.parametrize("typed", ["S\u0410VE10", "SAVE\u200b10", "MI\u0131O", "GRO\u00df", "SAVE-10", "'; DROP--"])
def test_a_look_alike_is_no_coupon(api: Client, cart: list[dict[str, Any]], typed: str) -> None:
    body, uid = {"code": typed, "items": cart}, new_uid()

    tried, applied = api.post("/coupons/validate", body, uid=uid), api.post("/coupons/apply", body, uid=uid)

    assert (tried.status_code, tried.json["reason"], applied.status_code) == (200, "UNKNOWN_CODE", 404)
