"""The order of answers: tiers first, then how well, then popularity. The same on every engine, and with none.

Exact name → all words → beginnings → a salt named as it is → misspelt or misheard → a salt misspelt → maker → only some of the words.
A word that names something exactly is never taken for a misspelling of something else; a number in the query is never anything
but itself: what has another strength stands below everything that has this one, and carries a mark.
"""

from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import NamedTuple

from plazza.catalogue.rules.distance import distance
from plazza.catalogue.rules.keys import forgiven, sound
from plazza.catalogue.rules.names import LIQUIDS, RELEASE_OF_WORD
from plazza.catalogue.rules.query import Query, Term

MOST_CANDIDATES = 100
_SHORTEST_SALT_PREFIX = 4
_SHORTEST_LIKENESS = 4


class Tier(IntEnum):
    """How a candidate answers a query; the lower the better."""

    NAME = 0
    WORDS = 1
    PREFIX = 2
    SALT = 3
    SIMILAR = 4
    SALT_SIMILAR = 5
    MAKER = 6
    PARTIAL = 7


class Candidate(NamedTuple):
    """What the order depends on."""

    id: str
    sku: str
    whole: Sequence[str]
    words: Sequence[str]
    salts: Sequence[str]
    salt_words: Sequence[str]
    numbers: frozenset[str]
    maker: Sequence[str]
    form: str
    popularity: int


class Ranked(NamedTuple):
    """A candidate in its place: why, how far from what was typed, and whether its strength is another."""

    candidate: Candidate
    tier: Tier
    cost: int
    strength_differs: bool
    form_differs: bool
    extra: int


class _Match(NamedTuple):
    tier: Tier
    cost: int
    matched: frozenset[str] = frozenset()


def rank(query: Query, candidates: Iterable[Candidate]) -> list[Ranked]:
    """Put candidates in order; those that answer less than half of the query are left out."""
    found = [ranked for candidate in candidates if (ranked := _judge(query, candidate)) is not None]
    best = min((ranked.tier for ranked in found), default=Tier.PARTIAL)
    return sorted(found, key=lambda ranked: _order(query, ranked, best))[:MOST_CANDIDATES]


def _order(query: Query, ranked: Ranked, best: Tier) -> tuple[int, int, int, int, int, int, int, str]:
    candidate = ranked.candidate
    is_guess = ranked.tier in {Tier.SIMILAR, Tier.SALT_SIMILAR} and best <= Tier.SALT
    is_weak = is_guess or ranked.tier >= Tier.MAKER
    is_unknown = bool(query.numbers) and not candidate.numbers
    strength = 2 if ranked.strength_differs else int(is_unknown)
    return (
        int(is_weak), strength, int(ranked.form_differs), ranked.tier, ranked.cost, ranked.extra, -candidate.popularity, candidate.sku,
    )  # fmt: skip


def _judge(query: Query, candidate: Candidate) -> Ranked | None:
    match = _match(query, candidate)
    if match is None:
        return None
    return Ranked(
        candidate,
        match.tier,
        match.cost,
        strength_differs=bool(candidate.numbers) and not query.numbers <= candidate.numbers,
        form_differs=_form_differs(query.form, candidate.form),
        extra=_extra(match, candidate),
    )


def _match(query: Query, candidate: Candidate) -> _Match | None:
    if not query.terms:
        return None
    whole = query.joined
    if whole in candidate.whole:
        return _Match(Tier.NAME, 0, frozenset(candidate.words))
    readings = [_match_terms(query.terms, candidate)]
    readings += [
        match for terms in _rejoined(query.terms) if (match := _match_terms(terms, candidate)).tier != Tier.PARTIAL
    ]
    best = min(readings, key=lambda match: (match.tier, match.cost))
    if best.tier > Tier.PREFIX and len(whole) > 1 and any(name.startswith(whole) for name in candidate.whole):
        return _Match(Tier.PREFIX, 0)
    return best if best.tier < Tier.PARTIAL or _is_half(query.terms, candidate) else None


