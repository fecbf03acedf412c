"""SQL of a payment's timeline."""

from datetime import datetime
from uuid import UUID, uuid4

from plazza.data.sql import Tx
from plazza.payment.models import MoneyEvent


def insert_event(
    tx: Tx, payment_id: UUID, kind: str, amount_paise: int | None, source: str, detail: str | None, at: datetime
) -> None:
    """Add a line to a payment's timeline."""
    query = """
        INSERT INTO payment_events (id, payment_id, kind, amount_paise, source, detail, created_at) VALUES (%s, %s, %s, %s, %s, %s, %s)"""
    tx.send(query, (uuid4(), payment_id, kind, amount_paise, source, detail, at))


def list_events(tx: Tx, payment_id: UUID) -> list[MoneyEvent]:
    """Give a payment's timeline, oldest first."""
    query = """
        SELECT kind, amount_paise, source, detail, created_at FROM payment_events WHERE payment_id = %s
         ORDER BY created_at, id LIMIT 500"""
    return tx.rows(MoneyEvent, query, (payment_id,))
