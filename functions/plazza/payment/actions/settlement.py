"""The one owner of a payment's transitions: callback, webhook, poller and staff all come here."""

from uuid import UUID, uuid4

from plazza import clock, logs
from plazza.data import outbox
from plazza.data.sql import Tx, run_transaction
from plazza.order.actions import money
from plazza.payment import rules, store
from plazza.payment.models import RefundView
from plazza.payment.rules import Report, Standing, Verdict
from plazza.providers.razorpay import RazorpayPayment


def apply(payment_id: UUID, payment: RazorpayPayment, source: str) -> Verdict:
    """Take in what Razorpay says of an attempt; safe to call again, and in any order.

    `source` names who told us: checkout, webhook or reconcile. Raises NotFound.
    """
    report = _report(payment)
    return Verdict.NOTHING if report is None else run_transaction(lambda tx: _apply(tx, payment_id, report, source))


def _report(payment: RazorpayPayment) -> Report | None:
    if payment.status == "created":
        return None
    # A refunded payment was captured before; what went back is the refunds' own story.
    status = "captured" if payment.status == "refunded" else payment.status
    return Report(payment.id, status, payment.amount, payment.currency, payment.method)


def _apply(tx: Tx, payment_id: UUID, report: Report, source: str) -> Verdict:
    at = clock.now()
    payment = store.lock_payment(tx, payment_id)
    standing = Standing(payment.status, payment.amount_paise, payment.captured_paise, payment.refunded_paise)
    verdict = rules.judge(standing, store.get_attempt_status(tx, report.razorpay_payment_id), report)
    if verdict is Verdict.NOTHING:
        return verdict
    store.set_attempt(tx, payment_id, report, at)
    store.insert_event(tx, payment_id, report.status, report.amount_paise, source, report.razorpay_payment_id, at)
    if verdict is Verdict.WRONG_AMOUNT:
        store.set_status(tx, payment_id, "conflicted", at, captured_more_paise=report.amount_paise)
        logs.write("ERROR", "captured amount differs from the order's", payment_id=str(payment_id), source=source)
    elif verdict is Verdict.SECOND:
        store.set_status(tx, payment_id, payment.status, at, captured_more_paise=report.amount_paise)
        promise_refund(
            tx,
            payment,
            report.razorpay_payment_id,
            report.amount_paise,
            f"second:{report.razorpay_payment_id}",
            "paid twice",
        )
    elif verdict is Verdict.SETTLE:
        store.set_status(tx, payment_id, "captured", at, captured_more_paise=report.amount_paise)
        if money.settle(tx, payment.order_id, by=source) == "cancelled":
            cause = f"cancelled:{report.razorpay_payment_id}"
            promise_refund(tx, payment, report.razorpay_payment_id, report.amount_paise, cause, "order was cancelled")
    outbox.announce(tx, "payment.changed", payment_id)
    return verdict


def promise_refund(
    tx: Tx,
    payment: store.Payment,
    razorpay_payment_id: str,
    amount_paise: int,
    cause: str,
    reason: str,
    requested_by: str = "system",
) -> None:
    """Promise a refund once per `cause`; its consumer asks Razorpay."""
    at, refund_id = clock.now(), uuid4()
    refund = RefundView(
        id=refund_id, payment_id=payment.id, amount_paise=amount_paise, reason=reason, status="requested"
    )
    if store.insert_refund(tx, refund, razorpay_payment_id, cause, requested_by, at):
        store.insert_event(tx, payment.id, "refund requested", amount_paise, requested_by, reason, at)
        outbox.announce(tx, "refund.requested", refund_id, lane=payment.id)
