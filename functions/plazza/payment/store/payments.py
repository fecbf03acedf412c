"""SQL of payments."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from plazza.data.sql import Tx
from plazza.errors import NotFound
from plazza.identity import Caller, Role
from plazza.payment.rules import Asked

_PAYMENTS = """
        SELECT id, order_id, uid, method, status, amount_paise, captured_paise, refunded_paise, razorpay_order_id, settled_by,
               version, created_at
          FROM payments"""


class Payment(NamedTuple):
    """A payment's row; amounts in paise, `refunded_paise` counts what is promised back, `settled_by` is the attempt that paid."""

    id: UUID
    order_id: UUID
    uid: str
    method: str
    status: str
    amount_paise: int
    captured_paise: int
    refunded_paise: int
    razorpay_order_id: str | None
    settled_by: str | None
    version: int
    created_at: datetime


def insert_payment(
    tx: Tx, payment_id: UUID, order_id: UUID, uid: str, method: str, amount_paise: int, at: datetime
) -> None:
    """Insert an order's payment, unless the order has one."""
    query = """
        INSERT INTO payments (id, order_id, uid, method, status, amount_paise, created_at, updated_at)
        VALUES (%s, %s, %s, %s, 'created', %s, %s, %s) ON CONFLICT (order_id) DO NOTHING"""
    tx.send(query, (payment_id, order_id, uid, method, amount_paise, at, at))


def get_payment(tx: Tx, payment_id: UUID, *, seen_by: Caller) -> Payment:
    """Give a payment: to its owner, or to support and administrators. Raises NotFound."""
    query = _PAYMENTS + """ WHERE id = %(id)s AND (%(all)s OR uid = %(uid)s)"""
    sees_all = seen_by.role in {Role.SUPPORT, Role.ADMIN}
    return _found(tx.row(Payment, query, {"id": payment_id, "uid": seen_by.uid, "all": sees_all}))


def lock_payment(tx: Tx, payment_id: UUID) -> Payment:
    """Give a payment and hold it until the transaction ends. Raises NotFound."""
    query = _PAYMENTS + """ WHERE id = %s FOR UPDATE"""
    return _found(tx.row(Payment, query, (payment_id,)))


def lock_payment_of_order(tx: Tx, order_id: UUID) -> Payment | None:
    """Give an order's payment and hold it, or None."""
    query = _PAYMENTS + """ WHERE order_id = %s FOR UPDATE"""
    return tx.row(Payment, query, (order_id,))


def find_payment_id(tx: Tx, razorpay_order_id: str, uid: str | None = None) -> UUID | None:
    """Give the id of the payment with a Razorpay order, of one person when `uid` is given."""
    query = "SELECT id FROM payments WHERE razorpay_order_id = %(order)s AND (%(uid)s::TEXT IS NULL OR uid = %(uid)s)"
    return tx.value(query, {"order": razorpay_order_id, "uid": uid})


def list_asked(tx: Tx, razorpay_order_ids: list[str]) -> dict[str, Asked]:
    """Give what we asked for these Razorpay orders, by Razorpay's id."""
    query = "SELECT razorpay_order_id, id, amount_paise FROM payments WHERE razorpay_order_id = ANY(%s)"
    return {row.razorpay_order_id: row for row in tx.rows(Asked, query, (razorpay_order_ids,))}


def set_razorpay_order(
    tx: Tx, payment_id: UUID, razorpay_order_id: str, look_at: datetime | None, at: datetime
) -> None:
    """Bind the Razorpay order to be paid, to be asked about from `look_at` on; the first one stays."""
    query = """
        UPDATE payments SET razorpay_order_id = %s, look_again_at = %s, updated_at = %s
         WHERE id = %s AND razorpay_order_id IS NULL"""
    tx.send(query, (razorpay_order_id, look_at, at, payment_id))


def add_capture(
    tx: Tx, payment_id: UUID, status: str, captured_paise: int, settled_by: str | None, at: datetime
) -> None:
    """Move a payment and add what was captured; `settled_by` names the attempt when this one pays the order."""
    query = """
        UPDATE payments SET status = %s, captured_paise = captured_paise + %s, settled_by = coalesce(settled_by, %s),
                            version = version + 1, updated_at = %s
         WHERE id = %s"""
    tx.send(query, (status, captured_paise, settled_by, at, payment_id))


def set_cancelled(tx: Tx, payment_id: UUID, at: datetime) -> None:
    """Close a payment that nothing came for."""
    query = """
        UPDATE payments SET status = 'cancelled', version = version + 1, updated_at = %s WHERE id = %s AND status = 'created'"""
    tx.send(query, (at, payment_id))


def set_decided(tx: Tx, payment_id: UUID, status: str, settled_by: str | None, at: datetime) -> None:
    """Move a payment as a person decided; `settled_by` names the attempt that pays the order by this decision."""
    query = """
        UPDATE payments SET status = %s, settled_by = coalesce(settled_by, %s), version = version + 1, updated_at = %s
         WHERE id = %s"""
    tx.send(query, (status, settled_by, at, payment_id))


def list_conflicted(tx: Tx, after: tuple[datetime, UUID] | None, limit: int) -> list[Payment]:
    """Give the payments about which a person must decide, oldest first; `after` is the last one seen."""
    at, ident = after or (None, None)
    query = (
        _PAYMENTS
        + """
         WHERE status = 'conflicted' AND (%(at)s::TIMESTAMPTZ IS NULL OR (created_at, id) > (%(at)s, %(id)s::UUID))
         ORDER BY created_at, id LIMIT %(limit)s"""
    )
    return tx.rows(Payment, query, {"at": at, "id": ident, "limit": limit})


def list_to_look_at(tx: Tx, at: datetime, limit: int) -> list[Payment]:
    """Give the payments about which it is time to ask, longest due first."""
    query = _PAYMENTS + """ WHERE look_again_at <= %s ORDER BY look_again_at, id LIMIT %s"""
    return tx.rows(Payment, query, (at, limit))


def set_look(tx: Tx, payment_id: UUID, look_at: datetime | None) -> None:
    """Say when to ask again about a payment; None, or a payment that is settled: not any more."""
    query = "UPDATE payments SET look_again_at = CASE WHEN settled_by IS NULL THEN %s::TIMESTAMPTZ END WHERE id = %s"
    tx.send(query, (look_at, payment_id))


def _found(payment: Payment | None) -> Payment:
    if payment is None:
        raise NotFound("No such payment.")
    return payment
