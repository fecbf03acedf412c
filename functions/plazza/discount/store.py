"""SQL of coupons and their uses. Limits hold because the counters are guarded where they are changed."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from plazza.data.sql import Tx
from plazza.discount.models import CouponView, CreateCoupon
from plazza.discount.rules import Coupon
from plazza.errors import Conflict, NotFound


class Redemption(NamedTuple):
    """One use of a coupon: held for an order, confirmed by it, or given back."""

    id: UUID
    coupon_id: UUID
    uid: str
    order_id: UUID
    status: str
    discount_paise: int


def get_coupon(tx: Tx, code: str, uid: str) -> Coupon:
    """Give a coupon with how often it was used, by all and by one person. Raises NotFound."""
    query = """
        SELECT c.id, c.code, c.title, c.kind, c.percent_bp, c.amount_paise, c.cap_paise, c.minimum_order_paise, c.starts_at, c.ends_at,
               c.global_limit, c.per_user_limit, c.first_order_only, c.only_uid, c.product_ids, c.forms, c.status, c.uses,
               coalesce(u.uses, 0) AS used_by_caller
          FROM coupons AS c LEFT JOIN coupon_users AS u ON u.coupon_id = c.id AND u.uid = %s
         WHERE c.code = %s"""
    coupon = tx.row(Coupon, query, (uid, code))
    if coupon is None:
        raise NotFound("There is no such coupon.", reason="UNKNOWN_CODE")
    return coupon


def get_redemption(tx: Tx, order_id: UUID) -> Redemption | None:
    """Give the use that belongs to an order, held until the transaction ends."""
    query = "SELECT id, coupon_id, uid, order_id, status, discount_paise FROM coupon_redemptions WHERE order_id = %s FOR UPDATE"
    return tx.row(Redemption, query, (order_id,))


def count_use(tx: Tx, coupon: Coupon, uid: str, at: datetime) -> None:
    """Count one more use. Raises Conflict when that is one too many, whoever else is counting."""
    query = """
        UPDATE coupons SET uses = uses + 1, updated_at = %s
         WHERE id = %s AND status = 'active' AND (global_limit IS NULL OR uses < global_limit)"""
    if tx.execute(query, (at, coupon.id)) == 0:
        raise Conflict("All uses of this coupon are taken.", reason="USED_UP")
    query = """
        INSERT INTO coupon_users (coupon_id, uid, uses) VALUES (%(coupon)s, %(uid)s, 1)
        ON CONFLICT (coupon_id, uid) DO UPDATE SET uses = coupon_users.uses + 1
         WHERE %(limit)s::INT8 IS NULL OR coupon_users.uses < %(limit)s"""
    if tx.execute(query, {"coupon": coupon.id, "uid": uid, "limit": coupon.per_user_limit}) == 0:
        raise Conflict("You have used this coupon as often as it allows.", reason="USED_BY_YOU")


def insert_redemption(
    tx: Tx,
    redemption_id: UUID,
    coupon_id: UUID,
    uid: str,
    order_id: UUID,
    discount_paise: int,
    expires_at: datetime,
    at: datetime,
) -> None:
    """Hold a use for an order."""
    query = """
        INSERT INTO coupon_redemptions (id, coupon_id, uid, order_id, status, discount_paise, expires_at, created_at, updated_at)
        VALUES (%s, %s, %s, %s, 'held', %s, %s, %s, %s)"""
    tx.execute(query, (redemption_id, coupon_id, uid, order_id, discount_paise, expires_at, at, at))


def move_hold(
    tx: Tx, from_order: UUID, coupon_id: UUID, to_order: UUID, discount_paise: int, expires_at: datetime, at: datetime
) -> bool:
    """Give a hold to another order; False when there is none to give."""
    query = """
        UPDATE coupon_redemptions SET order_id = %s, discount_paise = %s, expires_at = %s, updated_at = %s
         WHERE order_id = %s AND coupon_id = %s AND status = 'held'"""
    return tx.execute(query, (to_order, discount_paise, expires_at, at, from_order, coupon_id)) == 1


def renew_hold(tx: Tx, order_id: UUID, discount_paise: int, expires_at: datetime, at: datetime) -> None:
    """Let a hold last longer, at a new amount."""
    query = """
        UPDATE coupon_redemptions SET discount_paise = %s, expires_at = %s, updated_at = %s WHERE order_id = %s AND status = 'held'"""
    tx.execute(query, (discount_paise, expires_at, at, order_id))


def delete_released(tx: Tx, order_id: UUID) -> None:
    """Forget a use that was given back, so that the same order may hold one anew."""
    tx.execute("DELETE FROM coupon_redemptions WHERE order_id = %s AND status = 'released'", (order_id,))


def confirm(tx: Tx, order_id: UUID, at: datetime) -> None:
    """Make a held use final; one that is final stays so."""
    query = (
        "UPDATE coupon_redemptions SET status = 'confirmed', updated_at = %s WHERE order_id = %s AND status = 'held'"
    )
    tx.execute(query, (at, order_id))


def release(tx: Tx, order_id: UUID, at: datetime) -> bool:
    """Give a use back exactly once; False when there was none to give."""
    query = """
        UPDATE coupon_redemptions SET status = 'released', updated_at = %s WHERE order_id = %s AND status <> 'released'
        RETURNING id, coupon_id, uid, order_id, status, discount_paise"""
    released = tx.row(Redemption, query, (at, order_id))
    if released is None:
        return False
    tx.execute("UPDATE coupons SET uses = uses - 1, updated_at = %s WHERE id = %s", (at, released.coupon_id))
    tx.execute(
        "UPDATE coupon_users SET uses = uses - 1 WHERE coupon_id = %s AND uid = %s", (released.coupon_id, released.uid)
    )
    return True


def list_expired(tx: Tx, at: datetime, limit: int) -> list[UUID]:
    """Give orders whose hold has run out, leaving those that somebody works on."""
    query = """
        SELECT order_id FROM coupon_redemptions WHERE status = 'held' AND expires_at < %s
         ORDER BY expires_at, order_id LIMIT %s FOR UPDATE SKIP LOCKED"""
    return tx.values(query, (at, limit))


def insert_coupon(tx: Tx, coupon_id: UUID, body: CreateCoupon, by: str, at: datetime) -> None:
    """Insert a coupon. Raises Conflict for a code that is taken."""
    query = """
        INSERT INTO coupons (id, code, title, kind, percent_bp, amount_paise, cap_paise, minimum_order_paise, starts_at, ends_at,
                             global_limit, per_user_limit, first_order_only, only_uid, product_ids, forms, created_by, created_at, updated_at)
        VALUES (%(id)s, %(code)s, %(title)s, %(kind)s, %(percent_bp)s, %(amount_paise)s, %(cap_paise)s, %(minimum_order_paise)s,
                %(starts_at)s, %(ends_at)s, %(global_limit)s, %(per_user_limit)s, %(first_order_only)s, %(only_uid)s, %(product_ids)s,
                %(forms)s, %(by)s, %(at)s, %(at)s)
        ON CONFLICT (code) DO NOTHING"""
    if tx.execute(query, body.model_dump() | {"id": coupon_id, "by": by, "at": at}) == 0:
        raise Conflict("There is a coupon of this code.")


def insert_batch(
    tx: Tx, ids: Sequence[UUID], codes: Sequence[str], body: CreateCoupon, batch_id: UUID, by: str, at: datetime
) -> int:
    """Insert single-use coupons of one batch; gives how many, because a code may be taken."""
    query = """
        INSERT INTO coupons (id, code, title, kind, percent_bp, amount_paise, cap_paise, minimum_order_paise, starts_at, ends_at,
                             global_limit, per_user_limit, first_order_only, only_uid, product_ids, forms, batch_id, created_by,
                             created_at, updated_at)
        SELECT id, code, %(title)s, %(kind)s, %(percent_bp)s::INT8, %(amount_paise)s::INT8, %(cap_paise)s::INT8,
               %(minimum_order_paise)s, %(starts_at)s, %(ends_at)s, 1, 1, %(first_order_only)s, %(only_uid)s::TEXT, %(product_ids)s::UUID[],
               %(forms)s::TEXT[], %(batch)s, %(by)s, %(at)s, %(at)s
          FROM unnest(%(ids)s::UUID[], %(codes)s::TEXT[]) AS new (id, code)
        ON CONFLICT (code) DO NOTHING"""
    values = body.model_dump() | {"ids": list(ids), "codes": list(codes), "batch": batch_id, "by": by, "at": at}
    return tx.execute(query, values)


def get_view(tx: Tx, coupon_id: UUID) -> CouponView:
    """Give a coupon as staff see it. Raises NotFound."""
    query = """
        SELECT id, code, title, kind, percent_bp, amount_paise, cap_paise, minimum_order_paise, starts_at, ends_at, global_limit,
               per_user_limit, first_order_only, only_uid, product_ids, forms, batch_id, status, uses
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


def list_batch_codes(tx: Tx, batch_id: UUID, after: str, limit: int) -> list["BatchCode"]:
    """Give a piece of a batch's codes."""
    query = "SELECT code, status, uses FROM coupons WHERE batch_id = %s AND code > %s ORDER BY code LIMIT %s"
    return tx.rows(BatchCode, query, (batch_id, after, limit))


class BatchCode(NamedTuple):
    """A single-use code, and whether it was used."""

    code: str
    status: str
    uses: int
