"""The coupons of an order: quoted, held before it is placed, and brought to where it stands."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from plazza.data.sql import read
from plazza.discount.actions import uses as discount
from plazza.discount.models import Cart, CartLine, Discount
from plazza.discount.rules import household_of
from plazza.order.models.orders import Status
from plazza.order.rules.pricing import CartLine as SoldLine
from plazza.order.rules.pricing import Rebate
from plazza.order.store import orders, units


def quote(
    codes: Sequence[str],
    uid: str,
    address: dict[str, Any],
    lines: Sequence[SoldLine],
    charge_paise: int,
    *,
    is_first: bool,
) -> Rebate | None:
    """Give what coupons would take off. Raises NotFound, Conflict with `reason`, Unavailable."""
    if not codes:
        return None
    return _rebate(discount.quote(codes, _cart(uid, address, lines, charge_paise, is_first=is_first)))


def hold(
    codes: Sequence[str],
    uid: str,
    order_id: UUID,
    address: dict[str, Any],
    lines: Sequence[SoldLine],
    charge_paise: int,
    *,
    is_first: bool,
) -> Rebate:
    """Hold a use of each coupon for an order that is about to be placed. Raises NotFound, Conflict with `reason`, Unavailable."""
    cart = _cart(uid, address, lines, charge_paise, is_first=is_first)
    return _rebate(discount.reserve(codes, cart, order_id))


def settle(order_id: UUID) -> None:
    """Bring an order's coupons to where the order stands: kept while it waits, used, or given back. Safe to repeat."""
    order = read(lambda tx: orders.find_order(tx, order_id))
    while order is not None:
        if order.status == Status.CANCELLED:
            discount.release(order_id)
        elif order.status == Status.PENDING:
            discount.prolong(order_id)
        else:
            discount.confirm(order_id)
        latest = read(lambda tx: orders.find_order(tx, order_id))
        if latest is None or latest.status == order.status:
            return
        order = latest  # it was cancelled meanwhile: a use that was just given back must not stay taken


def lower(order_id: UUID) -> None:
    """Bring the uses of an order's coupons down to what they take off the lines that stayed. Safe to repeat."""
    items = read(lambda tx: units.list_sold_lines(tx, order_id))
    worth: dict[str, int] = {}
    for item in items:
        if item.coupon_code is not None:
            worth[item.coupon_code] = worth.get(item.coupon_code, 0) + item.discount_paise
    discount.lower(order_id, worth)


def settle_expired() -> int:
    """Decide every hold whose time is over: an order that came keeps its uses until it ends, all others are given back."""
    count = 0
    while held := discount.list_expired():
        for order_id in held:
            if read(lambda tx, order_id=order_id: orders.find_order(tx, order_id)) is None:
                discount.release_expired(order_id)
            else:
                settle(order_id)
        count += len(held)
    return count


def _cart(uid: str, address: dict[str, Any], lines: Sequence[SoldLine], charge_paise: int, *, is_first: bool) -> Cart:
    return Cart(
        uid=uid,
        household=household_of(address["pincode"], address["line1"], address["line2"]),
        is_first=is_first,
        lines=[CartLine(one.product_id, one.form, one.schedule, one.quantity, one.price_paise) for one in lines],
        delivery_paise=charge_paise,
    )


def _rebate(found: Discount) -> Rebate:
    code_of = {product_id: part.code for part in found.parts for product_id in part.shares}
    return Rebate([part.code for part in found.parts], found.shares, found.delivery_paise, code_of)
