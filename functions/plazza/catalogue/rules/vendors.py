"""How sure it is that a vendor's product is one of ours: a score made of named parts, and whether it needs a person.

A part that both sides state and that differs stands against the match whatever the rest scores: another strength, form, pack or maker
is another product. A part that one side leaves out counts half.
"""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

from plazza.catalogue.models.vendors import Part, VendorReason
from plazza.catalogue.rules import names
from plazza.catalogue.rules.distance import distance
from plazza.catalogue.rules.keys import joined
from plazza.catalogue.rules.strengths import read_numbers, read_strengths
from plazza.catalogue.rules.text import normalize, words

MOST = {"brand": 40, "strength": 25, "form": 15, "pack": 10, "maker": 10}
CERTAIN = 88
AHEAD = 5
"""A match is certain from this score on, and only when the next best is so much behind."""

_COUNT = re.compile(r"(?<![\w.])(?:\d{1,3}\s*[x*]\s*\d{1,4}|\d{1,4}\s*['`\u2019*]?\s*s)(?![\w.])", re.IGNORECASE)
_TYPO = 8
_MOST_TYPOS = 2
_COMPANY = frozenset(
    {
        "pvt", "private", "ltd", "limited", "llp", "inc", "co", "company", "pharma", "pharmaceutical", "pharmaceuticals", "labs", "lab",
        "laboratories", "laboratory", "healthcare", "health", "care", "lifesciences", "lifescience", "life", "sciences", "science",
        "remedies", "india", "the", "and", "of", "industries", "drugs", "biotech",
    }
)  # fmt: skip
"""Words that every other maker's name holds."""


class Offered(NamedTuple):
    """A product as a vendor describes it; empty is not said."""

    name: str
    pack_label: str
    manufacturer: str


class Ours(Protocol):
    """What is compared of one of our products."""

    @property
    def brand(self) -> str: ...  # noqa: D102 -- a field
    @property
    def form(self) -> str: ...  # noqa: D102 -- a field
    @property
    def pack_quantity(self) -> int | None: ...  # noqa: D102 -- a field
    @property
    def pack_unit(self) -> str: ...  # noqa: D102 -- a field
    @property
    def manufacturer(self) -> str: ...  # noqa: D102 -- a field


class Scored(NamedTuple):
    """A product with its score from 0 to 100 and the parts of it."""

    score: int
    parts: list[Part]

    @property
    def contradicts(self) -> bool:
        """Tell whether a part speaks against the match."""
        return any(part.verdict == "differs" for part in self.parts)


Verdict = Literal["same", "alike", "differs", "not said"]


def describe(name: str, pack_label: str, manufacturer: str) -> Offered:
    """Give an offered product; a count that the vendor wrote behind the name ("DOLO 650 TAB 15'S") is its pack, not a strength."""
    count = _COUNT.search(name)
    if count is None or not name[: count.start()].strip():
        return Offered(name, pack_label, manufacturer)
    return Offered(f"{name[: count.start()]} {name[count.end() :]}".strip(), pack_label or count[0], manufacturer)


def match_key(offered: Offered) -> str:
    """Give what a vendor's product is called for comparison: two that share it are the same thing."""
    return " | ".join(normalize(part) for part in offered)


def score(offered: Offered, ours: Ours, numbers: frozenset[str]) -> Scored:
    """Score a product; `numbers` are all those by which it may be asked for, strengths with their units among them."""
    parts = [
        _brand(offered, ours),
        _strength(offered, numbers),
        _form(offered, ours),
        _pack(offered, ours),
        _maker(offered, ours),
    ]
    return Scored(sum(part.score for part in parts), parts)


def judge(scored: Sequence[Scored]) -> VendorReason | None:
    """Give why the first of these, best first, needs a person; None when it is certain."""
    if not scored:
        return "nothing_like_it"
    if scored[0].contradicts:
        return "contradicted"
    if scored[0].score < CERTAIN:
        return "uncertain"
    if len(scored) > 1 and scored[0].score - scored[1].score < AHEAD:
        return "ambiguous"
    return None


def _part(name: str, verdict: Verdict, points: int | None = None) -> Part:
    whole = MOST[name]
    earned = {"same": whole, "differs": 0, "not said": whole // 2, "alike": whole // 2}[verdict]
    return Part(name=name, verdict=verdict, score=earned if points is None else points, most=whole)


def _brand(offered: Offered, ours: Ours) -> Part:
    theirs, known = joined(words(names.read_name(offered.name).brand)), joined(words(ours.brand))
    if not theirs or not known:
        return _part("brand", "not said")
    errors = distance(theirs, known, _MOST_TYPOS)
    if errors > _MOST_TYPOS:
        return _part("brand", "differs")
    return _part("brand", "alike", MOST["brand"] - _TYPO * errors) if errors else _part("brand", "same")


def _strength(offered: Offered, numbers: frozenset[str]) -> Part:
    strengths = {strength.key for strength in read_strengths(offered.name)}
    asked = strengths or read_numbers(offered.name)
    if not asked or not numbers:
        return _part("strength", "same" if not asked and not numbers else "not said")
    return _part("strength", "same" if asked <= numbers else "differs")


def _form(offered: Offered, ours: Ours) -> Part:
    theirs = names.read_name(offered.name).form
    if not theirs or not ours.form:
        return _part("form", "not said")
    if theirs == ours.form:
        return _part("form", "same")
    return _part("form", "alike" if {theirs, ours.form} <= names.LIQUIDS else "differs")


def _pack(offered: Offered, ours: Ours) -> Part:
    pack = names.read_pack(offered.pack_label)
    if pack is None or ours.pack_quantity is None:
        return _part("pack", "not said")
    is_same = pack.quantity == ours.pack_quantity and (
        pack.unit in {"piece", ours.pack_unit} or ours.pack_unit == "piece"
    )
    return _part("pack", "same" if is_same else "differs")


def _maker(offered: Offered, ours: Ours) -> Part:
    theirs, known = (frozenset(words(maker)) - _COMPANY for maker in (offered.manufacturer, ours.manufacturer))
    if not theirs or not known:
        return _part("maker", "not said")
    if theirs == known:
        return _part("maker", "same")
    return _part("maker", "alike", 8) if theirs <= known or known <= theirs else _part("maker", "differs")
