"""SQL of messages, of who wants them, and of pauses."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from psycopg.types.json import Jsonb

from plazza.data.sql import Tx
from plazza.errors import NotFound
from plazza.whatsapp.models import NotificationView, Preferences


class Notification(NamedTuple):
    """A message's row."""

    id: UUID
    uid: str
    template: str
    subject: str
    parameters: list[str]
    status: str
    provider_message_id: str | None
    attempts: int
    created_at: datetime


def insert(
    tx: Tx, message_id: UUID, uid: str, template: str, subject: str, parameters: list[str], at: datetime
) -> bool:
    """Keep a message to be sent; False when the person has had it, or will."""
    query = """
        INSERT INTO notifications (id, uid, template, subject, parameters, status, next_attempt_at, created_at, updated_at)
        VALUES (%s, %s, %s, %s, %s, 'queued', %s, %s, %s) ON CONFLICT (uid, template, subject) DO NOTHING"""
    return tx.execute(query, (message_id, uid, template, subject, Jsonb(parameters), at, at, at)) == 1


def find(tx: Tx, message_id: UUID) -> Notification | None:
    """Give a message, or None."""
    query = """
        SELECT id, uid, template, subject, parameters, status, provider_message_id, attempts, created_at FROM notifications WHERE id = %s"""
    return tx.row(Notification, query, (message_id,))


def lock(tx: Tx, message_id: UUID) -> Notification | None:
    """Give a message and hold it, or None."""
    query = """
        SELECT id, uid, template, subject, parameters, status, provider_message_id, attempts, created_at
          FROM notifications WHERE id = %s FOR UPDATE"""
    return tx.row(Notification, query, (message_id,))


def find_by_provider_id(tx: Tx, provider_message_id: str) -> UUID | None:
    """Give our id of one of WhatsApp's."""
    return tx.value("SELECT id FROM notifications WHERE provider_message_id = %s", (provider_message_id,))


def get_view(tx: Tx, message_id: UUID) -> NotificationView:
    """Give a message as staff see it. Raises NotFound."""
    query = """
        SELECT id, uid, template, subject, status, attempts, error_code, created_at, updated_at FROM notifications WHERE id = %s"""
    found = tx.row(NotificationView, query, (message_id,))
    if found is None:
        raise NotFound("No such message.")
    return found


def find_same(tx: Tx, uid: str, template: str, subject: str) -> UUID | None:
    """Give the message that a person has of this template and subject."""
    return tx.value(
        "SELECT id FROM notifications WHERE uid = %s AND template = %s AND subject = %s", (uid, template, subject)
    )


def claim(tx: Tx, message_id: UUID, at: datetime, lease_until: datetime) -> Notification | None:
    """Take a message that is due to be sent; None when somebody else has it, or it has gone."""
    query = """
        UPDATE notifications SET status = 'sending', attempts = attempts + 1, next_attempt_at = %s, updated_at = %s
         WHERE id = %s AND status IN ('queued', 'sending', 'failed') AND next_attempt_at <= %s
        RETURNING id, uid, template, subject, parameters, status, provider_message_id, attempts, created_at"""
    return tx.row(Notification, query, (lease_until, at, message_id, at))


def set_status(
    tx: Tx, message_id: UUID, status: str, at: datetime, *, provider_id: str | None = None, error: str | None = None,
    next_at: datetime | None = None,
) -> None:  # fmt: skip
    """Move a message."""
    query = """
        UPDATE notifications SET status = %s, provider_message_id = coalesce(%s, provider_message_id), error_code = %s,
               next_attempt_at = coalesce(%s, next_attempt_at), updated_at = %s
         WHERE id = %s"""
    tx.execute(query, (status, provider_id, error, next_at, at, message_id))


def list_due(tx: Tx, at: datetime, limit: int) -> list[UUID]:
    """Give messages that are to be sent (again) now."""
    query = """
        SELECT id FROM notifications WHERE status IN ('queued', 'sending', 'failed') AND next_attempt_at <= %s
         ORDER BY next_attempt_at, id LIMIT %s"""
    return tx.values(query, (at, limit))


def list_settled(tx: Tx, ids: list[UUID]) -> list[UUID]:
    """Give those of these messages that nobody is going to send (again)."""
    query = """
        SELECT id FROM notifications WHERE id = ANY(%s) AND status NOT IN ('queued', 'sending', 'failed') ORDER BY id"""
    return tx.values(query, (ids,))


def get_pause(tx: Tx, scopes: list[str], at: datetime) -> datetime | None:
    """Give until when any of these is paused, or None."""
    return tx.value("SELECT max(until_at) FROM whatsapp_pauses WHERE scope = ANY(%s) AND until_at > %s", (scopes, at))


def set_pause(tx: Tx, scope: str, until: datetime, error: str) -> None:
    """Send nothing of a scope (`all`, or a template) until an instant."""
    query = """
        INSERT INTO whatsapp_pauses (scope, until_at, error_code) VALUES (%s, %s, %s)
        ON CONFLICT (scope) DO UPDATE SET until_at = excluded.until_at, error_code = excluded.error_code"""
    tx.execute(query, (scope, until, error))


def get_preferences(tx: Tx, uid: str) -> Preferences:
    """Give what a person wants; without a word from them, everything."""
    query = "SELECT whatsapp_opted_out, language FROM notification_preferences WHERE uid = %s"
    return tx.row(Preferences, query, (uid,)) or Preferences(whatsapp_opted_out=False)


def set_preferences(tx: Tx, uid: str, preferences: Preferences, at: datetime) -> None:
    """Write what a person wants."""
    query = """
        INSERT INTO notification_preferences (uid, whatsapp_opted_out, language, updated_at) VALUES (%s, %s, %s, %s)
        ON CONFLICT (uid) DO UPDATE SET whatsapp_opted_out = excluded.whatsapp_opted_out, language = excluded.language,
           updated_at = excluded.updated_at"""
    tx.execute(query, (uid, preferences.whatsapp_opted_out, preferences.language, at))
