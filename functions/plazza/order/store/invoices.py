"""Invoices: their numbers run without a gap within a store and a financial year."""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from psycopg.types.json import Jsonb

from plazza.clock import INDIA
from plazza.data.sql import Tx
from plazza.order.rules.numbering import financial_year, invoice_number
from plazza.order.store import stores


class Invoice(NamedTuple):
    """A row of `invoices`."""

    order_id: UUID
    store_id: UUID
    financial_year: str
    serial: int
    number: str
    seller: dict[str, str]
    issued_at: datetime


class SoldBatch(NamedTuple):
    """Packs of a batch that an order's line took."""

    line_no: int
    batch_no: str
    expires_on: date
    quantity: int


def issue(tx: Tx, order_id: UUID, store_id: UUID, at: datetime) -> None:
    """Give an order's invoice the store's next number; the counter is part of the transaction, so none is lost.

    Source: CGST Rules 2017, rule 46(b): a consecutive serial number of up to 16 characters, unique for a financial year.
    """
    store = stores.get_store(tx, store_id)
    seller = stores.seller(store)  # frozen: a licence renewed later is not this invoice's
    year = financial_year(at.astimezone(INDIA).date())
    query = """
        INSERT INTO invoice_counters (store_id, financial_year, last_serial) VALUES (%s, %s, 1)
        ON CONFLICT (store_id, financial_year) DO UPDATE SET last_serial = invoice_counters.last_serial + 1
        RETURNING last_serial"""
    serial: int = tx.value(query, (store_id, year))
    query = """
        INSERT INTO invoices (order_id, store_id, financial_year, serial, number, seller, issued_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s)"""
    number = invoice_number(store.code, year, serial)
    tx.send(query, (order_id, store_id, year, serial, number, Jsonb(seller), at))


def get_invoice(tx: Tx, order_id: UUID) -> Invoice | None:
    """Give an order's invoice, or None before it is issued."""
    query = """
        SELECT order_id, store_id, financial_year, serial, number, seller, issued_at FROM invoices WHERE order_id = %s"""
    return tx.row(Invoice, query, (order_id,))


def list_batches(tx: Tx, order_id: UUID) -> list[SoldBatch]:
    """Give the batches that an order's lines took, first expiring first."""
    query = """
        SELECT o.line_no, b.batch_no, b.expires_on, o.quantity
          FROM order_batches AS o JOIN inventory_batches AS b ON b.id = o.batch_id
         WHERE o.order_id = %s AND o.state = 'consumed' ORDER BY o.line_no, b.expires_on, b.id"""
    return tx.rows(SoldBatch, query, (order_id,))
