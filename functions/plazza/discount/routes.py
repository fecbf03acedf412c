"""Coupons over HTTP."""

from datetime import datetime
from uuid import UUID

from plazza.data.once import Once
from plazza.data.sql import POSTGRES, Tx, read
from plazza.discount.actions import making, uses
from plazza.discount.models import (
    BatchView,
    CouponCheck,
    CouponHold,
    CouponQuery,
    CouponView,
    CreateCoupon,
    GenerateCodes,
    OverLimitQuery,
    OverLimitView,
    TryCoupon,
)
from plazza.discount.store import coupons as store
from plazza.discount.store import uses as used
from plazza.http import paging
from plazza.http.api import Api, File
from plazza.identity import Caller, Role
from plazza.schema import Page

api = Api("discounts")

TRIES_A_MINUTE = 30
"""Fewer than other routes: codes are secrets that somebody may try to guess."""


@api.post("/coupons/validate", roles=[Role.CUSTOMER], per_minute=TRIES_A_MINUTE)
def validate_coupon(caller: Caller, body: TryCoupon) -> CouponCheck:
    """Tell whether a coupon fits a cart, and if not what is missing."""
    return uses.validate(caller.uid, body)


@api.post("/coupons/apply", roles=[Role.CUSTOMER], per_minute=TRIES_A_MINUTE)
def apply_coupon(caller: Caller, body: TryCoupon) -> CouponHold:
    """Keep a use of a coupon for 15 minutes."""
    return uses.apply(caller.uid, body)


@api.post("/coupons", roles=[Role.ADMIN], status=201)
def create_coupon(caller: Caller, body: CreateCoupon) -> CouponView:
    """Make a coupon."""
    return making.create(caller.uid, body)


@api.get("/coupons", roles=[Role.ADMIN, Role.SUPPORT])
def list_coupons(query: CouponQuery) -> Page[CouponView]:
    """List coupons, newest first."""
    last = _after(query.cursor)

    def ask(tx: Tx) -> Page[CouponView]:
        rows = store.list_coupons(tx, batch_id=query.batch_id, after=last, limit=query.limit + 1)
        listed = paging.page(rows, query.limit, lambda row: (row.created_at.isoformat(), str(row.id)))
        return Page[CouponView](
            items=[store.get_view(tx, row.id) for row in listed.items], next_cursor=listed.next_cursor
        )

    return read(ask, on=POSTGRES)


@api.get("/coupons/over-limit", roles=[Role.ADMIN, Role.SUPPORT])
def list_uses_over_limit(query: OverLimitQuery) -> Page[OverLimitView]:
    """List the uses that orders have beyond a coupon's limits, latest first."""
    after = _after(query.cursor)
    rows = read(lambda tx: used.list_over_limit(tx, after, query.limit + 1), on=POSTGRES)
    return paging.page(rows, query.limit, lambda row: (row.updated_at.isoformat(), str(row.id)))


@api.post("/coupons/<uuid:coupon_id>/disable", roles=[Role.ADMIN])
def disable_coupon(coupon_id: UUID) -> CouponView:
    """End a coupon; orders that hold it keep it."""
    return making.disable(coupon_id)


@api.post("/coupons/batches", roles=[Role.ADMIN], status=201)
def generate_codes(caller: Caller, once: Once, body: GenerateCodes) -> BatchView:
    """Make a batch of single-use codes."""
    return making.generate(once, caller.uid, body)


@api.get("/coupons/batches/<uuid:batch_id>/export", roles=[Role.ADMIN])
def export_codes(batch_id: UUID) -> File:
    """Give a batch's codes as CSV."""
    return File(making.export(batch_id), "text/csv; charset=utf-8", f"coupons-{batch_id}.csv")


def _after(cursor: str | None) -> tuple[datetime, UUID] | None:
    after = paging.decode(cursor, datetime.fromisoformat, UUID)
    return (after[0], after[1]) if after else None
