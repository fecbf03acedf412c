"""SQL of payments, attempts, refunds, their timeline, and of Razorpay's stored webhooks."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid4

from plazza.data.sql import Tx
from plazza.errors import NotFound
from plazza.identity import Caller, Role
from plazza.payment.models import MoneyEvent, RefundView
from plazza.payment.rules import Attempt, Report

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


class _AttemptStatus(NamedTuple):
    razorpay_payment_id: str
    status: str


class _Bound(NamedTuple):
    razorpay_order_id: str
    id: UUID


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


def list_payment_ids(tx: Tx, razorpay_order_ids: list[str]) -> dict[str, UUID]:
    """Give the payments with these Razorpay orders, by Razorpay's id."""
    query = "SELECT razorpay_order_id, id FROM payments WHERE razorpay_order_id = ANY(%s)"
    return {row.razorpay_order_id: row.id for row in tx.rows(_Bound, query, (razorpay_order_ids,))}


def set_razorpay_order(
    tx: Tx, payment_id: UUID, razorpay_order_id: str, look_at: datetime | None, at: datetime
) -> None:
    """Bind the Razorpay order to be paid, to be asked about from `look_at` on; the first one stays."""
    query = """
        UPDATE payments SET razorpay_order_id = %s, look_again_at = %s, updated_at = %s
         WHERE id = %s AND razorpay_order_id IS NULL"""
    tx.execute(query, (razorpay_order_id, look_at, at, payment_id))


def add_capture(
    tx: Tx, payment_id: UUID, status: str, captured_paise: int, settled_by: str | None, at: datetime
) -> None:
    """Move a payment and add what was captured; `settled_by` names the attempt when this one pays the order."""
    query = """
        UPDATE payments SET status = %s, captured_paise = captured_paise + %s, settled_by = coalesce(settled_by, %s),
                            version = version + 1, updated_at = %s
         WHERE id = %s"""
    tx.execute(query, (status, captured_paise, settled_by, at, payment_id))


def set_cancelled(tx: Tx, payment_id: UUID, at: datetime) -> None:
    """Close a payment that nothing came for."""
    query = """
        UPDATE payments SET status = 'cancelled', version = version + 1, updated_at = %s WHERE id = %s AND status = 'created'"""
    tx.execute(query, (at, payment_id))


def get_attempt_status(tx: Tx, razorpay_payment_id: str) -> str | None:
    """Give what we know of an attempt."""
    return tx.value("SELECT status FROM payment_attempts WHERE razorpay_payment_id = %s", (razorpay_payment_id,))


def set_attempt(tx: Tx, payment_id: UUID, report: Report, at: datetime) -> None:
    """Write what an attempt is now; the caller has judged that this is news."""
    query = """
        INSERT INTO payment_attempts (razorpay_payment_id, payment_id, status, amount_paise, currency, method, created_at, updated_at)
        VALUES (%(razorpay_payment_id)s, %(payment)s, %(status)s, %(amount_paise)s, %(currency)s, %(method)s, %(at)s, %(at)s)
        ON CONFLICT (razorpay_payment_id) DO UPDATE SET status = excluded.status, method = excluded.method, updated_at = excluded.updated_at"""
    tx.execute(query, report._asdict() | {"payment": payment_id, "at": at})


def list_attempt_statuses(tx: Tx, razorpay_payment_ids: list[str]) -> dict[str, str]:
    """Give what we know of these attempts, by Razorpay's id."""
    query = "SELECT razorpay_payment_id, status FROM payment_attempts WHERE razorpay_payment_id = ANY(%s)"
    return {row.razorpay_payment_id: row.status for row in tx.rows(_AttemptStatus, query, (razorpay_payment_ids,))}


def list_captured(tx: Tx, payment_id: UUID) -> list[Attempt]:
    """Give the attempts captured in rupees with what of each is promised back."""
    query = """
        SELECT a.razorpay_payment_id, a.amount_paise,
               coalesce((SELECT sum(r.amount_paise) FROM refunds AS r
                          WHERE r.razorpay_payment_id = a.razorpay_payment_id AND r.status <> 'failed'), 0)::INT8 AS refunded_paise
          FROM payment_attempts AS a WHERE a.payment_id = %s AND a.status = 'captured' AND a.currency = 'INR'
         ORDER BY a.created_at, a.razorpay_payment_id"""
    return tx.rows(Attempt, query, (payment_id,))


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
    tx.execute(count, (refund.amount_paise, at, refund.payment_id))
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
    tx.execute(query, (amount_paise, at, payment_id))


def get_processed_paise(tx: Tx, payment_id: UUID) -> int:
    """Give what was really paid back."""
    query = "SELECT coalesce(sum(amount_paise), 0)::INT8 FROM refunds WHERE payment_id = %s AND status = 'processed'"
    return tx.value(query, (payment_id,))


def sum_refunds_of(tx: Tx, payment_id: UUID, cause: str) -> int:
    """Add up the refunds whose cause begins so, also those that failed: people decide about these."""
    query = "SELECT coalesce(sum(amount_paise), 0)::INT8 FROM refunds WHERE payment_id = %s AND cause LIKE %s || '%%'"
    return tx.value(query, (payment_id, cause))


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


def list_to_look_at(tx: Tx, at: datetime, limit: int) -> list[Payment]:
    """Give the payments about which it is time to ask, longest due first."""
    query = _PAYMENTS + """ WHERE look_again_at <= %s ORDER BY look_again_at, id LIMIT %s"""
    return tx.rows(Payment, query, (at, limit))


def set_look(tx: Tx, payment_id: UUID, look_at: datetime | None) -> None:
    """Say when to ask again about a payment; None, or a payment that is settled: not any more."""
    query = "UPDATE payments SET look_again_at = CASE WHEN settled_by IS NULL THEN %s::TIMESTAMPTZ END WHERE id = %s"
    tx.execute(query, (look_at, payment_id))


def list_open_refunds(tx: Tx, before: datetime, limit: int) -> list[Refund]:
    """Give refunds that were promised and are not finished, longest untouched first."""
    query = (
        _REFUNDS
        + """
         WHERE r.status = 'requested' AND r.razorpay_payment_id IS NOT NULL AND r.updated_at < %s
         ORDER BY r.updated_at, r.id LIMIT %s"""
    )
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


def set_webhook(tx: Tx, event_id: str, status: str, at: datetime) -> bool:
    """Mark a webhook as processed or ignored; False when it was marked before."""
    query = """
        UPDATE webhook_events SET status = %s, processed_at = %s
         WHERE provider = 'razorpay' AND event_id = %s AND status = 'stored'"""
    return tx.execute(query, (status, at, event_id)) == 1


def _found(payment: Payment | None) -> Payment:
    if payment is None:
        raise NotFound("No such payment.")
    return payment
