"""SQL of what banks dispute."""

from datetime import datetime
from uuid import UUID

from plazza.data.sql import Tx
from plazza.payment.models import DisputeView
from plazza.payment.rules import Dispute

_DISPUTES = """
        SELECT d.razorpay_dispute_id AS id, d.payment_id, p.order_id, d.phase, d.status, d.amount_paise, d.deducted_paise, d.reason_code,
               d.respond_by, d.created_at
          FROM payment_disputes AS d JOIN payments AS p ON p.id = d.payment_id"""


def set_dispute(tx: Tx, payment_id: UUID, dispute: Dispute, told_at: datetime) -> None:
    """Keep what Razorpay said of a dispute, unless it has said something newer; of one second the later state holds."""
    query = """
        INSERT INTO payment_disputes (razorpay_dispute_id, payment_id, razorpay_payment_id, phase, status, amount_paise, deducted_paise,
                                      reason_code, respond_by, told_at, created_at)
        VALUES (%(id)s, %(payment)s, %(razorpay_payment_id)s, %(phase)s, %(status)s, %(amount_paise)s, %(deducted_paise)s,
                %(reason_code)s, %(respond_by)s, %(told_at)s, %(created_at)s)
        ON CONFLICT (razorpay_dispute_id) DO UPDATE
           SET phase = excluded.phase, status = excluded.status, amount_paise = excluded.amount_paise,
               deducted_paise = excluded.deducted_paise, reason_code = excluded.reason_code, respond_by = excluded.respond_by,
               told_at = excluded.told_at
         WHERE payment_disputes.told_at < excluded.told_at
            OR (payment_disputes.told_at = excluded.told_at AND payment_disputes.status IN ('open', 'under_review')
                AND excluded.status <> 'open')"""
    tx.send(query, dispute._asdict() | {"payment": payment_id, "told_at": told_at})


def list_disputes(tx: Tx, payment_id: UUID) -> list[DisputeView]:
    """Give the disputes about a payment, oldest first."""
    query = _DISPUTES + """ WHERE d.payment_id = %s ORDER BY d.created_at, d.razorpay_dispute_id LIMIT 100"""
    return tx.rows(DisputeView, query, (payment_id,))


def list_open(tx: Tx, after: tuple[datetime, str] | None, limit: int) -> list[DisputeView]:
    """Give the disputes that are not over, oldest first; `after` is the last one seen."""
    at, ident = after or (None, None)
    query = (
        _DISPUTES
        + """
         WHERE d.status IN ('open', 'under_review')
           AND (%(at)s::TIMESTAMPTZ IS NULL OR (d.created_at, d.razorpay_dispute_id) > (%(at)s, %(id)s::TEXT))
         ORDER BY d.created_at, d.razorpay_dispute_id LIMIT %(limit)s"""
    )
    return tx.rows(DisputeView, query, {"at": at, "id": ident, "limit": limit})
