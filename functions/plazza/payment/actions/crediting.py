"""Money that went back beyond what an order became less by: its store credits that, too."""

from uuid import UUID

from plazza.data.sql import Tx, run_transaction
from plazza.identity import Caller
from plazza.order.actions import allowances
from plazza.order.actions.allowances import Given
from plazza.order.store import orders
from plazza.payment import rules
from plazza.payment.actions import settlement
from plazza.payment.models import RefundView
from plazza.payment.rules import Books
from plazza.payment.store import attempts, payments, refunds


def credit(tx: Tx, payment: payments.Payment, refund: RefundView | None, by: Caller) -> None:
    """Have a held payment's order credited for what went back of its own money beyond its packs. Safe to repeat.

    Money that did not pay the order lowers no price when it goes back; nor does anything before the invoice, which is looked at again
    when that is there.
    """
    paid = rules.find_paying(attempts.list_captured(tx, payment.id), payment.settled_by)
    if paid is None:
        return
    order = orders.get_payable(tx, payment.order_id, payment.uid)
    books = Books(
        asked_paise=payment.amount_paise,
        paid_paise=paid.amount_paise,
        given_paise=refunds.get_given_paise(tx, paid.razorpay_payment_id),
        gone_paise=payment.amount_paise - order.kept_paise,
        returned_paise=refunds.get_reduced_paise(tx, payment.id),
        allowed_paise=order.kept_paise - order.owed_paise,
        owed_paise=order.owed_paise,
    )
    due_paise = rules.allowance_due(books)
    if due_paise > 0:
        ident, note = (refund.id, refund.reason) if refund else (None, None)
        allowances.credit(tx, payment.order_id, Given(due_paise, ident, note, by))


def credit_earlier(order_id: UUID) -> None:
    """Credit what was given back of an order before it had an invoice. Safe to repeat."""

    def work(tx: Tx) -> None:
        payment = payments.lock_payment_of_order(tx, order_id)
        if payment is not None:
            credit(tx, payment, None, settlement.SYSTEM)

    run_transaction(work)
