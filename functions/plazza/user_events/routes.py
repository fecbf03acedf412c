"""Events and sessions over HTTP."""

from datetime import datetime

from plazza.data.sql import read
from plazza.errors import NotFound
from plazza.http import paging
from plazza.http.api import EVERYONE, Api
from plazza.identity import Caller
from plazza.schema import Page
from plazza.user_events import actions, store
from plazza.user_events.models import EventQuery, EventView, ListQuery, Recorded, SessionView, StartSession, TrackEvents

api = Api("user_events")

MAX_KEY = 64


@api.post("/events", roles=EVERYONE)
def track_events(caller: Caller, body: TrackEvents) -> Recorded:
    """Record a batch of events; sent again, they count once."""
    return actions.record(caller.uid, body.events)


@api.get("/events", roles=EVERYONE)
def list_events(caller: Caller, query: EventQuery) -> Page[EventView]:
    """List the events of one of the caller's sessions, oldest first."""
    after = paging.decode(query.cursor, datetime.fromisoformat, str)
    last = (after[0], after[1]) if after else None
    rows = read(lambda tx: store.list_events(tx, caller.uid, query.session_id, last, query.limit + 1))
    return paging.page(rows, query.limit, lambda event: (event.happened_at.isoformat(), event.id))


@api.post("/sessions", roles=EVERYONE, status=201)
def start_session(caller: Caller, body: StartSession) -> SessionView:
    """Begin a session."""
    return actions.start_session(caller.uid, body)


@api.get("/sessions", roles=EVERYONE)
def list_sessions(caller: Caller, query: ListQuery) -> Page[SessionView]:
    """List the caller's sessions, newest first."""
    after = paging.decode(query.cursor, datetime.fromisoformat, str)
    last = (after[0], after[1]) if after else None
    rows = read(lambda tx: store.list_sessions(tx, caller.uid, last, query.limit + 1))
    return paging.page(rows, query.limit, lambda session: (session.started_at.isoformat(), session.id))


@api.get("/sessions/<session_id>", roles=EVERYONE)
def get_session(caller: Caller, session_id: str) -> SessionView:
    """Give one of the caller's sessions."""
    return read(lambda tx: store.get_session(tx, caller.uid, _checked(session_id)))


@api.post("/sessions/<session_id>/end", roles=EVERYONE)
def end_session(caller: Caller, session_id: str) -> SessionView:
    """End one of the caller's sessions."""
    return actions.end_session(caller.uid, _checked(session_id))


def _checked(session_id: str) -> str:
    if len(session_id) > MAX_KEY:
        raise NotFound("No such session.")
    return session_id
