"""What a coupon is worth, and which codes are codes."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plazza.discount import rules
from plazza.discount.models import CartLine
from plazza.errors import Conflict, NotFound

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
TABLETS, SYRUP = uuid4(), uuid4()
FULL_WIDTH = "".join(chr(ord(letter) + 0xFEE0) for letter in "SAVE10")


def coupon(**over: object) -> rules.Coupon:
    values: dict[str, object] = {
        "id": uuid4(), "code": "SAVE10", "title": "Ten off", "kind": "percentage", "percent_bp": 1000, "amount_paise": None,
        "cap_paise": None, "minimum_order_paise": 0, "starts_at": NOW - timedelta(days=1), "ends_at": NOW + timedelta(days=1),
        "global_limit": None, "per_user_limit": None, "first_order_only": False, "only_uid": None, "product_ids": [], "forms": [],
        "status": "active", "uses": 0, "used_by_caller": 0,
    }  # fmt: skip
    return rules.Coupon(**(values | over))  # pyright: ignore[reportArgumentType] -- a table of values


CART = [CartLine(TABLETS, "tablet", 30_000), CartLine(SYRUP, "syrup", 12_345)]


@pytest.mark.parametrize(
    ("terms", "items_paise", "delivery_paise", "eligible"),
    [
        ({}, 4_234, 0, {TABLETS, SYRUP}),  # 10 % of 423.45, the fraction of a paisa is not given
        ({"cap_paise": 4_000}, 4_000, 0, {TABLETS, SYRUP}),
        ({"forms": ["syrup"]}, 1_234, 0, {SYRUP}),
        ({"product_ids": [TABLETS]}, 3_000, 0, {TABLETS}),
        ({"kind": "fixed", "percent_bp": None, "amount_paise": 5_000}, 5_000, 0, {TABLETS, SYRUP}),
        ({"kind": "fixed", "percent_bp": None, "amount_paise": 50_000, "forms": ["syrup"]}, 12_345, 0, {SYRUP}),
        ({"kind": "free_delivery", "percent_bp": None}, 0, 2_500, {TABLETS, SYRUP}),
        ({"kind": "free_delivery", "percent_bp": None, "cap_paise": 2_000}, 0, 2_000, {TABLETS, SYRUP}),
    ],
)
def test_what_a_coupon_takes_off(
    terms: dict[str, object], items_paise: int, delivery_paise: int, eligible: set[UUID]
) -> None:
    found = rules.work_out(coupon(**terms), CART, 2_500)

    assert found == ("SAVE10", items_paise, delivery_paise, eligible)


@given(
    amounts=st.lists(st.integers(1, 10**9), min_size=1, max_size=30),
    percent=st.integers(1, 10_000),
    cap=st.none() | st.integers(1, 10**9),
    delivery=st.integers(0, 10**6),
)
def test_no_coupon_takes_more_than_there_is(amounts: list[int], percent: int, cap: int | None, delivery: int) -> None:
    lines = [CartLine(uuid4(), "tablet", amount) for amount in amounts]
    for terms in (
        {"percent_bp": percent},
        {"kind": "fixed", "percent_bp": None, "amount_paise": percent * 100_000},
        {"kind": "free_delivery", "percent_bp": None},
    ):
        found = rules.work_out(coupon(cap_paise=cap, **terms), lines, delivery)

        assert 0 <= found.items_paise <= sum(amounts)
        assert 0 <= found.delivery_paise <= delivery
        assert cap is None or found.items_paise + found.delivery_paise <= cap


def test_a_small_cart_hears_what_is_missing() -> None:
    with pytest.raises(Conflict) as refused:
        rules.work_out(coupon(minimum_order_paise=50_000), CART, 0)

    assert refused.value.details == {"reason": "MINIMUM_NOT_MET", "missing_paise": 7_655}
    assert "₹76.55" in refused.value.message


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"status": "disabled"}, "DISABLED"),
        ({"starts_at": NOW + timedelta(seconds=1)}, "NOT_STARTED"),
        ({"ends_at": NOW}, "EXPIRED"),
        ({"first_order_only": True}, "NOT_FIRST_ORDER"),
        ({"global_limit": 3, "uses": 3}, "USED_UP"),
        ({"per_user_limit": 1, "used_by_caller": 1}, "USED_BY_YOU"),
    ],
)
def test_why_a_coupon_cannot_be_used(terms: dict[str, object], reason: str) -> None:
    with pytest.raises(Conflict) as refused:
        rules.check_usable(coupon(**terms), "me", NOW, first_order=False)

    assert refused.value.details["reason"] == reason


def test_a_coupon_can_be_used_from_its_first_instant() -> None:
    rules.check_usable(coupon(starts_at=NOW, only_uid="me", per_user_limit=1), "me", NOW, first_order=False)


def test_somebody_elses_coupon_is_not_there() -> None:
    with pytest.raises(NotFound):
        rules.check_usable(coupon(only_uid="her", status="disabled"), "me", NOW, first_order=True)


@pytest.mark.parametrize("typed", ["SAVE10", "save10", "  Save10 ", FULL_WIDTH, FULL_WIDTH.lower()])
def test_case_blanks_and_full_width_letters_are_forgiven(typed: str) -> None:
    assert rules.plain_code(typed) == "SAVE10"


@pytest.mark.parametrize("typed", ["S\u0410VE10", "SAVE1\u041e", "SAVE 10", "SAVE-10", "ŞAVE10", "S\u0336AVE10", "ABC", "A" * 25, "'; --"])  # fmt: skip
def test_look_alikes_of_other_scripts_are_no_code(typed: str) -> None:
    """The first two hold a Cyrillic letter."""
    with pytest.raises(NotFound):
        rules.plain_code(typed)


def test_codes_of_a_batch_differ_and_have_no_letters_to_confuse() -> None:
    codes = {rules.new_code("MONSOON") for _ in range(20_000)}

    assert len(codes) == 20_000
    assert not set("".join(code.removeprefix("MONSOON") for code in codes)) & set("0O1IL")
    assert {len(code) for code in codes} == {19}
