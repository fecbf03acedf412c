"""Bodies and answers of the payment routes."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from plazza.money import Paise
from plazza.schema import Instant, Limit, Model, ShortText

LEAST_REFUND_PAISE = 100
"""Razorpay: the smallest refund is one rupee."""

RazorpayOrderId = Annotated[str, Field(pattern=r"^order_[A-Za-z0-9]{14}$")]
RazorpayPaymentId = Annotated[str, Field(pattern=r"^pay_[A-Za-z0-9]{14}$")]


class Status(StrEnum):
    """Where a payment stands; `conflicted` waits for a person, because the money that came is not what was asked."""

    CREATED = "created"
    CAPTURED = "captured"
    CONFLICTED = "conflicted"
    CANCELLED = "cancelled"


class CreatePayment(Model):
    """Which order is to be paid; the amount is the order's."""

    order_id: UUID


class VerifyPayment(Model):
    """What Checkout handed to the client."""

    razorpay_order_id: RazorpayOrderId
    razorpay_payment_id: RazorpayPaymentId
    razorpay_signature: Annotated[str, Field(min_length=64, max_length=64, pattern=r"^[0-9a-f]{64}$")]


class RefundRequest(Model):
    """What to give back of one payment, and why."""

    payment_id: UUID
    amount_paise: Annotated[Paise, Field(ge=LEAST_REFUND_PAISE)]
    reason: Annotated[ShortText, Field(min_length=3)]


class Decision(StrEnum):
    """What a person does about money that is not what was asked.

    `accept` takes it as the order's payment, and what is too much goes back; `refund` gives back all that did not pay the order;
    `handled` moves nothing here, because the person did it at Razorpay.
    """

    ACCEPT = "accept"
    REFUND = "refund"
    HANDLED = "handled"


class ResolvePayment(Model):
    """What to do about a payment that is `conflicted`, and why; the note is for staff only."""

    decision: Decision
    note: Annotated[ShortText, Field(min_length=3)]


class RefundView(Model):
    """A refund as its caller sees it."""

    id: UUID
    payment_id: UUID
    amount_paise: Paise
    reason: str
    status: Literal["requested", "processed", "failed"]


class MoneyEvent(Model):
    """One thing that happened to the money; `source` says who told us."""

    kind: str
    amount_paise: int | None
    source: str
    detail: str | None
    created_at: Instant


class DecisionView(Model):
    """What a person decided about a payment; staff read it."""

    decision: Decision
    note: str
    decided_by: str
    created_at: Instant


class DisputeView(Model):
    """What a bank disputes: `deducted_paise` was taken from us, for good once it is `lost`; staff answer at Razorpay by `respond_by`."""

    id: str
    payment_id: UUID
    order_id: UUID
    phase: str
    status: Literal["open", "under_review", "won", "lost", "closed"]
    amount_paise: Paise
    deducted_paise: Paise
    reason_code: str | None
    respond_by: Instant | None
    created_at: Instant


class PaymentView(Model):
    """A payment: what to hand to Checkout while it is open, and afterwards what became of the money."""

    id: UUID
    order_id: UUID
    method: Literal["razorpay", "cod"]
    status: Status
    amount_paise: Paise
    currency: Literal["INR"] = "INR"
    captured_paise: Paise
    refunded_paise: Paise
    razorpay_order_id: str | None
    razorpay_key_id: str | None = None
    refunds: tuple[RefundView, ...] = ()
    disputes: tuple[DisputeView, ...] = ()
    timeline: tuple[MoneyEvent, ...] = ()
    decisions: tuple[DecisionView, ...] = ()


class WaitingQuery(Model):
    """Which part of a list of what waits for a person to give."""

    limit: Limit = 50
    cursor: str | None = None


class WaitingPayment(Model):
    """A payment that waits for a person: what was asked, what came, and how much of that is promised back."""

    id: UUID
    order_id: UUID
    status: Status
    amount_paise: Paise
    captured_paise: Paise
    refunded_paise: Paise
    created_at: Instant


class WebhookReceipt(Model):
    """That we have it; `duplicate` when we had it before."""

    received: Literal[True] = True
    duplicate: bool


Total = Annotated[int, Field(ge=0)]


class ReconciliationsQuery(Model):
    """Which part of the list to give."""

    limit: Limit = 24
    cursor: str | None = None


class ReconciliationView(Model):
    """An hour of Razorpay's books against ours: what was seen there, what was mended here, and how much still differs.

    `finished_at` is null while it is at work.
    """

    id: UUID
    since: Instant
    until: Instant
    finished_at: Instant | None
    payments_seen: Total
    captured_paise: Total
    refunds_seen: Total
    refunded_paise: Total
    repaired: Total
    differences: Total


class DifferenceView(Model):
    """What only we have, what only Razorpay has, or an amount that differs; `payment_id` is ours, where there is one."""

    subject: Literal["payment", "refund"]
    razorpay_id: str
    kind: Literal["ours_only", "theirs_only", "amount"]
    payment_id: UUID | None
    ours_paise: Total | None
    theirs_paise: Total | None
