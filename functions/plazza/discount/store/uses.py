"""SQL of the uses of coupons. Limits and budgets hold because the counters are guarded where they are changed."""

from datetime import datetime
from typing import LiteralString, NamedTuple
from uuid import UUID

from plazza.data.sql import Tx
from plazza.discount.models import Cart, OverLimitView
from plazza.discount.rules import Coupon
from plazza.errors import Conflict


class Use(NamedTuple):
    """One use of a coupon: held for an order, confirmed by it, or given back. One over the limit is in no counter."""

    id: UUID
    coupon_id: UUID
    code: str
    uid: str
    household: str | None
    status: str
    discount_paise: int
    expires_at: datetime
    over_limit: bool


def lock_uses(tx: Tx, order_id: UUID) -> list[Use]:
    """Give the uses that belong to an order, held until the transaction ends."""
    query = """
        SELECT r.id, r.coupon_id, c.code, r.uid, r.household, r.status, r.discount_paise, r.expires_at, r.over_limit
          FROM coupon_redemptions AS r JOIN coupons AS c ON c.id = r.coupon_id
         WHERE r.order_id = %s ORDER BY r.coupon_id FOR UPDATE OF r"""
    return tx.rows(Use, query, (order_id,))


class Worth(NamedTuple):
    """What a use is worth."""

    code: str
    discount_paise: int


def list_worth(tx: Tx, order_id: UUID) -> dict[str, int]:
    """Give what the uses of an order that were not given back are worth, by code."""
    query = """
        SELECT c.code, r.discount_paise FROM coupon_redemptions AS r JOIN coupons AS c ON c.id = r.coupon_id
         WHERE r.order_id = %s AND r.status <> 'released' ORDER BY c.code"""
    return {use.code: use.discount_paise for use in tx.rows(Worth, query, (order_id,))}


def count_use(tx: Tx, coupon: Coupon, uid: str, household: str | None, worth_paise: int, at: datetime) -> None:
    """Count one more use, worth so much. Raises Conflict when that is one too many, whoever else is counting."""
    query = """
        UPDATE coupons SET uses = uses + 1, spent_paise = spent_paise + %(worth)s, updated_at = %(at)s
         WHERE id = %(id)s AND (global_limit IS NULL OR uses < global_limit)
           AND (budget_paise IS NULL OR spent_paise + %(worth)s <= budget_paise)"""
    if tx.execute(query, {"id": coupon.id, "worth": worth_paise, "at": at}) == 0:
        raise Conflict("All uses of this coupon are taken.", reason="USED_UP", code=coupon.code)
    query = """
        INSERT INTO coupon_users (coupon_id, uid, uses) VALUES (%(coupon)s, %(who)s, 1)
        ON CONFLICT (coupon_id, uid) DO UPDATE SET uses = coupon_users.uses + 1
         WHERE %(limit)s::INT8 IS NULL OR coupon_users.uses < %(limit)s"""
    if tx.execute(query, {"coupon": coupon.id, "who": uid, "limit": coupon.per_user_limit}) == 0:
        raise Conflict("You have used this coupon as often as it allows.", reason="USED_BY_YOU", code=coupon.code)
    if household is not None:
        count_household(tx, coupon, household)


def count_household(tx: Tx, coupon: Coupon, household: str) -> None:
    """Count one more use of a household. Raises Conflict when that is one too many."""
    query = """
        INSERT INTO coupon_households (coupon_id, household, uses) VALUES (%(coupon)s, %(who)s, 1)
        ON CONFLICT (coupon_id, household) DO UPDATE SET uses = coupon_households.uses + 1
         WHERE %(limit)s::INT8 IS NULL OR coupon_households.uses < %(limit)s"""
    if tx.execute(query, {"coupon": coupon.id, "who": household, "limit": coupon.per_household_limit}) == 0:
        text = "Your household has used this coupon as often as it allows."
        raise Conflict(text, reason="USED_BY_HOUSEHOLD", code=coupon.code)


def change_spent(tx: Tx, coupon: Coupon, change_paise: int, at: datetime) -> None:
    """Count a use that became worth more or less. Raises Conflict when the budget has no more."""
    query = """
        UPDATE coupons SET spent_paise = spent_paise + %(change)s, updated_at = %(at)s
         WHERE id = %(id)s AND (%(change)s <= 0 OR budget_paise IS NULL OR spent_paise + %(change)s <= budget_paise)"""
    if change_paise and tx.execute(query, {"id": coupon.id, "change": change_paise, "at": at}) == 0:
        raise Conflict("This offer has given away all it had.", reason="BUDGET_SPENT", code=coupon.code)


