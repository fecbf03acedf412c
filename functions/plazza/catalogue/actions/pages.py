"""A prescription's file → the pages that can be read."""

import io

from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError

from plazza.errors import Invalid

MAX_PAGES = 20
MAX_SIDE_PX = 4000
MAX_PIXELS = 60_000_000
"""Above any camera's; a small file that unpacks to more is an attack on memory."""


def split_pages(content: bytes, content_type: str) -> list[bytes]:
    """Give each page as a file of its own: an image as it is (made smaller when huge), a PDF page by page.

    Raises Invalid with a `reason` for a file that cannot be opened, is locked, or has too many pages.
    """
    return _pdf_pages(content) if content_type == "application/pdf" else [_bounded_image(content)]


def _pdf_pages(content: bytes) -> list[bytes]:
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted:
            raise Invalid("The PDF is locked with a password.", reason="LOCKED")
        if not 1 <= len(reader.pages) <= MAX_PAGES:
            raise Invalid(f"The PDF must have 1 to {MAX_PAGES} pages.", reason="TOO_MANY_PAGES")
        pages: list[bytes] = []
        for page in reader.pages:
            writer, out = PdfWriter(), io.BytesIO()
            writer.add_page(page)
            writer.write(out)
            pages.append(out.getvalue())
    except (PyPdfError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as exc:
        raise Invalid("The PDF cannot be opened.", reason="BROKEN") from exc
    return pages


def _bounded_image(content: bytes) -> bytes:
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as image:
            if image.width * image.height > MAX_PIXELS:
                raise Invalid("The image has too many pixels.", reason="TOO_LARGE")
            image.load()
            if max(image.size) <= MAX_SIDE_PX:
                return content
            image.thumbnail((MAX_SIDE_PX, MAX_SIDE_PX))
            out = io.BytesIO()
            image.convert("RGB").save(out, "JPEG", quality=90)
            return out.getvalue()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as exc:
        raise Invalid("The image cannot be opened.", reason="BROKEN") from exc
