"""Tax papers: read from the frozen order, written as PDF, kept in Storage."""

from typing import NamedTuple
from uuid import UUID

from plazza.catalogue.store import prescriptions
from plazza.data import files
from plazza.data.sql import Tx, read
from plazza.errors import Conflict, NotFound
from plazza.identity import Caller, Role
from plazza.order.actions import credit_page, invoice_page, returns
from plazza.order.rules import shares
from plazza.order.store import credit_notes, invoices, orders, units
from plazza.order.store.invoices import Invoice
from plazza.order.store.orders import Item, Order

_EVERYTHING = Caller("system", Role.ADMIN)


class TaxPaper(NamedTuple):
    """An invoice or a credit note as a file; the same bytes each time it is written."""

    number: str
    content: bytes


def read_invoice(order_id: UUID, caller: Caller) -> TaxPaper:
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


def read_credit_note(order_id: UUID, note_id: UUID, caller: Caller) -> TaxPaper:
    """Give a credit note of an order that the caller may see. Raises NotFound."""

    def work(tx: Tx) -> credit_page.Sheet:
        order = orders.get_order(tx, order_id, caller)
        sheet = _credit_sheet(tx, order, note_id)
        if sheet.note.order_id != order_id:
            raise NotFound("No such credit note.")
        return sheet

    sheet = read(work)
    return TaxPaper(sheet.note.number, credit_page.write(sheet))


def keep_credit_note(note_id: UUID) -> None:
    """Keep a credit note in Storage beside its invoice. Safe to repeat. Raises NotFound, Unavailable."""

    def work(tx: Tx) -> credit_page.Sheet:
        order = orders.get_order(tx, credit_notes.get_note(tx, note_id).order_id, _EVERYTHING)
        return _credit_sheet(tx, order, note_id)

    sheet = read(work)
    path = f"invoices/{sheet.order.uid}/{sheet.order.id}-{sheet.note.number}.pdf"
    files.write_bytes(path, credit_page.write(sheet), "application/pdf")


def _write(order: Order, invoice: Invoice) -> TaxPaper:
    def work(tx: Tx) -> invoice_page.Sheet:
        items, batches = orders.list_items(tx, order.id), invoices.list_batches(tx, order.id)
        sold = shares.add_up(unit for unit in units.list_units(tx, order, items) if unit.state != "dropped")
        rate = units.delivery_rate(order, items)
        return invoice_page.Sheet(order, invoice, items, batches, sold.fee_gst, rate, _prescriber(tx, order, items))

    return TaxPaper(invoice.number, invoice_page.write(read(work)))


def _prescriber(tx: Tx, order: Order, items: list[Item]) -> str | None:
    """Name who prescribed the lines that need it. Source: Drugs Rules 1945, rule 65(3)."""
    if order.prescription_id is None or not any(item.prescription_required for item in items):
        return None
    paper = prescriptions.get_prescription(tx, order.prescription_id, seen_by=_EVERYTHING)
    return ", registration ".join(part for part in (paper.prescriber_name, paper.prescriber_registration) if part)


def _credit_sheet(tx: Tx, order: Order, note_id: UUID) -> credit_page.Sheet:
    note, invoice = credit_notes.get_note(tx, note_id), invoices.get_invoice(tx, order.id)
    if invoice is None:
        raise NotFound("No such credit note.")
    goods = returns.read_goods(tx, order)
    fee = shares.add_up(returns.units_of(note, goods)).fee_gst
    lines, rate = returns.view(note, goods).lines, units.delivery_rate(order, goods.items)
    return credit_page.Sheet(order, invoice, note, lines, goods.items, goods.batches, fee, rate)
