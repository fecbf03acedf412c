"""Orders that became less after their money was asked for: the difference goes back the way it came."""

from uuid import UUID, uuid4

from plazza import clock
from plazza.data import outbox
from plazza.data.sql import Tx, run_transaction
from plazza.order.store import orders
from plazza.payment import rules
from plazza.payment.actions import crediting, settlement
from plazza.payment.actions.refunds import tell_order
from plazza.payment.models import RefundView
from plazza.payment.store import attempts, payments, refunds, timeline

_REASON = "the order became less"


def refund_difference(order_id: UUID) -> None:
    """Give back what an order does not owe any more and was not given back for it: by what was asked, not by what happened.

    A cancelled order is left to its cancellation, which gives all of it back. Safe to repeat.
    """

    def work(tx: Tx) -> None:
        payment = payments.lock_payment_of_order(tx, order_id)
        if payment is None or payment.settled_by is None:
            return  # what comes later is looked at when it is there
        order = orders.get_payable(tx, order_id, payment.uid)
        if order.status == "cancelled":
            return
        too_much_paise = payment.amount_paise - order.kept_paise
        due_paise = too_much_paise - refunds.get_reduced_paise(tx, payment.id)
        cause = f"reduced:{order_id}:{too_much_paise}"
        if payment.settled_by == settlement.CASH:
            _give_cash(tx, payment, min(due_paise, payment.captured_paise - payment.refunded_paise), cause)
            return
        attempt = rules.find_paying(attempts.list_captured(tx, payment.id), payment.settled_by)
        if attempt is None:
            return
        amount_paise = rules.refund_of_reduction(due_paise, attempt.left_paise)
        if amount_paise > 0:
            settlement.promise_refund(tx, payment, attempt.razorpay_payment_id, amount_paise, cause, _REASON)
            crediting.credit(tx, payment, None, settlement.SYSTEM)  # paise that could not be left behind
            outbox.announce(tx, "payment.changed", payment.id)

    run_transaction(work)


def _give_cash(tx: Tx, payment: payments.Payment, amount_paise: int, cause: str) -> None:
    """Record cash that the person who took the packs back has given: there is nobody to ask for it."""
    at, refund_id = clock.now(), uuid4()
    refund = RefundView(
        id=refund_id, payment_id=payment.id, amount_paise=max(amount_paise, 0), reason=_REASON, status="requested"
    )
    if amount_paise > 0 and refunds.insert_refund(tx, refund, None, cause, "system", at):
        refunds.set_refund(tx, refund_id, "processed", None, at)
        timeline.insert_event(tx, payment.id, "refund processed", amount_paise, "store", settlement.CASH, at)
        tell_order(tx, payment.id)
        outbox.announce(tx, "payment.changed", payment.id)