def insert_use(
    tx: Tx,
    use_id: UUID,
    coupon_id: UUID,
    cart: Cart,
    order_id: UUID,
    worth_paise: int,
    expires_at: datetime,
    at: datetime,
) -> None:
    """Hold a use for an order."""
    query = """
        INSERT INTO coupon_redemptions (id, coupon_id, uid, household, order_id, status, discount_paise, expires_at, created_at, updated_at)
        VALUES (%s, %s, %s, %s, %s, 'held', %s, %s, %s, %s)"""
    tx.send(query, (use_id, coupon_id, cart.uid, cart.household, order_id, worth_paise, expires_at, at, at))


def move_hold(
    tx: Tx,
    coupon_id: UUID,
    from_order: UUID,
    cart: Cart,
    to_order: UUID,
    worth_paise: int,
    expires_at: datetime,
    at: datetime,
) -> None:
    """Give the hold of a cart to an order."""
    query = """
        UPDATE coupon_redemptions SET order_id = %s, household = %s, discount_paise = %s, expires_at = %s, updated_at = %s
         WHERE order_id = %s AND coupon_id = %s AND status = 'held'"""
    tx.send(query, (to_order, cart.household, worth_paise, expires_at, at, from_order, coupon_id))


def renew_hold(tx: Tx, use_id: UUID, worth_paise: int, expires_at: datetime, at: datetime) -> None:
    """Let a hold last longer, at a new amount."""
    query = "UPDATE coupon_redemptions SET discount_paise = %s, expires_at = %s, updated_at = %s WHERE id = %s"
    tx.send(query, (worth_paise, expires_at, at, use_id))


def delete_use(tx: Tx, use_id: UUID) -> None:
    """Forget a use that was given back, so that the same order may hold one anew."""
    tx.send("DELETE FROM coupon_redemptions WHERE id = %s AND status = 'released'", (use_id,))


def prolong(tx: Tx, order_id: UUID, expires_at: datetime, at: datetime) -> None:
    """Let an order's holds last longer."""
    query = "UPDATE coupon_redemptions SET expires_at = %s, updated_at = %s WHERE order_id = %s AND status = 'held'"
    tx.send(query, (expires_at, at, order_id))


def set_confirmed(tx: Tx, use_id: UUID, at: datetime, *, over_limit: bool) -> None:
    """Make a use final."""
    query = "UPDATE coupon_redemptions SET status = 'confirmed', over_limit = %s, updated_at = %s WHERE id = %s"
    tx.send(query, (over_limit, at, use_id))


def lower(tx: Tx, use: Use, worth_paise: int, at: datetime) -> None:
    """Let a use be worth less, and count the difference back into what its coupon may spend."""
    query: LiteralString = "UPDATE coupon_redemptions SET discount_paise = %s, updated_at = %s WHERE id = %s"
    tx.send(query, (worth_paise, at, use.id))
    if use.over_limit or use.status == "released":
        return
    query = "UPDATE coupons SET spent_paise = spent_paise - %s, updated_at = %s WHERE id = %s"
    tx.send(query, (use.discount_paise - worth_paise, at, use.coupon_id))


def release(tx: Tx, use: Use, at: datetime) -> None:
    """Give a use that is not given back yet back, with what it counted."""
    query: LiteralString = (
        "UPDATE coupon_redemptions SET status = 'released', over_limit = false, updated_at = %s WHERE id = %s"
    )
    tx.send(query, (at, use.id))
    if use.over_limit:
        return
    query = "UPDATE coupons SET uses = uses - 1, spent_paise = spent_paise - %s, updated_at = %s WHERE id = %s"
    tx.send(query, (use.discount_paise, at, use.coupon_id))
    tx.send("UPDATE coupon_users SET uses = uses - 1 WHERE coupon_id = %s AND uid = %s", (use.coupon_id, use.uid))
    query = "UPDATE coupon_households SET uses = uses - 1 WHERE coupon_id = %s AND household = %s"
    if use.household is not None:
        tx.send(query, (use.coupon_id, use.household))


def list_expired(tx: Tx, at: datetime, limit: int) -> list[UUID]:
    """Give orders (and carts) whose hold has run out."""
    query = """
        SELECT DISTINCT order_id FROM (SELECT order_id FROM coupon_redemptions WHERE status = 'held' AND expires_at < %s
                                        ORDER BY expires_at LIMIT %s) AS due"""
    return tx.values(query, (at, limit))


def list_over_limit(tx: Tx, after: tuple[datetime, UUID] | None, limit: int) -> list[OverLimitView]:
    """Give uses that were counted over a limit, the latest first."""
    query = """
        SELECT r.id, r.coupon_id, c.code, r.order_id, r.discount_paise, r.updated_at
          FROM coupon_redemptions AS r JOIN coupons AS c ON c.id = r.coupon_id
         WHERE r.over_limit AND (%(at)s::TIMESTAMPTZ IS NULL OR (r.updated_at, r.id) < (%(at)s, %(id)s))
         ORDER BY r.updated_at DESC, r.id DESC LIMIT %(limit)s"""
    at, last = after or (None, None)
    return tx.rows(OverLimitView, query, {"at": at, "id": last, "limit": limit})
