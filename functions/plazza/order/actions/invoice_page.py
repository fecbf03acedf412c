"""The invoice's page. Source: CGST Rules 2017, rule 46 (its particulars); Drugs Rules 1945, rule 65 (maker, batch, expiry, licence)."""

from collections.abc import Sequence
from typing import NamedTuple

from plazza.money import Gst
from plazza.order.actions import paper
from plazza.order.actions.paper import Row
from plazza.order.rules.numbering import rupees, words
from plazza.order.store.invoices import Invoice, SoldBatch
from plazza.order.store.orders import Item, Order


class Sheet(NamedTuple):
    """All that an invoice says; the order's rows were frozen when it was placed, the seller when it was issued."""

    order: Order
    invoice: Invoice
    items: Sequence[Item]
    batches: Sequence[SoldBatch]
    delivery_gst: Gst
    delivery_gst_bp: int
    prescriber: str | None


def write(sheet: Sheet) -> bytes:
    """Write an invoice as PDF: the same sheet gives the same bytes."""
    order, invoice = sheet.order, sheet.invoice
    pdf = paper.begin(f"Tax invoice {invoice.number}", invoice.issued_at)
    name = f"Invoice {invoice.number}   {paper.day(invoice.issued_at)}"
    facts = f"Order {order.number}   {paper.day(order.created_at)}\nPlace of supply: state code {order.place_of_supply}"
    paper.write_heads(pdf, "Tax invoice", invoice.seller, name, facts, order.address)
    rows = [_row(item, sheet) for item in sheet.items]
    if order.delivery_paise:
        rows.append(paper.delivery_row(sheet.delivery_gst_bp, sheet.delivery_gst))
    paper.write_table(pdf, rows)
    total = f"Total ₹{rupees(order.total_paise)}   including GST of ₹{rupees(order.tax_paise)}"
    paper.text(pdf, total, size=11, style="B")
    paid = "Cash on delivery" if order.payment_method == "cod" else "Paid online"
    prescription = f"   Prescription {order.prescription_id}" if sheet.prescriber else ""
    foot = f"{words(order.total_paise)}\n{paid}{prescription}\nReverse charge: no. Computer-generated; valid without a signature."
    paper.text(pdf, foot)
    return bytes(pdf.output())


def _row(item: Item, sheet: Sheet) -> Row:
    schedule = "" if item.schedule == "none" else f" (Schedule {item.schedule})"
    prescriber = f"\nPrescriber {sheet.prescriber}" if item.prescription_required and sheet.prescriber else ""
    return Row(
        number=str(item.line_no),
        text=f"{item.name}{schedule}\n{item.pack_label}; {item.manufacturer}{prescriber}",
        hsn=item.hsn,
        batch="\n".join(_batch(batch) for batch in sheet.batches if batch.line_no == item.line_no),
        quantity=str(item.quantity),
        mrp=rupees(item.mrp_paise),
        price=rupees(item.price_paise),
        discount_paise=item.discount_paise,
        rate_bp=item.gst_bp,
        gst=Gst(item.taxable_paise, item.cgst_paise, item.sgst_paise, item.igst_paise),
        total_paise=item.total_paise,
    )


def _batch(batch: SoldBatch) -> str:
    return f"{batch.batch_no}  {batch.expires_on:%m/%Y}  x {batch.quantity}"
