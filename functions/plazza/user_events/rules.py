"""When an event counts, and as what."""

from datetime import datetime, timedelta
from typing import Literal

from plazza.user_events.models import EventName

OLDEST = timedelta(hours=24)
AHEAD = timedelta(minutes=5)
IDLE = timedelta(minutes=30)

SIGNALS = {
    EventName.PRODUCT_VIEWED: "views",
    EventName.CART_ITEM_ADDED: "cart_additions",
    EventName.PURCHASE: "purchases",
}
"""Events that say something about a product, and the count they go into."""


def refusal(at: datetime, now: datetime) -> Literal["TOO_OLD", "IN_THE_FUTURE"] | None:
    """Say why an event of this instant is not taken, or None: phones' clocks may be off, but not by much."""
    if at < now - OLDEST:
        return "TOO_OLD"
    if at > now + AHEAD:
        return "IN_THE_FUTURE"
    return None
