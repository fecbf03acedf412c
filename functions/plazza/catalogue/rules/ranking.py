"""The order of answers: tiers first, then how well, then popularity. The same on every engine, and with none.

Exact name → all words → beginnings → a salt named as it is → misspelt or misheard → maker → only some of the words. A word that names
something exactly is never taken for a misspelling of something else; a number in the query is never anything but itself: what has
another strength stands below everything that has this one, and carries a mark.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from plazza.catalogue.rules.likeness import Candidate, Match, Reader, Tier
from plazza.catalogue.rules.names import LIQUIDS, RELEASE_OF_WORD
from plazza.catalogue.rules.query import Query
from plazza.catalogue.rules.strengths import plain

__all__ = ["MOST_CANDIDATES", "Candidate", "Ranked", "Tier", "rank"]

MOST_CANDIDATES = 100
_SWALLOWED = LIQUIDS | {"liquid", "dry syrup", "oral solution", "oral suspension"}
_GUESSES = frozenset({Tier.SIMILAR, Tier.SALT_SIMILAR})
_NAMED = frozenset({Tier.NAME, Tier.WORDS, Tier.SALT})
_SALTS = frozenset({Tier.SALT, Tier.SALT_SIMILAR})
_AT_ONCE = frozenset({"", "dt", "md"})
_MOST_FAMILY = 4
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")


class Ranked(NamedTuple):
    """A candidate in its place: why, how far from what was typed, and the marks that say in what it is not what was typed.

    `strength_differs` also where the strength is not known. `name_differs` when it is spelt otherwise, says more or says less.
    """

    candidate: Candidate
    tier: Tier
    cost: int
    strength_differs: bool
    form_differs: bool
    release_differs: bool
    name_differs: bool
    extra: int
    is_exact: bool

    @property
    def is_marked(self) -> bool:
        """Whether it carries a mark."""
        return self.strength_differs or self.form_differs or self.release_differs or self.name_differs


def rank(query: Query, candidates: Iterable[Candidate]) -> list[Ranked]:
    """Put candidates in order; those that answer less than half of the query are left out."""
    if not query.terms:
        return []
    reader = Reader(query)
    matched = [(candidate, match) for candidate in candidates if (match := reader.match(candidate)) is not None]
    strengths = {candidate.id: _strength(query, candidate, match) for candidate, match in matched}
    closest = min(strengths.values(), default=0)
    # A misspelling gives way to a name that is there as typed, whatever its strength, and to all else that has the strength typed.
    telling = [m.tier for candidate, m in matched if m.tier <= Tier.WORDS or strengths[candidate.id] == closest]
    best = min(telling, default=Tier.PARTIAL)
    exact = [candidate for candidate, _ in matched if candidate.full == query.full]
    found = [_ranked(query, candidate, match, exact) for candidate, match in matched]
    found = [one._replace(strength_differs=True) if strengths[one.candidate.id] > closest else one for one in found]
    families = Counter(one.candidate.named[0] for one in found if one.candidate.named)
    typed = frozenset(_NUMBER.findall(query.full)) if query.numbers else frozenset[str]()
    return sorted(
        found, key=lambda one: _order(one, strengths[one.candidate.id], best, families, typed, query.releases)
    )[:MOST_CANDIDATES]


def _order(
    ranked: Ranked,
    strength: int,
    best: Tier,
    families: Counter[str],
    typed: frozenset[str],
    releases: frozenset[str],
) -> tuple[int | str, ...]:
    candidate = ranked.candidate
    is_guess = ranked.tier in _GUESSES
    is_weak = (is_guess and best <= Tier.SALT) or ranked.tier >= Tier.MAKER
    tier = Tier.SIMILAR if is_guess else ranked.tier
    # Of names that are equally like what was typed, that with more products is likelier meant.
    family = min(families[candidate.named[0]], _MOST_FAMILY) if is_guess and candidate.named else 0
    # 0.4 mg are 400 mcg, but what is printed as typed is surely meant.
    is_printed = not typed or typed.issubset(_NUMBER.findall(candidate.full))
    # Who types no release means the plain product, or one that only dissolves in the mouth or in water.
    is_slow = not releases and candidate.release not in _AT_ONCE
    return (
        int(is_weak), strength, int(not ranked.is_exact), int(ranked.form_differs), int(ranked.release_differs), tier,
        ranked.cost, ranked.tier, ranked.extra, int(not is_printed), int(is_slow), -family, -candidate.popularity, candidate.sku,
    )  # fmt: skip


def _strength(query: Query, candidate: Candidate, match: Match) -> int:
    """Give 0 for the strength that was typed, 1 for one by volume or weight, 2 for its figure in another unit, 3 unknown, 4 another.

    Who types a salt with a number means that of a piece; a name is asked for by whatever number it carries. A combination that
    carries another number has the one typed of a part only, or in all.
    """
    if query.numbers <= candidate.shown:
        return int(bool(query.numbers) and _carries_another(query, candidate, is_salt=match.tier in _SALTS))
    if query.numbers <= candidate.numbers:
        in_name = _NUMBER.findall(candidate.full)
        carried = candidate.shown.union(in_name, (f"{number}{unit}" for number in in_name for unit in ("mg", "%")))
        is_carried = query.numbers <= carried
        return 0 if is_carried and match.tier not in _SALTS else 1
    if not candidate.numbers:
        return 3
    # "minirin 60mg", of which there are 60 mcg: still marked, but the likeliest of what is there.
    figures = {_NUMBER.match(number) for number in query.numbers}
    return 2 if {figure[0] for figure in figures if figure} <= candidate.numbers else 4


def _carries_another(query: Query, candidate: Candidate, *, is_salt: bool) -> bool:
    """Tell whether a combination's name carries numbers and the one typed is none of them, nor for a brand their sum."""
    parts = len(candidate.salts)
    if parts < 2 or (is_salt and len(set(candidate.salts)) == parts):
        return False
    figures = [Decimal(figure) for figure in _NUMBER.findall(candidate.full)]
    if not figures:
        return False
    said = figures if is_salt else [*figures, sum(figures, Decimal())]
    in_name = {text for figure in said for text in _written(figure)}
    return not query.numbers <= in_name


