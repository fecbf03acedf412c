"""SQL of refunds."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from plazza.data.sql import Tx
from plazza.errors import NotFound
from plazza.payment.models import RefundView

_REFUNDS = """
        SELECT r.id, r.payment_id, p.order_id, r.razorpay_payment_id, r.amount_paise, r.status, r.razorpay_refund_id
          FROM refunds AS r JOIN payments AS p ON p.id = r.payment_id"""


class Refund(NamedTuple):
    """A refund's row."""

    id: UUID
    payment_id: UUID
    order_id: UUID
    razorpay_payment_id: str | None
    amount_paise: int
    status: str
    razorpay_refund_id: str | None


_KNOWN = "SELECT id, payment_id, razorpay_payment_id, razorpay_refund_id, amount_paise, status FROM refunds"


class KnownRefund(NamedTuple):
    """A refund as it is compared with Razorpay's."""

    id: UUID
    payment_id: UUID
    razorpay_payment_id: str
    razorpay_refund_id: str | None
    amount_paise: int
    status: str


def insert_refund(
    tx: Tx, refund: RefundView, razorpay_payment_id: str | None, cause: str, requested_by: str, at: datetime
) -> bool:
    """Promise a refund; False when this cause was refunded before. The schema refuses one above the capture."""
    query = """
        INSERT INTO refunds (id, payment_id, razorpay_payment_id, cause, amount_paise, reason, status, requested_by, created_at, updated_at)
        VALUES (%(id)s, %(payment_id)s, %(attempt)s, %(cause)s, %(amount_paise)s, %(reason)s, 'requested', %(by)s, %(at)s, %(at)s)
        ON CONFLICT (cause) DO NOTHING"""
    params = refund.model_dump() | {"attempt": razorpay_payment_id, "cause": cause, "by": requested_by, "at": at}
    if tx.execute(query, params) == 0:
        return False
    count = (
        "UPDATE payments SET refunded_paise = refunded_paise + %s, version = version + 1, updated_at = %s WHERE id = %s"
    )
    tx.send(count, (refund.amount_paise, at, refund.payment_id))
    return True


def get_refund(tx: Tx, refund_id: UUID) -> Refund:
    """Give a refund. Raises NotFound."""
    query = _REFUNDS + """ WHERE r.id = %s"""
    refund = tx.row(Refund, query, (refund_id,))
    if refund is None:
        raise NotFound("No such refund.")
    return refund


def find_refund_id(tx: Tx, razorpay_refund_id: str) -> UUID | None:
    """Give our id of one of Razorpay's refunds."""
    return tx.value("SELECT id FROM refunds WHERE razorpay_refund_id = %s", (razorpay_refund_id,))


def set_refund(tx: Tx, refund_id: UUID, status: str, razorpay_refund_id: str | None, at: datetime) -> bool:
    """Move a refund forward (requested → processed → failed); tell whether it moved or stayed requested."""
    query = """
        UPDATE refunds SET status = %(status)s, razorpay_refund_id = coalesce(razorpay_refund_id, %(razorpay)s), updated_at = %(at)s
         WHERE id = %(id)s AND (status = 'requested' OR (status = 'processed' AND %(status)s = 'failed'))"""
    params = {"id": refund_id, "status": status, "razorpay": razorpay_refund_id, "at": at}
    return tx.execute(query, params) == 1


def take_back_promise(tx: Tx, payment_id: UUID, amount_paise: int, at: datetime) -> None:
    """Count a failed refund out of what is promised back."""
    query = (
        "UPDATE payments SET refunded_paise = refunded_paise - %s, version = version + 1, updated_at = %s WHERE id = %s"
    )
    tx.send(query, (amount_paise, at, payment_id))


def get_processed_paise(tx: Tx, payment_id: UUID) -> int:
    """Give what was really paid back."""
    query = "SELECT coalesce(sum(amount_paise), 0)::INT8 FROM refunds WHERE payment_id = %s AND status = 'processed'"
    return tx.value(query, (payment_id,))


def get_reduced_paise(tx: Tx, payment_id: UUID) -> int:
    """Give by how much the order had become less at the last refund for that, also when this failed: people decide about these."""
    query = """
        SELECT coalesce(max(split_part(cause, ':', 3)::INT8), 0)::INT8 FROM refunds WHERE payment_id = %s AND cause LIKE 'reduced:%%'"""
    return tx.value(query, (payment_id,))


def get_given_paise(tx: Tx, razorpay_payment_id: str) -> int:
    """Give what is promised back of an attempt."""
    query = """
        SELECT coalesce(sum(amount_paise), 0)::INT8 FROM refunds WHERE razorpay_payment_id = %s AND status <> 'failed'"""
    return tx.value(query, (razorpay_payment_id,))


def list_refunds(tx: Tx, payment_id: UUID) -> list[RefundView]:
    """Give a payment's refunds, oldest first."""
    query = "SELECT id, payment_id, amount_paise, reason, status FROM refunds WHERE payment_id = %s ORDER BY created_at, id LIMIT 100"
    return tx.rows(RefundView, query, (payment_id,))


def list_open_refunds(tx: Tx, before: datetime, limit: int) -> list[Refund]:
    """Give refunds that were promised and are not finished, longest untouched first."""
    query = (
        _REFUNDS
        + """
         WHERE r.status = 'requested' AND r.razorpay_payment_id IS NOT NULL AND r.updated_at < %s
         ORDER BY r.updated_at, r.id LIMIT %s"""
    )
    return tx.rows(Refund, query, (before, limit))


def list_known(tx: Tx, razorpay_refund_ids: list[str], refund_ids: list[UUID]) -> list[KnownRefund]:
    """Give our refunds with these ids, Razorpay's or ours."""
    return tx.rows(
        KnownRefund, _KNOWN + " WHERE razorpay_refund_id = ANY(%s) OR id = ANY(%s)", (razorpay_refund_ids, refund_ids)
    )


def list_unchecked(tx: Tx, before: datetime, limit: int) -> list[KnownRefund]:
    """Give processed refunds that no comparison has met, longest untouched first."""
    query = (
        _KNOWN
        + """
         WHERE checked_at IS NULL AND status = 'processed' AND razorpay_payment_id IS NOT NULL AND updated_at < %s
         ORDER BY updated_at LIMIT %s"""
    )
    return tx.rows(KnownRefund, query, (before, limit))


def set_checked(tx: Tx, refund_ids: list[UUID], at: datetime) -> None:
    """Note that a comparison has met these refunds."""
    tx.send("UPDATE refunds SET checked_at = %s WHERE id = ANY(%s)", (at, refund_ids))
