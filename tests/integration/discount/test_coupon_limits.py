"""Limits and budgets: exact, however many people are at it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from plazza.discount.actions import uses
from plazza.discount.models import Cart, CartLine
from plazza.errors import Conflict
from tests.support.database import Builders, Database
from tests.support.people import new_uid


def _crowd(count: int, work: Callable[[int], str]) -> list[str]:
    with ThreadPoolExecutor(count) as crowd:
        return sorted(crowd.map(work, range(count)))


def cart_of(uid: str, household: str | None = None, paise: int = 10_000) -> Cart:
    line = CartLine(uuid4(), "tablet", "none", 1, paise)
    return Cart(uid, household, is_first=True, lines=[line], delivery_paise=0)


def _reserve(code: str, cart: Cart) -> str:
    try:
        uses.reserve([code], cart, uuid4())
    except Conflict as exc:
        return str(exc.details["reason"])
    return "held"


def counted(pg: Database, code: str) -> tuple[Any, ...]:
    """Give what the counters of a coupon say, held against the uses themselves: all, spent, by people, by households."""
    query = """
        SELECT c.uses, c.spent_paise, (SELECT coalesce(sum(uses), 0)::INT8 FROM coupon_users WHERE coupon_id = c.id),
               (SELECT coalesce(sum(uses), 0)::INT8 FROM coupon_households WHERE coupon_id = c.id),
               (SELECT count(*) FROM coupon_redemptions WHERE coupon_id = c.id AND status <> 'released'),
               (SELECT coalesce(sum(discount_paise), 0)::INT8 FROM coupon_redemptions WHERE coupon_id = c.id AND status <> 'released')
          FROM coupons AS c WHERE c.code = %s"""
    uses, spent, people, households, rows, worth = pg.rows(query, code)[0]
    assert (uses, spent) == (rows, worth)
    return uses, spent, people, households


def test_forty_people_and_seven_uses(parts: object, make: Builders, pg: Database) -> None:
    code = make.coupon(global_limit=7)

    results = _crowd(40, lambda _: _reserve(code, cart_of(new_uid())))

    assert results == ["USED_UP"] * 33 + ["held"] * 7
    assert counted(pg, code) == (7, 7_000, 7, 0)


def test_one_person_forty_times_and_two_uses(parts: object, make: Builders, pg: Database) -> None:
    code, uid = make.coupon(per_user_limit=2), new_uid()

    results = _crowd(40, lambda _: _reserve(code, cart_of(uid)))

    assert results == ["USED_BY_YOU"] * 38 + ["held"] * 2
    assert counted(pg, code) == (2, 2_000, 2, 0)


def test_one_household_of_many_people_and_three_uses(parts: object, make: Builders, pg: Database) -> None:
    code = make.coupon(per_household_limit=3)

    results = _crowd(30, lambda at: _reserve(code, cart_of(new_uid(), "one" if at % 2 else "other")))

    assert results == ["USED_BY_HOUSEHOLD"] * 24 + ["held"] * 6
    assert counted(pg, code) == (6, 6_000, 6, 6)


def test_a_budget_is_never_exceeded(parts: object, make: Builders, pg: Database) -> None:
    """Carts of different size at once: what is given away stays within the budget, and what is left is less than the least."""
    code = make.coupon(kind="percentage", percent_bp=1_000, amount_paise=None, budget_paise=10_000)

    results = _crowd(30, lambda at: _reserve(code, cart_of(new_uid(), paise=10_000 + 1_000 * (at % 7))))

    uses, spent, _, _ = counted(pg, code)
    assert results.count("held") == uses
    assert set(results) == {"held", "BUDGET_SPENT"}
    assert 10_000 - 1_600 < spent <= 10_000


def test_a_dearer_cart_needs_its_part_of_the_budget(parts: object, make: Builders, pg: Database) -> None:
    code = make.coupon(kind="percentage", percent_bp=1_000, amount_paise=None, budget_paise=1_500)
    order, uid = uuid4(), new_uid()

    uses.reserve([code], cart_of(uid, paise=10_000), order)
    uses.reserve([code], cart_of(uid, paise=15_000), order)
    with pytest.raises(Conflict):
        uses.reserve([code], cart_of(uid, paise=15_010), order)
    assert counted(pg, code)[:2] == (1, 1_500)
    uses.reserve([code], cart_of(uid, paise=5_000), order)

    assert counted(pg, code)[:2] == (1, 500)


def test_one_refused_coupon_holds_none(parts: object, make: Builders, pg: Database) -> None:
    fine, spent = make.coupon(forms=["tablet"]), make.coupon(kind="free_delivery", amount_paise=None, budget_paise=1)
    cart = cart_of(new_uid())._replace(delivery_paise=2)

    with pytest.raises(Conflict) as refused:
        uses.reserve([fine, spent], cart, uuid4())

    assert refused.value.details["code"] == spent
    assert counted(pg, fine) == counted(pg, spent) == (0, 0, 0, 0)


def test_crossing_coupons_do_not_lock_each_other_out(parts: object, make: Builders, pg: Database) -> None:
    """Twenty orders take the last ten uses of two coupons, named in either order: both end at ten, held by the same orders."""
    codes = [make.coupon(global_limit=10), make.coupon(kind="free_delivery", amount_paise=None, global_limit=10)]

    def work(at: int) -> str:
        try:
            uses.reserve(codes[:: 1 if at % 2 else -1], cart_of(new_uid())._replace(delivery_paise=500), uuid4())
        except Conflict as exc:
            return str(exc.details["reason"])
        return "held"

    assert _crowd(20, work) == ["USED_UP"] * 10 + ["held"] * 10
    assert [counted(pg, code)[:2] for code in codes] == [(10, 10_000), (10, 5_000)]


def test_holding_and_giving_back_at_once_ends_at_nothing(parts: object, make: Builders, pg: Database) -> None:
    """Thirty orders hold a use and give it back twice each, at once."""
    code = make.coupon(global_limit=30, per_household_limit=30, budget_paise=30_000)

    def hold_and_release(_: int) -> str:
        order = uuid4()
        uses.reserve([code], cart_of(f"u{order.hex}", "home"), order)
        with ThreadPoolExecutor(2) as two:
            list(two.map(lambda _: uses.release(order), range(2)))
        return "done"

    assert _crowd(30, hold_and_release) == ["done"] * 30
    assert counted(pg, code) == (0, 0, 0, 0)


def test_a_hold_that_somebody_renews_is_not_given_back(parts: object, make: Builders, pg: Database) -> None:
    code, order, uid = make.coupon(), uuid4(), new_uid()
    uses.reserve([code], cart_of(uid), order)
    pg.execute("UPDATE coupon_redemptions SET expires_at = now() - INTERVAL '1 minute' WHERE order_id = %s", order)
    assert order in uses.list_expired()

    uses.reserve([code], cart_of(uid), order)
    uses.release_expired(order)

    assert counted(pg, code)[0] == 1


def test_the_database_itself_refuses_a_use_above_the_limit(make: Builders, pg: Database) -> None:
    code = make.coupon(global_limit=1)

    with pytest.raises(Exception, match="check"):
        pg.execute("UPDATE coupons SET uses = 2 WHERE code = %s", code)
    with pytest.raises(Exception, match="coupons_within_budget"):
        pg.execute("UPDATE coupons SET budget_paise = 5, spent_paise = 6 WHERE code = %s", code)
