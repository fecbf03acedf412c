"""A cart as it would be sold now, and its quote."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from plazza import clock
from plazza.catalogue.store import prices
from plazza.data.sql import Tx, read
from plazza.errors import Conflict, Unavailable
from plazza.identity import Caller
from plazza.location.actions import serviceability
from plazza.order.actions import coupons, covering, views
from plazza.order.models.orders import CartItem, LeftOut, Problem, QuoteRequest, QuoteView, ReorderView
from plazza.order.rules import pricing
from plazza.order.rules.pricing import CartLine
from plazza.order.store import orders, stock, stores
from plazza.order.store.orders import Item, Order
from plazza.order.store.stores import Store


class Cart(NamedTuple):
    """The lines that are sold, and the products asked for that are not."""

    lines: list[CartLine]
    missing: list[UUID]


class Destination(NamedTuple):
    """From which store a cart comes, to which state, at what charge; without an `address` all is as the last order had it."""

    store_id: UUID
    state_code: str
    charge_paise: int
    minimum_order_paise: int
    promised_minutes: int
    address: dict[str, Any] | None


def quote(caller: Caller, body: QuoteRequest) -> QuoteView:
    """Price a cart for an address, and say what stands against ordering it.

    While PostgreSQL is away the caller's last order to the address says store and charge, and a coupon waits.
    """
    place = _locate(caller, body.address_id)
    cart, store = read(lambda tx: read_sale(tx, body.items, place.store_id, clock.today()))
    if not cart.lines:
        pricing.check_problems(_problems(cart, {}, place, body), cart.lines)
    lines, refusals = covering.quote(caller, body, cart.lines)
    free, is_first = read(lambda tx: _free_and_first(tx, caller, place, lines))
    rebate = None
    if place.address is not None:
        rebate = coupons.quote(
            body.coupon_codes, caller.uid, place.address, cart.lines, place.charge_paise, is_first=is_first
        )
    price = pricing.price(
        cart.lines,
        charge_paise=place.charge_paise,
        rebate=rebate,
        same_state=place.state_code == store.state_code,
    )
    problems = _problems(cart, free, place, body) + refusals
    return QuoteView(
        items=views.lines_of(price),
        items_paise=price.items_paise,
        discount_paise=price.discount_paise,
        delivery_paise=price.delivery_paise,
        tax_paise=price.tax_paise,
        total_paise=price.total_paise,
        coupon_codes=price.coupon_codes,
        store_id=place.store_id,
        promised_minutes=place.promised_minutes,
        prescription_required=any(line.prescription_required for line in cart.lines),
        can_be_ordered=not problems and place.address is not None,
        problems=problems,
        degraded=place.address is None,
    )


def reorder(caller: Caller, order_id: UUID) -> ReorderView:
    """Make a cart of what an earlier order had and is still sold. Raises NotFound, or Conflict when nothing is."""

    def work(tx: Tx) -> tuple[Order, list[Item], Cart]:
        order = orders.get_order(tx, order_id, caller)
        items = orders.list_items(tx, order_id)
        wanted = [CartItem(product_id=item.product_id, quantity=item.quantity) for item in items]
        return order, items, read_cart(tx, wanted, order.store_id, clock.today())

    order, items, cart = read(work)
    if not cart.lines:
        raise Conflict("Nothing of this order is sold any more.", reason="NOTHING_LEFT")
    left_out = [
        LeftOut(product_id=item.product_id, name=item.name, quantity=item.quantity, reason="PRODUCT_UNAVAILABLE")
        for item in items
        if item.product_id in cart.missing
    ]
    left_out += [
        LeftOut(
            product_id=one.product_id, name=one.name, quantity=one.quantity - one.max_per_order, reason="OVER_LIMIT"
        )
        for one in cart.lines
        if one.quantity > one.max_per_order
    ]
    found = [CartItem(product_id=one.product_id, quantity=min(one.quantity, one.max_per_order)) for one in cart.lines]
    return ReorderView(
        cart=QuoteRequest(items=found, address_id=order.address_id),
        prescription_required=any(line.prescription_required for line in cart.lines),
        left_out=left_out,
    )


def read_cart(tx: Tx, items: Sequence[CartItem], store_id: UUID, on: date) -> Cart:
    """Give a cart's lines at a store's prices of now and the taxes of a day in India."""
    found = prices.list_for_sale(tx, [item.product_id for item in items], store_id, on)
    lines: list[CartLine] = []
    missing: list[UUID] = []
    for item in items:
        product = found.get(item.product_id)
        if product is None or product.status != "active":
            missing.append(item.product_id)
            continue
        lines.append(
            CartLine(
                product_id=product.id,
                sku=product.sku,
                name=product.name,
                form=product.form,
                manufacturer=product.manufacturer,
                pack_label=product.pack_label,
                hsn=product.hsn,
                schedule=product.schedule,
                prescription_required=product.prescription_required,
                quantity=item.quantity,
                mrp_paise=product.mrp_paise,
                price_paise=product.price_paise,
                gst_bp=product.gst_bp,
                max_per_order=product.max_per_order,
                course_days=item.course_days,
            )
        )
    return Cart(lines, missing)


def read_sale(tx: Tx, items: Sequence[CartItem], store_id: UUID, on: date) -> tuple[Cart, Store]:
    """Give a cart as `read_cart` does and the open store that it comes from, in one round trip. Raises Conflict for a closed one."""
    asked = stores.ask_store(tx, store_id)
    cart = read_cart(tx, items, store_id, on)
    store = asked()
    if store.status != "open":
        raise Conflict("The store that delivers here is closed.", reason="STORE_CLOSED")
    return cart, store


def _free_and_first(
    tx: Tx, caller: Caller, place: Destination, lines: Sequence[CartLine]
) -> tuple[dict[UUID, int], bool]:
    """Give what can be promised of each product, and whether this would be the customer's first order."""
    is_first = orders.ask_first(tx, caller.uid)
    free = stock.count_free(tx, place.store_id, lines, clock.today())
    return free, is_first()


def _locate(caller: Caller, address_id: UUID) -> Destination:
    try:
        place = serviceability.locate(caller.uid, address_id)
    except Unavailable:
        known = read(lambda tx: orders.get_known_place(tx, caller.uid, address_id))
        if known is None:
            raise
        return Destination(known.store_id, known.place_of_supply, known.delivery_paise, 0, known.promised_minutes, None)
    return Destination(
        place.store_id,
        place.state_code,
        place.charge_paise,
        place.minimum_order_paise,
        place.promised_minutes,
        place.address,
    )


def _problems(cart: Cart, free: dict[UUID, int], place: Destination, body: QuoteRequest) -> list[Problem]:
    return pricing.find_problems(
        cart.lines,
        missing=cart.missing,
        available=free,
        minimum_paise=place.minimum_order_paise,
        has_prescription=body.prescription_id is not None,
    )