def _written(figure: Decimal) -> tuple[str, ...]:
    """Give a figure as a query's numbers are written: bare, and taken for each unit."""
    bare = plain(figure)
    return bare, f"{bare}mg", f"{bare}%", f"{plain(figure / 1000)}mg", f"{plain(figure * 1000)}mg"


def _ranked(query: Query, candidate: Candidate, match: Match, exact: Sequence[Candidate]) -> Ranked:
    # Who types a product's full name means its strength, also when the name does not say it.
    is_other = bool(exact) and not query.numbers and not any(_share_strength(one, candidate) for one in exact)
    return Ranked(
        candidate,
        match.tier,
        match.cost,
        strength_differs=not query.numbers <= candidate.numbers or is_other,
        form_differs=_form_differs(query.form, candidate.form),
        release_differs=bool(query.releases) and not _has_release(query, candidate),
        name_differs=match.tier not in _NAMED or (match.extra > 0 and match.tier != Tier.SALT),
        extra=match.extra,
        is_exact=candidate.full == query.full and bool(candidate.salts),
    )


def _share_strength(one: Candidate, other: Candidate) -> bool:
    return one.numbers <= other.numbers or other.numbers <= one.numbers


def _has_release(query: Query, candidate: Candidate) -> bool:
    wanted = {RELEASE_OF_WORD[word].lower() for word in query.releases}
    return candidate.release in wanted or bool(query.releases & set(candidate.named))


def _form_differs(wanted: str, form: str) -> bool:
    if not wanted or not form or wanted == form:
        return False
    if wanted == "syrup" and form in _SWALLOWED:
        return False  # people say "syrup" for every liquid
    # "drops" are eye drops too, "mouth wash" is one word.
    return not form.replace(" ", "").endswith(wanted.replace(" ", ""))
