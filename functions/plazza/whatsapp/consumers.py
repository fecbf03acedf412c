"""What outbox rows make happen to messages; each is safe to run twice, because a message is kept once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from plazza import clock
from plazza.catalogue.store import prescriptions
from plazza.data.sql import Tx, read, run_transaction
from plazza.delivery.store import find_delivery
from plazza.discount.rules import rupees
from plazza.order.models.orders import Status
from plazza.order.store import orders, recalls
from plazza.payment.store.refunds import get_refund
from plazza.whatsapp import rules
from plazza.whatsapp.actions import inbound, sending
from plazza.whatsapp.models import Template

SOON_MINUTES = 5
"""A parcel on the road is never promised for sooner, nor for a time that has passed."""

CUSTOMERS = 100
"""People of one transaction when a recall reached many."""


def tell_order_confirmed(key: str) -> None:
    """Tell the customer that their order is confirmed, and for when."""
    order = read(lambda tx: orders.find_order(tx, UUID(key)))
    if order is not None and order.status != Status.CANCELLED:
        _queue(order.uid, Template.ORDER_CONFIRMED, key, [order.number, rules.clock_time(_promised_at(order))])


def tell_order_shipped(key: str) -> None:
    """Tell the customer that the rider is on the way."""
    order = read(lambda tx: orders.find_order(tx, UUID(key)))
    if order is not None:
        left = (_promised_at(order) - clock.now()) // timedelta(minutes=1)
        _queue(order.uid, Template.ORDER_SHIPPED, key, [order.number, str(max(SOON_MINUTES, left))])


def send_delivery_code(key: str) -> None:
    """Send the customer the code that opens the delivery; each issue of it once."""
    delivery = read(lambda tx: find_delivery(tx, UUID(key)))
    if delivery is not None and delivery.code_issue > 0:
        _queue(delivery.customer_uid, Template.DELIVERY_CODE, f"{key}:{delivery.code_issue}", [])


def tell_order_delivered(key: str) -> None:
    """Tell the customer that their order was handed over."""
    order = read(lambda tx: orders.find_order(tx, UUID(key)))
    if order is not None:
        _queue(order.uid, Template.ORDER_DELIVERED, key, [order.number])


def tell_order_cancelled(key: str) -> None:
    """Tell the customer that their order was cancelled."""
    order = read(lambda tx: orders.find_order(tx, UUID(key)))
    if order is not None:
        _queue(order.uid, Template.ORDER_CANCELLED, key, [order.number])


def tell_refund_processed(key: str) -> None:
    """Tell the customer that money went back."""

    def work(tx: Tx) -> None:
        refund = get_refund(tx, UUID(key))
        order = orders.find_order(tx, refund.order_id)
        if order is not None:
            sending.queue(
                tx, order.uid, Template.REFUND_PROCESSED, f"refund:{key}", [order.number, rupees(refund.amount_paise)]
            )

    run_transaction(work)


def tell_prescription_reviewed(key: str) -> None:
    """Tell the customer what the pharmacist decided."""
    found = read(lambda tx: prescriptions.get_progress(tx, UUID(key)))
    _queue(found.uid, Template.PRESCRIPTION_REVIEWED, key, [found.status], of="prescription")


def tell_batch_recalled(key: str) -> None:
    """Tell everybody whom a recall reached, each once whatever they ordered; a crash in between leaves nobody out."""
    recall = read(lambda tx: recalls.get_recall(tx, UUID(key)))
    customers = read(lambda tx: recalls.list_customers(tx, recall))
    subject = recalls.subject(recall.id)

    def work(tx: Tx, some: Sequence[recalls.Customer]) -> None:
        for uid, number in some:
            # A lane of each person's own: thousands of notices go out side by side.
            sending.queue(tx, uid, Template.BATCH_RECALLED, subject, [number], lane=f"{subject}:{uid}")

    for start in range(0, len(customers), CUSTOMERS):
        some = customers[start : start + CUSTOMERS]
        run_transaction(lambda tx, some=some: work(tx, some))


def queue_message(key: str) -> None:
    """Put a message into the live queue, whose trigger sends it."""
    sending.put_in_queue(UUID(key))


def process_webhook(key: str) -> None:
    """Work on a stored webhook."""
    inbound.process(key)


def _promised_at(order: orders.Order) -> datetime:
    return (order.confirmed_at or clock.now()) + timedelta(minutes=order.promised_minutes)


def _queue(uid: str, template: Template, key: str, parameters: list[str], *, of: str = "order") -> None:
    run_transaction(lambda tx: sending.queue(tx, uid, template, f"{of}:{key}", parameters))
