"""Bodies and answers about messages and the support inbox."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from plazza.schema import Instant, Limit, Model, Text, Uid


class Template(StrEnum):
    """The registered templates. None carries a medicine, a diagnosis or a price by item (WhatsApp's rules for pharmacies)."""

    ORDER_CONFIRMED = "order_confirmed"
    ORDER_SHIPPED = "order_shipped"
    ORDER_DELIVERED = "order_delivered"
    ORDER_CANCELLED = "order_cancelled"
    REFUND_PROCESSED = "refund_processed"
    DELIVERY_CODE = "delivery_code"
    PRESCRIPTION_REVIEWED = "prescription_reviewed"
    PAYMENT_PENDING = "payment_pending"
    ORDER_STATUS = "order_status"
    BATCH_RECALLED = "batch_recalled"


class MessageStatus(StrEnum):
    """How far a message came; it never goes back."""

    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    DEAD = "dead"
    SUPPRESSED = "suppressed"


Parameter = Annotated[Text, Field(min_length=1, max_length=60, pattern=r"^[^\n\t]+$")]
Subject = Annotated[str, Field(pattern=r"^[A-Za-z0-9:_-]{1,80}$")]


class SendNotification(Model):
    """A message to somebody; one per person, template and subject, however often it is asked."""

    uid: Uid
    template: Template
    subject: Subject
    parameters: Annotated[list[Parameter], Field(max_length=5)]


class NotificationView(Model):
    """A message and how far it came."""

    id: UUID
    uid: str
    template: Template
    subject: str
    status: MessageStatus
    attempts: int
    error_code: str | None
    created_at: Instant
    updated_at: Instant


class Preferences(Model):
    """Whether a person wants messages beyond those of a running order."""

    whatsapp_opted_out: Annotated[bool, Field(strict=True)]
    language: Literal["en"] = "en"


class SupportMessage(Model):
    """One message of a thread."""

    id: str
    direction: Literal["in", "out"]
    body: str
    status: str
    created_at: Instant


class ThreadSummary(Model):
    """A conversation in the inbox; `can_reply_until` is the end of WhatsApp's 24 hours."""

    id: UUID
    status: Literal["open", "closed"]
    uid: str | None
    can_reply_until: Instant | None
    updated_at: Instant


class ThreadView(ThreadSummary):
    """A conversation with its messages, oldest first."""

    messages: list[SupportMessage]


class ThreadQuery(Model):
    """Which conversations to list, latest first."""

    status: Literal["open", "closed"] = "open"
    limit: Limit = 20
    cursor: str | None = None


class Reply(Model):
    """What support answers."""

    body: Annotated[Text, Field(min_length=1, max_length=4096)]


class ChallengeQuery(Model):
    """Meta's question when the webhook is set up."""

    mode: Annotated[str, Field(alias="hub.mode")]
    verify_token: Annotated[str, Field(alias="hub.verify_token", max_length=200)]
    challenge: Annotated[str, Field(alias="hub.challenge", pattern=r"^[0-9A-Za-z_-]{1,100}$")]


class Received(Model):
    """That we have it."""

    received: Literal[True] = True
