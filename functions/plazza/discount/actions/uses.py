"""Coupons of carts and orders: priced, held, confirmed, given back. Each is safe to ask twice for the same order."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4, uuid5

from plazza import clock, logs, settings
from plazza.catalogue.store.prices import list_for_sale
from plazza.catalogue.store.products import list_products
from plazza.data.sql import POSTGRES, Tx, read, run_transaction
from plazza.discount import rules
from plazza.discount.models import (
    Cart,
    CartLine,
    CouponCheck,
    CouponHold,
    Discount,
    Kept,
    Lack,
    Part,
    TryCoupon,
)
from plazza.discount.rules import Coupon
from plazza.discount.store import coupons as store
from plazza.discount.store import uses
from plazza.discount.store.uses import Use
from plazza.errors import Conflict, Invalid, NotFound, PlazzaError

HOLD = timedelta(minutes=15)
"""How long a cart keeps a use, and how long an order has to come; one that came is asked before its use is given back."""
_HOLDS = UUID("5f6f9f0b-41a3-4c8e-8f35-2a7d1f2f9c01")


def quote(codes: Sequence[str], cart: Cart) -> Discount:
    """Give what coupons would take off; nothing is held. Raises NotFound, Conflict with `reason` and `code`, Unavailable."""
    plain = _plain(codes)
    coupons = read(lambda tx: _list(tx, plain, cart), on=POSTGRES)
    at = clock.now()
    for coupon in coupons:
        rules.check_usable(coupon, cart, at)
    discount = rules.work_out(coupons, cart)
    for coupon in coupons:
        rules.check_limits(coupon, _part(discount, coupon.code).worth_paise)
    return discount


def reserve(codes: Sequence[str], cart: Cart, order_id: UUID) -> Discount:
    """Hold a use of each coupon for an order; for the same order each is held once.

    A use that the caller applied to their cart before is taken over. Raises NotFound, Conflict with `reason` and `code`, Unavailable.
    """
    plain = _plain(codes)
    return run_transaction(lambda tx: _hold(tx, plain, plain, cart, order_id), on=POSTGRES)


def _hold(tx: Tx, codes: Sequence[str], held: Sequence[str], cart: Cart, order_id: UUID) -> Discount:
    """Work out the coupons `codes` together, and hold those that are `held`."""
    at, coupons = clock.now(), _list(tx, codes, cart)
    there = {use.coupon_id: use for use in uses.lock_uses(tx, order_id)}
    for coupon in coupons:
        if coupon.id not in there or there[coupon.id].status == "released":
            rules.check_usable(coupon, cart, at)
    discount = rules.work_out(coupons, cart)
    for coupon in coupons:
        if coupon.code in held:
            _hold_one(tx, coupon, cart, order_id, _part(discount, coupon.code).worth_paise, there.get(coupon.id), at)
    return discount


def _hold_one(
    tx: Tx, coupon: Coupon, cart: Cart, order_id: UUID, worth_paise: int, use: Use | None, at: datetime
) -> None:
    expires_at = at + HOLD
    if use is not None and use.status != "released":
        if use.status == "held":
            uses.change_spent(tx, coupon, worth_paise - use.discount_paise, at)
            uses.renew_hold(tx, use.id, worth_paise, expires_at, at)
        return
    if use is not None:
        uses.delete_use(tx, use.id)
    if coupon.per_household_limit is None:
        cart = cart._replace(household=None)  # nobody asks for it: it is not kept
    rules.check_limits(coupon, worth_paise)
    if coupon.held_paise is None:
        uses.count_use(tx, coupon, cart.uid, cart.household, worth_paise, at)
        uses.insert_use(tx, uuid4(), coupon.id, cart, order_id, worth_paise, expires_at, at)
        return
    uses.change_spent(tx, coupon, worth_paise - coupon.held_paise, at)
    if cart.household is not None:
        uses.count_household(tx, coupon, cart.household)
    uses.move_hold(tx, coupon.id, _cart_hold(cart.uid, coupon.code), cart, order_id, worth_paise, expires_at, at)


def find_lack(order_id: UUID, cart: Cart, kept: Mapping[str, Kept]) -> Lack | None:
    """Tell which coupon of an order a cart that would stay of it does not earn; `kept` is what each still takes off it, by code.

    A free delivery is kept whole. Neither the coupon's end nor its limits count: the order has it. Raises Unavailable.
    """

    def work(tx: Tx) -> Lack | None:
        worth = uses.list_worth(tx, order_id)
        for coupon in store.list_usable(tx, list(worth), cart.uid, None):
            is_delivery = coupon.kind == "free_delivery"
            mine = Kept(worth[coupon.code], 0) if is_delivery else kept.get(coupon.code, Kept(0, 0))
            lack = rules.find_lack(coupon, cart, mine) if mine.paise else None
            if lack is not None:
                return lack
        return None

    return read(work, on=POSTGRES)


def confirm(order_id: UUID) -> None:
    """Make the uses of an order that stands final, also those that were given back meanwhile: it was priced with them.

    One that the coupon has not left any more is kept beside the counters, as over the limit.
    """

    def work(tx: Tx) -> None:
        at = clock.now()
        for use in uses.lock_uses(tx, order_id):
            if use.status != "confirmed":
                over = use.status == "released" and not _is_taken_back(tx, use, at)
                uses.set_confirmed(tx, use.id, at, over_limit=over)
                if over:
                    tx.after_commit[f"tell of {use.id}"] = lambda use=use: _tell_over_limit(use, order_id)

    run_transaction(work, on=POSTGRES)


def _is_taken_back(tx: Tx, use: Use, at: datetime) -> bool:
    coupon = store.list_usable(tx, [use.code], use.uid, use.household)[0]
    try:
        rules.check_limits(coupon, use.discount_paise)
    except Conflict:
        return False
    uses.count_use(tx, coupon, use.uid, use.household, use.discount_paise, at)
    return True


def _tell_over_limit(use: Use, order_id: UUID) -> None:
    logs.write("WARNING", "coupon used over its limit", coupon_id=str(use.coupon_id), order_id=str(order_id))


def lower(order_id: UUID, worth: Mapping[str, int]) -> None:
    """Lower the uses of an order to what their coupons (by code) are still worth; others are left alone. Safe to repeat."""

    def work(tx: Tx) -> None:
        at = clock.now()
        for use in uses.lock_uses(tx, order_id):
            left = worth.get(use.code, use.discount_paise)
            if left < use.discount_paise:
                uses.lower(tx, use, left, at)

    run_transaction(work, on=POSTGRES)


def release(order_id: UUID) -> None:
    """Give the uses of an order back, once however often it is asked."""
    _release(order_id, lambda use, _: use.status != "released")


def release_expired(order_id: UUID) -> None:
    """Give back the uses of an order that never came, unless they were held anew meanwhile."""
    _release(order_id, lambda use, at: use.status == "held" and use.expires_at < at)


def _release(order_id: UUID, is_over: Callable[[Use, datetime], bool]) -> None:
    def work(tx: Tx) -> None:
        at = clock.now()
        for use in uses.lock_uses(tx, order_id):
            if is_over(use, at):
                uses.release(tx, use, at)

    run_transaction(work, on=POSTGRES)


def prolong(order_id: UUID) -> None:
    """Let an order that still waits keep its uses."""
    at = clock.now()
    run_transaction(lambda tx: uses.prolong(tx, order_id, at + HOLD, at), on=POSTGRES)


def list_expired() -> list[UUID]:
    """Give some of the orders whose hold has run out; whoever knows orders decides about each."""
    limit = settings.number("BATCH_SIZE")
    return read(lambda tx: uses.list_expired(tx, clock.now(), limit), on=POSTGRES)


def validate(uid: str, body: TryCoupon) -> CouponCheck:
    """Tell whether a coupon fits a cart, and if not why.

    Advice only: a first order and the household are known when the order is placed.
    """
    cart = _cart(uid, body)
    try:
        discount = quote([body.code, *body.beside], cart)
    except (NotFound, Conflict) as exc:
        return _misfit(body.code, exc)
    part = _part(discount, rules.plain_code(body.code))
    return CouponCheck(
        valid=True,
        code=part.code,
        title=part.title,
        discount_paise=part.worth_paise,
        reason=None,
        message=part.title,
        missing_paise=None,
        missing_quantity=None,
    )


def _misfit(code: str, exc: PlazzaError) -> CouponCheck:
    return CouponCheck(
        valid=False,
        code=str(exc.details.get("code", code)),
        title=None,
        discount_paise=0,
        reason=str(exc.details.get("reason", exc.code)),
        message=exc.message,
        missing_paise=exc.details.get("missing_paise"),
        missing_quantity=exc.details.get("missing_quantity"),
    )


def apply(uid: str, body: TryCoupon) -> CouponHold:
    """Keep a use for the caller's cart for a while; the order placed with the code takes it over.

    Raises NotFound, Conflict with `reason`.
    """
    cart, code, codes = _cart(uid, body), rules.plain_code(body.code), _plain([body.code, *body.beside])
    hold_id, expires_at = _cart_hold(uid, code), clock.now() + HOLD
    discount = run_transaction(lambda tx: _hold(tx, codes, [code], cart, hold_id), on=POSTGRES)
    return CouponHold(code=code, discount_paise=_part(discount, code).worth_paise, expires_at=expires_at)


def _plain(codes: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(rules.plain_code(code) for code in codes))


def _list(tx: Tx, codes: Sequence[str], cart: Cart) -> list[Coupon]:
    own = [_cart_hold(cart.uid, code) for code in codes]
    return store.list_usable(tx, codes, cart.uid, cart.household, own=own)


def _part(discount: Discount, code: str) -> Part:
    return next(part for part in discount.parts if part.code == code)


def _cart(uid: str, body: TryCoupon) -> Cart:
    ids, store_id = [item.product_id for item in body.items], body.store_id
    if store_id is None:
        found = read(lambda tx: list_products(tx, ids))
    else:
        found = read(lambda tx: list_for_sale(tx, ids, store_id, clock.today()))
    unknown = [str(item.product_id) for item in body.items if item.product_id not in found]
    if unknown:
        raise Invalid("These products do not exist.", product_ids=unknown)
    products = [(found[item.product_id], item.quantity) for item in body.items]
    lines = [CartLine(one.id, one.form, one.schedule, quantity, one.price_paise) for one, quantity in products]
    return Cart(uid, None, is_first=True, lines=lines, delivery_paise=body.delivery_paise)


def _cart_hold(uid: str, code: str) -> UUID:
    """Give the id under which a person's cart holds a coupon before there is an order."""
    return uuid5(_HOLDS, f"{uid}\n{code}")
