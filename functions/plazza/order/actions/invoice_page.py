"""The invoice's page. Source: CGST Rules 2017, rule 46 (its particulars); Drugs Rules 1945, rule 65 (maker, batch, expiry, licence)."""

from collections.abc import Container, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from plazza.clock import INDIA
from plazza.money import Gst
from plazza.order.rules.numbering import rupees
from plazza.order.store.invoices import Invoice, SoldBatch
from plazza.order.store.orders import Item, Order

if TYPE_CHECKING:
    from fpdf import FPDF

FONTS = Path(__file__).parent.parent / "fonts"
DELIVERY_SAC = "9968"
_HEADS = ("#", "Product", "HSN", "Batch, expiry", "Qty", "MRP", "Price", "Discount", "Taxable", "GST %", "CGST", "SGST", "IGST", "Total")  # fmt: skip
_WIDTHS = (7, 62, 18, 38, 10, 18, 18, 17, 20, 12, 17, 17, 17, 22)


class Sheet(NamedTuple):
    """All that an invoice says; the order's rows were frozen when it was placed, the seller when it was issued."""

    order: Order
    invoice: Invoice
    items: Sequence[Item]
    batches: Sequence[SoldBatch]
    delivery_gst: Gst
    delivery_gst_bp: int


def write(sheet: Sheet) -> bytes:
    """Write an invoice as PDF: the same sheet gives the same bytes."""
    # fpdf2 takes 0.2 s and 21 MB: only who writes an invoice pays for it.
    from fpdf import FPDF  # noqa: PLC0415

    pdf = FPDF(orientation="landscape", format="A4")
    pdf.set_creation_date(sheet.invoice.issued_at)
    pdf.set_title(f"Tax invoice {sheet.invoice.number}")
    pdf.set_margin(8)
    pdf.set_auto_page_break(auto=True, margin=12)
    pdf.add_font("dejavu", fname=FONTS / "DejaVuSans.ttf")
    pdf.add_font("dejavu", "B", FONTS / "DejaVuSans-Bold.ttf")
    pdf.add_page()
    _write_head(pdf, sheet)
    _write_lines(pdf, sheet)
    _write_foot(pdf, sheet)
    return bytes(pdf.output())


def _write_head(pdf: "FPDF", sheet: Sheet) -> None:
    order, invoice, seller = sheet.order, sheet.invoice, sheet.invoice.seller
    _text(pdf, "Tax invoice", size=15, style="B", height=8)
    top = pdf.get_y()
    _text(pdf, seller["name"], size=10, style="B", width=138)
    _text(
        pdf,
        f"{seller['address']}, {seller['city']}, {seller['state']} {seller['pincode']}\nPhone {seller['phone']}\n"
        f"GSTIN {seller['gstin']}   State code {seller['state_code']}\nDrug licence {seller['drug_licence']}\n"
        f"Pharmacist {seller['pharmacist_name']}, registration {seller['pharmacist_registration']}",
        width=138,
    )
    bottom = pdf.get_y()
    pdf.set_y(top)
    to = order.address
    lines = [", ".join(str(to[part]) for part in parts if to.get(part)) for parts in _ADDRESS]
    _text(pdf, f"Invoice {invoice.number}   {_day(invoice.issued_at)}", size=10, style="B", left=150, width=138)
    _text(
        pdf,
        f"Order {order.number}   {_day(order.created_at)}\nPlace of supply: state code {order.place_of_supply}\nDelivered to: "
        + "\n".join(line for line in lines if line),
        left=150,
        width=138,
    )
    pdf.set_y(max(bottom, pdf.get_y()) + 3)


_ADDRESS = (("recipient",), ("line1", "line2", "landmark"), ("area", "city", "state", "pincode"))


def _write_lines(pdf: "FPDF", sheet: Sheet) -> None:
    pdf.set_font("dejavu", size=7)
    aligns = ("RIGHT", "LEFT", "LEFT", "LEFT", *["RIGHT"] * 10)
    with pdf.table(col_widths=_WIDTHS, text_align=aligns, line_height=4, padding=0.7, repeat_headings=1) as table:
        for cells in [_HEADS, *map(_cells, _rows(sheet))]:
            row = table.row()
            for cell in cells:
                row.cell(_printable(pdf, cell))


