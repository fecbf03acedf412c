"""Reads the lines of a page image with tesseract, from two packages and no system library.

The engine is the wheel `tesserocr`, the English model comes from the npm package `@tesseract.js-data/eng` and is unpacked once.
Printed pages at about 150 dpi come out nearly whole; handwriting and Indian scripts do not, as with the service this stands in for.
"""

from __future__ import annotations

import gzip
import os
import queue
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

# The OpenMP runtime reads this when the engine's library is loaded; with more threads a page takes six times as long.
os.environ.setdefault("OMP_THREAD_LIMIT", "1")

from PIL import Image
from tesserocr import OEM, PSM, RIL, PyTessBaseAPI, iterate_level

from sandbox.page_image import Point, Straightened, straighten

MODEL = Path(__file__).parent.parent / "node_modules/@tesseract.js-data/eng/4.0.0_best_int/eng.traineddata.gz"
SURE = 75  # a mean confidence from which a page is taken to stand upright
GAP = 1.6  # a gap wider than this many line heights ends a line, as between the columns of a table


class MissingModel(RuntimeError):
    """The English model is not installed; the message names the command that installs it."""


class Word(NamedTuple):
    """One word: its confidence 0-100 and its four corners as ratios of the page as it was sent."""

    text: str
    confidence: float
    corners: tuple[Point, ...]


class Line(NamedTuple):
    """Words that stand beside each other."""

    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """The words with one space between."""
        return " ".join(word.text for word in self.words)


class _Read(NamedTuple):
    """One word in the pixels of the straightened page."""

    text: str
    confidence: float
    box: tuple[int, int, int, int]  # left, top, right, bottom


class Reader:
    """A small pool of engines: one engine serves one page at a time, and lets other threads run while it reads."""

    def __init__(self, data: Path, *, model: Path = MODEL, engines: int = 2) -> None:
        """Prepare to read; `data` is the folder the model is unpacked into. Engines are made when first needed."""
        self._data = data
        self._model = model
        self._idle: queue.SimpleQueue[PyTessBaseAPI | None] = queue.SimpleQueue()
        for _ in range(engines):
            self._idle.put(None)

    def read(self, image: Image.Image) -> list[Line]:
        """Give the lines of a page from top to bottom, whichever way up it is. Raises MissingModel."""
        pages = straighten(image)
        with self._engine() as engine:
            best: tuple[float, Straightened, list[list[_Read]]] | None = None
            for page in pages:
                rows = _recognise(engine, page.image)
                score = _score(rows)
                if best is None or score > best[0]:
                    best = (score, page, rows)
                if _confidence(rows) >= SURE:
                    break
        if best is None:
            return []
        _, page, rows = best
        return [_line(page, part) for row in rows for part in _split(row) if _has_letters(part)]

    @contextmanager
    def _engine(self) -> Generator[PyTessBaseAPI]:
        engine = self._idle.get()
        try:
            if engine is None:
                engine = PyTessBaseAPI(
                    path=str(unpack(self._model, self._data)), lang="eng", psm=PSM.SINGLE_BLOCK, oem=OEM.LSTM_ONLY
                )
            yield engine
        finally:
            self._idle.put(engine)


def unpack(model: Path, data: Path) -> Path:
    """Unpack the model into `data` unless it is there. Raises MissingModel."""
    target = data / "eng.traineddata"
    if target.exists():
        return data
    if not model.exists():
        raise MissingModel(f"{model} is missing; `npm ci` installs it.")
    data.mkdir(parents=True, exist_ok=True)
    # Written beside and renamed, so that a second process never sees half a model.
    with tempfile.NamedTemporaryFile(dir=data, delete=False) as part:
        part.write(gzip.decompress(model.read_bytes()))
    Path(part.name).replace(target)
    return data


def _recognise(engine: PyTessBaseAPI, image: Image.Image) -> list[list[_Read]]:
    """Read a straightened page: words in rows."""
    engine.SetImage(image)
    engine.SetSourceResolution(200)
    engine.Recognize()
    rows: list[list[_Read]] = []
    found = engine.GetIterator()
    for word in iterate_level(found, RIL.WORD) if found else ():
        if word.Empty(RIL.WORD):
            continue
        if word.IsAtBeginningOf(RIL.TEXTLINE) or not rows:
            rows.append([])
        text, box = word.GetUTF8Text(RIL.WORD).strip(), word.BoundingBox(RIL.WORD)
        if text and box:
            rows[-1].append(_Read(text, float(word.Confidence(RIL.WORD)), box))
    engine.Clear()
    return [row for row in rows if _has_letters(row)]


def _has_letters(words: list[_Read]) -> bool:
    """Say whether there is a letter or digit among the words: specks and rules are read as punctuation."""
    return any(char.isalnum() for word in words for char in word.text)


def _confidence(rows: list[list[_Read]]) -> float:
    """Give the mean confidence of a letter: specks read as single letters weigh little."""
    words = [word for row in rows for word in row]
    return sum(word.confidence * len(word.text) for word in words) / max(1, sum(len(word.text) for word in words))


def _score(rows: list[list[_Read]]) -> float:
    """More letters read with more certainty score higher: upside down, both fall."""
    return sum(word.confidence**2 * len(word.text) for row in rows for word in row)


def _split(row: list[_Read]) -> Iterator[list[_Read]]:
    """Cut a row where a column ends."""
    part: list[_Read] = []
    height = sorted(word.box[3] - word.box[1] for word in row)[len(row) // 2]
    for word in row:
        if part and word.box[0] - part[-1].box[2] > GAP * height:
            yield part
            part = []
        part.append(word)
    yield part


def _line(page: Straightened, words: list[_Read]) -> Line:
    return Line(tuple(Word(word.text, word.confidence, page.corners(word.box)) for word in words))
