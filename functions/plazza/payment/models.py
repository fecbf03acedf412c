"""Bodies and answers of the payment routes."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from plazza.money import Paise
from plazza.schema import Instant, Model, ShortText

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
    timeline: tuple[MoneyEvent, ...] = ()


class WebhookReceipt(Model):
    """That we have it; `duplicate` when we had it before."""

    received: Literal[True] = True
    duplicate: bool
