"""Reads one line of a prescription: form, name, strength, dose, duration and quantity, with or without spaces between.

Plain by intent: it knows the usual Indian way of writing (`Tab. Dolo 650 1-0-1 x 5 days`) and no medicine. Known limits: one
medicine a line; English words only; a brand that holds a lone number (`Glycomet GP 1`) gives that number as its strength; a dose
the page garbled (`10-1`) is left out, never guessed.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple

# Each form with the ways it is written; those that come in one pack are not counted by dose and days.
FORMS = {
    "tablet": r"tab(?:let)?s?",
    "capsule": r"cap(?:sule)?s?",
    "syrup": r"syp|syr(?:up)?",
    "suspension": r"susp(?:ension)?",
    "injection": r"inj(?:ection)?|vial|ampoule|amp",
    "eye drops": r"eye[ -]?drops?|e/d",
    "ear drops": r"ear[ -]?drops?",
    "nasal drops": r"nasal[ -]?drops?",
    "drops": r"drops?|drp",
    "ointment": r"oint(?:ment)?",
    "cream": r"cream|crm",
    "gel": r"gel",
    "lotion": r"lotion|lot",
    "inhaler": r"inhaler|inh|mdi",
    "rotacap": r"rotacaps?",
    "respule": r"respules?|neb",
    "sachet": r"sach(?:et)?s?",
    "powder": r"powder|pdr|pwd",
    "nasal spray": r"nasal[ -]?spray",
    "spray": r"spray",
    "suppository": r"supp(?:ository)?",
    "mouthwash": r"mouth[ -]?wash|gargle",
    "shampoo": r"shampoo",
    "solution": r"soln?|solution",
    "patch": r"patch",
}
COUNTED = {"tablet", "capsule", "sachet", "rotacap", "respule", "suppository", "injection", "patch"}
_WRITTEN = "|".join(f"(?P<f{n}>{pattern})" for n, pattern in enumerate(FORMS.values()))
# `TabDolo` and `TABDOLO` lost a space; `Captopril` and `CAPTOPRIL` did not.
FORM_FIRST = re.compile(
    rf"^(?:(?i:{_WRITTEN})(?:\s*[.:\-]\s*|\s+|$)|(?P<glued>Tab|Cap|Syp|Susp|Inj|Oint)(?=[A-Z])|(?P<caps>TAB|SYP|INJ)(?=[A-Z])"
    r"|(?P<letter>[TC])\.\s*(?=[A-Z]))"
)
FORM_LATER = re.compile(rf"(?i)(?<![a-z])(?:{_WRITTEN})(?![a-z])\.?")
GLUED = {
    "tab": "tablet",
    "cap": "capsule",
    "syp": "syrup",
    "susp": "suspension",
    "inj": "injection",
    "oint": "ointment",
}
LETTERS = {"T": "tablet", "C": "capsule"}
NUMBERING = re.compile(
    r"^\s*(?:[(\[]?\d{1,2}\s*[.),:\]]\s*(?=[A-Za-z(])|[#*•>\-]+\s*(?=[A-Za-z])|\d{1,2}\s+(?=[A-Za-z]))"
)

# Doses ------------------------------------------------------------------------------------------------------------------
_PART = r"(?:1/2|\d{2}(?=\s*(?:units?|iu)\b)|\d(?:\.\d+)?|[oOlIxX])"  # O, l and I stand where the reader took a digit for a letter; X is nothing
_FIRST = r"(?:1/2|(?<!\d)\d{1,2}(?:\.\d+)?|(?<=\d)\d|(?<![A-Za-z])[oOlI])"
TIMES = re.compile(
    rf"(?<![/\-.]){_FIRST}(?:\s*[-+]{{1,2}}\s*{_PART}){{2,3}}(?![\d/\-])(?:\s*(?P<unit>ml|units?|iu|tabs?|drops?)\b)?",
    re.I,
)
PER_DAY = (
    (
        r"o\.?d\.?|q\.?d\.?|h\.?s\.?|once\s*(?:a\s*day|daily|in\s+a\s+day)|daily\s*once|every\s+(?:day|night|morning)|daily|nocte|mane",
        1.0,
    ),
    (
        r"b\.?i?\.?d\.?s?\.?|twice\s*(?:a\s*day|daily)?|daily\s*twice|(?:morning|mrng)\s*(?:and|&|\+)\s*(?:night|evening)",
        2.0,
    ),
    (r"t\.?[di]\.?[sd]\.?|thrice\s*(?:a\s*day|daily)?", 3.0),
    (r"q\.?[id]\.?[ds]\.?", 4.0),
    (r"sos|p\.?r\.?n\.?|as\s+(?:needed|required)|if\s+needed|when\s+required", 0.0),
    (r"stat|single\s+dose", -1.0),
    (r"(?:once\s*(?:a\s*week|weekly)|weekly\s*(?:once)?|every\s+week|once\s+in\s+a\s+week)", 1 / 7),
    (r"twice\s*(?:a\s*week|weekly)", 2 / 7),
    (r"(?:alternate|alt\.?)\s*days?|every\s+other\s+day|e\.?o\.?d\.?", 0.5),
    (r"(?:at\s+)?(?:bed\s*time|night)", 1.0),
)
# Weekly forms are tried before the daily ones they begin like.
_ORDER = (6, 7, 8, 4, 5, 3, 2, 1, 0, 9)
_FREQUENCY = "|".join(f"(?P<p{n}>{PER_DAY[n][0]})" for n in _ORDER)
_EVERY = r"(?:every\s*|q)(?P<hours>\d{1,2})\s*(?:hrs?|hours?|hourly|h)|(?P<hours2>\d{1,2})\s*hourly|(?P<times>\d)\s*times\s*(?:a\s*day|daily)?"
_AMOUNT = r"(?<![\d./])(?P<amount>1/2|\d+(?:\.\d+)?)\s*(?P<measure>ml|tabs?(?:lets?)?|caps?(?:sules?)?|drops?|puffs?|tsp|tbsp|units?|sachets?|sprays?)"
FREQUENCY = re.compile(
    rf"(?:{_AMOUNT}\s*|(?P<apply>apply|instil|gargle)\s*|(?<![A-Za-z]))(?:{_EVERY}|{_FREQUENCY})(?![A-Za-z])", re.I
)

# Durations and quantities -----------------------------------------------------------------------------------------------
SPANS = {"d": 1, "w": 7, "m": 30}
NUMBERS = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "ten": 10, "fifteen": 15}
DURATION = re.compile(
    r"(?:(?<![A-Za-z])|(?<=[a-z]))(?:(?P<x>[x*]|for|upto|up\s+to|dur(?:ation)?)\s*[:.\-]?\s*)?"
    rf"(?:(?P<n>\d{{1,3}}|(?:{'|'.join(NUMBERS)})(?=\s))\s*-?\s*(?P<span>days?|dys|weeks?|wks?|months?|mths?|mnths?)(?![A-Za-z])"
    r"|(?P<over>\d{1,2})\s*/\s*(?P<base>7|52|12)(?![\d.]))",
    re.I,
)
BARE_DURATION = re.compile(
    r"(?<![A-Za-z0-9])[x*]\s*(\d{1,3})\s*(?P<span>[dwm])?(?![\d.A-Za-z])|(?<=\d)x\s*(\d{1,3})(?=\s*$)", re.I
)
QUANTITY = re.compile(
    r"(?:qty|quantity|disp(?:ense)?|total)\s*[.:#\-]*\s*(?P<n>\d{1,4})\b(?:\s*(?:tabs?|caps?|nos?|strips?|bottles?|tubes?|units?)\b\.?)?"
    r"|#\s*(?P<n2>\d{1,4})\b|\(\s*(?P<n3>\d{1,4})\s*\)|(?<![\d.\-/])(?P<n4>\d{1,4})\s*(?:nos?|bottles?|tubes?|strips?|packs?)(?![A-Za-z])\.?",
    re.I,
)

# Strengths --------------------------------------------------------------------------------------------------------------
_NUMBER = r"\d+(?:,\d{2,3})*(?:\.\d+)?"
_UNIT = r"(?:lakh\s*(?:iu|units?)|lac\s*(?:iu|units?)|million\s*(?:iu|units?)|miu|mcg|µg|μg|ug|mg|gms?|g|iu|i\.u\.|units?|meq|mmol|ml|%|k)"
STRENGTH = re.compile(
    rf"(?<![A-Za-z\d.]){_NUMBER}(?:\s*[/+\-]\s*{_NUMBER})*\s*{_UNIT}(?:\s*[/+]\s*(?:{_NUMBER}\s*)?{_UNIT}|\s*/\s*(?:puff|dose|actuation))*"
    r"(?:\s*[wv]/[wv])?(?![A-Za-z])",
    re.I,
)
STRENGTH_GLUED = re.compile(STRENGTH.pattern.replace(r"(?<![A-Za-z\d.])", r"(?<=[A-Za-z.])(?<![A-Za-z]\d)", 1), re.I)
BARE_STRENGTH = re.compile(rf"(?<![A-Za-z\d.,])(?<![A-Za-z]\.\d){_NUMBER}(?:\s*/\s*{_NUMBER})*(?![\d%]|[A-Za-z]{{4}})")
BARE_GLUED = re.compile(
    rf"(?<=[A-Za-z]{{3}}){_NUMBER}(?:/{_NUMBER})*(?!\d)|(?<=[A-Za-z]{{3}}[.\-]){_NUMBER}(?:/{_NUMBER})*(?!\d)"
)
NOTES = re.compile(
    r"(?i)(?<![a-z])(?:after|before|with|without|empty|on|a\.?c\.?|p\.?c\.?|bbf|abf|aft|bef|i\.?v\.?|i\.?m\.?|s\.?c\.?|p\.?o\.?|oral(?:ly)?|l/a|la"
    r"|morning|evening|night|afternoon|bedtime|food|meals?|breakfast|lunch|dinner|milk|water|stomach|continue|daily|to|both|each|in|for|if)(?![a-z])"
)


class Dose(NamedTuple):
    """How it is taken: as written, units a day (0 when needed, below 0 once only, None unknown), and whether units are counted."""

    written: str
    per_day: float | None
    counted: bool


class MedicineLine(NamedTuple):
    """What one line says; an empty name means it carries no medicine of its own."""

    written: str
    name: str
    strength: str | None
    has_unit: bool
    form: str | None
    form_first: bool
    numbered: bool
    dose: Dose | None
    spelled_dose: bool  # the dose is a word (OD, BD), which may as well be part of a brand
    days: int | None
    quantity: int | None
    rest: str  # what stands after the dose and was not understood: the numbers of a table's row


def read_line(text: str, *, words: bool = True) -> MedicineLine:
    """Take a cleaned line apart; without `words` a dose spelled as a word (OD) is left in the name."""
    numbering = NUMBERING.match(text)
    body = text[numbering.end() :] if numbering else text
    form, at = _form_first(body)
    head = body[at:]
    dose, spelled, places = _dose(head, words=words)
    days, place = _days(head, places)
    places += place
    quantity, place = _quantity(head)
    places += place
    end = min((start for start, _ in places), default=len(head))
    named = head[:end]
    name, strength, has_unit, later = _name(named)
    rest = "".join(char for n, char in enumerate(head) if n >= end and not any(a <= n < b for a, b in places))
    written = _trim(body[: at + end])
    return MedicineLine(
        written,
        name,
        strength,
        has_unit,
        form or later,
        form is not None,
        numbering is not None,
        dose,
        spelled,
        days,
        quantity,
        rest,
    )


def count(form: str | None, dose: Dose | None, days: int | None) -> int | None:
    """Give how many units the course needs: one pack for what is not counted, None when it cannot be known."""
    if form is not None and form not in COUNTED:
        return 1
    if dose is None or dose.per_day is None or dose.per_day == 0:
        return None
    if not dose.counted:
        return 1
    if dose.per_day < 0:
        return max(1, math.ceil(-dose.per_day))
    return max(1, math.ceil(dose.per_day * days - 1e-9)) if days else None


def _form_first(body: str) -> tuple[str | None, int]:
    found = FORM_FIRST.match(body)
    if not found:
        return None, 0
    if found["letter"]:
        return LETTERS[found["letter"]], found.end()
    glued = found["glued"] or found["caps"]
    return (GLUED[glued.lower()] if glued else _form_of(found)), found.end()


def _form_of(found: re.Match[str]) -> str:
    return next(form for n, form in enumerate(FORMS) if found[f"f{n}"] is not None)


def _dose(head: str, *, words: bool) -> tuple[Dose | None, bool, list[tuple[int, int]]]:
    """Find the dose; one in figures wins over a word, which then is part of the brand (`Oleptal OD 1-0-1`)."""
    figures = TIMES.search(head)
    if figures:
        parts = [part.strip() for part in re.split(r"\s*[-+]{1,2}\s*", figures[0].split(figures["unit"] or "\0")[0])]
        values = ["1" if part in "lI" else "0" if part in "oOxX" else part for part in parts]
        total = sum(0.5 if value == "1/2" else float(value) for value in values)
        unit = (figures["unit"] or "").lower()
        written = "-".join(values) + (f" {unit}" if unit else "")
        return Dose(written, total, unit in ("", "tab", "tabs")), False, [figures.span()]
    spelled = FREQUENCY.search(head) if words else None
    if not spelled:
        return None, False, []
    return _spelled(spelled), spelled["amount"] is None and spelled["apply"] is None, [spelled.span()]


def _spelled(words: re.Match[str]) -> Dose:
    hours = words["hours"] or words["hours2"]
    if hours:
        per_day: float = 24 / max(1, int(hours))
    elif words["times"]:
        per_day = float(words["times"])
    else:
        per_day = next(PER_DAY[n][1] for n in _ORDER if words[f"p{n}"] is not None)
    amount = words["amount"]
    each = 1.0 if amount is None else 0.5 if amount == "1/2" else float(amount)
    counted = words["apply"] is None and (
        amount is None or words["measure"].lower().startswith(("tab", "cap", "sachet"))
    )
    written = re.sub(r"\s+", " ", words[0]).strip()
    written = re.sub(r"(?<=\d)(?=[A-Za-z])|(?<=ml)(?=[A-Z])", " ", written) if amount else written
    return Dose(written, per_day * each, counted)


def _days(head: str, dose: list[tuple[int, int]]) -> tuple[int | None, list[tuple[int, int]]]:
    """Find how long, outside the dose: `once a week` is no week."""
    for found in DURATION.finditer(head):
        if any(start < found.end() and found.start() < end for start, end in dose):
            continue
        if found["over"]:
            # `5/500` is a strength and `5/7` five days: the second only where a dose or an x says so.
            if not (dose or found["x"]):
                continue
            days = int(found["over"]) * {"7": 1, "52": 7, "12": 30}[found["base"]]
        else:
            number = NUMBERS.get(found["n"].lower()) or int(found["n"])
            days = number * SPANS[found["span"][0].lower()]
        if 0 < days <= 366:
            return days, [found.span()]
    bare = BARE_DURATION.search(head)
    if bare:
        days = int(bare[1] or bare[3]) * SPANS[(bare["span"] or "d").lower()]
        if 0 < days <= 366:
            return days, [bare.span()]
    return None, []


def _quantity(head: str) -> tuple[int | None, list[tuple[int, int]]]:
    for found in QUANTITY.finditer(head):
        number = int(found["n"] or found["n2"] or found["n3"] or found["n4"])
        if 0 < number <= 1000 and (found["n3"] is None or found.start() > 3):
            return number, [found.span()]
    return None, []


def _name(named: str) -> tuple[str, str | None, bool, str | None]:
    """Split what stands before the dose into name, strength and a form named late (`Candid cream`)."""
    form = None
    later = FORM_LATER.search(named)
    if later and re.search(r"[A-Za-z]{2}", named[: later.start()]):
        form, named = _form_of(later), named[: later.start()] + " " + named[later.end() :]
    found = STRENGTH.search(named) or STRENGTH_GLUED.search(named)
    has_unit = found is not None
    if found is None:
        found = BARE_STRENGTH.search(named) or BARE_GLUED.search(named)
    strength = None
    if found is not None:
        strength = _trim(re.sub(r"\s*([/+])\s*", r"\1", found[0]))
        named = named[: found.start()] + " " + named[found.end() :]
    note = NOTES.search(named)
    if note and re.search(r"[A-Za-z]{2}", named[: note.start()]):
        named = named[: note.start()]
    return _trim(named), strength, has_unit, form


def _trim(text: str) -> str:
    """Drop spaces and marks around a text, and doubled spaces within; a closing bracket that was opened stays."""
    text = re.sub(r"\(\s*\)", " ", text)
    text = re.sub(r"\s+", " ", text).strip(" .,:;-_|*#=>")
    if text.count("(") > text.count(")"):
        text = text.rstrip("(").rstrip()
    return text.lstrip(")").strip() if text.count(")") > text.count("(") else text
