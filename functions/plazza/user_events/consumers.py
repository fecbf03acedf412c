"""What apps push into the live database while they have no API at hand."""

from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from plazza import logs
from plazza.user_events import actions
from plazza.user_events.models import TrackedEvent


def copy_event(uid: str, session_id: str, event_id: str, value: Any) -> None:
    """Record an event that an app pushed; what is no event is dropped, because nobody could answer it."""
    try:
        fields = dict(value) if isinstance(value, dict) else {}
        at = datetime.fromtimestamp(int(fields.pop("at")) / 1000, UTC)
        event = TrackedEvent.model_validate(fields | {"id": event_id, "session_id": session_id, "at": at})
    except (ValidationError, KeyError, ValueError, TypeError, OverflowError, OSError) as exc:
        logs.write("WARNING", "a pushed event is none", error_class=type(exc).__name__)
        return
    actions.record(uid, [event])
