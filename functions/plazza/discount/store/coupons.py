"""SQL of coupons and their terms."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from plazza.data.sql import Tx
from plazza.discount.models import CouponView, CreateCoupon
from plazza.discount.rules import Coupon
from plazza.errors import Conflict, NotFound


def list_usable(
    tx: Tx, codes: Sequence[str], uid: str, household: str | None, *, own: Sequence[UUID] = ()
) -> list[Coupon]:
    """Give coupons with how often they were used, by all, by one person and by one household. Raises NotFound for any.

    `own` are the carts of the person: what they hold is not counted.
    """
    query = """
        SELECT c.id, c.code, c.title, c.kind, c.percent_bp, c.amount_paise, c.buy_quantity, c.get_quantity, c.get_product_ids,
               c.cap_paise, c.minimum_order_paise, c.starts_at, c.ends_at, c.global_limit, c.per_user_limit, c.per_household_limit,
               c.budget_paise, c.first_order_only, c.only_uid, c.product_ids, c.forms, c.excluded_schedules, c.exclusive, c.priority,
               c.status, c.uses - CASE WHEN h.id IS NULL THEN 0 ELSE 1 END AS uses, c.spent_paise - coalesce(h.discount_paise, 0) AS spent_paise,
               coalesce(u.uses, 0) - CASE WHEN h.id IS NULL THEN 0 ELSE 1 END AS used_by_caller, coalesce(d.uses, 0) AS used_by_household,
               h.discount_paise AS held_paise
          FROM coupons AS c
          LEFT JOIN coupon_users AS u ON u.coupon_id = c.id AND u.uid = %(uid)s
          LEFT JOIN coupon_households AS d ON d.coupon_id = c.id AND d.household = %(household)s
          LEFT JOIN coupon_redemptions AS h ON h.coupon_id = c.id AND h.order_id = ANY(%(own)s) AND h.status = 'held'
         WHERE c.code = ANY(%(codes)s) ORDER BY c.id"""
    values = {"codes": list(codes), "uid": uid, "household": household, "own": list(own)}
    found = tx.rows(Coupon, query, values)
    unknown = set(codes) - {coupon.code for coupon in found}
    if unknown:
        raise NotFound("There is no such coupon.", reason="UNKNOWN_CODE", code=min(unknown))
    return found


def insert_coupon(tx: Tx, coupon_id: UUID, body: CreateCoupon, by: str, at: datetime) -> None:
    """Insert a coupon. Raises Conflict for a code that is taken."""
    query = """
        INSERT INTO coupons (id, code, title, kind, percent_bp, amount_paise, buy_quantity, get_quantity, get_product_ids, cap_paise,
                             minimum_order_paise, starts_at, ends_at, global_limit, per_user_limit, per_household_limit, budget_paise,
                             first_order_only, only_uid, product_ids, forms, excluded_schedules, exclusive, priority, created_by,
                             created_at, updated_at)
        VALUES (%(id)s, %(code)s, %(title)s, %(kind)s, %(percent_bp)s, %(amount_paise)s, %(buy_quantity)s, %(get_quantity)s,
                %(get_product_ids)s, %(cap_paise)s, %(minimum_order_paise)s, %(starts_at)s, %(ends_at)s, %(global_limit)s,
                %(per_user_limit)s, %(per_household_limit)s, %(budget_paise)s, %(first_order_only)s, %(only_uid)s, %(product_ids)s,
                %(forms)s, %(excluded_schedules)s, %(exclusive)s, %(priority)s, %(by)s, %(at)s, %(at)s)
        ON CONFLICT (code) DO NOTHING"""
    if tx.execute(query, body.model_dump() | {"id": coupon_id, "by": by, "at": at}) == 0:
        raise Conflict("There is a coupon of this code.")


def insert_batch(
    tx: Tx, ids: Sequence[UUID], codes: Sequence[str], body: CreateCoupon, batch_id: UUID, by: str, at: datetime
) -> None:
    """Insert single-use coupons of one batch, but none that is there or whose code is taken."""
    query = """
        INSERT INTO coupons (id, code, title, kind, percent_bp, amount_paise, buy_quantity, get_quantity, get_product_ids, cap_paise,
                             minimum_order_paise, starts_at, ends_at, global_limit, per_user_limit, first_order_only, only_uid,
                             product_ids, forms, excluded_schedules, exclusive, priority, batch_id, created_by, created_at, updated_at)
        SELECT id, code, %(title)s, %(kind)s, %(percent_bp)s::INT8, %(amount_paise)s::INT8, %(buy_quantity)s::INT8,
               %(get_quantity)s::INT8, %(get_product_ids)s::UUID[], %(cap_paise)s::INT8, %(minimum_order_paise)s, %(starts_at)s,
               %(ends_at)s, 1, 1, %(first_order_only)s, %(only_uid)s::TEXT, %(product_ids)s::UUID[], %(forms)s::TEXT[],
               %(excluded_schedules)s::TEXT[], %(exclusive)s, %(priority)s, %(batch)s, %(by)s, %(at)s, %(at)s
          FROM unnest(%(ids)s::UUID[], %(codes)s::TEXT[]) AS new (id, code)
        ON CONFLICT DO NOTHING"""
    values = body.model_dump() | {"ids": list(ids), "codes": list(codes), "batch": batch_id, "by": by, "at": at}
    tx.execute(query, values)


def get_view(tx: Tx, coupon_id: UUID) -> CouponView:
    """Give a coupon as staff see it. Raises NotFound."""
    query = """
        SELECT id, code, title, kind, percent_bp, amount_paise, buy_quantity, get_quantity, get_product_ids, cap_paise,
               minimum_order_paise, starts_at, ends_at, global_limit, per_user_limit, per_household_limit, budget_paise,
               first_order_only, only_uid, product_ids, forms, excluded_schedules, exclusive, priority, batch_id, status, uses, spent_paise
          FROM coupons WHERE id = %s"""
    coupon = tx.row(CouponView, query, (coupon_id,))
    if coupon is None:
        raise NotFound("No such coupon.")
    return coupon


def list_coupons(
    tx: Tx, *, batch_id: UUID | None, after: tuple[datetime, UUID] | None, limit: int
) -> list["ListedCoupon"]:
    """Give coupons, newest first: those of one batch, or those of none."""
    query = """
        SELECT id, created_at FROM coupons
         WHERE (%(batch)s::UUID IS NULL AND batch_id IS NULL OR batch_id = %(batch)s)
           AND (%(at)s::TIMESTAMPTZ IS NULL OR (created_at, id) < (%(at)s, %(id)s))
         ORDER BY created_at DESC, id DESC LIMIT %(limit)s"""
    at, last = after or (None, None)
    return tx.rows(ListedCoupon, query, {"batch": batch_id, "at": at, "id": last, "limit": limit})


class ListedCoupon(NamedTuple):
    """A coupon's place in the list."""

    id: UUID
    created_at: datetime


def disable(tx: Tx, coupon_id: UUID, at: datetime) -> None:
    """End a coupon; what is held may still be confirmed. Raises NotFound."""
    if tx.execute("UPDATE coupons SET status = 'disabled', updated_at = %s WHERE id = %s", (at, coupon_id)) == 0:
        raise NotFound("No such coupon.")


def count_batch(tx: Tx, batch_id: UUID) -> int:
    """Count the codes of a batch."""
    return tx.value("SELECT count(*)::INT8 FROM coupons WHERE batch_id = %s", (batch_id,))


def list_batch_codes(tx: Tx, batch_id: UUID, after: str, limit: int) -> list["BatchCode"]:
    """Give a piece of a batch's codes."""
    query = "SELECT code, status, uses FROM coupons WHERE batch_id = %s AND code > %s ORDER BY code LIMIT %s"
    return tx.rows(BatchCode, query, (batch_id, after, limit))


class BatchCode(NamedTuple):
    """A single-use code, and whether it was used."""

    code: str
    status: str
    uses: int
