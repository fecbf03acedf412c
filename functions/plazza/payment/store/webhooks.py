"""SQL of Razorpay's stored webhooks."""

from datetime import datetime
from typing import NamedTuple

from plazza.data.sql import Tx


class StoredWebhook(NamedTuple):
    """A webhook as it came."""

    kind: str
    body: str
    status: str
    received_at: datetime


def insert_webhook(tx: Tx, event_id: str, kind: str, body: str, at: datetime) -> bool:
    """Keep a webhook; False when it was here before."""
    query = """
        INSERT INTO webhook_events (provider, event_id, kind, body, received_at) VALUES ('razorpay', %s, %s, %s, %s)
        ON CONFLICT (provider, event_id) DO NOTHING"""
    return tx.execute(query, (event_id, kind, body, at)) == 1


def get_webhook(tx: Tx, event_id: str) -> StoredWebhook | None:
    """Give a stored webhook."""
    query = "SELECT kind, body, status, received_at FROM webhook_events WHERE provider = 'razorpay' AND event_id = %s"
    return tx.row(StoredWebhook, query, (event_id,))


def set_webhook(tx: Tx, event_id: str, status: str, at: datetime) -> bool:
    """Mark a webhook as processed or ignored; False when it was marked before."""
    query = """
        UPDATE webhook_events SET status = %s, processed_at = %s
         WHERE provider = 'razorpay' AND event_id = %s AND status = 'stored'"""
    return tx.execute(query, (status, at, event_id)) == 1
