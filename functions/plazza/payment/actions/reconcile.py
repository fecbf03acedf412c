"""Ask Razorpay about what is left open here, and about everything paid lately, and take in the answers."""

from datetime import timedelta
from typing import NamedTuple

from plazza import clock, logs, settings
from plazza.data.sql import read
from plazza.payment import store
from plazza.payment.actions import refunds, settlement
from plazza.payment.rules import Verdict
from plazza.providers import razorpay

OPEN_FOR = timedelta(minutes=2)
WINDOW = timedelta(hours=3)
PAGE = 100


class Reconciled(NamedTuple):
    """What a run saw and mended."""

    asked: int
    repaired: int
    not_ours: int


def reconcile() -> Reconciled:
    """Repair open payments and refunds. Raises ProviderDown when Razorpay does not answer; the next run goes on."""
    at, limit = clock.now(), settings.number("BATCH_SIZE")
    asked = repaired = not_ours = 0
    for payment in read(lambda tx: store.list_open(tx, at - OPEN_FOR, limit)):
        for attempt in razorpay.list_order_payments(payment.razorpay_order_id or ""):
            asked += 1
            repaired += settlement.apply(payment.id, attempt, "reconcile") not in {Verdict.NOTHING, Verdict.NOTE}
    since, until, skip = int((at - WINDOW).timestamp()), int(at.timestamp()), 0
    while page := razorpay.list_payments(since, until, skip, PAGE):
        for attempt in page:
            ours = read(lambda tx, order=attempt.order_id or "": store.find_payment_id(tx, order))
            not_ours += ours is None
            if ours is not None:
                repaired += settlement.apply(ours, attempt, "reconcile") not in {Verdict.NOTHING, Verdict.NOTE}
        asked, skip = asked + len(page), skip + PAGE
    for refund in read(lambda tx: store.list_open_refunds(tx, at - OPEN_FOR, limit)):
        for answer in razorpay.list_refunds(refund.razorpay_payment_id or ""):
            if answer.id == refund.razorpay_refund_id:
                refunds.finish(refund.id, answer)
    done = Reconciled(asked, repaired, not_ours)
    logs.write("INFO", "reconciled payments", **done._asdict())
    return done
