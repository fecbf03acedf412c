"""SQL of payments, attempts, refunds, their timeline, and of Razorpay's stored webhooks."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid4

from plazza.data.sql import Tx
from plazza.errors import NotFound
from plazza.identity import Caller, Role
from plazza.payment.models import MoneyEvent, RefundView
from plazza.payment.rules import Attempt, Report


class Payment(NamedTuple):
    """A payment's row; amounts in paise, `refunded_paise` counts what is promised back."""

    id: UUID
    order_id: UUID
    uid: str
    method: str
    status: str
    amount_paise: int
    captured_paise: int
    refunded_paise: int
    razorpay_order_id: str | None
    version: int


class Refund(NamedTuple):
    """A refund's row."""

    id: UUID
    payment_id: UUID
    order_id: UUID
    razorpay_payment_id: str | None
    amount_paise: int
    status: str
    razorpay_refund_id: str | None


class StoredWebhook(NamedTuple):
    """A webhook as it came."""

    kind: str
    body: str
    status: str
    received_at: datetime


def insert_payment(
    tx: Tx, payment_id: UUID, order_id: UUID, uid: str, method: str, amount_paise: int, at: datetime
) -> None:
    """Insert an order's payment, unless the order has one."""
    query = """
        INSERT INTO payments (id, order_id, uid, method, status, amount_paise, created_at, updated_at)
        VALUES (%s, %s, %s, %s, 'created', %s, %s, %s) ON CONFLICT (order_id) DO NOTHING"""
    tx.execute(query, (payment_id, order_id, uid, method, amount_paise, at, at))


def get_payment(tx: Tx, payment_id: UUID, *, seen_by: Caller) -> Payment:
    """Give a payment: to its owner, or to support and administrators. Raises NotFound."""
    query = """
        SELECT id, order_id, uid, method, status, amount_paise, captured_paise, refunded_paise, razorpay_order_id, version
          FROM payments WHERE id = %(id)s AND (%(all)s OR uid = %(uid)s)"""
    sees_all = seen_by.role in {Role.SUPPORT, Role.ADMIN}
    return _found(tx.row(Payment, query, {"id": payment_id, "uid": seen_by.uid, "all": sees_all}))


def lock_payment(tx: Tx, payment_id: UUID) -> Payment:
    """Give a payment and hold it until the transaction ends. Raises NotFound."""
    query = """
        SELECT id, order_id, uid, method, status, amount_paise, captured_paise, refunded_paise, razorpay_order_id, version
          FROM payments WHERE id = %s FOR UPDATE"""
    return _found(tx.row(Payment, query, (payment_id,)))


def lock_payment_of_order(tx: Tx, order_id: UUID) -> Payment | None:
    """Give an order's payment and hold it, or None."""
    query = """
        SELECT id, order_id, uid, method, status, amount_paise, captured_paise, refunded_paise, razorpay_order_id, version
          FROM payments WHERE order_id = %s FOR UPDATE"""
    return tx.row(Payment, query, (order_id,))


def find_payment_id(tx: Tx, razorpay_order_id: str, uid: str | None = None) -> UUID | None:
    """Give the id of the payment with a Razorpay order, of one person when `uid` is given."""
    query = "SELECT id FROM payments WHERE razorpay_order_id = %(order)s AND (%(uid)s::TEXT IS NULL OR uid = %(uid)s)"
    return tx.value(query, {"order": razorpay_order_id, "uid": uid})


def set_razorpay_order(tx: Tx, payment_id: UUID, razorpay_order_id: str, at: datetime) -> None:
    """Bind the Razorpay order to be paid; the first one stays."""
    query = "UPDATE payments SET razorpay_order_id = %s, updated_at = %s WHERE id = %s AND razorpay_order_id IS NULL"
    tx.execute(query, (razorpay_order_id, at, payment_id))


def set_status(tx: Tx, payment_id: UUID, status: str, at: datetime, *, captured_more_paise: int = 0) -> None:
    """Move a payment, adding what was captured."""
    query = """
        UPDATE payments SET status = %s, captured_paise = captured_paise + %s, version = version + 1, updated_at = %s WHERE id = %s"""
    tx.execute(query, (status, captured_more_paise, at, payment_id))


