"""What coupons are worth, which go together, and why one may not be used."""

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from plazza.discount.models import Cart, CartLine, Discount, Kept, Lack, Part
from plazza.errors import Conflict, NotFound
from plazza.money import MAX_PAISE, share

CODE = re.compile(r"[A-Z0-9]{4,24}")
ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""No 0/O, 1/I/L: a code is read aloud and typed."""
RANDOM_CHARACTERS = 12
"""Above 59 bits of chance: a hundred thousand codes among 31^12 cannot be found by trying."""


class Coupon(NamedTuple):
    """A coupon's terms. The counters hold what is held or confirmed, without the hold that the caller's own cart has on it."""

    id: UUID
    code: str
    title: str
    kind: str
    percent_bp: int | None
    amount_paise: int | None
    buy_quantity: int | None
    get_quantity: int | None
    get_product_ids: list[UUID]
    cap_paise: int | None
    minimum_order_paise: int
    starts_at: datetime
    ends_at: datetime
    global_limit: int | None
    per_user_limit: int | None
    per_household_limit: int | None
    budget_paise: int | None
    first_order_only: bool
    only_uid: str | None
    product_ids: list[UUID]
    forms: list[str]
    excluded_schedules: list[str]
    exclusive: bool
    priority: int
    status: str
    uses: int
    spent_paise: int
    used_by_caller: int
    used_by_household: int
    held_paise: int | None


# ── codes ───────────────────────────────────────────────────────────


def plain_code(typed: str) -> str:
    """Give a typed code in its one form: blanks, case and full-width letters are forgiven, look-alikes of other scripts are not.

    Raises NotFound for what can be no code.
    """
    code = "".join(unicodedata.normalize("NFKC", typed).split())
    # Before `upper`, which makes SS of a sharp s and I of a dotless one.
    if not code.isascii() or not CODE.fullmatch(code.upper()):
        raise NotFound("There is no such coupon.", reason="UNKNOWN_CODE", code=typed)
    return code.upper()


def new_code(prefix: str) -> str:
    """Make a code that nobody guesses."""
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_CHARACTERS))


def household_of(pincode: str, *lines: str | None) -> str:
    """Give the household of an address: a hash of its pincode and its house's lines, however case, blanks and marks are written.

    Whoever spells the house differently is taken for another household: people at one door are not kept apart, nor found out.
    """
    text = unicodedata.normalize("NFKC", " ".join(line for line in lines if line)).casefold()
    plain = "".join(char for char in text if unicodedata.category(char)[0] in "LMN")
    return hashlib.sha256(f"{pincode}\n{plain}".encode()).hexdigest()[:32]


# ── who may use it, and how often ───────────────────────────────────


def check_usable(coupon: Coupon, cart: Cart, at: datetime) -> None:
    """Raise NotFound or Conflict (with `reason`) when this person cannot use this coupon now.

    Somebody else's personal coupon looks like one that is not there. What the caller's cart holds already outlasts the coupon's end.
    """
    if coupon.only_uid is not None and coupon.only_uid != cart.uid:
        raise NotFound("There is no such coupon.", reason="UNKNOWN_CODE", code=coupon.code)
    if coupon.first_order_only and not cart.is_first:
        raise _refused(coupon, "NOT_FIRST_ORDER", "This coupon is for a first order.")
    if coupon.held_paise is not None:
        return
    if coupon.status != "active":
        raise _refused(coupon, "DISABLED", "This coupon is no longer given.")
    if at < coupon.starts_at:
        raise _refused(coupon, "NOT_STARTED", "This coupon is not valid yet.", starts_at=coupon.starts_at.isoformat())
    if at >= coupon.ends_at:
        raise _refused(coupon, "EXPIRED", "This coupon has run out.", ended_at=coupon.ends_at.isoformat())


def check_limits(coupon: Coupon, worth_paise: int) -> None:
    """Raise Conflict (with `reason`) when one more use, worth so much, is more than the coupon has left."""
    if coupon.global_limit is not None and coupon.uses >= coupon.global_limit:
        raise _refused(coupon, "USED_UP", "All uses of this coupon are taken.")
    if coupon.per_user_limit is not None and coupon.used_by_caller >= coupon.per_user_limit:
        raise _refused(coupon, "USED_BY_YOU", "You have used this coupon as often as it allows.")
    if coupon.per_household_limit is not None and coupon.used_by_household >= coupon.per_household_limit:
        raise _refused(coupon, "USED_BY_HOUSEHOLD", "Your household has used this coupon as often as it allows.")
    if coupon.budget_paise is not None and coupon.spent_paise + worth_paise > coupon.budget_paise:
        raise _refused(coupon, "BUDGET_SPENT", "This offer has given away all it had.")


# ── what they take off ──────────────────────────────────────────────


def work_out(coupons: Sequence[Coupon], cart: Cart) -> Discount:
    """Give what coupons take off a cart together: the highest priority first, each product and the delivery once.

    The minimum is measured on the whole cart before any discount. Raises Conflict with `reason`, the `code` at fault and, when the
    cart lacks something, `missing_paise` or `missing_quantity`.
    """
    if sum(line.amount_paise for line in cart.lines) > MAX_PAISE:
        raise Conflict("This is more than ten crore rupees; take less of it.", reason="ABOVE_MAXIMUM")
    ordered = sorted(coupons, key=lambda coupon: (-coupon.priority, coupon.code))
    alone = next((coupon for coupon in ordered if coupon.exclusive), None)
    if alone is not None and len(ordered) > 1:
        raise _refused(alone, "NOT_WITH_OTHERS", f"{alone.code} cannot be used together with other coupons.")
    parts: list[Part] = []
    for coupon in ordered:
        parts.append(_take(coupon, cart, Discount(parts)))
    return Discount(parts)


def find_lack(coupon: Coupon, cart: Cart, kept: Kept) -> Lack | None:
    """Tell what a cart that stays of an order lacks to earn what its coupon still takes off it.

    Only a deal's packs are counted anew: a share of anything else is earned by the pack that bears it. Each share was rounded by less than
    a paisa.
    """
    try:
        part = _take(coupon, cart, Discount([]))
    except Conflict as exc:
        return Lack(coupon.code, kept.paise, {name: value for name, value in exc.details.items() if name != "code"})
    unearned_paise = kept.paise - part.worth_paise
    if coupon.kind == "buy_x_get_y" and unearned_paise >= kept.packs:
        return Lack(coupon.code, unearned_paise, {"reason": "QUANTITY_NOT_MET"})
    return None


def _take(coupon: Coupon, cart: Cart, before: Discount) -> Part:
    missing = coupon.minimum_order_paise - sum(line.amount_paise for line in cart.lines)
    if missing > 0:
        raise _refused(coupon, "MINIMUM_NOT_MET", f"Add items worth {rupees(missing)} more.", missing_paise=missing)
    meant = [line for line in cart.lines if _is_meant(coupon, line)]
    allowed = [line for line in meant if line.schedule not in coupon.excluded_schedules]
    if not allowed:
        if meant:
            raise _refused(coupon, "SCHEDULE_EXCLUDED", "This coupon is not given on medicines of these schedules.")
        raise _refused(coupon, "NO_ELIGIBLE_PRODUCT", "This coupon is for other products.")
    if coupon.kind == "free_delivery":
        if before.delivery_paise:
            raise _refused(coupon, "ALREADY_DISCOUNTED", "Another coupon pays for the delivery already.")
        return Part(coupon.code, coupon.title, {}, _capped(coupon, cart.delivery_paise))
    taken = {product_id for product_id, paise in before.shares.items() if paise}
    bases = _bases(coupon, allowed)
    bases = {product_id: paise for product_id, paise in bases.items() if product_id not in taken}
    if not bases:
        raise _refused(coupon, "ALREADY_DISCOUNTED", "Another coupon takes something off these products already.")
    total = sum(bases.values())
    amount = min(_capped(coupon, _amount(coupon, total)), total)
    shares = zip(bases, share(amount, list(bases.values())), strict=True)
    return Part(coupon.code, coupon.title, {product_id: paise for product_id, paise in shares if paise}, 0)


def _amount(coupon: Coupon, base_paise: int) -> int:
    if coupon.kind == "percentage":
        return base_paise * (coupon.percent_bp or 0) // 10_000
    return (coupon.amount_paise or 0) if coupon.kind == "fixed" else base_paise


def _is_meant(coupon: Coupon, line: CartLine) -> bool:
    if line.product_id in coupon.get_product_ids:
        return True
    if coupon.product_ids and line.product_id not in coupon.product_ids:
        return False
    return not coupon.forms or line.form in coupon.forms


def _bases(coupon: Coupon, lines: Sequence[CartLine]) -> dict[UUID, int]:
    """Give of which part of each product's price the coupon takes: all of it, or that of the packs that come free."""
    if coupon.kind != "buy_x_get_y":
        return {line.product_id: line.amount_paise for line in lines}
    left, bases = _free_packs(coupon, lines), dict[UUID, int]()
    gifts = [line for line in lines if not coupon.get_product_ids or line.product_id in coupon.get_product_ids]
    for line in sorted(gifts, key=lambda line: (line.price_paise, line.product_id)):
        packs = min(left, line.quantity)
        if packs:
            bases[line.product_id] = packs * line.price_paise
            left -= packs
    return bases


