"""How a candidate answers the words of a query: the tier of each word, and what it costs."""

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from plazza.catalogue.rules.distance import distance, unlikeliness
from plazza.catalogue.rules.keys import sound
from plazza.catalogue.rules.names import RELEASE_OF_WORD
from plazza.catalogue.rules.query import Query, Term
from plazza.catalogue.rules.text import is_number

UNLIKE = 100
_SHORTEST_SALT_PREFIX = 4
_SHORTEST_LIKENESS = 4
_TWO_ERRORS_FROM = 8
_OTHER_INITIAL = 1
_HEARD_ALIKE = 1
_NOT_FIRST = 2
_UNANSWERED_NEED = 20
_AMONG_OTHERS, _OTHER_FORM = 20, 10
_GUESSED_MEANING = 2
_OTHER_WORD, _OTHER_RELEASE, _DISPERSES = 3, 2, 1
_EXTRA_OF_RELEASE = dict.fromkeys(RELEASE_OF_WORD.values(), _OTHER_RELEASE) | dict.fromkeys(("DT", "MD"), _DISPERSES)
"""A name that says more than was typed is less likely meant: one that only melts is nearest, one that works slower further away."""


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
    """What the order depends on; the fields are those of `keys.Judged`."""

    id: str
    sku: str
    full: str
    wholes: Sequence[tuple[str, int]]
    named: Sequence[str]
    words: Sequence[str]
    sounds: Sequence[str]
    salts: Sequence[str]
    salt_words: Sequence[str]
    salt_sounds: Sequence[str]
    numbers: frozenset[str]
    shown: frozenset[str]
    maker: Sequence[str]
    form: str
    release: str
    popularity: int


class Match(NamedTuple):
    """How words are answered; `matched` are the candidate's own words that were meant, `extra` counts what it has beyond them."""

    tier: Tier
    cost: int
    matched: frozenset[str] = frozenset()
    extra: int = 0


_PARTIAL = Match(Tier.PARTIAL, 0)