def get_attempt_status(tx: Tx, razorpay_payment_id: str) -> str | None:
    """Give what we know of an attempt."""
    return tx.value("SELECT status FROM payment_attempts WHERE razorpay_payment_id = %s", (razorpay_payment_id,))


def set_attempt(tx: Tx, payment_id: UUID, report: Report, at: datetime) -> None:
    """Write what an attempt is now; the caller has judged that this is news."""
    query = """
        INSERT INTO payment_attempts (razorpay_payment_id, payment_id, status, amount_paise, method, created_at, updated_at)
        VALUES (%(id)s, %(payment)s, %(status)s, %(amount)s, %(method)s, %(at)s, %(at)s)
        ON CONFLICT (razorpay_payment_id) DO UPDATE SET status = excluded.status, method = excluded.method, updated_at = excluded.updated_at"""
    values = {
        "id": report.razorpay_payment_id,
        "payment": payment_id,
        "status": report.status,
        "amount": report.amount_paise,
    }
    tx.execute(query, values | {"method": report.method, "at": at})


def list_captured(tx: Tx, payment_id: UUID) -> list[Attempt]:
    """Give the captured attempts with what of each is promised back."""
    query = """
        SELECT a.razorpay_payment_id, a.amount_paise,
               coalesce((SELECT sum(r.amount_paise) FROM refunds AS r
                          WHERE r.razorpay_payment_id = a.razorpay_payment_id AND r.status <> 'failed'), 0)::INT8 AS refunded_paise
          FROM payment_attempts AS a WHERE a.payment_id = %s AND a.status = 'captured'
         ORDER BY a.created_at, a.razorpay_payment_id"""
    return tx.rows(Attempt, query, (payment_id,))


def insert_refund(
    tx: Tx, refund: RefundView, razorpay_payment_id: str, cause: str, requested_by: str, at: datetime
) -> bool:
    """Promise a refund; False when this cause was refunded before. The schema refuses one above the capture."""
    query = """
        INSERT INTO refunds (id, payment_id, razorpay_payment_id, cause, amount_paise, reason, status, requested_by, created_at, updated_at)
        VALUES (%s, %s, %s, %s, %s, %s, 'requested', %s, %s, %s) ON CONFLICT (cause) DO NOTHING"""
    values = (
        refund.id,
        refund.payment_id,
        razorpay_payment_id,
        cause,
        refund.amount_paise,
        refund.reason,
        requested_by,
        at,
        at,
    )
    if tx.execute(query, values) == 0:
        return False
    count = (
        "UPDATE payments SET refunded_paise = refunded_paise + %s, version = version + 1, updated_at = %s WHERE id = %s"
    )
    tx.execute(count, (refund.amount_paise, at, refund.payment_id))
    return True


def get_refund(tx: Tx, refund_id: UUID) -> Refund:
    """Give a refund. Raises NotFound."""
    query = """
        SELECT r.id, r.payment_id, p.order_id, r.razorpay_payment_id, r.amount_paise, r.status, r.razorpay_refund_id
          FROM refunds AS r JOIN payments AS p ON p.id = r.payment_id WHERE r.id = %s"""
    refund = tx.row(Refund, query, (refund_id,))
    if refund is None:
        raise NotFound("No such refund.")
    return refund


def find_refund_id(tx: Tx, razorpay_refund_id: str) -> UUID | None:
    """Give our id of one of Razorpay's refunds."""
    return tx.value("SELECT id FROM refunds WHERE razorpay_refund_id = %s", (razorpay_refund_id,))


def set_refund(tx: Tx, refund_id: UUID, status: str, razorpay_refund_id: str | None, at: datetime) -> bool:
    """Move a refund that is still open; tell whether it was."""
    query = """
        UPDATE refunds SET status = %s, razorpay_refund_id = coalesce(razorpay_refund_id, %s), updated_at = %s
         WHERE id = %s AND status = 'requested'"""
    return tx.execute(query, (status, razorpay_refund_id, at, refund_id)) == 1


