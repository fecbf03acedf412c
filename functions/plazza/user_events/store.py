"""SQL of sessions, events and the daily counts made of them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from plazza.data.sql import Tx
from plazza.errors import NotFound
from plazza.user_events.models import EventView, SessionView, TrackedEvent


class Signal(NamedTuple):
    """What happened to a product on a day."""

    product_id: UUID
    day: date
    views: int
    cart_additions: int
    purchases: int


def upsert_session(tx: Tx, uid: str, session_id: str, platform: str, at: datetime) -> None:
    """Begin a session, or see it again; one that ended stays ended."""
    query = """
        INSERT INTO user_sessions (uid, id, platform, started_at, last_seen_at) VALUES (%(uid)s, %(id)s, %(platform)s, %(at)s, %(at)s)
        ON CONFLICT (uid, id) DO UPDATE SET last_seen_at = greatest(user_sessions.last_seen_at, excluded.last_seen_at)
         WHERE user_sessions.ended_at IS NULL"""
    tx.execute(query, {"uid": uid, "id": session_id, "platform": platform, "at": at})


def get_session(tx: Tx, uid: str, session_id: str) -> SessionView:
    """Give one of a person's sessions. Raises NotFound."""
    query = "SELECT id, platform, started_at, last_seen_at, ended_at FROM user_sessions WHERE uid = %s AND id = %s"
    session = tx.row(SessionView, query, (uid, session_id))
    if session is None:
        raise NotFound("No such session.")
    return session


def end_session(tx: Tx, uid: str, session_id: str, at: datetime) -> None:
    """End a session; one that ended keeps its end."""
    query = "UPDATE user_sessions SET ended_at = greatest(%s, started_at), last_seen_at = %s WHERE uid = %s AND id = %s AND ended_at IS NULL"
    tx.execute(query, (at, at, uid, session_id))


def end_idle_sessions(tx: Tx, before: datetime, limit: int) -> int:
    """End sessions in which nothing happened since an instant, at their last event."""
    query = """
        UPDATE user_sessions SET ended_at = last_seen_at WHERE (uid, id) IN
         (SELECT uid, id FROM user_sessions WHERE ended_at IS NULL AND last_seen_at < %s ORDER BY last_seen_at, uid, id LIMIT %s)"""
    return tx.execute(query, (before, limit))


def list_sessions(tx: Tx, uid: str, after: tuple[datetime, str] | None, limit: int) -> list[SessionView]:
    """Give a person's sessions, newest first."""
    query = """
        SELECT id, platform, started_at, last_seen_at, ended_at FROM user_sessions
         WHERE uid = %(uid)s AND (%(at)s::TIMESTAMPTZ IS NULL OR (started_at, id) < (%(at)s, %(id)s))
         ORDER BY started_at DESC, id DESC LIMIT %(limit)s"""
    at, last = after or (None, None)
    return tx.rows(SessionView, query, {"uid": uid, "at": at, "id": last, "limit": limit})


def insert_events(tx: Tx, uid: str, events: Sequence[TrackedEvent], at: datetime) -> set[str]:
    """Insert events that are new; give their ids."""
    query = """
        INSERT INTO user_events (uid, id, session_id, name, product_id, order_id, query, happened_at, received_at)
        SELECT %s, id, session_id, name, product_id, order_id, query, happened_at, %s
          FROM unnest(%s::TEXT[], %s::TEXT[], %s::TEXT[], %s::UUID[], %s::UUID[], %s::TEXT[], %s::TIMESTAMPTZ[])
               AS new (id, session_id, name, product_id, order_id, query, happened_at)
        ON CONFLICT (uid, id) DO NOTHING RETURNING id"""
    columns = zip(
        *((e.id, e.session_id, e.name.value, e.product_id, e.order_id, e.query, e.at) for e in events), strict=True
    )
    return set(tx.values(query, (uid, at, *(list(column) for column in columns))))


def add_signals(tx: Tx, signals: Sequence[Signal]) -> None:
    """Add to the daily counts; each product and day is named once."""
    query = """
        INSERT INTO product_signals (product_id, day, views, cart_additions, purchases)
        SELECT product_id, day, views, cart_additions, purchases
          FROM unnest(%s::UUID[], %s::DATE[], %s::INT8[], %s::INT8[], %s::INT8[]) AS new (product_id, day, views, cart_additions, purchases)
         ORDER BY product_id, day
        ON CONFLICT (product_id, day) DO UPDATE SET views = product_signals.views + excluded.views,
           cart_additions = product_signals.cart_additions + excluded.cart_additions,
           purchases = product_signals.purchases + excluded.purchases"""
    tx.execute(query, tuple(list(column) for column in zip(*signals, strict=True)))


def list_signals(tx: Tx, since: date) -> list[Signal]:
    """Give every product's counts since a day."""
    query = """
        SELECT product_id, day, views, cart_additions, purchases FROM product_signals WHERE day >= %s ORDER BY product_id, day"""
    return tx.rows(Signal, query, (since,))


def list_events(tx: Tx, uid: str, session_id: str, after: tuple[datetime, str] | None, limit: int) -> list[EventView]:
    """Give the events of one of a person's sessions, oldest first."""
    query = """
        SELECT id, session_id, name, product_id, order_id, query, happened_at FROM user_events
         WHERE uid = %(uid)s AND session_id = %(session)s
           AND (%(at)s::TIMESTAMPTZ IS NULL OR (happened_at, id) > (%(at)s, %(id)s))
         ORDER BY happened_at, id LIMIT %(limit)s"""
    at, last = after or (None, None)
    return tx.rows(EventView, query, {"uid": uid, "session": session_id, "at": at, "id": last, "limit": limit})
