"""The only reader of the time: everything else is given an instant."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

INDIA = ZoneInfo("Asia/Kolkata")
"""Dates that the law or a customer sees (expiry, validity, financial year) are India's."""


def now() -> datetime:
    """Give the present instant, in UTC with its zone."""
    return datetime.now(UTC)


def today() -> date:
    """Give the present date in India."""
    return now().astimezone(INDIA).date()
