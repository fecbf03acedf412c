"""The one owner of a payment's transitions: callback, webhook, poller and staff all come here."""

from functools import partial
from uuid import UUID, uuid4

from plazza import clock, logs
from plazza.data import outbox
from plazza.data.sql import Tx, run_transaction
from plazza.errors import Conflict
from plazza.identity import Caller, Role
from plazza.order.actions import money
from plazza.order.store import orders
from plazza.payment import rules
from plazza.payment.models import LEAST_REFUND_PAISE, Decision, RefundView
from plazza.payment.rules import Attempt, Report, Standing, Verdict
from plazza.payment.store import attempts, payments, refunds, timeline
from plazza.providers.razorpay import RazorpayPayment

SYSTEM = Caller("system", Role.ADMIN)
CASH = "cash"
"""What settles a payment at the door, in the place of one of Razorpay's payments."""
_TWICE, _TOO_LATE = "paid twice", "order was cancelled"
_NOT_ASKED, _TOO_MUCH = "not what was asked", "more than was asked"


def apply(payment_id: UUID, payment: RazorpayPayment, source: str) -> Verdict:
    """Take in what Razorpay says of an attempt; safe to call again, and in any order.

    `source` names who told us: checkout, webhook or reconcile. Raises NotFound.
    """
    report = report_of(payment)
    return Verdict.NOTHING if report is None else run_transaction(lambda tx: _apply(tx, payment_id, report, source))


def report_of(payment: RazorpayPayment) -> Report | None:
    """Give what Razorpay's payment says to us, or None when nothing happened yet."""
    if payment.status == "created":
        return None
    # What was authorised and never captured also ends as `refunded`: its money was never ours.
    returned = "captured" if payment.captured else "authorized"
    status = returned if payment.status == "refunded" else payment.status
    amount_refunded = payment.amount_refunded or 0
    return Report(payment.id, status, payment.amount, payment.currency, payment.method, amount_refunded)


def _apply(tx: Tx, payment_id: UUID, report: Report, source: str) -> Verdict:
    at = clock.now()
    payment = payments.lock_payment(tx, payment_id)
    standing = standing_of(tx, payment)
    verdict = rules.judge(standing, attempts.get_attempt_status(tx, report.razorpay_payment_id), report)
    if verdict is Verdict.NOTHING:
        return verdict
    attempts.set_attempt(tx, payment_id, report, at)
    timeline.insert_event(tx, payment_id, report.status, report.amount_paise, source, report.razorpay_payment_id, at)
    if report.status == "captured":
        _take(tx, payment, report, verdict, source)
    outbox.announce(tx, "payment.changed", payment_id)
    return verdict


def standing_of(tx: Tx, payment: payments.Payment) -> Standing:
    """Give what we hold of a payment and its order."""
    order = orders.get_payable(tx, payment.order_id, payment.uid)
    return Standing(payment.amount_paise, payment.settled_by is not None, order.status == "cancelled")


def take_cash(tx: Tx, payment: payments.Payment, *, by: str) -> None:
    """Take in that a rider has an order's cash; once, however often it is told."""
    if payment.status != "created":
        return
    at = clock.now()
    payments.add_capture(tx, payment.id, "captured", payment.amount_paise, CASH, at)
    timeline.insert_event(tx, payment.id, "captured", payment.amount_paise, "rider", CASH, at)
    money.settle(tx, payment.order_id, by=by)
    outbox.announce(tx, "payment.changed", payment.id)


def close_unpaid(tx: Tx, payment_id: UUID) -> None:
    """Close the payment of an order that is gone, when nothing came for it."""
    payments.set_cancelled(tx, payment_id, clock.now())


