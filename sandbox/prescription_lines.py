"""Turns the text of a prescription, line by line, into what it says: who wrote it, for whom, when, and which medicines.

A plain reader for the stand-in of a language model. It takes lists (`1. Tab. Dolo 650` with `1-0-1 x 5 days` beside or below) and
tables (a row a line, or a cell a line), and dates day first. A sentence that gives orders to the reader is no medicine and changes
nothing. The limits of a single line are those of `medicine_line`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sandbox.medicine_line import Dose, MedicineLine, count, read_line
from sandbox.prescription_header import issued_on, patient_name, prescriber_name, registration_number

MOST_LINES, LONGEST_LINE = 400, 300
# What the page or the reader writes in many ways, in one: dashes, the times sign, a half, quotes, rules of a table.
MARKS = str.maketrans(
    dict.fromkeys("\u2014\u2013\u2212", "-")
    | {"\u00d7": "x", "\u00bd": "1/2", "\u201c": '"', "\u201d": '"', "\u2018": "'", "\u2019": "'"}
    | dict.fromkeys("|\t\u00ae\u2122", " ")
)
RX = re.compile(r"^\s*(?:r\s*/?\s*x|\u211e)(?:\s*[.:\-]+\s*|\s+|$)", re.I)
LEAD = re.compile(r"^\s*(?:adv(?:ice|ised)?|rx|treatment|medicines?|plan|sig)\s*[.:\-]+\s*", re.I)
# Lines that are about something else, by how they begin.
ELSEWHERE = re.compile(
    r"^(?:dr|doctor|reg|regn|regd|patient|pt|name|age|sex|gender|date|dt|ph|phone|mob|mobile|tel|e-?mail|address|clinic|hospital|timings?"
    r"|diagnosis|dx|complain\w*|history|[cho]/[oe]|examination|investigations?|inv|tests?|bp|b\.p|pulse|temp|temperature|wt|weight|ht|height"
    r"|spo2|rbs|fbs|ppbs|hba1c|bmi|review|follow|next|note|notes|sign|signed|signature|total|sub-?total|[cs]?gst|invoice|amount|page|fever"
    r"|cough|cold|pain|headache|known|allerg\w*|drink|avoid|rest|diet|come|consult\w*|call|see|visit|valid|not|bill|mrp|price|goods)\b",
    re.I,
)
ORDERS = re.compile(
    r"\b(?:ignore|disregard|override|instructions?|system|prompt|assistant|approve[ds]?|confidence|output|json|pretend|respond|reply"
    r"|language\s+model)\b",
    re.I,
)
SMALL_WORDS = frozenset(
    (  # noqa: SIM905 -- a list literal of this length puts one word on each of seventy lines
        "a after after/food and apply as at bd bed bedtime before both breakfast by cap caps daily day days dinner dosage dose drop"
        " drops duration each ear empty evening every eyes food for frequency from full hs in local locally lunch meal meals milk"
        " ml morning night noon nostril od of one only oral orally per sig stomach tab tablet tabs take tds then till times to two"
        " use water with x"
    ).split()
)
COLUMNS = {
    "number": r"s\.?\s*no|sl\.?\s*no|sl|sr\.?\s*no|sr|no|#",
    "medicine": r"medicines?(?:\s*name)?|drugs?(?:\s*name)?|name\s*of\s*(?:the\s*)?(?:medicine|drug)|particulars|rx|item",
    "strength": r"strength",
    "dose": r"dose|dosage|frequency|freq|timings?|schedule",
    "days": r"days?|duration|dur|period",
    "quantity": r"qty|quantity|nos|units|total",
    "notes": r"instructions?|remarks?|notes?|when|advice|route|form|type",
}
_CELL = re.compile("|".join(f"(?P<{name}>(?<![a-z]){pattern}(?![a-z]))" for name, pattern in COLUMNS.items()), re.I)


@dataclass
class Medicine:
    """One medicine as far as it could be read."""

    written: str
    name: str
    strength: str | None = None
    form: str | None = None
    dose: str | None = None
    duration_days: int | None = None
    quantity: int | None = None


@dataclass
class Prescription:
    """What a prescription says; `legible` is False when its text is hardly words."""

    prescriber_name: str | None = None
    registration_number: str | None = None
    patient_name: str | None = None
    issued_on: str | None = None
    legible: bool = False
    medicines: list[Medicine] = field(default_factory=list[Medicine])

    def as_dict(self) -> dict[str, Any]:
        """Give the plain values."""
        return asdict(self)


class _Draft:
    """A medicine that later lines may complete."""

    def __init__(self, text: str, line: MedicineLine) -> None:
        self.text, self.line = text, line
        self.dose: Dose | None = line.dose
        self.days, self.quantity, self.strength = line.days, line.quantity, line.strength

    def add(self, more: MedicineLine) -> None:
        """Take over what the first line did not say."""
        if more.dose and self.dose and self.line.spelled_dose and not more.spelled_dose:
            # The word that looked like a dose belongs to the brand: `Oleptal 150 OD SR`, then `1-0-1 x 3 days`.
            self.line = read_line(self.text, words=False)
            self.strength, self.dose = self.line.strength, None
        self.dose = self.dose or more.dose
        self.days = self.days or more.days
        self.quantity = self.quantity or more.quantity
        self.strength = self.strength or more.strength

    def number(self, value: int, columns: Sequence[str]) -> None:
        """Take over a bare number of a table's row: the first of its number columns that is empty."""
        for column in columns:
            if column == "days" and self.days is None and 0 < value <= 366:
                self.days = value
                return
            if column == "quantity" and self.quantity is None and 0 < value <= 1000:
                self.quantity = value
                return

    def finished(self) -> Medicine:
        """Give the medicine; a quantity that is not written follows from dose and days."""
        line = self.line
        quantity = self.quantity or count(line.form, self.dose, self.days)
        dose = self.dose.written if self.dose else None
        return Medicine(line.written, line.name, self.strength, line.form, dose, self.days, quantity)


