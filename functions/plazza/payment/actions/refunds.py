"""Refunds: promised in our transaction, asked of Razorpay by a consumer, finished by its answer, its webhook or the poller."""

from uuid import UUID

from plazza import clock, logs
from plazza.data import outbox
from plazza.data.once import Once
from plazza.data.sql import Tx, read, run_transaction
from plazza.order.actions import money
from plazza.payment import rules, store
from plazza.payment.actions import settlement
from plazza.payment.models import RefundRequest, RefundView
from plazza.providers import razorpay
from plazza.providers.errors import ProviderRefused
from plazza.providers.razorpay import RazorpayRefund


def request_refund(once: Once, body: RefundRequest, requested_by: str) -> RefundView:
    """Record a refund; a consumer of `refund.requested` asks Razorpay for it.

    Raises NotFound for an unknown payment, Conflict when less than `amount_paise` is left of it.
    """

    def work(tx: Tx) -> RefundView:
        at = clock.now()
        payment = store.lock_payment(tx, body.payment_id)
        attempt = rules.choose_attempt(store.list_captured(tx, payment.id), body.amount_paise)
        refund = RefundView(
            id=once.new_id("refund"),
            payment_id=payment.id,
            amount_paise=body.amount_paise,
            reason=body.reason,
            status="requested",
        )
        store.insert_refund(tx, refund, attempt.razorpay_payment_id, f"staff:{refund.id}", requested_by, at)
        store.insert_event(tx, payment.id, "refund requested", body.amount_paise, requested_by, body.reason, at)
        outbox.announce(tx, "refund.requested", refund.id, lane=payment.id)
        outbox.announce(tx, "payment.changed", payment.id)
        return refund

    return once.run(RefundView, work)


def refund_order(order_id: UUID) -> None:
    """Give back whatever of a cancelled order was captured and not promised back; close its payment when nothing came."""

    def work(tx: Tx) -> None:
        payment = store.lock_payment_of_order(tx, order_id)
        if payment is None:
            return
        for attempt in store.list_captured(tx, payment.id):
            left_paise = attempt.amount_paise - attempt.refunded_paise
            if left_paise > 0:
                cause = f"cancelled:{attempt.razorpay_payment_id}"
                settlement.promise_refund(
                    tx, payment, attempt.razorpay_payment_id, left_paise, cause, "order was cancelled"
                )
        if payment.status == "created":
            store.set_status(tx, payment.id, "cancelled", clock.now())
        outbox.announce(tx, "payment.changed", payment.id)

    run_transaction(work)


def ask_razorpay(refund_id: UUID) -> None:
    """Ask for a promised refund, once there however often here. Raises ProviderDown: ask again later."""
    refund = read(lambda tx: store.get_refund(tx, refund_id))
    if refund.status != "requested" or refund.razorpay_payment_id is None:
        return
    try:
        finish(refund.id, razorpay.refund(refund.razorpay_payment_id, refund.amount_paise, refund.id))
    except ProviderRefused:
        # Refused may also mean "done before": what is listed there under our id decides.
        made = [item for item in razorpay.list_refunds(refund.razorpay_payment_id) if item.refund_id == refund.id]
        if made:
            finish(refund.id, made[0])
        else:
            run_transaction(lambda tx: _fail(tx, refund, None))


def finish(refund_id: UUID, answer: RazorpayRefund) -> None:
    """Take in what Razorpay says of a refund; safe to call again, and in any order."""

    def work(tx: Tx) -> None:
        refund = store.get_refund(tx, refund_id)
        if answer.status == "failed":
            _fail(tx, refund, answer.id)
            return
        status = "processed" if answer.status == "processed" else "requested"
        if not store.set_refund(tx, refund.id, status, answer.id, clock.now()) or status == "requested":
            return
        store.insert_event(
            tx, refund.payment_id, "refund processed", refund.amount_paise, "razorpay", answer.id, clock.now()
        )
        money.record_refund(tx, refund.order_id, refunded_paise=store.get_processed_paise(tx, refund.payment_id))
        outbox.announce(tx, "refund.processed", refund.id, lane=refund.payment_id)
        outbox.announce(tx, "payment.changed", refund.payment_id)

    run_transaction(work)


def _fail(tx: Tx, refund: store.Refund, razorpay_refund_id: str | None) -> None:
    if store.set_refund(tx, refund.id, "failed", razorpay_refund_id, clock.now()):
        store.take_back_promise(tx, refund.payment_id, refund.amount_paise, clock.now())
        store.insert_event(
            tx, refund.payment_id, "refund failed", refund.amount_paise, "razorpay", razorpay_refund_id, clock.now()
        )
        outbox.announce(tx, "payment.changed", refund.payment_id)
        logs.write("ERROR", "refund failed: support must decide", refund_id=str(refund.id))
