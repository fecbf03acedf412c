"""The credit note's page. Source: CGST Act 2017, section 34; CGST Rules 2017, rule 53(1A) (its particulars)."""

from collections.abc import Sequence
from typing import NamedTuple

from plazza.money import Gst
from plazza.order.actions import paper
from plazza.order.actions.paper import Row
from plazza.order.models.changes import CreditLine
from plazza.order.rules.numbering import rupees, words
from plazza.order.rules.returning import SoldBatch
from plazza.order.store.credit_notes import CreditNote
from plazza.order.store.invoices import Invoice
from plazza.order.store.orders import Item, Order

_REASONS = {
    "unwanted": "not wanted",
    "damaged": "damaged",
    "wrong_item": "wrong item",
    "recalled": "recalled batch",
    "allowance": "price reduced",
}


class Sheet(NamedTuple):
    """All that a credit note says: the packs, or what is taken off them, at their shares of the invoice."""

    order: Order
    invoice: Invoice
    note: CreditNote
    lines: Sequence[CreditLine]
    items: Sequence[Item]
    batches: Sequence[SoldBatch]
    delivery_gst: Gst
    delivery_gst_bp: int


def write(sheet: Sheet) -> bytes:
    """Write a credit note as PDF: the same sheet gives the same bytes."""
    order, note, invoice = sheet.order, sheet.note, sheet.invoice
    pdf = paper.begin(f"Credit note {note.number}", note.issued_at)
    facts = (
        f"Against invoice {invoice.number}   {paper.day(invoice.issued_at)}\nOrder {order.number}   "
        f"{paper.day(order.created_at)}\nPlace of supply: state code {order.place_of_supply}\nReason: {_REASONS[note.reason]}"
    )
    name = f"Credit note {note.number}   {paper.day(note.issued_at)}"
    paper.write_heads(pdf, "Credit note", note.seller, name, facts, order.address)
    rows = [_row(line, sheet) for line in sheet.lines]
    if sum(sheet.delivery_gst):
        rows.append(paper.delivery_row(sheet.delivery_gst_bp, sheet.delivery_gst))
    paper.write_table(pdf, rows)
    total = f"Credit ₹{rupees(note.total_paise)}   including GST of ₹{rupees(note.tax_paise)}"
    paper.text(pdf, total, size=11, style="B")
    paper.text(pdf, f"{words(note.total_paise)}\nComputer-generated; valid without a signature.")
    return bytes(pdf.output())


def _row(line: CreditLine, sheet: Sheet) -> Row:
    item = next(item for item in sheet.items if item.line_no == line.line_no)
    expiries = {(batch.line_no, batch.batch_no): batch.expires_on for batch in sheet.batches}
    return Row(
        number=str(line.line_no),
        text=f"{line.name}\n{item.pack_label}; {item.manufacturer}",
        hsn=line.hsn,
        batch=f"{line.batch_no}  {expiries[line.line_no, line.batch_no]:%m/%Y}" if line.batch_no else "",
        quantity=str(line.quantity or ""),
        mrp=rupees(item.mrp_paise),
        price=rupees(line.price_paise),
        discount_paise=line.discount_paise,
        rate_bp=line.gst_bp,
        gst=Gst(line.taxable_paise, line.cgst_paise, line.sgst_paise, line.igst_paise),
        total_paise=line.total_paise,
    )
