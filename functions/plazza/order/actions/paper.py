"""What tax papers share: fonts, the two heads, the table of goods, the sum. The same content gives the same bytes."""

from collections.abc import Container, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from plazza.clock import INDIA
from plazza.money import Gst
from plazza.order.rules.numbering import rupees

if TYPE_CHECKING:
    from fpdf import FPDF

FONTS = Path(__file__).parent.parent / "fonts"
DELIVERY_SAC = "9968"
_HEADS = ("#", "Product", "HSN", "Batch, expiry", "Qty", "MRP", "Price", "Discount", "Taxable", "GST %", "CGST", "SGST", "IGST", "Total")  # fmt: skip
_WIDTHS = (7, 62, 18, 38, 10, 18, 18, 17, 20, 12, 17, 17, 17, 22)
_ADDRESS = (("recipient",), ("line1", "line2", "landmark"), ("area", "city", "state", "pincode"))


class Row(NamedTuple):
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


def begin(title: str, issued_at: datetime) -> "FPDF":
    """Open a paper's first page."""
    # fpdf2 takes 0.2 s and 21 MB: only who writes a paper pays for it.
    from fpdf import FPDF  # noqa: PLC0415 -- the line above

    pdf = FPDF(orientation="landscape", format="A4")
    pdf.set_creation_date(issued_at)
    pdf.set_title(title)
    pdf.set_margin(8)
    pdf.set_auto_page_break(auto=True, margin=12)
    pdf.add_font("dejavu", fname=FONTS / "DejaVuSans.ttf")
    pdf.add_font("dejavu", "B", FONTS / "DejaVuSans-Bold.ttf")
    pdf.add_font("lohit", fname=FONTS / "Lohit-Devanagari.ttf")
    pdf.set_fallback_fonts(["lohit"], exact_match=False)
    pdf.set_text_shaping(use_shaping_engine=True)  # else Devanagari's vowels stand beside the wrong letter
    pdf.add_page()
    return pdf


def write_heads(pdf: "FPDF", title: str, seller: dict[str, str], name: str, facts: str, to: dict[str, Any]) -> None:
    """Write who sells on the left, and on the right the paper's name, its facts and who it is for."""
    text(pdf, title, size=15, style="B", height=8)
    top = pdf.get_y()
    text(pdf, seller["name"], size=10, style="B", width=138)
    text(
        pdf,
        f"{seller['address']}, {seller['city']}, {seller['state']} {seller['pincode']}\nPhone {seller['phone']}\n"
        f"GSTIN {seller['gstin']}   State code {seller['state_code']}\nDrug licence {seller['drug_licence']}\n"
        f"Pharmacist {seller['pharmacist_name']}, registration {seller['pharmacist_registration']}",
        width=138,
    )
    bottom = pdf.get_y()
    pdf.set_y(top)
    lines = [", ".join(str(to[part]) for part in parts if to.get(part)) for parts in _ADDRESS]
    text(pdf, name, size=10, style="B", left=150, width=138)
    text(pdf, f"{facts}\nDelivered to: " + "\n".join(line for line in lines if line), left=150, width=138)
    pdf.set_y(max(bottom, pdf.get_y()) + 3)


def write_table(pdf: "FPDF", rows: Sequence[Row]) -> None:
    """Write the table of goods, with their sum in the last row."""
    gst = Gst(*(sum(values) for values in zip(*(row.gst for row in rows), strict=True)))
    discount, total = sum(row.discount_paise for row in rows), sum(row.total_paise for row in rows)
    last = Row("", "Total in ₹", "", "", "", "", "", discount, None, gst, total)
    pdf.set_font("dejavu", size=7)
    aligns = ("RIGHT", "LEFT", "LEFT", "LEFT", *["RIGHT"] * 10)
    with pdf.table(col_widths=_WIDTHS, text_align=aligns, line_height=4, padding=0.7, repeat_headings=1) as table:
        for cells in [_HEADS, *map(_cells, [*rows, last])]:
            row = table.row()
            for cell in cells:
                row.cell(_printable(pdf, cell))
    pdf.ln(3)


def delivery_row(rate_bp: int, gst: Gst) -> Row:
    """Give the row of a delivery charge, or of a part of it."""
    charge = sum(gst)
    return Row("", "Delivery charge", DELIVERY_SAC, "", "", "", rupees(charge), 0, rate_bp, gst, charge)


def day(at: datetime) -> str:
    """Write an instant's date in India."""
    return f"{at.astimezone(INDIA):%d-%m-%Y}"


def text(
    pdf: "FPDF", text: str, *, size: int = 8, style: str = "", height: float = 4.4, left: float = 8, width: float = 0
) -> None:
    """Write lines of text at a distance from the left."""
    pdf.set_font("dejavu", style, size)
    pdf.set_x(left)
    pdf.multi_cell(width, height, _printable(pdf, text), align="LEFT", new_x="LMARGIN", new_y="NEXT")


def _cells(row: Row) -> tuple[str, ...]:
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


def _printable(pdf: "FPDF", text: str) -> str:
    """Replace what no font holds: a name in yet another script must not stop a paper."""
    # Of an added font; the built-in kind has none.
    held: list[Container[int]] = [getattr(font, "cmap", ()) for font in pdf.fonts.values()]
    return "".join(char if char == "\n" or any(ord(char) in font for font in held) else "?" for char in text)
