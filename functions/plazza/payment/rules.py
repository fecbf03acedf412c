"""What a report about a payment means for us, whatever order the reports come in."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from plazza.errors import Conflict, Forbidden
from plazza.identity import Role
from plazza.payment.models import LEAST_REFUND_PAISE

_RANK = {"failed": 0, "authorized": 1, "captured": 2}

FIRST_LOOK = timedelta(minutes=2)
LONGEST_PAUSE = timedelta(hours=6)
LATE_FOR = timedelta(days=6)
"""Razorpay polls banks for up to five days, so a failed attempt may be captured that late; a day more is for us."""


class Report(NamedTuple):
    """What somebody says an attempt is; `status` is failed, authorized or captured.

    `returned_paise` is what Razorpay says went back already.
    """

    razorpay_payment_id: str
    status: str
    amount_paise: int
    currency: str
    method: str | None
    returned_paise: int = 0


class Standing(NamedTuple):
    """What we hold of a payment: what was asked, whether an attempt settled it, and whether its order is cancelled."""

    amount_paise: int
    is_settled: bool
    is_order_gone: bool


class Verdict(StrEnum):
    """What a report makes us do."""

    NOTHING = "nothing"  # we knew, or it is older than what we know
    NOTE = "note"  # an attempt was authorised or failed: worth a line, moves no money
    SETTLE = "settle"  # the money that was asked for is there
    SECOND = "second"  # the order is paid already: this goes back
    TOO_LATE = "too_late"  # the order is gone: this goes back
    WRONG_AMOUNT = "wrong_amount"  # a person decides


def judge(standing: Standing, known_status: str | None, report: Report) -> Verdict:
    """Say what to do about a report on an attempt that we know as `known_status`.

    `failed` is not final (Razorpay: late authorisation), `captured` is: reports may only climb failed → authorized → captured.
    """
    if known_status is not None and _RANK[report.status] <= _RANK[known_status]:
        return Verdict.NOTHING
    if report.status != "captured":
        return Verdict.NOTE
    if report.currency != "INR" or report.returned_paise > 0:
        return Verdict.WRONG_AMOUNT
    if standing.is_order_gone:
        return Verdict.TOO_LATE
    if report.amount_paise != standing.amount_paise:
        return Verdict.WRONG_AMOUNT
    return Verdict.SECOND if standing.is_settled else Verdict.SETTLE


def status_after(status: str, verdict: Verdict) -> str:
    """Give a payment's status after a verdict; one that a person must look at stays so until the person has."""
    if verdict is Verdict.WRONG_AMOUNT or status == "conflicted":
        return "conflicted"
    return status if verdict in {Verdict.NOTHING, Verdict.NOTE} else "captured"


def status_decided(standing: Standing, captured_paise: int) -> str:
    """Give the status of a payment that a person has looked at: what its facts say."""
    if standing.is_settled:
        return "captured"
    if not standing.is_order_gone:
        return "created"
    return "captured" if captured_paise > 0 else "cancelled"


def next_look(created_at: datetime, at: datetime) -> datetime | None:
    """Say when to ask again about a payment that is not settled: ever more rarely, and never after LATE_FOR."""
    age = at - created_at
    return None if age > LATE_FOR else at + min(max(age / 2, FIRST_LOOK), LONGEST_PAUSE)


class Dispute(NamedTuple):
    """What Razorpay says that a bank disputes."""

    id: str
    razorpay_payment_id: str
    phase: str
    status: str
    amount_paise: int
    deducted_paise: int
    reason_code: str | None
    respond_by: datetime | None
    created_at: datetime


class Attempt(NamedTuple):
    """A captured attempt and what of it is promised back or was lost in a dispute, in paise."""

    razorpay_payment_id: str
    amount_paise: int
    refunded_paise: int

    @property
    def left_paise(self) -> int:
        """Give what can still be given back."""
        return max(0, self.amount_paise - self.refunded_paise)


def find_paying(attempts: list[Attempt], settled_by: str | None) -> Attempt | None:
    """Give the attempt that paid the order; None for cash, and while nothing did."""
    return next((attempt for attempt in attempts if attempt.razorpay_payment_id == settled_by), None)


