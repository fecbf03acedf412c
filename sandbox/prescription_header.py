"""Finds who wrote a prescription, under which registration, for whom and when, in its cleaned lines."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

_DEGREE = r"M\.?B\.?B\.?S|M\.?D|M\.?S|D\.?N\.?B|D\.?M|B\.?D\.?S|M\.?D\.?S|B\.?H\.?M\.?S|B\.?A\.?M\.?S|F\.?R\.?C\.?S|M\.?R\.?C\.?P|D\.?G\.?O|D\.?C\.?H|M\.?Ch"
DOCTOR = re.compile(
    rf"\b(?:Dr|DR|Doctor|dr)\b\s*[.:]?\s*(?P<name>(?:(?!(?:{_DEGREE}|Reg|Regn|Date|Timings?|Ph|Mob)\b)[A-Z][A-Za-z'.\-]*\.?\s*){{1,5}})"
)
REFERRED = re.compile(r"\b(?:ref(?:erred)?|c/o|consult|thank\w*)\b", re.I)
COUNCIL = r"(?:[A-Z]{1,3}MC|MCI|NMC|[A-Z]{2}DC|DCI)"
REGISTRATION = (
    re.compile(
        rf"(?:(?P<council>{COUNCIL})\s*)?\bReg(?:n|d|istration)?\b\s*[.:]?\s*(?:No|Number|#|Num)?\s*[.:#\-]*\s*(?P<number>[A-Z]{{0,6}}[\-/ ]?\d{{3,8}}(?:/\d{{2,4}})?)\b",
        re.I,
    ),
    re.compile(rf"\b(?P<number>{COUNCIL}\s*[\-/:#]?\s*(?:No\.?\s*)?\d{{3,8}}(?:/\d{{2,4}})?)\b"),
)
_STOP = (
    r"(?=\s{2,}|\s*[,;|(]|\s+(?:Age|Sex|Date|Dt|Gender|Ph|Mob|M/|F/|UHID|ID|Wt|Weight|DOB|Address|Yrs?)\b|\s*\d|\s*/|$)"
)
PATIENT = (
    re.compile(
        rf"\b(?:Patient(?:'?s)?(?:\s*Name)?|Pt\.?(?:\s*Name)?|Name(?:\s*of\s*(?:the\s*)?Patient)?)\s*[:.\-]+\s*(?P<name>[A-Za-z][A-Za-z.' ]{{1,60}}?){_STOP}",
        re.I,
    ),
    re.compile(rf"^(?P<name>(?:Mr|Mrs|Ms|Miss|Master|Mst|Baby|Smt|Shri|Kum)\.?\s+[A-Z][A-Za-z.' ]{{1,60}}?){_STOP}"),
)
_NAMES = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
MONTHS = {name: n for n, name in enumerate(_NAMES.split("|"), 1)}
_MONTH = f"(?P<m>{_NAMES})[a-z]*"
DATES = (
    re.compile(r"(?<!\d)(?P<y>20\d\d)[\-/.](?P<m>\d{1,2})[\-/.](?P<d>\d{1,2})(?!\d)"),
    re.compile(r"(?<![\d/\-])(?P<d>\d{1,2})\s*[\-/.]\s*(?P<m>\d{1,2})\s*[\-/.]\s*(?P<y>20\d\d|\d\d)(?![\d/\-])"),
    re.compile(rf"(?<!\d)(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[\s\-/.,]*{_MONTH}[\s\-/.,']*(?P<y>20\d\d|\d\d)(?!\d)", re.I),
    re.compile(rf"\b{_MONTH}[\s.]*(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[\s,]+(?P<y>20\d\d)(?!\d)", re.I),
)
LABELLED = re.compile(r"\b(?:date|dt|dated|issued|on)\b", re.I)
OTHER_DAY = re.compile(r"\b(?:dob|birth|review|next|follow|valid|exp(?:iry)?|till|until|lmp|edd|visit)\b", re.I)


def prescriber_name(lines: Sequence[str]) -> str | None:
    """Give the doctor as `Dr. Name`: the first one that is not merely referred to."""
    for line in lines:
        found = DOCTOR.search(line)
        if found and not REFERRED.search(line[: found.start()]):
            name = re.sub(r"\s+", " ", found["name"]).strip(" .,-'")
            if len(name) > 1:
                return f"Dr. {name}"
    return None


def registration_number(lines: Sequence[str]) -> str | None:
    """Give the medical council's number as written, with the council where it stands before `Reg. No.`."""
    for pattern in REGISTRATION:
        for line in lines:
            found = pattern.search(line)
            if found:
                number = re.sub(r"\s+", " ", found["number"]).strip(" -/")
                council = found.groupdict().get("council")
                return f"{council} {number}" if council and not number[0].isalpha() else number
    return None


def patient_name(lines: Sequence[str]) -> str | None:
    """Give the patient's name as written."""
    for pattern in PATIENT:
        for line in lines:
            found = pattern.search(line)
            if found and not re.match(r"(?i)dr\b", found["name"]):
                return re.sub(r"\s+", " ", found["name"]).strip(" -,'") or None
    return None


def issued_on(lines: Sequence[str]) -> str | None:
    """Give the day it was written as YYYY-MM-DD: a date beside the word wins over the first bare one."""
    bare: str | None = None
    for line in lines:
        for pattern in DATES:
            for found in pattern.finditer(line):
                before = line[max(0, found.start() - 24) : found.start()]
                day = _day(found)
                if day is None or OTHER_DAY.search(before):
                    continue
                if LABELLED.search(before):
                    return day
                bare = bare or day
    return bare


def _day(found: re.Match[str]) -> str | None:
    month = MONTHS.get(found["m"].lower()[:3]) or int(found["m"])
    year = int(found["y"])
    try:
        return datetime.date(year if year > 99 else 2000 + year, month, int(found["d"])).isoformat()
    except ValueError:
        return None
