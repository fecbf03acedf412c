"""What a report about a payment means for us, whatever order the reports come in."""

from enum import StrEnum
from typing import NamedTuple

from plazza.errors import Conflict

_RANK = {"failed": 0, "authorized": 1, "captured": 2}


class Report(NamedTuple):
    """What somebody says an attempt is; `status` is failed, authorized or captured."""

    razorpay_payment_id: str
    status: str
    amount_paise: int
    currency: str
    method: str | None


class Standing(NamedTuple):
    """What we hold of a payment: amounts in paise."""

    status: str
    amount_paise: int
    captured_paise: int
    refunded_paise: int


class Verdict(StrEnum):
    """What a report makes us do."""

    NOTHING = "nothing"  # we knew, or it is older than what we know
    NOTE = "note"  # an attempt was authorised or failed: worth a line, moves no money
    SETTLE = "settle"  # the money that was asked for is there
    SECOND = "second"  # the order is paid already: this goes back
    WRONG_AMOUNT = "wrong_amount"  # a person decides


def judge(standing: Standing, known_status: str | None, report: Report) -> Verdict:
    """Say what to do about a report on an attempt that we know as `known_status`.

    `failed` is not final (Razorpay: late authorisation), `captured` is: reports may only climb failed → authorized → captured.
    """
    if known_status is not None and _RANK[report.status] <= _RANK[known_status]:
        return Verdict.NOTHING
    if report.status != "captured":
        return Verdict.NOTE
    if report.currency != "INR" or report.amount_paise != standing.amount_paise:
        return Verdict.WRONG_AMOUNT
    if standing.captured_paise > 0:
        return Verdict.SECOND
    return Verdict.SETTLE


class Attempt(NamedTuple):
    """A captured attempt and what of it is promised back, in paise."""

    razorpay_payment_id: str
    amount_paise: int
    refunded_paise: int


def choose_attempt(attempts: list[Attempt], amount_paise: int) -> Attempt:
    """Give the attempt to refund from. Raises Conflict when none has so much left."""
    for attempt in attempts:
        if attempt.amount_paise - attempt.refunded_paise >= amount_paise:
            return attempt
    left_paise = max((attempt.amount_paise - attempt.refunded_paise for attempt in attempts), default=0)
    raise Conflict("The refund is more than what is left of the payment.", left_paise=left_paise)
