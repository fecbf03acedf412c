"""Credit notes: their numbers run without a gap within a store and a financial year, each but the first naming the one before."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from psycopg.types.json import Jsonb

from plazza.clock import INDIA
from plazza.data.sql import Tx
from plazza.errors import NotFound
from plazza.order.models.changes import CreditReason
from plazza.order.rules.numbering import credit_note_number, financial_year
from plazza.order.store import stores


class CreditNote(NamedTuple):
    """A row of `credit_notes`."""

    id: UUID
    order_id: UUID
    number: str
    seller: dict[str, str]
    reason: CreditReason
    note: str | None
    tax_paise: int
    total_paise: int
    issued_at: datetime


class NewNote(NamedTuple):
    """What a credit note says beside its number and its seller."""

    id: UUID
    order_id: UUID
    store_id: UUID
    reason: CreditReason
    note: str | None
    tax_paise: int
    total_paise: int
    issued_by: str
    issued_at: datetime
    refund_id: UUID | None = None


_NOTES = """
        SELECT id, order_id, number, seller, reason, note, tax_paise, total_paise, issued_at FROM credit_notes"""


def issue(tx: Tx, note: NewNote) -> CreditNote:
    """Issue a credit note under the store's next number; the counter is part of the transaction, so none is lost.

    Source: CGST Act 2017, section 34; CGST Rules 2017, rule 53(1A): a consecutive serial number, unique for a financial year.
    """
    store = stores.get_store(tx, note.store_id)
    year = financial_year(note.issued_at.astimezone(INDIA).date())
    query = """
        INSERT INTO credit_note_counters (store_id, financial_year, last_serial) VALUES (%s, %s, 1)
        ON CONFLICT (store_id, financial_year) DO UPDATE SET last_serial = credit_note_counters.last_serial + 1
        RETURNING last_serial"""
    serial: int = tx.value(query, (note.store_id, year))
    number, seller = credit_note_number(store.code, year, serial), stores.seller(store)
    query = """
        INSERT INTO credit_notes (id, order_id, store_id, financial_year, serial, previous_serial, number, seller, reason, note,
                                  tax_paise, total_paise, issued_by, issued_at, refund_id)
        VALUES (%(id)s, %(order_id)s, %(store_id)s, %(year)s, %(serial)s, %(previous)s, %(number)s, %(seller)s, %(reason)s, %(note)s,
                %(tax_paise)s, %(total_paise)s, %(issued_by)s, %(issued_at)s, %(refund_id)s)"""
    numbers = {"year": year, "serial": serial, "previous": serial - 1 or None, "number": number}
    tx.send(query, note._asdict() | numbers | {"seller": Jsonb(seller)})
    return CreditNote(
        note.id, note.order_id, number, seller, note.reason, note.note, note.tax_paise, note.total_paise, note.issued_at
    )


def get_note(tx: Tx, note_id: UUID) -> CreditNote:
    """Give a credit note. Raises NotFound."""
    note = tx.row(CreditNote, _NOTES + " WHERE id = %s", (note_id,))
    if note is None:
        raise NotFound("No such credit note.")
    return note


def list_notes(tx: Tx, order_id: UUID) -> list[CreditNote]:
    """Give an order's credit notes, oldest first."""
    return tx.rows(CreditNote, _NOTES + " WHERE order_id = %s ORDER BY issued_at, id", (order_id,))
