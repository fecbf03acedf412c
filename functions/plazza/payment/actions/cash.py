"""Cash on delivery: taken at the door, recorded with the delivery."""

from uuid import UUID, uuid4

from plazza import clock
from plazza.data.sql import Tx
from plazza.order.actions import money
from plazza.order.store import orders
from plazza.payment.actions import settlement
from plazza.payment.store import payments


def collect(tx: Tx, order_id: UUID, customer_uid: str, *, by: str) -> None:
    """Record that the rider took the money of an order to be paid in cash; an order paid already is left alone."""
    order = orders.get_payable(tx, order_id, customer_uid)
    if order.payment_method != "cod":
        return
    if order.total_paise == 0:
        money.settle(tx, order_id, by=by)  # a coupon paid all of it: nothing changes hands
        return
    payments.insert_payment(tx, uuid4(), order_id, customer_uid, "cod", order.total_paise, clock.now())
    payment = payments.lock_payment_of_order(tx, order_id)
    if payment is not None:
        settlement.take_cash(tx, payment, by=by)