def read_prescription(lines: Sequence[str]) -> Prescription:
    """Read a prescription's lines in their order on the page."""
    clean = [text for line in lines[:MOST_LINES] if (text := _clean(line))]
    return Prescription(
        prescriber_name(clean),
        registration_number(clean),
        patient_name(clean),
        issued_on(clean),
        _legible(clean),
        _medicines(clean),
    )


def _clean(line: str) -> str:
    return re.sub(
        r"\s+", " ", unicodedata.normalize("NFKC", line.translate(MARKS)).translate(MARKS)[:LONGEST_LINE]
    ).strip()


def _legible(lines: Sequence[str]) -> bool:
    """Say whether most of the text is words and figures: noise is single letters and marks."""
    words = [word for line in lines for word in line.split()]
    good = [
        word
        for word in words
        if re.fullmatch(r"\W*(?:[A-Za-z][A-Za-z.'\-/]+|[\d.,/:x\-]+)\W*", word) and re.search(r"\w{2}|\d", word)
    ]
    return len(words) >= 3 and len(good) >= 0.6 * len(words)


def _medicines(lines: Sequence[str]) -> list[Medicine]:
    drafts: list[_Draft] = []
    columns: list[str] = []
    under_rx = False
    texts = [LEAD.sub("", RX.sub("", line)) for line in lines]
    reads = [read_line(text) for text in texts]
    for place, (line, text) in enumerate(zip(lines, texts, strict=True)):
        header = _header_cells(line, known=columns)
        if header:
            columns = [*columns, *header]
            continue
        under_rx = under_rx or RX.match(line) is not None or len(columns) > 1
        if not text or ELSEWHERE.match(re.sub(r"^\W*\d*\W*", "", text)) or ORDERS.search(text):
            continue
        following = reads[place + 1] if place + 1 < len(reads) else None
        if re.fullmatch(r"\d{1,4}\.?", text):
            # A cell of its own: the next row's number, or one of this row's figures.
            if (
                drafts
                and len(columns) > 1
                and not (int(text.rstrip(".")) == len(drafts) + 1 and following and following.name)
            ):
                drafts[-1].number(int(text.rstrip(".")), _number_columns(columns))
            continue
        read = reads[place]
        if _is_more(read):
            if drafts:
                drafts[-1].add(read)
                _take_row_numbers(drafts[-1], read.rest, columns)
        elif _is_medicine(read, following, listed=under_rx):
            drafts.append(_Draft(text, read))
            _take_row_numbers(drafts[-1], read.rest, columns)
    return [draft.finished() for draft in drafts]


def _header_cells(line: str, *, known: Sequence[str]) -> list[str]:
    """Give the columns that a line names when it holds nothing else; a lone cell counts beside others only."""
    found = [match.lastgroup or "" for match in _CELL.finditer(line)]
    left = re.sub(r"[\W_]+", "", _CELL.sub("", line))
    if not found or left:
        return []
    return found if len(found) > 1 or known or found[0] in ("medicine", "number") else []


def _number_columns(columns: Sequence[str]) -> list[str]:
    return [column for column in columns if column in ("days", "quantity")] or ["days", "quantity"]


def _take_row_numbers(draft: _Draft, rest: str, columns: Sequence[str]) -> None:
    """Take the figures that end a table's row; without a heading they are days, then quantity."""
    row = re.fullmatch(r"[\s,]*(\d{1,4})(?:[\s,]+(\d{1,4}))?[\s.]*", rest)
    if row:
        for value in row.groups():
            if value:
                draft.number(int(value), _number_columns(columns))


def _is_more(read: MedicineLine) -> bool:
    """Say whether a line only adds to the medicine above it."""
    words = re.findall(r"[a-z/]+", read.name.lower())
    says = read.dose or read.days or read.quantity or (read.strength and not read.name)
    return bool(says) and all(word in SMALL_WORDS for word in words)


def _is_medicine(read: MedicineLine, following: MedicineLine | None, *, listed: bool) -> bool:
    """Say whether a line names a medicine: it needs a name of few words, and enough around it that only a medicine has."""
    words = read.name.split()
    if not 0 < len(words) <= 7 or not re.search(r"[A-Za-z]{2}", "".join(words)):
        return False
    if words[0].lower() in SMALL_WORDS and not read.form_first:
        return False
    below = following is not None and _is_more(following) and bool(following.dose or following.days)
    dosed = read.dose is not None or below
    if read.form_first:
        return True
    if read.form:
        return read.numbered or read.strength is not None or dosed
    if read.has_unit:
        return dosed or (listed and read.numbered)
    if read.strength:
        return dosed
    figures = read.dose is not None and not read.spelled_dose
    return dosed and (read.numbered or listed or figures)
