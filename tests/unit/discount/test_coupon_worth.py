"""What coupons take off, alone and together."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plazza.discount import rules
from plazza.discount.models import Cart, Discount
from plazza.errors import Conflict
from tests.unit.discount.coupons import (
    CART,
    DROPS,
    SYRUP,
    TABLETS,
    cart,
    coupon,
    deal,
    fixed,
    free_delivery,
    line,
)


@pytest.mark.parametrize(
    ("given", "shares", "delivery_paise"),
    [
        (coupon(), {TABLETS: 3_000, SYRUP: 1_234}, 0),  # 10 % of 423.45, the fraction of a paisa is not given
        (coupon(cap_paise=4_000), {TABLETS: 2_834, SYRUP: 1_166}, 0),
        (coupon(forms=["syrup"]), {SYRUP: 1_234}, 0),
        (coupon(product_ids=[TABLETS]), {TABLETS: 3_000}, 0),
        (fixed(5_000), {TABLETS: 3_542, SYRUP: 1_458}, 0),
        (fixed(50_000, forms=["syrup"]), {SYRUP: 12_345}, 0),
        (free_delivery(), {}, 2_500),
        (free_delivery(cap_paise=2_000), {}, 2_000),
        (deal(2, 1), {TABLETS: 10_000}, 0),  # of four packs one comes free, the cheapest
        (deal(2, 2), {TABLETS: 20_000}, 0),
        (deal(2, 1, forms=["tablet"], cap_paise=7_000), {TABLETS: 7_000}, 0),
        (deal(3, 2, product_ids=[TABLETS], get_product_ids=[SYRUP]), {SYRUP: 12_345}, 0),
        (deal(1, 1, product_ids=[SYRUP], get_product_ids=[TABLETS]), {TABLETS: 10_000}, 0),
    ],
)
def test_what_a_coupon_takes_off(given: rules.Coupon, shares: dict[UUID, int], delivery_paise: int) -> None:
    found = rules.work_out([given], CART)

    assert found.shares == shares
    assert found.delivery_paise == delivery_paise
    assert found.parts[0].worth_paise == sum(shares.values()) + delivery_paise


@pytest.mark.parametrize(
    ("given", "details", "text"),
    [
        (coupon(minimum_order_paise=50_000), {"reason": "MINIMUM_NOT_MET", "missing_paise": 7_655}, "₹76.55 more"),
        (coupon(minimum_order_paise=46_345), {"reason": "MINIMUM_NOT_MET", "missing_paise": 4_000}, "₹40 more"),
        (deal(3, 2), {"reason": "QUANTITY_NOT_MET", "missing_quantity": 1}, "1 more pack of"),
        (deal(5, 1, product_ids=[TABLETS]), {"reason": "QUANTITY_NOT_MET", "missing_quantity": 3}, "3 more packs of"),
        (deal(2, 1, product_ids=[TABLETS], get_product_ids=[DROPS]), {"reason": "QUANTITY_NOT_MET", "missing_quantity": 1}, "the free product"),
        (deal(5, 1, product_ids=[TABLETS], get_product_ids=[SYRUP]), {"reason": "QUANTITY_NOT_MET", "missing_quantity": 2}, "2 more packs of"),
        (coupon(forms=["cream"]), {"reason": "NO_ELIGIBLE_PRODUCT"}, "other products"),
        (coupon(product_ids=[DROPS]), {"reason": "NO_ELIGIBLE_PRODUCT"}, "other products"),
    ],
)  # fmt: skip
def test_a_cart_hears_what_is_missing(given: rules.Coupon, details: dict[str, object], text: str) -> None:
    with pytest.raises(Conflict) as refused:
        rules.work_out([given], CART)

    assert refused.value.details == details | {"code": given.code}
    assert text in refused.value.message


def test_lines_of_a_schedule_that_is_left_out_pay_in_full() -> None:
    mixed = cart(line(TABLETS, 1, 10_000), line(SYRUP, 1, 5_000, "syrup", "H1"), line(DROPS, 1, 5_000, "drops", "H"))

    assert rules.work_out([coupon(excluded_schedules=["H", "H1"])], mixed).shares == {TABLETS: 1_000}
    assert rules.work_out([fixed(20_000, excluded_schedules=["H1"])], mixed).shares == {TABLETS: 10_000, DROPS: 5_000}
    assert rules.work_out([deal(1, 1, excluded_schedules=["H1"])], mixed).shares == {DROPS: 5_000}
    with pytest.raises(Conflict) as refused:
        rules.work_out([coupon(forms=["syrup"], excluded_schedules=["H1"])], mixed)
    assert refused.value.details["reason"] == "SCHEDULE_EXCLUDED"


def test_of_two_coupons_the_higher_priority_takes_first_and_each_product_once() -> None:
    tablets, all_of_it = coupon(code="TABS", forms=["tablet"], priority=5), fixed(50_000, code="ALL")

    found = rules.work_out([all_of_it, tablets, free_delivery(code="SHIP")], CART)

    assert [(part.code, part.shares, part.delivery_paise) for part in found.parts] == [
        ("TABS", {TABLETS: 3_000}, 0), ("ALL", {SYRUP: 12_345}, 0), ("SHIP", {}, 2_500),
    ]  # fmt: skip
    assert found.shares == {TABLETS: 3_000, SYRUP: 12_345}
    with pytest.raises(Conflict) as refused:
        rules.work_out([tablets, all_of_it._replace(priority=9)], CART)
    assert (refused.value.details["reason"], refused.value.details["code"]) == ("ALREADY_DISCOUNTED", "TABS")


def test_one_coupon_pays_for_the_delivery() -> None:
    with pytest.raises(Conflict) as refused:
        rules.work_out([free_delivery(code="SHIP"), free_delivery(code="SEND", cap_paise=100)], CART)

    assert (refused.value.details["reason"], refused.value.details["code"]) == ("ALREADY_DISCOUNTED", "SHIP")


def test_an_exclusive_coupon_stands_alone() -> None:
    alone = coupon(code="ALONE", exclusive=True)

    assert rules.work_out([alone], CART).shares
    with pytest.raises(Conflict) as refused:
        rules.work_out([free_delivery(code="SHIP"), alone], CART)
    assert (refused.value.details["reason"], refused.value.details["code"]) == ("NOT_WITH_OTHERS", "ALONE")


products = st.lists(
    st.tuples(st.integers(1, 100), st.integers(1, 10**7), st.sampled_from(["tablet", "syrup"]), st.sampled_from(["none", "H", "X"])),
    min_size=1, max_size=30,
)  # fmt: skip
narrowed = st.fixed_dictionaries(
    {
        "cap_paise": st.none() | st.integers(1, 10**9),
        "forms": st.sampled_from([[], ["tablet"], ["syrup"]]),
        "excluded_schedules": st.sampled_from([[], ["H"], ["H", "H1", "X"]]),
        "priority": st.integers(-2, 2),
    }
)
coupons = st.one_of(
    st.builds(lambda terms, bp: coupon(percent_bp=bp, **terms), narrowed, st.integers(1, 10_000)),
    st.builds(lambda terms, paise: fixed(paise, **terms), narrowed, st.integers(1, 10**9)),
    st.builds(lambda terms, buy, get: deal(buy, get, **terms), narrowed, st.integers(1, 5), st.integers(1, 3)),
    st.builds(lambda terms: free_delivery(**terms), narrowed),
)


def _try(wanted: list[rules.Coupon], bought: Cart) -> Discount | dict[str, Any]:
    try:
        return rules.work_out(wanted, bought)
    except Conflict as exc:
        return exc.details


@given(products, st.lists(coupons, min_size=1, max_size=3), st.integers(0, 10**6))
def test_no_coupons_take_more_than_there_is_nor_twice(
    sizes: list[tuple[int, int, str, str]], wanted: list[rules.Coupon], delivery: int
) -> None:
    """Whatever the coupons: shares stay within their lines, add up, keep the caps, leave out what is left out; order is no matter."""
    bought = cart(
        *(line(UUID(int=at), quantity, price, form, schedule) for at, (quantity, price, form, schedule) in enumerate(sizes)),
        delivery_paise=delivery,
    )  # fmt: skip
    wanted = [one._replace(id=uuid4(), code=f"CODE{at}") for at, one in enumerate(wanted)]
    by_code = {one.code: one for one in wanted}
    lines = {one.product_id: one for one in bought.lines}
    found = _try(wanted, bought)

    assert _try(wanted[::-1], bought) == found
    if isinstance(found, dict):
        assert found["code"] in by_code
        return
    assert sum(len(part.shares) for part in found.parts) == len(found.shares)
    assert 0 <= found.delivery_paise <= delivery
    for part in found.parts:
        terms = by_code[part.code]
        assert terms.cap_paise is None or part.worth_paise <= terms.cap_paise
        if terms.kind == "fixed":
            assert part.worth_paise <= (terms.amount_paise or 0)
        for product_id, paise in part.shares.items():
            assert 0 < paise <= lines[product_id].amount_paise
            assert lines[product_id].schedule not in terms.excluded_schedules
            assert not terms.forms or lines[product_id].form in terms.forms


@given(st.lists(st.integers(1, 10**7), min_size=1, max_size=30), st.data())
def test_an_amount_is_shared_to_the_last_paisa(prices: list[int], data: st.DataObject) -> None:
    """The shares add up to the amount, and each is within a paisa of its exact part."""
    amount = data.draw(st.integers(1, sum(prices)))
    bought = cart(*(line(UUID(int=at), 1, price) for at, price in enumerate(prices)))

    found = rules.work_out([fixed(amount)], bought)

    assert found.parts[0].worth_paise == amount
    for one in bought.lines:
        exact = amount * one.price_paise / sum(prices)
        assert abs(found.shares.get(one.product_id, 0) - exact) < 1


@given(
    st.lists(st.tuples(st.integers(1, 20), st.integers(1, 1_000)), min_size=1, max_size=8),
    st.integers(1, 5),
    st.integers(1, 3),
)
def test_a_deal_gives_the_cheapest_packs(sizes: list[tuple[int, int]], buy: int, get: int) -> None:
    packs = sorted(price for quantity, price in sizes for _ in range(quantity))
    free = len(packs) // (buy + get) * get
    bought = cart(*(line(UUID(int=at), *size) for at, size in enumerate(sizes)))

    if free == 0:
        with pytest.raises(Conflict) as refused:
            rules.work_out([deal(buy, get)], bought)
        assert refused.value.details["missing_quantity"] == buy + get - len(packs)
        return
    assert rules.work_out([deal(buy, get)], bought).parts[0].worth_paise == sum(packs[:free])
