"""Placing an order: one transaction takes the stock, the prescription's packs and the order itself."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from plazza import clock
from plazza.catalogue.store import prescriptions
from plazza.data import outbox
from plazza.data.once import Once
from plazza.data.sql import Tx, read
from plazza.discount.actions import uses as discount
from plazza.errors import Conflict, PlazzaError, Unavailable
from plazza.identity import Caller
from plazza.location.actions import serviceability
from plazza.location.models import Place
from plazza.order.actions import carts, coupons, covering, views
from plazza.order.actions.carts import Cart
from plazza.order.models.orders import OrderView, PaymentStatus, PlaceOrder, PrescriptionStatus, Status
from plazza.order.rules import allocation, pricing, shares, states
from plazza.order.rules.allocation import Taken
from plazza.order.rules.pricing import CartLine, Price, Rebate
from plazza.order.store import changes, orders, stock, units
from plazza.order.store.orders import Event, Order


class _Coupon(NamedTuple):
    """What the coupons held for the order take off, and what that was reckoned on."""

    rebate: Rebate
    amounts: list[tuple[UUID, int]]
    is_first: bool


class _Coverage(NamedTuple):
    status: PrescriptionStatus
    covering: dict[UUID, UUID]
    lines: list[CartLine]


def place_order(caller: Caller, once: Once, body: PlaceOrder) -> OrderView:
    """Order a cart. Cash orders without an open prescription are confirmed at once, the others wait.

    Raises NotFound for another's address or prescription, and Conflict with a `reason` for whatever stands against it.
    """
    stored = once.answer(OrderView)
    if stored is not None:
        return stored
    order_id = once.new_id("order")
    place = serviceability.locate(caller.uid, body.address_id)
    coupon = _hold_coupon(caller, body, order_id, place)
    try:
        return once.run(OrderView, lambda tx: _place(tx, caller, body, order_id, place, coupon))
    except Unavailable:
        raise  # it may be there, or come by the same key: the hold ends by itself
    except PlazzaError:
        if coupon and read(lambda tx: orders.find_order(tx, order_id)) is None:
            discount.release(order_id)
        raise


def _hold_coupon(caller: Caller, body: PlaceOrder, order_id: UUID, place: Place) -> _Coupon | None:
    if not body.coupon_codes:
        return None
    cart, is_first = read(lambda tx: _cart_and_first(tx, caller, body, place))
    rebate = coupons.hold(
        body.coupon_codes, caller.uid, order_id, place.address, cart.lines, place.charge_paise, is_first=is_first
    )
    return _Coupon(rebate, _amounts(cart), is_first)


def _cart_and_first(tx: Tx, caller: Caller, body: PlaceOrder, place: Place) -> tuple[Cart, bool]:
    is_first = orders.ask_first(tx, caller.uid)
    cart = carts.read_cart(tx, body.items, place.store_id, clock.today())
    return cart, is_first()


def _place(tx: Tx, caller: Caller, body: PlaceOrder, order_id: UUID, place: Place, coupon: _Coupon | None) -> OrderView:
    at = clock.now()
    is_first = orders.ask_first(tx, caller.uid) if coupon else None
    cart, store = carts.read_sale(tx, body.items, place.store_id, clock.today())
    if coupon and is_first:
        _check_coupon_still_fits(cart, coupon, is_first=is_first())
    coverage = _cover(tx, caller, body, cart.lines)
    taken = _take(tx, cart._replace(lines=coverage.lines), body, place)
    price = pricing.price(
        cart.lines,
        charge_paise=place.charge_paise,
        rebate=coupon.rebate if coupon else None,
        same_state=place.state_code == store.state_code,
    )
    _check_price(body, price)
    order, events = _new_order(caller, body, order_id, place, price, coverage.status, at)
    order = changes.insert_order(tx, order)
    items = views.items_of(price, coverage.covering)
    changes.insert_items(tx, order_id, items)
    units.insert_units(tx, order_id, shares.share_out([units.sold(item) for item in items], price.delivery_gst))
    for event in events:
        changes.insert_event(tx, order_id, event)
    stock.reserve(tx, order_id, taken, caller.uid, at)
    outbox.announce(tx, "order.placed", order_id)
    if order.status == Status.CONFIRMED:
        outbox.announce(tx, "order.confirmed", order_id)
    return views.view(order, items, events)


def _check_coupon_still_fits(cart: Cart, coupon: _Coupon, *, is_first: bool) -> None:
    """Raise Conflict when a price or the first order changed between holding the coupon and now."""
    if coupon.amounts != _amounts(cart) or coupon.is_first != is_first:
        raise Conflict(
            "The cart's prices changed meanwhile; quote again.", reason="PRICE_CHANGED", **pricing.figures(cart.lines)
        )


def _amounts(cart: Cart) -> list[tuple[UUID, int]]:
    return [(line.product_id, line.amount_paise) for line in cart.lines]


def _cover(tx: Tx, caller: Caller, body: PlaceOrder, lines: list[CartLine]) -> _Coverage:
    """Use up the prescription's packs for the lines that need one, and give the lines the days that it says.

    Raises Conflict when it does not cover a line.
    """
    needing = covering.needed(lines)
    if not needing or body.prescription_id is None:
        return _Coverage("not_needed", {}, lines)  # a missing prescription is among the cart's problems
    coverage = prescriptions.lock_coverage(tx, body.prescription_id, caller.uid, clock.today())
    if coverage.status == "awaited":
        return _Coverage("awaited", {}, lines)
    return _Coverage("approved", covering.use(tx, coverage, needing), covering.with_courses(lines, coverage))


def _take(tx: Tx, cart: Cart, body: PlaceOrder, place: Place) -> list[Taken]:
    """Choose the batches, first expiring first, none with a lower MRP than the price. Raises Conflict for any problem."""
    prices = {line.product_id: line.price_paise for line in cart.lines}
    batches = stock.lock_free(tx, place.store_id, cart.lines, clock.today())
    usable = [batch for batch in batches if batch.mrp_paise >= prices[batch.product_id]]
    taken, short = allocation.allocate([(line.product_id, line.quantity) for line in cart.lines], usable)
    available = {line.product_id: short.get(line.product_id, line.quantity) for line in cart.lines}
    problems = pricing.find_problems(
        cart.lines,
        missing=cart.missing,
        available=available,
        minimum_paise=place.minimum_order_paise,
        has_prescription=body.prescription_id is not None,
    )
    pricing.check_problems(problems, cart.lines)
    return taken


def _check_price(body: PlaceOrder, price: Price) -> None:
    if body.expected_total_paise not in {None, price.total_paise}:
        now = pricing.figures([line.cart for line in price.lines])
        raise Conflict("The price changed; quote again.", reason="PRICE_CHANGED", total_paise=price.total_paise, **now)
    pricing.check_payable(body.payment_method, price.total_paise)


def _new_order(
    caller: Caller,
    body: PlaceOrder,
    order_id: UUID,
    place: Place,
    price: Price,
    prescription: PrescriptionStatus,
    at: datetime,
) -> tuple[Order, list[Event]]:
    payment: PaymentStatus = "pending"
    if price.total_paise == 0:
        payment = "captured"  # a coupon paid for all of it
    elif body.payment_method == "cod":
        payment = "cod_due"
    confirmed = payment != "pending" and prescription != "awaited"
    window = states.REVIEW_WINDOW if prescription == "awaited" else states.PAYMENT_WINDOW
    events = [Event(1, "placed", None, Status.PENDING, caller.uid, caller.role, None, at)]
    if confirmed:
        events.append(Event(2, "confirmed", Status.PENDING, Status.CONFIRMED, *states.SYSTEM[:2], None, at))
    order = Order(
        id=order_id,
        number="",
        uid=caller.uid,
        store_id=place.store_id,
        status=Status.CONFIRMED if confirmed else Status.PENDING,
        payment_method=body.payment_method,
        payment_status=payment,
        prescription_status=prescription,
        delivery_status="none",
        prescription_id=body.prescription_id if prescription != "not_needed" else None,
        items_paise=price.items_paise,
        discount_paise=price.discount_paise,
        delivery_paise=price.delivery_paise,
        tax_paise=price.tax_paise,
        total_paise=price.total_paise,
        coupon_codes=price.coupon_codes,
        address_id=place.address_id,
        address=place.address,
        place_of_supply=place.state_code,
        latitude=place.latitude,
        longitude=place.longitude,
        promised_minutes=place.promised_minutes,
        expires_at=None if confirmed else at + window,
        confirmed_at=at if confirmed else None,
        cancelled_reason=None,
        version=len(events),
        created_at=at,
        updated_at=at,
        delivery_gst_bp=price.delivery_gst_bp,
        stage="accept" if confirmed else None,
        stage_since=at if confirmed else None,
    )
    return order, events
