"""Strengths as printed and typed → exact values that compare equal whatever the unit: 0.5 mg is 500 mcg, 125 mg/5 ml is 25 mg/ml.

What cannot be read is left out, never guessed.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from plazza.catalogue.rules.text import fold


class Strength(NamedTuple):
    """So much of a salt; `per` is the unit it is contained in ("ml", "g", "dose"), empty for a piece."""

    value: Decimal
    unit: str
    per: str = ""

    @property
    def key(self) -> str:
        """The exact token: "650mg", "25mg/ml", "1%", "60000iu"."""
        return f"{plain(self.value)}{self.unit}{'/' + self.per if self.per else ''}"


_MASS = {"mg": Decimal(1), "g": Decimal(1000), "mcg": Decimal("0.001"), "ng": Decimal("0.000001")}
_UNITS = {
    "mg": "mg", "mgs": "mg", "milligram": "mg", "milligrams": "mg", "g": "g", "gm": "g", "gms": "g", "gram": "g", "grams": "g",
    "mcg": "mcg", "ug": "mcg", "mcgs": "mcg", "microgram": "mcg", "micrograms": "mcg", "ng": "ng", "iu": "iu", "i.u": "iu", "i.u.": "iu",
    "unit": "iu", "units": "iu", "u": "iu", "meq": "meq", "mmol": "mmol", "cfu": "cfu", "pfu": "pfu",
    "spores": "spores", "spore": "spores", "cells": "cells",
}  # fmt: skip
_MOST = {"mg": Decimal(10_000_000), "%": Decimal(100)}
_MOST_COUNTED = Decimal(10) ** 15
"""Beyond ten kilograms, a hundred per cent or so many spores it is a misprint."""

_MULTIPLES = {
    "lakh": 100_000,
    "lac": 100_000,
    "lakhs": 100_000,
    "lacs": 100_000,
    "million": 1_000_000,
    "mio": 1_000_000,
    "mega": 1_000_000,
    "billion": 1_000_000_000,
    "k": 1000,
}
_PER = {
    "ml": "ml", "g": "g", "gm": "g", "l": "l", "puff": "dose", "puffs": "dose", "dose": "dose", "actuation": "dose", "spray": "dose",
    "md": "dose", "vial": "vial", "drop": "drop", "hr": "hr", "h": "hr",
}  # fmt: skip
# Not the end of another number ("1.2.3", "1e5", "10^6", a half of one sign); ".5" is a half, and "Inj.40" is forty.
_NUMBER = r"(?:(?<![\d.^\u2044])(?<!\de)\d{1,15}(?:\.\d{1,6})?|(?<![a-z\d.])\.\d{1,6}|(?<=[a-z]\.)\d{1,15}(?:\.\d{1,6})?)(?!\d)"
_STRENGTH = re.compile(
    rf"(?P<value>{_NUMBER})\s*(?P<multiple>(?:lakhs?|lacs?|million|mio|mega|billion|k)(?![a-z]))?\s*"
    r"(?:(?P<unit>milligrams?|micrograms?|grams?|gms?|mcgs?|mgs?|ug|ng|meq|mmol|[cp]fu|spores?|cells|i\.u\.?|iu|units?|g|u)(?![a-z])"
    r"|(?P<percent>%)(?:\s*[wv]/[wv](?![a-z]))?)"
    rf"(?:\s*(?:/|per\s)\s*(?P<amount>{_NUMBER})?\s*(?P<per>puffs?|dose|actuation|spray|md|vial|drop|ml|gm?|hr?|l)(?![a-z]))?"
)
_PAIR = re.compile(rf"(?P<first>{_NUMBER})\s*[/+]\s*(?={_NUMBER}\s*(?:mcg|mg|gm?|iu|%)(?![a-z]))")
_NEGATIVE = re.compile(r"(?:^|\()\s*-\s*$")  # "Dolo-650mg" is a hyphen, "(-5mg)" is a minus: no strength
_DIGIT = re.compile(r"[0-9]")
_BARE = re.compile(_NUMBER)


@lru_cache(maxsize=20_000)
def plain(value: Decimal) -> str:
    """Write a number without an exponent and without trailing zeros."""
    text = format(value.normalize(), "f")
    return text if text != "-0" else "0"


def read_strengths(text: str) -> list[Strength]:
    """Give every strength of a text in its order; in "5/500mg" the last unit is that of both."""
    return list(_read(text))


@lru_cache(maxsize=20_000)
def _read(text: str) -> tuple[Strength, ...]:
    text = fold(text)
    if not _DIGIT.search(text):
        return ()
    text = _spread_units(text)
    return tuple(strength for found in _STRENGTH.finditer(text) if (strength := _strength(found)) is not None)


def read_numbers(text: str) -> set[str]:
    """Give every number of a text as written, for exact comparison: "Telmivane 80/12.5" → 80, 12.5."""
    return set(map(_as_compared, _BARE.findall(fold(text))))


@lru_cache(maxsize=20_000)
def _as_compared(number: str) -> str:
    return plain(Decimal(number))


def strip_strengths(text: str) -> str:
    """Give a folded text without its strengths."""
    return _STRENGTH.sub(" ", _spread_units(fold(text)))


def tokens(strengths: Sequence[Strength]) -> set[str]:
    """Give the exact tokens of strengths: with unit, and the bare number as people type it."""
    return set(chain.from_iterable(map(_tokens, strengths)))


@lru_cache(maxsize=20_000)
def _tokens(strength: Strength) -> tuple[str, ...]:
    value = strength.value
    # 0.5 mg is also printed as 500 mcg, and either number is typed without its unit.
    small = (plain(value * 1000),) if strength.unit == "mg" and value < 1 else ()
    return (strength.key, plain(value), *small)


def label(strengths: Sequence[Strength]) -> str:
    """Write strengths for people: "500mg + 125mg"."""
    return " + ".join(_shown(strength) for strength in strengths)


def _shown(strength: Strength) -> str:
    value, unit = strength.value, strength.unit
    if unit == "mg" and value < Decimal("0.1"):
        value, unit = value * 1000, "mcg"
    return f"{plain(value)}{unit}{'/' + strength.per if strength.per else ''}"


def _spread_units(text: str) -> str:
    if "/" not in text and "+" not in text:
        return text
    for _ in range(4):  # no medicine of the trade has more than five salts with one unit behind them
        found = _PAIR.search(text)
        if found is None:
            return text
        unit = re.search(rf"{_NUMBER}\s*(mcg|mg|gm?|iu|%)(?![a-z])", text[found.end() :])
        if unit is None:
            return text
        text = f"{text[: found.end('first')]}{unit.group(1)} + {text[found.end() :]}"
    return text


def _strength(found: re.Match[str]) -> Strength | None:
    if "-" in found.string and _NEGATIVE.search(found.string[: found.start()]):
        return None
    return _converted(
        found["value"],
        found["multiple"] or "",
        "%" if found["percent"] else found["unit"],
        found["amount"] or "1",
        found["per"] or "",
    )


@lru_cache(maxsize=20_000)
def _converted(number: str, multiple: str, unit: str, per_amount: str, per: str) -> Strength | None:
    """Give the strength of a match's parts; a catalogue of any size has a few thousand."""
    value, unit = Decimal(number) * _MULTIPLES.get(multiple, 1), _UNITS.get(unit, unit)
    if unit in _MASS:
        value, unit = value * _MASS[unit], "mg"
    per, amount = _PER.get(per, ""), Decimal(per_amount)
    if per == "l":
        per, amount = "ml", amount * 1000
    if value <= 0 or amount <= 0:
        return None
    value = (value / amount).quantize(Decimal("0.000001"))
    if not 0 < value <= _MOST.get(unit, _MOST_COUNTED):
        return None
    return Strength(value.normalize(), unit, per)
