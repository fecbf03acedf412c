"""Bodies and answers about what people do in the apps."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from plazza.schema import Instant, Limit, Model, Text

Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Platform = Literal["web", "ios", "android"]


class EventName(StrEnum):
    """What may be tracked."""

    SEARCH_PERFORMED = "search_performed"
    PRODUCT_VIEWED = "product_viewed"
    CART_ITEM_ADDED = "cart_item_added"
    CART_ITEM_REMOVED = "cart_item_removed"
    CHECKOUT_STARTED = "checkout_started"
    PURCHASE = "purchase"


class TrackedEvent(Model):
    """One event; its id is the app's own, and the same id counts once."""

    id: Key
    session_id: Key
    name: EventName
    at: Instant
    product_id: UUID | None = None
    order_id: UUID | None = None
    query: Annotated[Text, Field(min_length=1, max_length=200)] | None = None
    platform: Platform | None = None


class TrackEvents(Model):
    """A batch of events."""

    events: Annotated[list[TrackedEvent], Field(min_length=1, max_length=500)]


class Refused(Model):
    """An event that was not taken, and why."""

    id: str
    reason: Literal["TOO_OLD", "IN_THE_FUTURE"]


class Recorded(Model):
    """What became of a batch."""

    recorded: int
    duplicates: int
    refused: list[Refused]


class StartSession(Model):
    """A session begins; an app that was offline may bring its own id."""

    platform: Platform
    id: Key | None = None


class SessionView(Model):
    """A session; `ended_at` is null while it goes on."""

    id: str
    platform: Platform
    started_at: Instant
    last_seen_at: Instant
    ended_at: Instant | None


class EventView(Model):
    """An event as it was recorded."""

    id: str
    session_id: str
    name: EventName
    product_id: UUID | None
    order_id: UUID | None
    query: str | None
    happened_at: Instant


class ListQuery(Model):
    """A page of a list."""

    limit: Limit = 50
    cursor: str | None = None


class EventQuery(ListQuery):
    """Which events to list: those of one session."""

    session_id: Key