def choose_attempt(attempts: list[Attempt], amount_paise: int) -> Attempt:
    """Give the attempt to refund from: of those with so much left the one with the least, so that a wrong payment goes back whole.

    Raises Conflict when none has so much left, and when too little would be left of it ever to be given back.
    """
    fitting = [attempt for attempt in attempts if attempt.left_paise >= amount_paise]
    if not fitting:
        left_paise = max((attempt.left_paise for attempt in attempts), default=0)
        raise Conflict("The refund is more than what is left of the payment.", left_paise=left_paise)
    whole = [attempt for attempt in fitting if not 0 < attempt.left_paise - amount_paise < LEAST_REFUND_PAISE]
    if not whole:
        raise Conflict(
            "This would leave less than one rupee, which can never be given back: refund all of it, or leave a rupee.",
            reason="REST_TOO_SMALL",
            left_paise=min(attempt.left_paise for attempt in fitting),
        )
    return min(whole, key=lambda attempt: attempt.left_paise)


class Books(NamedTuple):
    """An order's own money, in paise: what was asked for it, what came by the attempt that paid, and what of that is promised back.

    `gone_paise` is by how much it became less through packs that were taken out or came back, `returned_paise` how much of that its
    refunds have seen to, `allowed_paise` what was credited beyond it, `owed_paise` what is left of its price.
    """

    asked_paise: int
    paid_paise: int
    given_paise: int
    gone_paise: int
    returned_paise: int
    allowed_paise: int
    owed_paise: int


def allowance_due(books: Books) -> int:
    """Give what is still to be credited of an order because more went back than its packs that went.

    What was paid too much goes back first and lowers no price. What will go back for packs anyhow is counted as if it had.
    """
    excess_paise = max(0, books.paid_paise - books.asked_paise)
    given_paise = max(0, books.given_paise - excess_paise)
    to_come_paise = min(max(0, books.gone_paise - books.returned_paise), books.paid_paise - books.given_paise)
    beyond_paise = given_paise + to_come_paise - books.gone_paise - books.allowed_paise
    return min(max(0, beyond_paise), books.owed_paise)


def refund_of_reduction(due_paise: int, left_paise: int) -> int:
    """Give what goes back for packs that went: what is due or left, none below a rupee, all when less than a rupee would be left."""
    amount_paise = min(due_paise, left_paise)
    if amount_paise < LEAST_REFUND_PAISE:
        return 0
    return left_paise if left_paise - amount_paise < LEAST_REFUND_PAISE else amount_paise


def choose_accepted(standing: Standing, attempts: list[Attempt], role: Role) -> Attempt:
    """Give the attempt that a person may take as an order's payment: the largest of which nothing is promised back.

    Raises Conflict when the order is paid or gone or there is none, Forbidden when less came than was asked and `role` is not
    an administrator's.
    """
    if standing.is_order_gone:
        raise Conflict("The order is cancelled; give the money back.")
    if standing.is_settled:
        raise Conflict("The order is paid already; give back what came beside it.")
    whole = [attempt for attempt in attempts if attempt.refunded_paise == 0]
    if not whole:
        raise Conflict("Nothing came in rupees that is not promised back.")
    chosen = max(whole, key=lambda attempt: attempt.amount_paise)
    if chosen.amount_paise < standing.amount_paise and role is not Role.ADMIN:
        raise Forbidden("Only an administrator may take less than was asked.")
    return chosen


def given_back(amount_paise: int, captured_paise: int, processed_paise: int) -> int:
    """Give how much of an order's own money went back: a payment made twice and refunded once leaves the order paid."""
    return max(0, amount_paise - (captured_paise - processed_paise))


class Asked(NamedTuple):
    """What we asked for a Razorpay order, in paise, and the payment that it is for."""

    razorpay_order_id: str
    id: UUID
    amount_paise: int


class Difference(NamedTuple):
    """Something in which Razorpay's books and ours differ."""

    subject: str
    razorpay_id: str
    kind: str
    payment_id: UUID | None
    ours_paise: int | None
    theirs_paise: int | None


def compare_payment(asked: Asked | None, report: Report) -> Difference | None:
    """Say in what a captured payment differs from what was asked; of another currency no paisa is ours."""
    if asked is None:
        return Difference("payment", report.razorpay_payment_id, "theirs_only", None, None, report.amount_paise)
    if (report.amount_paise, report.currency) == (asked.amount_paise, "INR"):
        return None
    return Difference(
        "payment", report.razorpay_payment_id, "amount", asked.id, asked.amount_paise, report.amount_paise
    )


def compare_refund(
    razorpay_id: str, payment_id: UUID | None, ours_paise: int | None, theirs_paise: int
) -> Difference | None:
    """Say in what a refund at Razorpay differs from what we promised (None: nothing)."""
    if ours_paise == theirs_paise:
        return None
    kind = "theirs_only" if ours_paise is None else "amount"
    return Difference("refund", razorpay_id, kind, payment_id, ours_paise, theirs_paise)
