"""Tax invoices: read from the frozen order, written as PDF, kept in Storage."""

from typing import NamedTuple
from uuid import UUID

from plazza.data import files
from plazza.data.sql import Tx, read
from plazza.errors import Conflict
from plazza.identity import Caller
from plazza.order.actions import invoice_page
from plazza.order.rules import shares
from plazza.order.store import invoices, orders, units
from plazza.order.store.invoices import Invoice
from plazza.order.store.orders import Order


class InvoiceFile(NamedTuple):
    """An invoice as a file; the same bytes each time it is written."""

    number: str
    content: bytes


def read_invoice(order_id: UUID, caller: Caller) -> InvoiceFile:
    """Give the invoice of an order that the caller may see. Raises NotFound, or Conflict before the parcel left the store."""
    order = read(lambda tx: orders.get_order(tx, order_id, caller))
    invoice = read(lambda tx: invoices.get_invoice(tx, order_id))
    if invoice is None:
        raise Conflict(
            "The invoice is issued when the parcel leaves the store.", reason="NOT_ISSUED", status=order.status
        )
    return _write(order, invoice)


def keep(order_id: UUID) -> None:
    """Keep an issued invoice in Storage, where its customer can read it. Safe to repeat. Raises Unavailable."""
    order = read(lambda tx: orders.find_order(tx, order_id))
    invoice = read(lambda tx: invoices.get_invoice(tx, order_id))
    if order is not None and invoice is not None:
        content = _write(order, invoice).content
        files.write_bytes(f"invoices/{order.uid}/{order.id}.pdf", content, "application/pdf")


def _write(order: Order, invoice: Invoice) -> InvoiceFile:
    def work(tx: Tx) -> invoice_page.Sheet:
        items, batches = orders.list_items(tx, order.id), invoices.list_batches(tx, order.id)
        sold = shares.add_up(unit for unit in units.list_units(tx, order, items) if unit.state != "dropped")
        return invoice_page.Sheet(order, invoice, items, batches, sold.fee_gst, units.delivery_rate(order, items))

    return InvoiceFile(invoice.number, invoice_page.write(read(work)))
