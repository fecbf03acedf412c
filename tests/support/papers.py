"""Prescriptions as customers send them: drawn pages, photographed badly, as images and PDFs."""

import io
from collections.abc import Sequence

import pypdf
from PIL import Image, ImageDraw, ImageFilter, ImageFont

HEAD = ("Dr. Meera Sample, MBBS", "Reg. No. KMC-40213", "Patient: Ravi Sample Age: 40", "Date: 14/05/2026")


def page(lines: Sequence[str], *, head: Sequence[str] = HEAD) -> Image.Image:
    """Draw a printed page."""
    drawn = Image.new("RGB", (1200, 300 + 110 * (len(lines) + len(head))), "white")
    pen = ImageDraw.Draw(drawn)
    for row, line in enumerate((*head, *lines)):
        pen.text((90, 120 + 110 * row), line, font=ImageFont.load_default(34), fill=(20, 20, 50))
    return drawn


def png(drawn: Image.Image) -> bytes:
    return _saved(drawn, "PNG")


def jpeg(drawn: Image.Image) -> bytes:
    return _saved(drawn, "JPEG")


def photographed(drawn: Image.Image) -> Image.Image:
    """Turn it, blur it, and put specks of dirt on it."""
    turned = drawn.rotate(2.5, Image.Resampling.BICUBIC, expand=True, fillcolor="#d8d4c8")
    blurred = turned.filter(ImageFilter.GaussianBlur(0.8))
    pen = ImageDraw.Draw(blurred)
    for speck in range(0, blurred.width, 37):
        pen.ellipse((speck, speck * 7 % blurred.height, speck + 4, speck * 7 % blurred.height + 4), fill="#777777")
    return blurred


def pdf(pages: Sequence[Image.Image], *, password: str | None = None, algorithm: str = "AES-256") -> bytes:
    """Make a PDF of scanned pages; with a password (also an empty one) it is encrypted."""
    out = io.BytesIO()
    pages[0].save(out, "PDF", save_all=True, append_images=list(pages[1:]), resolution=120, quality=95)
    if password is None:
        return out.getvalue()
    writer, locked = pypdf.PdfWriter(clone_from=io.BytesIO(out.getvalue())), io.BytesIO()
    writer.encrypt(password, owner_password="owner", algorithm=algorithm)
    writer.write(locked)
    return locked.getvalue()


def _saved(drawn: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    drawn.save(out, kind)
    return out.getvalue()
