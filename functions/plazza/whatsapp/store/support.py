"""SQL of contacts, conversations and stored webhooks."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid4

from plazza.data.sql import Tx
from plazza.errors import NotFound
from plazza.whatsapp.models import SupportMessage, ThreadSummary


class Contact(NamedTuple):
    """Somebody who wrote to us; the phone may be unknown."""

    contact_id: str
    phone: str | None
    uid: str | None
    window_expires_at: datetime | None


class Thread(NamedTuple):
    """A conversation with whom it is."""

    id: UUID
    contact_id: str
    status: str
    phone: str | None
    window_expires_at: datetime | None


def insert_webhook(tx: Tx, event_id: str, body: str, at: datetime) -> bool:
    """Keep a webhook; False when it was here before."""
    query = """
        INSERT INTO webhook_events (provider, event_id, kind, body, received_at) VALUES ('whatsapp', %s, 'messages', %s, %s)
        ON CONFLICT (provider, event_id) DO NOTHING"""
    return tx.execute(query, (event_id, body, at)) == 1


def get_webhook(tx: Tx, event_id: str) -> str | None:
    """Give a stored webhook that is still to be worked on."""
    query = "SELECT body FROM webhook_events WHERE provider = 'whatsapp' AND event_id = %s AND status = 'stored'"
    return tx.value(query, (event_id,))


def set_webhook_done(tx: Tx, event_id: str, at: datetime) -> None:
    """Mark a webhook as worked on, and forget what people wrote in it."""
    query = "UPDATE webhook_events SET status = 'processed', body = '', processed_at = %s WHERE provider = 'whatsapp' AND event_id = %s"
    tx.execute(query, (at, event_id))


def upsert_contact(tx: Tx, contact_id: str, phone: str | None, uid: str | None, window: datetime, at: datetime) -> None:
    """Know somebody who wrote, and that texts may be sent for a day."""
    if phone is not None:
        # A number may move to another person: it belongs to whoever writes from it now.
        tx.execute(
            "UPDATE whatsapp_contacts SET phone = NULL WHERE phone = %s AND contact_id <> %s", (phone, contact_id)
        )
    query = """
        INSERT INTO whatsapp_contacts (contact_id, phone, uid, window_expires_at, updated_at) VALUES (%s, %s, %s, %s, %s)
        ON CONFLICT (contact_id) DO UPDATE SET phone = coalesce(excluded.phone, whatsapp_contacts.phone),
           uid = coalesce(excluded.uid, whatsapp_contacts.uid),
           window_expires_at = greatest(whatsapp_contacts.window_expires_at, excluded.window_expires_at),
           updated_at = excluded.updated_at"""
    tx.execute(query, (contact_id, phone, uid, window, at))


def get_window(tx: Tx, phone: str) -> datetime | None:
    """Give until when a number may be sent texts, or None."""
    return tx.value("SELECT window_expires_at FROM whatsapp_contacts WHERE phone = %s", (phone,))


def get_contact(tx: Tx, contact_id: str) -> Contact | None:
    """Give somebody who wrote."""
    query = "SELECT contact_id, phone, uid, window_expires_at FROM whatsapp_contacts WHERE contact_id = %s"
    return tx.row(Contact, query, (contact_id,))


def open_thread(tx: Tx, contact_id: str, at: datetime) -> UUID:
    """Give a contact's open conversation; without one a new one begins."""
    query = """
        INSERT INTO support_threads (id, contact_id, status, created_at, updated_at) VALUES (%s, %s, 'open', %s, %s)
        ON CONFLICT (contact_id) WHERE status = 'open' DO UPDATE SET updated_at = excluded.updated_at RETURNING id"""
    return tx.value(query, (uuid4(), contact_id, at, at))


def insert_message(
    tx: Tx, message_id: str, thread_id: UUID, direction: str, body: str, author: str | None, status: str, at: datetime
) -> bool:
    """Add a message to a conversation; False when it is there."""
    query = """
        INSERT INTO support_messages (id, thread_id, direction, body, author_uid, status, created_at, updated_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (id) DO NOTHING"""
    return tx.execute(query, (message_id, thread_id, direction, body, author, status, at, at)) == 1


def claim_message(tx: Tx, message_id: str, at: datetime, untouched_since: datetime) -> bool:
    """Take one of our messages to send it again; False when it is sent, or somebody sends it just now."""
    query = """
        UPDATE support_messages SET status = 'sending', updated_at = %s
         WHERE id = %s AND status IN ('sending', 'failed') AND updated_at < %s"""
    return tx.execute(query, (at, message_id, untouched_since)) == 1


def get_message_status(tx: Tx, message_id: str) -> str | None:
    """Give how far one of our messages is."""
    return tx.value("SELECT status FROM support_messages WHERE id = %s", (message_id,))


def set_message_status(tx: Tx, message_id: str, status: str, at: datetime) -> None:
    """Move one of our messages."""
    tx.execute("UPDATE support_messages SET status = %s, updated_at = %s WHERE id = %s", (status, at, message_id))


def get_thread(tx: Tx, thread_id: UUID) -> Thread:
    """Give a conversation. Raises NotFound."""
    query = """
        SELECT t.id, t.contact_id, t.status, c.phone, c.window_expires_at
          FROM support_threads AS t JOIN whatsapp_contacts AS c ON c.contact_id = t.contact_id WHERE t.id = %s"""
    thread = tx.row(Thread, query, (thread_id,))
    if thread is None:
        raise NotFound("No such conversation.")
    return thread


def get_summary(tx: Tx, thread_id: UUID) -> ThreadSummary:
    """Give a conversation as the inbox shows it. Raises NotFound."""
    query = """
        SELECT t.id, t.status, c.uid, c.window_expires_at AS can_reply_until, t.updated_at
          FROM support_threads AS t JOIN whatsapp_contacts AS c ON c.contact_id = t.contact_id WHERE t.id = %s"""
    found = tx.row(ThreadSummary, query, (thread_id,))
    if found is None:
        raise NotFound("No such conversation.")
    return found


def list_threads(tx: Tx, status: str, after: tuple[datetime, UUID] | None, limit: int) -> list[ThreadSummary]:
    """Give conversations, latest first."""
    query = """
        SELECT t.id, t.status, c.uid, c.window_expires_at AS can_reply_until, t.updated_at
          FROM support_threads AS t JOIN whatsapp_contacts AS c ON c.contact_id = t.contact_id
         WHERE t.status = %(status)s AND (%(at)s::TIMESTAMPTZ IS NULL OR (t.updated_at, t.id) < (%(at)s, %(id)s))
         ORDER BY t.updated_at DESC, t.id DESC LIMIT %(limit)s"""
    at, last = after or (None, None)
    return tx.rows(ThreadSummary, query, {"status": status, "at": at, "id": last, "limit": limit})


def list_messages(tx: Tx, thread_id: UUID) -> list[SupportMessage]:
    """Give a conversation's messages, oldest first."""
    query = """
        SELECT id, direction, body, status, created_at FROM support_messages WHERE thread_id = %s ORDER BY created_at, id LIMIT 500"""
    return tx.rows(SupportMessage, query, (thread_id,))


def close_thread(tx: Tx, thread_id: UUID, at: datetime) -> None:
    """End a conversation; the next message begins a new one."""
    tx.execute("UPDATE support_threads SET status = 'closed', updated_at = %s WHERE id = %s", (at, thread_id))
