"""Coupons and carts as rules see them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from plazza.discount import rules
from plazza.discount.models import Cart, CartLine

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
TABLETS, SYRUP, DROPS = (UUID(int=number) for number in (1, 2, 3))


def coupon(**over: object) -> rules.Coupon:
    """Make a coupon of 10 % that everybody may use."""
    values: dict[str, object] = {
        "id": uuid4(), "code": "SAVE10", "title": "Ten off", "kind": "percentage", "percent_bp": 1000, "amount_paise": None,
        "buy_quantity": None, "get_quantity": None, "get_product_ids": [], "cap_paise": None, "minimum_order_paise": 0,
        "starts_at": NOW - timedelta(days=1), "ends_at": NOW + timedelta(days=1), "global_limit": None, "per_user_limit": None,
        "per_household_limit": None, "budget_paise": None, "first_order_only": False, "only_uid": None, "product_ids": [], "forms": [],
        "excluded_schedules": [], "exclusive": False, "priority": 0, "status": "active", "uses": 0, "spent_paise": 0,
        "used_by_caller": 0, "used_by_household": 0, "held_paise": None,
    }  # fmt: skip
    return rules.Coupon(**(values | over))  # pyright: ignore[reportArgumentType] -- a table of values


def fixed(amount_paise: int, **over: object) -> rules.Coupon:
    """Make a coupon of an amount."""
    return coupon(kind="fixed", percent_bp=None, amount_paise=amount_paise, **over)


def free_delivery(**over: object) -> rules.Coupon:
    """Make a coupon that pays for the delivery."""
    return coupon(kind="free_delivery", percent_bp=None, **over)


def deal(buy: int, get: int, **over: object) -> rules.Coupon:
    """Make a coupon that gives packs for free."""
    return coupon(kind="buy_x_get_y", percent_bp=None, buy_quantity=buy, get_quantity=get, **over)


def line(product: UUID, quantity: int, price_paise: int, form: str = "tablet", schedule: str = "none") -> CartLine:
    """Make a line."""
    return CartLine(product, form, schedule, quantity, price_paise)


def cart(*lines: CartLine, delivery_paise: int = 2_500, is_first: bool = False) -> Cart:
    """Make my cart."""
    return Cart("me", "home", is_first, lines, delivery_paise)


CART = cart(line(TABLETS, 3, 10_000), line(SYRUP, 1, 12_345, "syrup"))
