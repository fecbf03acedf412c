"""What a coupon is worth, and why it may not be used."""

import re
import secrets
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from plazza.discount.models import CartLine, Discount
from plazza.errors import Conflict, NotFound

CODE = re.compile(r"[A-Z0-9]{4,24}")
ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""No 0/O, 1/I/L: a code is read aloud and typed."""
RANDOM_CHARACTERS = 12
"""Above 59 bits of chance: a hundred thousand codes among 31^12 cannot be found by trying."""


class Coupon(NamedTuple):
    """A coupon's terms; `uses` and `used_by_caller` count what is held or confirmed."""

    id: UUID
    code: str
    title: str
    kind: str
    percent_bp: int | None
    amount_paise: int | None
    cap_paise: int | None
    minimum_order_paise: int
    starts_at: datetime
    ends_at: datetime
    global_limit: int | None
    per_user_limit: int | None
    first_order_only: bool
    only_uid: str | None
    product_ids: list[UUID]
    forms: list[str]
    status: str
    uses: int
    used_by_caller: int


def plain_code(typed: str) -> str:
    """Give a typed code in its one form: full-width letters and case are forgiven, look-alikes of other scripts are not.

    Raises NotFound for what can be no code.
    """
    code = unicodedata.normalize("NFKC", typed).strip().upper()
    if not CODE.fullmatch(code):
        raise NotFound("There is no such coupon.", reason="UNKNOWN_CODE")
    return code


def new_code(prefix: str) -> str:
    """Make a code that nobody guesses."""
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_CHARACTERS))


def check_usable(coupon: Coupon, uid: str, at: datetime, *, first_order: bool) -> None:
    """Raise NotFound or Conflict (with `reason`) when this person cannot use this coupon now.

    Somebody else's personal coupon looks like one that is not there.
    """
    if coupon.only_uid is not None and coupon.only_uid != uid:
        raise NotFound("There is no such coupon.", reason="UNKNOWN_CODE")
    if coupon.status != "active":
        raise Conflict("This coupon is no longer given.", reason="DISABLED")
    if at < coupon.starts_at:
        raise Conflict("This coupon is not valid yet.", reason="NOT_STARTED", starts_at=coupon.starts_at.isoformat())
    if at >= coupon.ends_at:
        raise Conflict("This coupon has run out.", reason="EXPIRED", ended_at=coupon.ends_at.isoformat())
    if coupon.first_order_only and not first_order:
        raise Conflict("This coupon is for a first order.", reason="NOT_FIRST_ORDER")
    if coupon.global_limit is not None and coupon.uses >= coupon.global_limit:
        raise Conflict("All uses of this coupon are taken.", reason="USED_UP")
    if coupon.per_user_limit is not None and coupon.used_by_caller >= coupon.per_user_limit:
        raise Conflict("You have used this coupon as often as it allows.", reason="USED_BY_YOU")


def work_out(coupon: Coupon, lines: Sequence[CartLine], delivery_paise: int) -> Discount:
    """Give what a coupon takes off a cart.

    The minimum is measured on the whole cart before any discount. Raises Conflict with `reason` and, for a cart that is too
    small, `missing_paise`.
    """
    total = sum(line.amount_paise for line in lines)
    if total < coupon.minimum_order_paise:
        missing = coupon.minimum_order_paise - total
        raise Conflict(f"Add items worth {rupees(missing)} more.", reason="MINIMUM_NOT_MET", missing_paise=missing)
    eligible = [line for line in lines if _is_eligible(coupon, line)]
    if not eligible:
        raise Conflict("This coupon is for other products.", reason="NO_ELIGIBLE_PRODUCT")
    ids = frozenset(line.product_id for line in eligible)
    if coupon.kind == "free_delivery":
        return Discount(coupon.code, 0, _capped(coupon, delivery_paise), ids)
    base = sum(line.amount_paise for line in eligible)
    amount = (coupon.amount_paise or 0) if coupon.kind == "fixed" else base * (coupon.percent_bp or 0) // 10_000
    return Discount(coupon.code, min(_capped(coupon, amount), base), 0, ids)


def rupees(paise: int) -> str:
    """Give an amount as people say it: whole rupees without decimals."""
    whole, rest = divmod(paise, 100)
    return f"₹{whole}" if rest == 0 else f"₹{whole}.{rest:02d}"


def _is_eligible(coupon: Coupon, line: CartLine) -> bool:
    if coupon.product_ids and line.product_id not in coupon.product_ids:
        return False
    return not coupon.forms or line.form in coupon.forms


def _capped(coupon: Coupon, amount_paise: int) -> int:
    return amount_paise if coupon.cap_paise is None else min(amount_paise, coupon.cap_paise)