def _rejoined(terms: Sequence[Term]) -> list[tuple[Term, ...]]:
    """Read two neighbours, or all words, as one, which people split: "ten limac"."""
    if len(terms) < 2:
        return []
    pairs = [(*terms[:at], _one(terms[at : at + 2]), *terms[at + 2 :]) for at in range(len(terms) - 1)]
    return [*pairs, (_one(terms),)] if len(terms) > 2 else pairs


def _one(terms: Sequence[Term]) -> Term:
    # "amoxivant cv" must not be forgiven its "cv", nor "metsure sr" its "sr": what is joined from such short words only matches exactly.
    is_exact = any(len(term.word) < _SHORTEST_LIKENESS for term in terms)
    return Term("".join(term.word for term in terms), is_exact=is_exact)


def _match_terms(terms: Sequence[Term], candidate: Candidate) -> _Match:
    matches = [_match_term(term, candidate) for term in terms]
    tier = max(match.tier for match in matches)
    return _Match(tier, sum(match.cost for match in matches), frozenset().union(*(match.matched for match in matches)))


def _match_term(term: Term, candidate: Candidate) -> _Match:
    word = term.word
    if word in candidate.words:
        return _Match(Tier.WORDS, 0, frozenset({word}))
    if term.salts:
        meant = [salt for salt in candidate.salts if salt in term.salts]
        if meant:
            return _Match(Tier.SALT, min(term.salts.index(salt) for salt in meant), frozenset(meant))
    if word in RELEASE_OF_WORD:
        return _Match(Tier.PARTIAL, 0)
    if len(word) > 1:
        begun = next((name for name in candidate.words if name.startswith(word)), None)
        if begun is not None:
            return _Match(Tier.PREFIX, 0, frozenset({begun}))
    if word in candidate.salt_words:
        return _Match(Tier.SALT, 0, frozenset({word}))
    if len(word) >= _SHORTEST_SALT_PREFIX and any(salt.startswith(word) for salt in candidate.salt_words):
        return _Match(Tier.SALT, 1, frozenset({word}))
    if term.is_exact:
        return _Match(Tier.PARTIAL, 0)
    for tier, known in ((Tier.SIMILAR, candidate.words), (Tier.SALT_SIMILAR, candidate.salt_words)):
        cost = min((_likeness(word, name) for name in known), default=None)
        if cost is not None and cost < _UNLIKE:
            return _Match(tier, cost, frozenset({word}))
    return _Match(Tier.MAKER if word in candidate.maker else Tier.PARTIAL, 0)


_UNLIKE = 100


def _likeness(word: str, name: str) -> int:
    """Give how unlike two words are, `_UNLIKE` for words that are not the same misspelt; a wrong first letter weighs more."""
    if name in RELEASE_OF_WORD or min(len(word), len(name)) < _SHORTEST_LIKENESS:
        return _UNLIKE
    most = min(forgiven(word), forgiven(name))
    errors = distance(word, name, most)
    penalty = int(word[0] != name[0])
    if errors <= most:
        return 2 * errors + penalty
    heard = sound(word)
    if heard == sound(name):
        # Heard alike, but written with more errors than fingers make: a third of the letters may differ.
        most = max(2, len(name) // 3 + 1)
        errors = distance(word, name, most)
        return 2 * errors + penalty if errors <= most else _UNLIKE
    return _UNLIKE


def _is_half(terms: Sequence[Term], candidate: Candidate) -> bool:
    letters = sum(len(term.word) for term in terms)
    matched = sum(len(term.word) for term in terms if _match_term(term, candidate).tier < Tier.MAKER)
    return matched * 2 >= letters and matched > 0


def _extra(match: _Match, candidate: Candidate) -> int:
    """Count what the candidate has beyond the query: more words of a name, or more salts."""
    if match.tier in {Tier.SALT, Tier.SALT_SIMILAR}:
        return max(0, len(candidate.salts) - len(match.matched))
    single = [word for word in candidate.words if word not in match.matched]
    return len(single)


def _form_differs(wanted: str, form: str) -> bool:
    if not wanted or not form or wanted == form:
        return False
    if wanted in LIQUIDS and form in LIQUIDS:
        return False
    return not form.endswith(wanted)  # "drops" are eye drops too