class Reader:
    """Reads candidates for one query; what two words have in common is worked out once for all candidates."""

    def __init__(self, query: Query) -> None:
        """Prepare the query's words, also those that people split ("ten limac")."""
        self._query = query
        self._whole = query.joined
        self._rejoined = _rejoined(query.terms)
        self._needs = [term for term in query.terms if term.is_need]
        self._found: dict[int, Match] = {}
        readings = (query.terms, *self._rejoined)
        self._heard = {term.word: sound(term.word) for terms in readings for term in terms if _is_forgiven(term.word)}
        self._alike: dict[str, dict[str, int]] = {word: {} for word in self._heard}

    def match(self, candidate: Candidate) -> Match | None:
        """Give how a candidate answers the whole query, None when it answers less than half of it."""
        self._found.clear()
        whole = self._whole
        for text, lacks in candidate.wholes:
            if text == whole and whole:
                return Match(Tier.NAME, 0, frozenset(candidate.named), lacks)
        best = self._match_terms(self._query.terms, candidate)
        if best.tier > Tier.WORDS:
            for terms in self._rejoined:
                if self._has(terms[0], candidate):
                    reading = self._match_terms(terms, candidate)
                    if reading.tier != Tier.PARTIAL and (reading.tier, reading.cost) < (best.tier, best.cost):
                        best = reading
        if best.tier > Tier.PREFIX and len(whole) > 1 and any(text.startswith(whole) for text, _ in candidate.wholes):
            best = Match(Tier.PREFIX, 0, frozenset(candidate.named))
        if best.tier == Tier.PARTIAL:
            return self._partly(candidate)
        return best._replace(extra=_extra(best, candidate))

    def answers(self, candidate: Candidate) -> list[tuple[Term, Match]]:
        """Give how each word of the query is answered by itself."""
        self._found.clear()
        return [(term, self._match_term(term, candidate)) for term in self._query.terms]

    def _has(self, term: Term, candidate: Candidate) -> bool:
        return self._match_term(term, candidate).tier < Tier.PARTIAL

    def _match_terms(self, terms: Sequence[Term], candidate: Candidate) -> Match:
        if self._needs:
            named = [self._match_term(term, candidate) for term in terms if not term.is_need]
            needs = [self._match_term(term, candidate) for term in terms if term.is_need]
        else:
            named, needs = [self._match_term(term, candidate) for term in terms], []
        answered = [match for match in needs if match.tier < Tier.PARTIAL]
        if needs and not answered and not named:
            return _PARTIAL
        counted = [*named, *answered]
        if len(counted) == 1:
            tier, cost, matched, _ = counted[0]
        else:
            tier = max([match.tier for match in counted], default=Tier.PARTIAL)
            cost = sum([match.cost + (match.tier == Tier.PREFIX) for match in counted])
            matched = frozenset[str]().union(*[match.matched for match in counted])
        cost += _UNANSWERED_NEED * (len(needs) - len(answered))
        if tier in {Tier.WORDS, Tier.PREFIX} and candidate.named and not _has_first(matched, candidate):
            return Match(Tier.PREFIX, cost + _NOT_FIRST, matched)
        return Match(tier, cost, matched)

    def _match_term(self, term: Term, candidate: Candidate) -> Match:
        """Give how the candidate at hand answers a word; several readings of a query share words."""
        found = self._found.get(id(term))
        if found is None:
            found = self._found[id(term)] = self._read_term(term, candidate)
        return found

    def _read_term(self, term: Term, candidate: Candidate) -> Match:
        word = term.word
        if word in candidate.words:
            return Match(Tier.WORDS, 0, frozenset({word}))
        if term.meaning is not None and not term.is_guess:
            return _meant(term, candidate) or _PARTIAL
        if word in RELEASE_OF_WORD:
            return Match(Tier.WORDS, 0) if candidate.release == RELEASE_OF_WORD[word].lower() else _PARTIAL
        if len(word) > 1:
            begun = next((name for name in candidate.words if name.startswith(word)), None)
            if begun is not None:
                return Match(Tier.PREFIX, 0, frozenset({begun}))
        if word in candidate.salt_words:
            return Match(Tier.SALT, 0, frozenset({word}))
        if len(word) >= _SHORTEST_SALT_PREFIX:
            begun = next((salt for salt in candidate.salt_words if salt.startswith(word)), None)
            if begun is not None:
                return Match(Tier.SALT, 1, frozenset({begun}))
        return self._match_alike(term, candidate)

    def _match_alike(self, term: Term, candidate: Candidate) -> Match:
        if not term.is_exact:
            name = self._most_alike(term.word, candidate.words, candidate.sounds)
            salt = self._most_alike(term.word, candidate.salt_words, candidate.salt_sounds)
            if name[0] < UNLIKE and name[0] <= salt[0]:
                return Match(Tier.SIMILAR, name[0], frozenset({name[1]}))
            if salt[0] < UNLIKE:
                return Match(Tier.SALT_SIMILAR, salt[0], frozenset({salt[1]}))
        meant = _meant(term, candidate) if term.meaning is not None else None
        if meant is not None:
            return Match(Tier.SALT_SIMILAR, meant.cost + _GUESSED_MEANING, meant.matched)
        return Match(Tier.MAKER, 0) if term.word in candidate.maker else _PARTIAL

    def _most_alike(self, typed: str, names: Sequence[str], sounds: Sequence[str]) -> tuple[int, str]:
        best = (UNLIKE, "")
        known = self._alike.get(typed)
        if known is None:
            return best
        for name, heard in zip(names, sounds, strict=True):
            cost = known.get(name)
            if cost is None:
                cost = known[name] = _likeness(typed, name, is_heard_alike=self._heard[typed] == heard)
            if cost < best[0]:
                best = (cost, name)
        return best

    def _partly(self, candidate: Candidate) -> Match | None:
        """Take a candidate that answers at least half of the letters; what it does not answer costs by the letter."""
        terms = [term for term in self._query.terms if not term.is_need]
        found = [(len(term.word), self._match_term(term, candidate)) for term in terms]
        letters = sum(length for length, _ in found)
        answered = [(length, match) for length, match in found if match.tier < Tier.MAKER]
        count = sum(length for length, _ in answered)
        if not answered or count * 2 < letters:
            return None
        matched = frozenset[str]().union(*(match.matched for _, match in answered))
        cost = 10 * (letters - count) + sum(match.cost for _, match in answered)
        best = Match(Tier.PARTIAL, cost, matched)
        return best._replace(extra=_extra(best, candidate))