def take_back_promise(tx: Tx, payment_id: UUID, amount_paise: int, at: datetime) -> None:
    """Count a failed refund out of what is promised back."""
    query = (
        "UPDATE payments SET refunded_paise = refunded_paise - %s, version = version + 1, updated_at = %s WHERE id = %s"
    )
    tx.execute(query, (amount_paise, at, payment_id))


def get_processed_paise(tx: Tx, payment_id: UUID) -> int:
    """Give what was really paid back."""
    query = "SELECT coalesce(sum(amount_paise), 0)::INT8 FROM refunds WHERE payment_id = %s AND status = 'processed'"
    return tx.value(query, (payment_id,))


def insert_event(
    tx: Tx, payment_id: UUID, kind: str, amount_paise: int | None, source: str, detail: str | None, at: datetime
) -> None:
    """Add a line to a payment's timeline."""
    query = """
        INSERT INTO payment_events (id, payment_id, kind, amount_paise, source, detail, created_at) VALUES (%s, %s, %s, %s, %s, %s, %s)"""
    tx.execute(query, (uuid4(), payment_id, kind, amount_paise, source, detail, at))


def list_events(tx: Tx, payment_id: UUID) -> list[MoneyEvent]:
    """Give a payment's timeline, oldest first."""
    query = """
        SELECT kind, amount_paise, source, detail, created_at FROM payment_events WHERE payment_id = %s
         ORDER BY created_at, id LIMIT 500"""
    return tx.rows(MoneyEvent, query, (payment_id,))


def list_refunds(tx: Tx, payment_id: UUID) -> list[RefundView]:
    """Give a payment's refunds, oldest first."""
    query = "SELECT id, payment_id, amount_paise, reason, status FROM refunds WHERE payment_id = %s ORDER BY created_at, id LIMIT 100"
    return tx.rows(RefundView, query, (payment_id,))


def list_open(tx: Tx, before: datetime, limit: int) -> list[Payment]:
    """Give payments that have been open since before an instant, oldest first."""
    query = """
        SELECT id, order_id, uid, method, status, amount_paise, captured_paise, refunded_paise, razorpay_order_id, version
          FROM payments WHERE status = 'created' AND razorpay_order_id IS NOT NULL AND created_at < %s
         ORDER BY created_at DESC, id LIMIT %s"""
    return tx.rows(Payment, query, (before, limit))


def list_open_refunds(tx: Tx, before: datetime, limit: int) -> list[Refund]:
    """Give refunds that Razorpay took and has not finished."""
    query = """
        SELECT r.id, r.payment_id, p.order_id, r.razorpay_payment_id, r.amount_paise, r.status, r.razorpay_refund_id
          FROM refunds AS r JOIN payments AS p ON p.id = r.payment_id
         WHERE r.status = 'requested' AND r.razorpay_refund_id IS NOT NULL AND r.updated_at < %s
         ORDER BY r.updated_at, r.id LIMIT %s"""
    return tx.rows(Refund, query, (before, limit))


def insert_webhook(tx: Tx, event_id: str, kind: str, body: str, at: datetime) -> bool:
    """Keep a webhook; False when it was here before."""
    query = """
        INSERT INTO webhook_events (provider, event_id, kind, body, received_at) VALUES ('razorpay', %s, %s, %s, %s)
        ON CONFLICT (provider, event_id) DO NOTHING"""
    return tx.execute(query, (event_id, kind, body, at)) == 1


def get_webhook(tx: Tx, event_id: str) -> StoredWebhook | None:
    """Give a stored webhook."""
    query = "SELECT kind, body, status, received_at FROM webhook_events WHERE provider = 'razorpay' AND event_id = %s"
    return tx.row(StoredWebhook, query, (event_id,))


def set_webhook(tx: Tx, event_id: str, status: str, at: datetime) -> None:
    """Mark a webhook as processed or ignored."""
    query = "UPDATE webhook_events SET status = %s, processed_at = %s WHERE provider = 'razorpay' AND event_id = %s"
    tx.execute(query, (status, at, event_id))


def _found(payment: Payment | None) -> Payment:
    if payment is None:
        raise NotFound("No such payment.")
    return payment
