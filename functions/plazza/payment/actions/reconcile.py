"""Ask Razorpay about what is left open here, and about everything paid lately, and take in the answers.

A capture may come days after its order was given up (late authorisation), so an unsettled payment is asked about ever more
rarely until that cannot happen any more.
"""

import time
from datetime import timedelta
from typing import NamedTuple

from plazza import clock, logs, settings
from plazza.data.sql import read, run_transaction
from plazza.payment import rules
from plazza.payment.actions import refunds, reports, takings
from plazza.payment.store import payments
from plazza.payment.store.refunds import list_open_refunds
from plazza.providers import razorpay
from plazza.providers.errors import ProviderRefused

OPEN_FOR = timedelta(minutes=2)
WINDOW = timedelta(hours=3)
AHEAD = timedelta(minutes=1)
"""How far Razorpay's clock may be ahead of ours: what was paid this second must not wait for the next run."""
PAGE = 100
BUDGET_SEC, REPORT_SEC = 400.0, 60.0


class Reconciled(NamedTuple):
    """What a run saw and mended."""

    asked: int
    repaired: int
    not_ours: int


def reconcile() -> Reconciled:
    """Repair open payments and refunds. Raises ProviderDown when Razorpay does not answer; the next run goes on."""
    stop_at = time.monotonic() + BUDGET_SEC
    looked, mended = _look_at_unsettled(stop_at)
    seen, repaired, not_ours = _look_at_recent(stop_at)
    _finish_refunds(stop_at)
    reports.report(stop_at + REPORT_SEC)
    done = Reconciled(looked + seen, mended + repaired, not_ours)
    logs.write("INFO", "reconciled payments", **done._asdict())
    return done


def _look_at_unsettled(stop_at: float) -> tuple[int, int]:
    asked = repaired = 0
    for payment in read(lambda tx: payments.list_to_look_at(tx, clock.now(), settings.number("BATCH_SIZE"))):
        if time.monotonic() > stop_at:
            break
        try:
            made = razorpay.list_order_payments(payment.razorpay_order_id or "")
        except ProviderRefused as exc:
            logs.error("Razorpay does not know our order", exc, payment_id=str(payment.id))
            made = []
        asked += 1
        repaired += takings.take_in((payment.id, attempt) for attempt in made)
        look_at = rules.next_look(payment.created_at, clock.now())
        run_transaction(lambda tx, ident=payment.id, look_at=look_at: payments.set_look(tx, ident, look_at))
    return asked, repaired


def _look_at_recent(stop_at: float) -> tuple[int, int, int]:
    """Go through every payment of the last hours: this finds what came twice, or for an order that was settled already."""
    at = clock.now()
    since, until, skip = int((at - WINDOW).timestamp()), int((at + AHEAD).timestamp()), 0
    asked = repaired = not_ours = 0
    while time.monotonic() < stop_at and (page := razorpay.list_payments(since, until, skip, PAGE)):
        taken = takings.take_page(page)
        repaired += taken.repaired
        not_ours += sum(ours is None for ours, _ in taken.found)
        asked, skip = asked + len(page), skip + PAGE
    return asked, repaired, not_ours


def _finish_refunds(stop_at: float) -> None:
    before, limit = clock.now() - OPEN_FOR, settings.number("BATCH_SIZE")
    for refund in read(lambda tx: list_open_refunds(tx, before, limit)):
        if time.monotonic() > stop_at:
            break
        try:
            refunds.recover(refund)
        except ProviderRefused as exc:
            logs.error("Razorpay does not know our refund's payment", exc, refund_id=str(refund.id))