def _has_first(matched: frozenset[str], candidate: Candidate) -> bool:
    first = candidate.named[0]
    return any(word.startswith(first) for word in matched)


def _meant(term: Term, candidate: Candidate) -> Match | None:
    """Give how a candidate holds what a term stands for: one of its compositions and nothing else, or that among other salts.

    A likelier composition costs less, and so does a form in which the need is met.
    """
    if term.meaning is None:
        return None
    of_form = _OTHER_FORM if term.meaning.forms and candidate.form not in term.meaning.forms else 0
    held = frozenset(candidate.salts)
    among: Match | None = None
    for at, composition in enumerate(term.meaning.compositions):
        matched = frozenset(word for salt in composition for word in salt.split())
        if held == frozenset(composition):
            return Match(Tier.SALT, 2 * at + of_form, matched)
        if among is None and held.issuperset(composition):
            among = Match(Tier.SALT, 2 * at + of_form + _AMONG_OTHERS, matched)
    return among


def _rejoined(terms: Sequence[Term]) -> list[tuple[Term, ...]]:
    """Read two neighbours, or all words, as one; that one stands first."""
    if len(terms) < 2:
        return []
    pairs = [(_one(terms[at : at + 2]), *terms[:at], *terms[at + 2 :]) for at in range(len(terms) - 1)]
    return [*pairs, (_one(terms),)] if len(terms) > 2 else pairs


def _one(terms: Sequence[Term]) -> Term:
    # "amoxivant cv" must not be forgiven its "cv", nor "metsure sr" its "sr": what is joined from such short words only matches exactly.
    is_exact = any(len(term.word) < _SHORTEST_LIKENESS for term in terms)
    return Term("".join(term.word for term in terms), is_exact=is_exact)


def _is_forgiven(typed: str) -> bool:
    """Tell whether a word may be misspelt at all: short ones and numbers are themselves or nothing."""
    return len(typed) >= _SHORTEST_LIKENESS and not is_number(typed)


def _likeness(typed: str, name: str, *, is_heard_alike: bool) -> int:
    """Give how unlike two words are, `UNLIKE` for words that are not the same misspelt; a wrong first letter weighs more."""
    if len(name) < _SHORTEST_LIKENESS or name in RELEASE_OF_WORD:
        return UNLIKE
    most = 2 if len(name) >= _TWO_ERRORS_FROM or len(typed) >= _TWO_ERRORS_FROM else 1
    if is_heard_alike:
        # Heard alike, but written with more errors than fingers make: a third of the letters may differ.
        most = max(most, 2, len(name) // 3 + 1)
    if abs(len(typed) - len(name)) > most or distance(typed, name, most) > most:
        return UNLIKE
    return unlikeliness(typed, name) + _OTHER_INITIAL * (typed[0] != name[0]) - _HEARD_ALIKE * is_heard_alike


def _extra(match: Match, candidate: Candidate) -> int:
    """Count what the candidate has beyond what was meant: more words of a name (a release word counts less), or of its salts."""
    if match.tier in {Tier.SALT, Tier.SALT_SIMILAR}:
        return len([word for word in candidate.salt_words if word not in match.matched])
    together = match.matched - set(candidate.named)  # names joined of several words
    more = [word for word in candidate.named if word not in match.matched and not any(word in one for one in together)]
    return sum(_EXTRA_OF_RELEASE.get(RELEASE_OF_WORD.get(word, ""), _OTHER_WORD) for word in more)