def _free_packs(coupon: Coupon, lines: Sequence[CartLine]) -> int:
    """Give how many packs come free. Raises Conflict with `missing_quantity` when the cart has too few for any."""
    buy, get = coupon.buy_quantity or 0, coupon.get_quantity or 0
    gifts = sum(line.quantity for line in lines if line.product_id in coupon.get_product_ids)
    bought = sum(line.quantity for line in lines) - gifts
    if coupon.get_product_ids:
        missing = buy - bought if bought < buy else get if gifts == 0 else 0
        free = min(bought // buy * get, gifts)
    else:
        missing = buy + get - bought
        free = bought // (buy + get) * get
    if free == 0:
        what = "the free product" if coupon.get_product_ids and bought >= buy else "what this coupon is for"
        text = f"Add {missing} more {'pack' if missing == 1 else 'packs'} of {what}."
        raise _refused(coupon, "QUANTITY_NOT_MET", text, missing_quantity=missing)
    return free


def rupees(paise: int) -> str:
    """Give an amount as people say it: whole rupees without decimals."""
    whole, rest = divmod(paise, 100)
    return f"₹{whole}" if rest == 0 else f"₹{whole}.{rest:02d}"


def _capped(coupon: Coupon, amount_paise: int) -> int:
    return amount_paise if coupon.cap_paise is None else min(amount_paise, coupon.cap_paise)


def _refused(coupon: Coupon, reason: str, message: str, **details: object) -> Conflict:
    return Conflict(message, reason=reason, code=coupon.code, **details)
