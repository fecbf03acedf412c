"""Which messages there are, when one may go, and how long it waits after a failure."""

from datetime import datetime, timedelta

from plazza.errors import Invalid
from plazza.whatsapp.models import MessageStatus, Template

PARAMETERS = {
    Template.ORDER_CONFIRMED: 2,
    Template.ORDER_SHIPPED: 2,
    Template.ORDER_DELIVERED: 1,
    Template.ORDER_CANCELLED: 1,
    Template.REFUND_PROCESSED: 2,
    Template.DELIVERY_CODE: 0,  # the code itself is put in when the message is sent
    Template.PRESCRIPTION_REVIEWED: 1,
    Template.PAYMENT_PENDING: 1,
    Template.ORDER_STATUS: 2,
    Template.BATCH_RECALLED: 1,
}
BY_HAND = frozenset(Template) - {Template.DELIVERY_CODE}
OF_RUNNING_ORDERS = frozenset(Template) - {Template.PAYMENT_PENDING}
"""Sent in spite of an opt-out: the customer waits for them, or (a recall) must know."""

WINDOW = timedelta(hours=24)
LOST_ANSWER = timedelta(minutes=2)
"""After a lost answer a status may still name our message: so long we wait before sending it again."""
SLOWLY = timedelta(minutes=1)
PAUSE = timedelta(minutes=30)
MAX_ATTEMPTS = 8
STOP_WORDS = frozenset({"stop", "unsubscribe", "opt out"})
TRACK_WORDS = frozenset({"track", "track order", "where is my order", "status"})

_RANK = {
    MessageStatus.QUEUED: 0,
    MessageStatus.SENDING: 1,
    MessageStatus.ACCEPTED: 2,
    MessageStatus.SENT: 3,
    MessageStatus.FAILED: 4,
    MessageStatus.DELIVERED: 5,
    MessageStatus.READ: 6,
}
"""Source: Meta, status webhook: with several devices a delivery can follow a failure, never the other way."""


def check_parameters(template: Template, count: int) -> None:
    """Raise Invalid for a number of parameters that the template has not."""
    if count != PARAMETERS[template]:
        raise Invalid(f"{template} takes {PARAMETERS[template]} parameters.", field="parameters")


def is_forward(now: MessageStatus, to: MessageStatus) -> bool:
    """Tell whether a status is news."""
    return now in _RANK and to in _RANK and _RANK[to] > _RANK[now]


def pause_after(attempts: int) -> timedelta:
    """Give how long a message waits after so many tries: 5, 10, 20 … seconds, at most an hour."""
    return timedelta(seconds=min(5 * 2 ** (attempts - 1), 3600))


def is_window_open(expires_at: datetime | None, at: datetime) -> bool:
    """Tell whether a text may be sent."""
    return expires_at is not None and at < expires_at


def plain(text: str) -> str:
    """Give what somebody typed in its plain form, for comparing with known words."""
    return " ".join(text.lower().strip(" .!?").split())
