"""Which messages there are, when one may go, and how long it waits after a failure."""

import re
from datetime import datetime, timedelta

from plazza.clock import INDIA
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
REST = timedelta(hours=1)
"""What Meta asks of a number that was reported as spam."""
MAX_AGE = timedelta(hours=24)
"""A message is tried for a day, however long WhatsApp is down; afterwards nobody needs it."""
CODE_1_TRIES = 3
STOP_WORDS = frozenset({"stop", "unsubscribe", "opt out"})
TRACK_WORDS = frozenset({"track", "track order", "where is my order", "status"})
_BROKEN = re.compile(r"[\n\r\t]| {5,}")
_BARE_CODE = re.compile(r"[0-9]{4,8}")

_RANK = {
    MessageStatus.QUEUED: 0,
    MessageStatus.FAILED: 0,  # ours: to be tried again
    MessageStatus.SENDING: 1,
    MessageStatus.ACCEPTED: 2,
    MessageStatus.SENT: 3,
    MessageStatus.DEAD: 4,
    MessageStatus.DELIVERED: 5,
    MessageStatus.READ: 6,
}
"""Source: Meta, status webhook: with several devices a delivery can follow a failure, never the other way."""


def check_parameters(template: Template, parameters: list[str]) -> None:
    """Raise Invalid for parameters that Meta would refuse the template with: another number, broken lines, a bare code."""
    if len(parameters) != PARAMETERS[template]:
        raise Invalid(f"{template} takes {PARAMETERS[template]} parameters.", field="parameters")
    for text in parameters:
        if not text.strip() or _BROKEN.search(text):
            raise Invalid("A parameter is one line of text, without tabs or many spaces.", field="parameters")
        if _BARE_CODE.fullmatch(text):
            raise Invalid("A code may only be sent by its own template.", field="parameters")


def is_forward(now: MessageStatus, to: MessageStatus) -> bool:
    """Tell whether a status is news."""
    return now in _RANK and to in _RANK and _RANK[to] > _RANK[now]


def can_fail(now: MessageStatus) -> bool:
    """Tell whether Meta's `failed` still says something new of a message."""
    return now in _RANK and _RANK[now] < _RANK[MessageStatus.DEAD]


def is_too_old(created_at: datetime, next_at: datetime) -> bool:
    """Tell whether a message would come too late to be of use."""
    return next_at > created_at + MAX_AGE


def clock_time(at: datetime) -> str:
    """Give an instant as people say it in India: 7:40 pm."""
    local = at.astimezone(INDIA)
    return f"{local.hour % 12 or 12}:{local.minute:02d} {'am' if local.hour < 12 else 'pm'}"


def pause_after(attempts: int) -> timedelta:
    """Give how long a message waits after so many tries: 5, 10, 20 … seconds, at most an hour."""
    return timedelta(seconds=min(5 * 2 ** min(max(0, attempts - 1), 20), 3600))


def is_window_open(expires_at: datetime | None, at: datetime) -> bool:
    """Tell whether a text may be sent."""
    return expires_at is not None and at < expires_at


def plain(text: str) -> str:
    """Give what somebody typed in its plain form, for comparing with known words."""
    return " ".join(text.lower().strip(" .!?").split())
