"""SQL of the attempts to pay."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from plazza.data.sql import Tx
from plazza.payment.rules import Attempt, Report


class _AttemptStatus(NamedTuple):
    razorpay_payment_id: str
    status: str


class Known(NamedTuple):
    """Whose attempt it is, and what of."""

    razorpay_payment_id: str
    payment_id: UUID
    amount_paise: int


def get_attempt_status(tx: Tx, razorpay_payment_id: str) -> str | None:
    """Give what we know of an attempt."""
    return tx.value("SELECT status FROM payment_attempts WHERE razorpay_payment_id = %s", (razorpay_payment_id,))


def set_attempt(tx: Tx, payment_id: UUID, report: Report, at: datetime) -> None:
    """Write what an attempt is now; the caller has judged that this is news."""
    query = """
        INSERT INTO payment_attempts (razorpay_payment_id, payment_id, status, amount_paise, currency, method, created_at, updated_at)
        VALUES (%(razorpay_payment_id)s, %(payment)s, %(status)s, %(amount_paise)s, %(currency)s, %(method)s, %(at)s, %(at)s)
        ON CONFLICT (razorpay_payment_id) DO UPDATE SET status = excluded.status, method = excluded.method, updated_at = excluded.updated_at"""
    tx.send(query, report._asdict() | {"payment": payment_id, "at": at})


def list_attempt_statuses(tx: Tx, razorpay_payment_ids: list[str]) -> dict[str, str]:
    """Give what we know of these attempts, by Razorpay's id."""
    query = "SELECT razorpay_payment_id, status FROM payment_attempts WHERE razorpay_payment_id = ANY(%s)"
    return {row.razorpay_payment_id: row.status for row in tx.rows(_AttemptStatus, query, (razorpay_payment_ids,))}


def list_captured(tx: Tx, payment_id: UUID) -> list[Attempt]:
    """Give the attempts captured in rupees with what of each is promised back or was lost in a dispute."""
    query = """
        SELECT a.razorpay_payment_id, a.amount_paise,
               (coalesce((SELECT sum(r.amount_paise) FROM refunds AS r
                           WHERE r.razorpay_payment_id = a.razorpay_payment_id AND r.status <> 'failed'), 0)
                + coalesce((SELECT sum(d.deducted_paise) FROM payment_disputes AS d
                             WHERE d.razorpay_payment_id = a.razorpay_payment_id AND d.status = 'lost'), 0))::INT8 AS refunded_paise
          FROM payment_attempts AS a WHERE a.payment_id = %s AND a.status = 'captured' AND a.currency = 'INR'
         ORDER BY a.created_at, a.razorpay_payment_id"""
    return tx.rows(Attempt, query, (payment_id,))


def list_payment_ids(tx: Tx, razorpay_payment_ids: list[str]) -> dict[str, UUID]:
    """Give the payments that these attempts belong to, by Razorpay's id."""
    query = (
        "SELECT razorpay_payment_id, payment_id, amount_paise FROM payment_attempts WHERE razorpay_payment_id = ANY(%s)"
    )
    return {row.razorpay_payment_id: row.payment_id for row in tx.rows(Known, query, (razorpay_payment_ids,))}


def list_unchecked(tx: Tx, before: datetime, limit: int) -> list[Known]:
    """Give captured attempts that no comparison has met, longest known first."""
    query = """
        SELECT razorpay_payment_id, payment_id, amount_paise FROM payment_attempts
         WHERE checked_at IS NULL AND status = 'captured' AND created_at < %s ORDER BY created_at LIMIT %s"""
    return tx.rows(Known, query, (before, limit))


def set_checked(tx: Tx, razorpay_payment_ids: list[str], at: datetime) -> None:
    """Note that a comparison has met these attempts."""
    tx.send(
        "UPDATE payment_attempts SET checked_at = %s WHERE razorpay_payment_id = ANY(%s)", (at, razorpay_payment_ids)
    )
