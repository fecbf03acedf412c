"""The dispatcher: takes the outbox's rows that are due and brings each to its consumer.

A row that needs a provider's secret goes to the task function that has it; the row stays leased until that task settles it, so one
that is lost on the way comes up again by itself.
"""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from plazza.catalogue import consumers as catalogue
from plazza.data import outbox, tasks
from plazza.delivery import consumers as delivery
from plazza.errors import Unavailable
from plazza.events import TASKS
from plazza.order import consumers as order
from plazza.payment import consumers as payment
from plazza.whatsapp import consumers as whatsapp

BUDGET_SEC = 50
BATCH = 40
THREADS = 4

HANDLERS: dict[str, Callable[[str], None]] = {
    "catalogue.index_product": catalogue.index_product,
    "catalogue.project_prescription": catalogue.project_prescription,
    "order.project_order": order.project_order,
    "order.mirror_order": order.mirror_order,
    "order.keep_invoice": order.keep_invoice,
    "order.confirm_coupon": order.confirm_coupon,
    "order.release_coupon": order.release_coupon,
    "order.lower_coupon": order.lower_coupon,
    "order.keep_credit_note": order.keep_credit_note,
    "order.confirm_covered_orders": order.confirm_covered_orders,
    "payment.project_payment": payment.project_payment,
    "payment.process_webhook": payment.process_webhook,
    "payment.razorpay_refund": payment.razorpay_refund,
    "payment.refund_cancelled_order": payment.refund_cancelled_order,
    "payment.credit_earlier_refunds": payment.credit_earlier_refunds,
    "payment.refund_reduced_order": payment.refund_reduced_order,
    "delivery.create_delivery": delivery.create_delivery,
    "delivery.cancel_delivery": delivery.cancel_delivery,
    "delivery.project_delivery": delivery.project_delivery,
    "whatsapp.tell_order_confirmed": whatsapp.tell_order_confirmed,
    "whatsapp.tell_order_shipped": whatsapp.tell_order_shipped,
    "whatsapp.tell_order_delivered": whatsapp.tell_order_delivered,
    "whatsapp.tell_order_cancelled": whatsapp.tell_order_cancelled,
    "whatsapp.tell_refund_processed": whatsapp.tell_refund_processed,
    "whatsapp.tell_prescription_reviewed": whatsapp.tell_prescription_reviewed,
    "whatsapp.tell_batch_recalled": whatsapp.tell_batch_recalled,
    "whatsapp.send_delivery_code": whatsapp.send_delivery_code,
    "whatsapp.process_webhook": whatsapp.process_webhook,
    "whatsapp.queue_message": whatsapp.queue_message,
}
"""Every consumer that `events.py` names."""


def run() -> int:
    """Deliver until nothing is due or the budget is spent; give the number of rows taken up."""
    owner, stop_at, taken = f"{os.getpid()}", time.monotonic() + BUDGET_SEC, 0
    with ThreadPoolExecutor(THREADS) as pool:
        while time.monotonic() < stop_at:
            rows = outbox.claim(BATCH, owner=owner)
            if not rows:
                break
            list(pool.map(_dispatch, rows))
            taken += len(rows)
    return taken


def _dispatch(row: outbox.Row) -> None:
    task = TASKS.get(row.consumer)
    if task is None:
        outbox.deliver(row, HANDLERS[row.consumer])
        return
    try:
        tasks.enqueue(task, {"row_id": str(row.id)})
    except Unavailable as exc:
        outbox.postpone(row, type(exc).__name__)
