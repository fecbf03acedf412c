"""Opens what is sent to be read: one page of JPEG, PNG, TIFF or PDF, within Textract's limits."""

from __future__ import annotations

import io
from typing import NamedTuple

import pypdf
from PIL import Image, UnidentifiedImageError
from pypdf.errors import PdfReadError

MOST_BYTES = 10 * 1024 * 1024
LONGEST_SIDE = 10_000
MOST_PDF_IMAGES = 20


class Unsupported(ValueError):
    """A type that is not read, a locked file, or more than one page."""


class TooLarge(ValueError):
    """More bytes than one call takes."""


class Broken(ValueError):
    """A file that cannot be opened, or with a side of too many pixels."""


class Opened(NamedTuple):
    """What there is to read on the page: pictures, and the lines a PDF holds as text."""

    images: list[Image.Image]
    lines: list[str]


def open_document(content: bytes) -> Opened:
    """Open one page. Raises Unsupported, TooLarge or Broken, each with a sentence for the caller."""
    if len(content) > MOST_BYTES:
        raise TooLarge(f"Document is larger than {MOST_BYTES} bytes")
    if content[:1024].lstrip().startswith(b"%PDF-"):
        return _open_pdf(content)
    if content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\x00", b"MM\x00*")):
        return Opened([_open_image(content)], [])
    raise Unsupported("Request has unsupported document format")


def _open_image(content: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(content))
        if max(image.size) > LONGEST_SIDE:
            raise Broken(f"Image has a side of more than {LONGEST_SIDE} pixels")
        if getattr(image, "n_frames", 1) > 1 and image.format == "TIFF":
            raise Unsupported("Request has unsupported document format: more than one page")
        image.load()
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, EOFError) as problem:
        raise Broken("Image cannot be opened") from problem
    return image


def _open_pdf(content: bytes) -> Opened:
    # A broken PDF raises from anywhere within the library, with whatever its parser met.
    try:
        document = pypdf.PdfReader(io.BytesIO(content))
        if document.is_encrypted:
            raise Unsupported("Request has unsupported document format: the PDF has a password")
        if len(document.pages) != 1:
            raise Unsupported(f"Request has unsupported document format: the PDF has {len(document.pages)} pages")
        page = document.pages[0]
        lines = [line.strip() for line in page.extract_text().splitlines() if line.strip()]
        images = [image.image for image in list(page.images)[:MOST_PDF_IMAGES] if image.image is not None]
    except (
        PdfReadError,
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        RecursionError,
    ) as problem:
        if isinstance(problem, Unsupported):
            raise
        raise Broken("PDF cannot be opened") from problem
    return Opened([image for image in images if min(image.size) >= 50 and max(image.size) <= LONGEST_SIDE], lines)
