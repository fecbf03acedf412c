"""Who may use a coupon, how often, and which codes are codes."""

from datetime import timedelta

import pytest

from plazza.discount import rules
from plazza.errors import Conflict, NotFound
from tests.unit.discount.coupons import CART, NOW, coupon

FULL_WIDTH = "".join(chr(ord(letter) + 0xFEE0) for letter in "SAVE10")


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"status": "disabled"}, "DISABLED"),
        ({"starts_at": NOW + timedelta(seconds=1)}, "NOT_STARTED"),
        ({"ends_at": NOW}, "EXPIRED"),
        ({"first_order_only": True}, "NOT_FIRST_ORDER"),
        ({"first_order_only": True, "held_paise": 5}, "NOT_FIRST_ORDER"),  # a hold is no way around it
    ],
)
def test_why_a_coupon_cannot_be_used(terms: dict[str, object], reason: str) -> None:
    with pytest.raises(Conflict) as refused:
        rules.check_usable(coupon(**terms), CART, NOW)

    assert refused.value.details["reason"] == reason
    assert refused.value.details["code"] == "SAVE10"


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"global_limit": 3, "uses": 3}, "USED_UP"),
        ({"per_user_limit": 1, "used_by_caller": 1}, "USED_BY_YOU"),
        ({"per_household_limit": 2, "used_by_household": 2}, "USED_BY_HOUSEHOLD"),
        ({"budget_paise": 1_000, "spent_paise": 501}, "BUDGET_SPENT"),
    ],
)
def test_why_a_coupon_has_none_left(terms: dict[str, object], reason: str) -> None:
    with pytest.raises(Conflict) as refused:
        rules.check_limits(coupon(**terms), 500)

    assert refused.value.details["reason"] == reason


def test_the_last_use_and_the_last_paisa_are_given() -> None:
    last = {"global_limit": 3, "uses": 2, "per_user_limit": 1, "per_household_limit": 2, "used_by_household": 1}

    rules.check_limits(coupon(budget_paise=1_000, spent_paise=500, **last), 500)


def test_a_coupon_can_be_used_from_its_first_instant() -> None:
    rules.check_usable(coupon(starts_at=NOW, only_uid="me"), CART, NOW)


@pytest.mark.parametrize("end", [{"status": "disabled"}, {"ends_at": NOW}])
def test_what_is_held_outlasts_the_coupon(end: dict[str, object]) -> None:
    rules.check_usable(coupon(held_paise=100, **end), CART, NOW)


def test_somebody_elses_coupon_is_not_there() -> None:
    with pytest.raises(NotFound):
        rules.check_usable(coupon(only_uid="her", status="disabled"), CART, NOW)


@pytest.mark.parametrize("typed", ["SAVE10", "save10", "  Save10 ", "SAVE 10", "s a v e\u00a010", FULL_WIDTH, FULL_WIDTH.lower()])  # fmt: skip
def test_case_blanks_and_full_width_letters_are_forgiven(typed: str) -> None:
    assert rules.plain_code(typed) == "SAVE10"


@pytest.mark.parametrize(
    "typed",
    ["S\u0410VE10", "SAVE1\u041e", "SAVE-10", "ŞAVE10", "S\u0336AVE10", "SAVE\u200b10", "MI\u0131O", "GRO\u00df", "ABC", "A" * 25, "'; --"],
)  # fmt: skip
def test_look_alikes_of_other_scripts_are_no_code(typed: str) -> None:
    """Cyrillic letters, a dash, marks, a blank of no width, and letters that upper case would turn into plain ones."""
    with pytest.raises(NotFound) as refused:
        rules.plain_code(typed)

    assert refused.value.details["reason"] == "UNKNOWN_CODE"


def test_codes_of_a_batch_differ_and_have_no_letters_to_confuse() -> None:
    codes = {rules.new_code("MONSOON") for _ in range(20_000)}

    assert len(codes) == 20_000
    assert not set("".join(code.removeprefix("MONSOON") for code in codes)) & set("0O1IL")
    assert {len(code) for code in codes} == {19}
    assert len(rules.ALPHABET) ** rules.RANDOM_CHARACTERS > 2**50
    assert all(rules.plain_code(code) == code for code in list(codes)[:100])


def test_a_household_is_its_house_however_it_is_written() -> None:
    home = rules.household_of("560038", "Flat 4-B, 12 Lake Road", None)

    assert rules.household_of("560038", "FLAT 4B", "12, lake road.") == home
    assert len({home, *(rules.household_of(*parts) for parts in [
        ("560039", "Flat 4-B, 12 Lake Road"), ("560038", "Flat 4-C, 12 Lake Road"), ("560038", "घर १२"), ("560038", "घर १३"),
    ])}) == 5  # fmt: skip
    assert "lake" not in home
