"""A prescription's file → the pages that can be read."""

import io
from collections.abc import Generator, Iterator
from contextlib import contextmanager

from PIL import Image, ImageOps
from pypdf import PasswordType, PdfReader, PdfWriter
from pypdf.errors import DependencyError, PyPdfError

from plazza.catalogue.models.prescriptions import Problem
from plazza.errors import Invalid

MAX_PAGES = 20
MAX_SIDE_PX = 4000
MAX_PIXELS = 60_000_000
"""Above any camera's; a small file that unpacks to more is an attack on memory."""

_BROKEN = (
    PyPdfError, OSError, SyntaxError, ValueError, KeyError, TypeError, IndexError, AttributeError, EOFError, ZeroDivisionError,
    OverflowError, RecursionError, NotImplementedError, DependencyError, Image.DecompressionBombError,
)  # fmt: skip


def split_pages(content: bytes, content_type: str) -> Iterator[bytes]:
    """Give each page as a file of its own: an image as it is (made smaller when huge), a PDF page by page.

    One page at a time, because the pages of a PDF share what they show: all of them apart may be many times the file. Raises Invalid
    with a `reason` for a file that cannot be opened, is locked, or has too many pages.
    """
    if content_type == "application/pdf":
        yield from _pdf_pages(content)
    else:
        yield _bounded_image(content)


def _pdf_pages(content: bytes) -> Iterator[bytes]:
    with _opening("PDF"):
        reader = PdfReader(io.BytesIO(content))
        # Many are locked against changes only: those open without a password.
        if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
            raise Invalid("The PDF is locked with a password.", reason=Problem.LOCKED)
        count = len(reader.pages)
        if count == 0:
            raise Invalid("The PDF has no page.", reason=Problem.BROKEN)
        if count > MAX_PAGES:
            raise Invalid(f"The PDF has more than {MAX_PAGES} pages.", reason=Problem.TOO_MANY_PAGES)
    for number in range(count):
        with _opening("PDF"):
            writer, out = PdfWriter(), io.BytesIO()
            writer.add_page(reader.pages[number])
            writer.write(out)
        yield out.getvalue()


@contextmanager
def _opening(what: str) -> Generator[None]:
    """Take whatever a parser meets in a broken file for just that. Errors of a generator's caller do not pass here."""
    try:
        yield
    except _BROKEN as exc:
        raise Invalid(f"The {what} cannot be opened.", reason=Problem.BROKEN) from exc


def _bounded_image(content: bytes) -> bytes:
    with _opening("image"), Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as image:
        if image.width * image.height > MAX_PIXELS:
            raise Invalid("The image has too many pixels.", reason=Problem.TOO_LARGE)
        if max(image.size) <= MAX_SIDE_PX:
            image.load()
            return content
        image.draft("RGB", (MAX_SIDE_PX, MAX_SIDE_PX))  # a JPEG is not unpacked larger than needed
        smaller, out = ImageOps.exif_transpose(image).convert("RGB"), io.BytesIO()
        smaller.thumbnail((MAX_SIDE_PX, MAX_SIDE_PX))
        smaller.save(out, "JPEG", quality=90)
        return out.getvalue()