def decide(tx: Tx, payment: payments.Payment, decision: Decision, accepted: str | None, caller: Caller) -> None:
    """Do what a person decided about a payment that is conflicted; `accepted` is the attempt that Razorpay said is whole.

    Raises Conflict when there is nothing to decide, or something came in between; Forbidden as `rules.choose_accepted`.
    """
    if payment.status != "conflicted":
        raise Conflict("Nothing is to be decided about this payment.", payment_status=payment.status)
    standing, captured = standing_of(tx, payment), attempts.list_captured(tx, payment.id)
    timeline.insert_event(tx, payment.id, f"decided: {decision}", None, caller.role, None, clock.now())
    settled_by = payment.settled_by
    if decision is Decision.ACCEPT:
        chosen = rules.choose_accepted(standing, captured, caller.role)
        if chosen.razorpay_payment_id != accepted:
            raise Conflict("More money came in this moment; look again.")
        settled_by, standing = accepted, standing._replace(is_settled=True)
        _give_back_excess(tx, payment, chosen, caller)
    if decision is not Decision.HANDLED:
        for attempt in captured:
            if attempt.razorpay_payment_id != settled_by and attempt.left_paise > 0:
                ident = attempt.razorpay_payment_id
                promise_refund(tx, payment, ident, attempt.left_paise, f"decided:{ident}", _NOT_ASKED, caller)
    status = rules.status_decided(standing, payment.captured_paise)
    payments.set_decided(tx, payment.id, status, settled_by, clock.now())
    outbox.announce(tx, "payment.changed", payment.id)
    if decision is Decision.ACCEPT and money.settle(tx, payment.order_id, by=caller.role) == "cancelled":
        raise Conflict("The order was cancelled in this moment; look again.")


def _give_back_excess(tx: Tx, payment: payments.Payment, chosen: Attempt, caller: Caller) -> None:
    excess_paise = chosen.amount_paise - payment.amount_paise
    if excess_paise >= LEAST_REFUND_PAISE:  # a few paise more cannot be sent back
        cause = f"excess:{chosen.razorpay_payment_id}"
        promise_refund(tx, payment, chosen.razorpay_payment_id, excess_paise, cause, _TOO_MUCH, caller)


def _take(tx: Tx, payment: payments.Payment, report: Report, verdict: Verdict, source: str) -> None:
    """Count what was captured, and do what the verdict asks for."""
    rupees = report.amount_paise if report.currency == "INR" else 0
    settled_by = report.razorpay_payment_id if verdict is Verdict.SETTLE else None
    status = rules.status_after(payment.status, verdict)
    payments.add_capture(tx, payment.id, status, rupees, settled_by, clock.now())
    if verdict is Verdict.WRONG_AMOUNT:
        tx.after_commit["tell of a wrong amount"] = partial(
            logs.write, "ERROR", "what was captured is not what was asked", payment_id=str(payment.id), source=source
        )
    elif verdict is Verdict.SECOND:
        promise_refund(tx, payment, report.razorpay_payment_id, rupees, f"second:{report.razorpay_payment_id}", _TWICE)
    elif verdict is Verdict.TOO_LATE:
        cause = f"cancelled:{report.razorpay_payment_id}"
        promise_refund(tx, payment, report.razorpay_payment_id, rupees, cause, _TOO_LATE)
    elif money.settle(tx, payment.order_id, by=source) == "cancelled":
        raise Conflict("The order was cancelled in this moment; ask again.")


def promise_refund(
    tx: Tx,
    payment: payments.Payment,
    razorpay_payment_id: str,
    amount_paise: int,
    cause: str,
    reason: str,
    caller: Caller = SYSTEM,
) -> None:
    """Promise a refund once per `cause`; its consumer asks Razorpay. The timeline names the role, the refund's row the person."""
    at, refund_id = clock.now(), uuid4()
    refund = RefundView(
        id=refund_id, payment_id=payment.id, amount_paise=amount_paise, reason=reason, status="requested"
    )
    if refunds.insert_refund(tx, refund, razorpay_payment_id, cause, caller.uid, at):
        source = "system" if caller is SYSTEM else caller.role
        timeline.insert_event(tx, payment.id, "refund requested", amount_paise, source, reason, at)
        outbox.announce(tx, "refund.requested", refund_id, lane=payment.id)
