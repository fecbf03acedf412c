"""What an order was sold on: its customer may not take out what its coupons or its area's minimum need."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from plazza.discount.actions import uses as discount
from plazza.discount.models import Cart, CartLine, Kept, Lack
from plazza.errors import Conflict, Unavailable
from plazza.location.actions import serviceability
from plazza.order.rules.shares import Unit
from plazza.order.store.orders import Item, Order


def check(order: Order, items: Sequence[Item], rest: Sequence[Unit], forms: Mapping[UUID, str]) -> None:
    """Raise Conflict when an order would not have been sold so with only the packs `rest`. `forms` are those of its products.

    COUPON_NEEDS_THIS names the coupon's `code`, what of it would not be earned (`discount_paise`), what is missing and the `line_nos` that
    it takes something off: with these out as well, nothing stands against it. MINIMUM_NOT_MET says `missing_paise`. Raises Unavailable
    while nobody knows the coupons.
    """
    packs = {item.line_no: sum(unit.line_no == item.line_no for unit in rest) for item in items}
    staying = [item for item in items if packs[item.line_no]]
    _check_minimum(order, sum(item.price_paise * packs[item.line_no] for item in staying))
    if not order.coupon_codes:
        return
    lines = [
        CartLine(item.product_id, forms.get(item.product_id, ""), item.schedule, packs[item.line_no], item.price_paise)
        for item in staying
    ]
    bearing = {item.line_no: item.coupon_code for item in staying if item.coupon_code is not None}
    kept: dict[str, Kept] = {}
    for unit in rest:
        code = bearing.get(unit.line_no)
        if code is not None:
            before = kept.get(code, Kept(0, 0))
            kept[code] = Kept(before.paise + unit.discount_paise, before.packs + 1)
    cart = Cart(order.uid, None, is_first=True, lines=lines, delivery_paise=order.delivery_paise)
    lack = discount.find_lack(order.id, cart, kept)
    if lack is not None:
        raise _needed(lack, sorted(line_no for line_no, code in bearing.items() if code == lack.code))


def _check_minimum(order: Order, rest_paise: int) -> None:
    """Hold what stays against what must be ordered here now; an order below it is not made worse by a minimum that rose."""
    try:
        point = (order.latitude, order.longitude)
        minimum_paise = serviceability.minimum_at(point, order.address["pincode"])
    except Unavailable:
        return  # the order stands; a minimum that nobody knows stops nobody
    if rest_paise < minimum_paise <= order.items_paise:
        raise Conflict(
            "Too little would stay to be delivered here; cancel the order instead.",
            reason="MINIMUM_NOT_MET",
            missing_paise=minimum_paise - rest_paise,
        )


def _needed(lack: Lack, line_nos: list[int]) -> Conflict:
    lines = ", ".join(map(str, line_nos))
    way = f"Take out line {lines} as well, take out less" if line_nos else "Take out less"
    return Conflict(
        f"{lack.code} needs what would go. {way}, or cancel the order.",
        reason="COUPON_NEEDS_THIS",
        code=lack.code,
        discount_paise=lack.unearned_paise,
        line_nos=line_nos,
        **{"needs" if name == "reason" else name: value for name, value in lack.missing.items()},
    )
