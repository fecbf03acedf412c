"""Take in what Razorpay lists."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from plazza.data.sql import read
from plazza.payment.actions import settlement
from plazza.payment.rules import Asked, Verdict
from plazza.payment.store import attempts, payments
from plazza.providers.razorpay import RazorpayPayment


class Taken(NamedTuple):
    """A page of Razorpay's payments, each with what we asked for it (None: not ours), and how many of ours it mended."""

    found: list[tuple[Asked | None, RazorpayPayment]]
    repaired: int


def take_page(page: list[RazorpayPayment]) -> Taken:
    """Take in those payments of a page that we know otherwise."""
    order_ids, payment_ids = [item.order_id or "" for item in page], [item.id for item in page]
    ours = read(lambda tx: payments.list_asked(tx, order_ids))
    known = read(lambda tx: attempts.list_attempt_statuses(tx, payment_ids))
    found = [(ours.get(item.order_id or ""), item) for item in page]
    return Taken(
        found, take_in((asked.id, item) for asked, item in found if asked and known.get(item.id) != _status(item))
    )


def take_in(found: Iterable[tuple[UUID, RazorpayPayment]]) -> int:
    """Take in what Razorpay says of our payments; gives how many it mended."""
    verdicts = [settlement.apply(payment_id, attempt, "reconcile") for payment_id, attempt in found]
    return sum(verdict not in {Verdict.NOTHING, Verdict.NOTE} for verdict in verdicts)


def _status(payment: RazorpayPayment) -> str | None:
    report = settlement.report_of(payment)
    return report.status if report else None
