"""SQL of what people decided about payments that did not fit."""

from datetime import datetime
from uuid import UUID, uuid4

from plazza.data.sql import Tx
from plazza.identity import Caller
from plazza.payment.models import Decision, DecisionView


def insert_decision(tx: Tx, payment_id: UUID, decision: Decision, note: str, caller: Caller, at: datetime) -> None:
    """Keep what a person decided, and why."""
    query = """
        INSERT INTO payment_decisions (id, payment_id, decision, note, decided_by, created_at) VALUES (%s, %s, %s, %s, %s, %s)"""
    tx.send(query, (uuid4(), payment_id, decision, note, caller.uid, at))


def list_decisions(tx: Tx, payment_id: UUID) -> list[DecisionView]:
    """Give what was decided about a payment, oldest first."""
    query = """
        SELECT decision, note, decided_by, created_at FROM payment_decisions WHERE payment_id = %s
         ORDER BY created_at, id LIMIT 100"""
    return tx.rows(DecisionView, query, (payment_id,))
