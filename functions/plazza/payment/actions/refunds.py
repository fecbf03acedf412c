"""Refunds: promised in our transaction, asked of Razorpay by a consumer, finished by its answer, its webhook or the poller."""

from functools import partial
from uuid import UUID

from plazza import clock, logs
from plazza.data import outbox
from plazza.data.once import Once
from plazza.data.sql import Tx, read, run_transaction
from plazza.errors import Conflict
from plazza.identity import Caller
from plazza.order.actions import money
from plazza.order.store import orders
from plazza.payment import rules
from plazza.payment.actions import crediting, settlement
from plazza.payment.models import RefundRequest, RefundView
from plazza.payment.store import attempts, payments, refunds, timeline
from plazza.providers import razorpay
from plazza.providers.errors import ProviderRefused
from plazza.providers.razorpay import RazorpayRefund


def request_refund(once: Once, body: RefundRequest, caller: Caller) -> RefundView:
    """Record a refund; a consumer of `refund.requested` asks Razorpay for it. What it takes off an invoiced price is credited with it.

    Raises NotFound for an unknown payment, Conflict when less than `amount_paise` is left of it or it was paid in cash.
    """

    def work(tx: Tx) -> RefundView:
        at = clock.now()
        payment = payments.lock_payment(tx, body.payment_id)
        if payment.method == "cod":
            raise Conflict("This order was paid in cash; give the money back in cash.")
        attempt = rules.choose_attempt(attempts.list_captured(tx, payment.id), body.amount_paise)
        refund = RefundView(
            id=once.new_id("refund"),
            payment_id=payment.id,
            amount_paise=body.amount_paise,
            reason=body.reason,
            status="requested",
        )
        refunds.insert_refund(tx, refund, attempt.razorpay_payment_id, f"staff:{refund.id}", caller.uid, at)
        crediting.credit(tx, payment, refund, caller)
        # The customer reads the timeline: it names the role, the refund's own row the person.
        timeline.insert_event(tx, payment.id, "refund requested", body.amount_paise, caller.role, body.reason, at)
        outbox.announce(tx, "refund.requested", refund.id, lane=payment.id)
        outbox.announce(tx, "payment.changed", payment.id)
        return refund

    return once.run(RefundView, work)


def refund_order(order_id: UUID) -> None:
    """Give back whatever of a cancelled order was captured and not promised back; close its payment when nothing came."""

    def work(tx: Tx) -> None:
        payment = payments.lock_payment_of_order(tx, order_id)
        if payment is None or orders.get_payable(tx, order_id, payment.uid).status != "cancelled":
            return
        for attempt in attempts.list_captured(tx, payment.id):
            if attempt.left_paise > 0:
                cause = f"cancelled:{attempt.razorpay_payment_id}"
                settlement.promise_refund(
                    tx, payment, attempt.razorpay_payment_id, attempt.left_paise, cause, "order was cancelled"
                )
        settlement.close_unpaid(tx, payment.id)
        outbox.announce(tx, "payment.changed", payment.id)

    run_transaction(work)


def ask_razorpay(refund_id: UUID) -> None:
    """Ask for a promised refund, once there however often here. Raises ProviderDown: ask again later."""
    refund = read(lambda tx: refunds.get_refund(tx, refund_id))
    if refund.status != "requested" or refund.razorpay_payment_id is None:
        return
    try:
        finish(refund.id, razorpay.refund(refund.razorpay_payment_id, refund.amount_paise, refund.id))
    except ProviderRefused:
        # Refused may also mean "done before": what is listed there under our id decides.
        made = _find(refund)
        if made:
            finish(refund.id, made)
        else:
            run_transaction(lambda tx: _fail(tx, refund, None))


def recover(refund: refunds.Refund) -> None:
    """Take in where a promised refund stands at Razorpay, and ask for it when nothing is known of it there."""
    made = _find(refund)
    if made:
        finish(refund.id, made)
    else:
        ask_razorpay(refund.id)


def _find(refund: refunds.Refund) -> RazorpayRefund | None:
    listed = razorpay.list_refunds(refund.razorpay_payment_id or "")
    return next((item for item in listed if refund.id == item.refund_id or item.id == refund.razorpay_refund_id), None)


def finish(refund_id: UUID, answer: RazorpayRefund) -> None:
    """Take in what Razorpay says of a refund; safe to call again, and in any order.

    `failed` is its last word: a refund that was processed may still come back from the bank.
    """

    def work(tx: Tx) -> None:
        refund, at = refunds.get_refund(tx, refund_id), clock.now()
        if (answer.payment_id, answer.amount) != (refund.razorpay_payment_id, refund.amount_paise):
            tx.after_commit["tell of a strange refund"] = partial(
                logs.write, "ERROR", "a refund under our id is not the one we asked for", razorpay_refund_id=answer.id
            )
        elif answer.status == "failed":
            _fail(tx, refund, answer.id)
        elif answer.status == "pending":
            refunds.set_refund(tx, refund.id, "requested", answer.id, at)
        elif refunds.set_refund(tx, refund.id, "processed", answer.id, at):
            timeline.insert_event(
                tx, refund.payment_id, "refund processed", refund.amount_paise, "razorpay", answer.id, at
            )
            tell_order(tx, refund.payment_id)
            outbox.announce(tx, "refund.processed", refund.id, lane=refund.payment_id)
            outbox.announce(tx, "payment.changed", refund.payment_id)

    run_transaction(work)


def _fail(tx: Tx, refund: refunds.Refund, razorpay_refund_id: str | None) -> None:
    at = clock.now()
    if refunds.set_refund(tx, refund.id, "failed", razorpay_refund_id, at):
        refunds.take_back_promise(tx, refund.payment_id, refund.amount_paise, at)
        timeline.insert_event(
            tx, refund.payment_id, "refund failed", refund.amount_paise, "razorpay", razorpay_refund_id, at
        )
        if refund.status == "processed":
            tell_order(tx, refund.payment_id)
        outbox.announce(tx, "payment.changed", refund.payment_id)
        tx.after_commit["tell of a failed refund"] = partial(
            logs.write, "ERROR", "refund failed: support must decide", refund_id=str(refund.id)
        )


def tell_order(tx: Tx, payment_id: UUID) -> None:
    """Let the order show how much of its own money went back.

    An order that is neither settled nor cancelled still waits for its money: nothing was taken from it.
    """
    payment = payments.lock_payment(tx, payment_id)
    order = orders.get_payable(tx, payment.order_id, payment.uid)
    if payment.settled_by is None and order.status != "cancelled":
        return
    processed_paise = refunds.get_processed_paise(tx, payment_id)
    refunded_paise = rules.given_back(payment.amount_paise, payment.captured_paise, processed_paise)
    if refunded_paise > 0:
        money.record_refund(tx, payment.order_id, refunded_paise=refunded_paise, paid_paise=payment.amount_paise)