class _Row(NamedTuple):
    """A row of the table; empty texts stand where a delivery charge or the sum has nothing to say."""

    number: str
    text: str
    hsn: str
    batch: str
    quantity: str
    mrp: str
    price: str
    discount_paise: int
    rate_bp: int | None
    gst: Gst
    total_paise: int


def _rows(sheet: Sheet) -> list[_Row]:
    rows: list[_Row] = []
    for item in sheet.items:
        gst = Gst(item.taxable_paise, item.cgst_paise, item.sgst_paise, item.igst_paise)
        schedule = "" if item.schedule == "none" else f" (Schedule {item.schedule})"
        rows.append(
            _Row(
                number=str(item.line_no),
                text=f"{item.name}{schedule}\n{item.pack_label}; {item.manufacturer}",
                hsn=item.hsn,
                batch="\n".join(_batch(batch) for batch in sheet.batches if batch.line_no == item.line_no),
                quantity=str(item.quantity),
                mrp=rupees(item.mrp_paise),
                price=rupees(item.price_paise),
                discount_paise=item.discount_paise,
                rate_bp=item.gst_bp,
                gst=gst,
                total_paise=item.total_paise,
            )
        )
    charge = _delivery_row(sheet)
    parts = [*rows, charge] if charge else rows
    gsts = [row.gst for row in parts]
    total = Gst(*(sum(values) for values in zip(*gsts, strict=True)))
    discount = sum(row.discount_paise for row in parts)
    return [*parts, _Row("", "Total in ₹", "", "", "", "", "", discount, None, total, sheet.order.total_paise)]


def _delivery_row(sheet: Sheet) -> _Row | None:
    charge = sheet.order.delivery_paise
    if charge == 0:
        return None
    rate = sheet.delivery_gst_bp
    return _Row("", "Delivery charge", DELIVERY_SAC, "", "", "", rupees(charge), 0, rate, sheet.delivery_gst, charge)


def _cells(row: _Row) -> tuple[str, ...]:
    rate = "" if row.rate_bp is None else f"{row.rate_bp // 100}.{row.rate_bp % 100:02d}"
    return (
        row.number,
        row.text,
        row.hsn,
        row.batch,
        row.quantity,
        row.mrp,
        row.price,
        rupees(row.discount_paise),
        rupees(row.gst.taxable_paise),
        rate,
        rupees(row.gst.cgst_paise),
        rupees(row.gst.sgst_paise),
        rupees(row.gst.igst_paise),
        rupees(row.total_paise),
    )


def _write_foot(pdf: "FPDF", sheet: Sheet) -> None:
    order = sheet.order
    pdf.ln(3)
    _text(pdf, f"Total ₹{rupees(order.total_paise)}   including GST of ₹{rupees(order.tax_paise)}", size=11, style="B")
    paid = "Cash on delivery" if order.payment_method == "cod" else "Paid online"
    prescription = f"   Prescription {order.prescription_id}" if order.prescription_id else ""
    _text(pdf, f"{paid}{prescription}\nReverse charge: no. Computer-generated; valid without a signature.", size=8)


def _batch(batch: SoldBatch) -> str:
    return f"{batch.batch_no}  {batch.expires_on:%m/%Y}  {batch.quantity}"


def _day(at: datetime) -> str:
    return f"{at.astimezone(INDIA):%d-%m-%Y}"


def _text(
    pdf: "FPDF", text: str, *, size: int = 8, style: str = "", height: float = 4.4, left: float = 8, width: float = 0
) -> None:
    pdf.set_font("dejavu", style, size)
    pdf.set_x(left)
    pdf.multi_cell(width, height, _printable(pdf, text), align="LEFT", new_x="LMARGIN", new_y="NEXT")


def _printable(pdf: "FPDF", text: str) -> str:
    """Replace what the fonts do not hold: a name in another script must not stop an invoice."""
    held: Container[int] = getattr(pdf.fonts["dejavu"], "cmap", ())  # of an added font; the built-in kind has none
    return "".join(char if char == "\n" or ord(char) in held else "?" for char in text)
