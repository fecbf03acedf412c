"""Coupons: priced, held, confirmed, given back. Each is safe to ask twice for the same order."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4, uuid5

from plazza import clock, settings
from plazza.catalogue.store.products import list_products
from plazza.data.once import Once
from plazza.data.sql import POSTGRES, Tx, read, run_transaction
from plazza.discount import rules, store
from plazza.discount.models import (
    BatchView,
    CartLine,
    CouponCheck,
    CouponHold,
    CouponItem,
    CouponView,
    CreateCoupon,
    Discount,
    GenerateCodes,
    TryCoupon,
)
from plazza.errors import Conflict, Invalid, NotFound, PlazzaError

HOLD = timedelta(minutes=15)
EXPORT_PIECE = 5_000
_HOLDS = UUID("5f6f9f0b-41a3-4c8e-8f35-2a7d1f2f9c01")


def quote(code: str, uid: str, lines: Sequence[CartLine], delivery_paise: int, *, first_order: bool) -> Discount:
    """Give what a coupon would take off; nothing is held. Raises NotFound, Conflict with `reason`, Unavailable."""
    coupon = read(lambda tx: store.get_coupon(tx, rules.plain_code(code), uid), on=POSTGRES)
    rules.check_usable(coupon, uid, clock.now(), first_order=first_order)
    return rules.work_out(coupon, lines, delivery_paise)


def reserve(
    code: str,
    uid: str,
    order_id: UUID,
    lines: Sequence[CartLine],
    delivery_paise: int,
    *,
    first_order: bool,
    expires_at: datetime,
) -> Discount:
    """Hold a use of a coupon for an order until `expires_at`; for the same order it is held once.

    A use that the caller applied to their cart before is taken over. Raises NotFound, Conflict with `reason`, Unavailable.
    """
    plain = rules.plain_code(code)

    def work(tx: Tx) -> Discount:
        coupon, at = store.get_coupon(tx, plain, uid), clock.now()
        held = store.get_redemption(tx, order_id)
        if held is not None and held.status != "released" and held.coupon_id == coupon.id:
            discount = rules.work_out(coupon, lines, delivery_paise)
            store.renew_hold(tx, order_id, _worth(discount), expires_at, at)
            return discount
        store.delete_released(tx, order_id)
        return _hold(tx, coupon, uid, order_id, lines, delivery_paise, first_order=first_order, expires_at=expires_at)

    return run_transaction(work, on=POSTGRES)


def _hold(
    tx: Tx,
    coupon: rules.Coupon,
    uid: str,
    order_id: UUID,
    lines: Sequence[CartLine],
    delivery_paise: int,
    *,
    first_order: bool,
    expires_at: datetime,
) -> Discount:
    at = clock.now()
    discount = rules.work_out(coupon, lines, delivery_paise)
    if store.move_hold(tx, _cart_hold(uid, coupon.id), coupon.id, order_id, _worth(discount), expires_at, at):
        return discount
    rules.check_usable(coupon, uid, at, first_order=first_order)
    store.count_use(tx, coupon, uid, at)
    store.insert_redemption(tx, uuid4(), coupon.id, uid, order_id, _worth(discount), expires_at, at)
    return discount


def confirm(order_id: UUID) -> None:
    """Make the use of an order final."""
    run_transaction(lambda tx: store.confirm(tx, order_id, clock.now()), on=POSTGRES)


def release(order_id: UUID) -> None:
    """Give the use of an order back, once however often it is asked."""
    run_transaction(lambda tx: store.release(tx, order_id, clock.now()), on=POSTGRES)


def release_expired() -> int:
    """Give back every use whose order never came; give how many."""
    limit, total = settings.number("BATCH_SIZE"), 0

    def work(tx: Tx) -> int:
        at = clock.now()
        return sum(store.release(tx, order_id, at) for order_id in store.list_expired(tx, at, limit))

    while (count := run_transaction(work, on=POSTGRES)) > 0:
        total += count
    return total


def validate(uid: str, body: TryCoupon) -> CouponCheck:
    """Tell whether a coupon fits a cart, and if not why; advice only: first orders are known when one is placed."""
    try:
        plain = rules.plain_code(body.code)
        coupon = read(lambda tx: store.get_coupon(tx, plain, uid), on=POSTGRES)
        rules.check_usable(coupon, uid, clock.now(), first_order=True)
        discount = rules.work_out(coupon, _lines(body.items), body.delivery_paise)
    except (NotFound, Conflict) as exc:
        return _misfit(body.code, exc)
    return CouponCheck(
        valid=True,
        code=coupon.code,
        title=coupon.title,
        discount_paise=_worth(discount),
        reason=None,
        message=coupon.title,
        missing_paise=None,
    )


def _misfit(code: str, exc: PlazzaError) -> CouponCheck:
    return CouponCheck(
        valid=False,
        code=code,
        title=None,
        discount_paise=0,
        reason=str(exc.details.get("reason", exc.code)),
        message=exc.message,
        missing_paise=exc.details.get("missing_paise"),
    )


def apply(uid: str, body: TryCoupon) -> CouponHold:
    """Keep a use for the caller's cart for a while; the order placed with the code takes it over.

    Raises NotFound, Conflict with `reason`.
    """
    lines, expires_at = _lines(body.items), clock.now() + HOLD
    coupon = read(lambda tx: store.get_coupon(tx, rules.plain_code(body.code), uid), on=POSTGRES)
    hold_id = _cart_hold(uid, coupon.id)
    discount = reserve(coupon.code, uid, hold_id, lines, body.delivery_paise, first_order=True, expires_at=expires_at)
    return CouponHold(code=discount.code, discount_paise=_worth(discount), expires_at=expires_at)


def create(by: str, body: CreateCoupon) -> CouponView:
    """Make a coupon. Raises Conflict for a code that is taken."""
    coupon_id = uuid4()

    def work(tx: Tx) -> CouponView:
        store.insert_coupon(tx, coupon_id, body, by, clock.now())
        return store.get_view(tx, coupon_id)

    return run_transaction(work, on=POSTGRES)


def disable(coupon_id: UUID) -> CouponView:
    """End a coupon. Raises NotFound."""

    def work(tx: Tx) -> CouponView:
        store.disable(tx, coupon_id, clock.now())
        return store.get_view(tx, coupon_id)

    return run_transaction(work, on=POSTGRES)


def generate(once: Once, by: str, body: GenerateCodes) -> BatchView:
    """Make a batch of single-use codes; the same key makes the same batch, also when a try died in the middle."""
    stored = once.answer(BatchView)
    if stored is not None:
        return stored
    batch_id, at, size = once.new_id("coupon batch"), clock.now(), settings.number("BATCH_SIZE")
    made = read(lambda tx: len(store.list_batch_codes(tx, batch_id, "", body.count + 1)), on=POSTGRES)
    while made < body.count:
        count = min(size, body.count - made)
        ids, codes = [uuid4() for _ in range(count)], [rules.new_code(body.coupon.code) for _ in range(count)]
        made += run_transaction(
            lambda tx, ids=ids, codes=codes: store.insert_batch(tx, ids, codes, body.coupon, batch_id, by, at),
            on=POSTGRES,
        )
    return once.run(BatchView, lambda tx: BatchView(batch_id=batch_id, count=body.count))


def export(batch_id: UUID) -> bytes:
    """Give a batch as CSV. Raises NotFound."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["code", "status", "uses"])
    last, found = "", False
    while piece := read(lambda tx, after=last: store.list_batch_codes(tx, batch_id, after, EXPORT_PIECE), on=POSTGRES):
        writer.writerows(piece)
        last, found = piece[-1].code, True
    if not found:
        raise NotFound("No such batch.")
    return out.getvalue().encode()


def _lines(items: Sequence[CouponItem]) -> list[CartLine]:
    found = read(lambda tx: list_products(tx, [item.product_id for item in items]))
    unknown = [str(item.product_id) for item in items if item.product_id not in found]
    if unknown:
        raise Invalid("These products do not exist.", product_ids=unknown)
    return [
        CartLine(item.product_id, found[item.product_id].form, found[item.product_id].price_paise * item.quantity)
        for item in items
    ]


def _worth(discount: Discount) -> int:
    return discount.items_paise + discount.delivery_paise


def _cart_hold(uid: str, coupon_id: UUID) -> UUID:
    """Give the id under which a person's cart holds a coupon before there is an order."""
    return uuid5(_HOLDS, f"{uid}\n{coupon_id}")
