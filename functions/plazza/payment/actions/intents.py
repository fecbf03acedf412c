"""Start a payment and take Checkout's word for it, checked."""

from datetime import timedelta
from uuid import UUID

from plazza import clock
from plazza.data import outbox
from plazza.data.once import Once
from plazza.data.sql import Tx, read, run_transaction
from plazza.errors import Conflict, Invalid, NotFound
from plazza.identity import Caller
from plazza.order.store import orders
from plazza.payment import rules
from plazza.payment.actions import settlement, views
from plazza.payment.models import CreatePayment, PaymentView, VerifyPayment
from plazza.payment.store import payments, timeline
from plazza.providers import razorpay

LEFT_TO_PAY = timedelta(seconds=30)
"""A payment is not started on an order that will expire before a person could pay."""


def create(once: Once, caller: Caller, body: CreatePayment) -> PaymentView:
    """Give what Checkout needs to pay an order; asked again, it gives the same.

    Raises NotFound, Conflict (paid, cancelled, expired, or cash on delivery), ProviderDown when Razorpay does not answer.
    """
    stored = once.answer(PaymentView)
    if stored is not None:
        return stored
    number, payment, is_new = run_transaction(lambda tx: _intend(tx, once, caller, body.order_id))
    if payment.razorpay_order_id is None:
        # An earlier try may have made the order and lost the answer.
        made = None if is_new else razorpay.find_order(number, payment.amount_paise)
        made = made or razorpay.create_order(payment.order_id, number, payment.amount_paise)
        bound = made.id
    else:
        bound = payment.razorpay_order_id

    def bind(tx: Tx) -> PaymentView:
        at = clock.now()
        payments.set_razorpay_order(tx, payment.id, bound, rules.next_look(payment.created_at, at), at)
        outbox.announce(tx, "payment.changed", payment.id)
        return views.view(tx, payments.lock_payment(tx, payment.id), caller, with_key=True)

    return once.run(PaymentView, bind)


def _intend(tx: Tx, once: Once, caller: Caller, order_id: UUID) -> tuple[str, payments.Payment, bool]:
    order = orders.get_payable(tx, order_id, caller.uid)
    if order.payment_method != "razorpay":
        raise Conflict("This order is paid in cash when it arrives.")
    if order.status != "pending" or order.expires_at is None or order.expires_at < clock.now() + LEFT_TO_PAY:
        raise Conflict("This order can no longer be paid; place it again.", order_status=order.status)
    existing = payments.lock_payment_of_order(tx, order_id)
    if existing is None:
        payments.insert_payment(
            tx, once.new_id("payment"), order_id, caller.uid, "razorpay", order.total_paise, clock.now()
        )
    payment = existing or payments.lock_payment_of_order(tx, order_id)
    if payment is None:
        raise NotFound("No such payment.")
    if payment.status != "created":
        raise Conflict("This order is paid already.", payment_status=payment.status)
    if existing is None:
        timeline.insert_event(tx, payment.id, "created", payment.amount_paise, "customer", None, clock.now())
    return order.number, payment, existing is None


def verify(caller: Caller, body: VerifyPayment) -> PaymentView:
    """Take in a payment that Checkout reports: its signature first, then what Razorpay itself says of it.

    Raises NotFound, Invalid for a bad signature, Conflict when the payment belongs to another order, ProviderDown.
    """
    payment_id = read(lambda tx: payments.find_payment_id(tx, body.razorpay_order_id, caller.uid))
    if payment_id is None:
        raise NotFound("No such payment.")
    if not razorpay.is_checkout_signature(body.razorpay_order_id, body.razorpay_payment_id, body.razorpay_signature):
        raise Invalid("The signature does not belong to this payment.", field="razorpay_signature")
    payment = razorpay.fetch_payment(body.razorpay_payment_id)
    if payment.order_id != body.razorpay_order_id:
        raise Conflict("This payment was made for another order.")
    settlement.apply(payment_id, payment, "checkout")
    return read(lambda tx: views.view(tx, payments.get_payment(tx, payment_id, seen_by=caller), caller))
