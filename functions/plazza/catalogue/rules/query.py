"""A query as typed → what it asks for: terms, exact numbers, form, release. Numbers, pack words and forms are no names."""

import itertools
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from plazza.catalogue.rules import keys, names, text
from plazza.catalogue.rules.keys import composition, joined, sound
from plazza.catalogue.rules.salts import salt_name
from plazza.catalogue.rules.strengths import read_numbers, read_strengths, strip_strengths
from plazza.catalogue.rules.synonyms import LONGEST_PHRASE, Meaning, Synonyms

MOST_TERMS = 8
_SHORTEST_TELLING = 3
_MOST_SPELLED = 4
_MOST_COMPOSITIONS = 24
_QUALIFIERS = frozenset(
    {
        "forte",
        "plus",
        "super",
        "total",
        "max",
        "neo",
        "kid",
        "junior",
        "gold",
        "active",
        "new",
        "duo",
        "acid",
        "sodium",
        "potassium",
        "vitamin",
        "free",
    }
)
"""Words that so many names share that they find nothing alone."""

_PACK_OF = re.compile(r"\b(?:strips?|packs?|box|bottles?|tubes?|vials?|sachets?)\s+of\s+\d+(?:\.\d+)?\s*[a-z]*")
_SIZE = re.compile(r"(?<![\d./])\d+(?:\.\d+)?\s*(?:ml|gms?|grams?)\b(?!\s*/)")
_COUNT = re.compile(r"\b\d{1,3}\s*(?:tablets|capsules|sachets|pcs|pieces|strips?|tabs|caps)\b")
_THOUSANDS = re.compile(r"(?<![\d.])(\d{1,3})k\b")
_AFTER_PER = re.compile(r"(?:/|\bper)\s*$")


class Term(NamedTuple):
    """One word of the query, or a phrase that stands for salts.

    An exact term is not taken for a misspelling. A guess is a word like one that stands for salts, but first of all a word.
    """

    word: str
    meaning: Meaning | None = None
    is_exact: bool = False
    is_guess: bool = False

    @property
    def is_need(self) -> bool:
        """Whether it names what somebody suffers from, and no medicine."""
        return self.meaning is not None and self.meaning.is_need and not self.is_guess


class Query(NamedTuple):
    """What a query asks for; `full` is all that was typed, as one word."""

    terms: tuple[Term, ...]
    numbers: frozenset[str]
    form: str
    releases: frozenset[str] = frozenset()
    full: str = ""

    @property
    def joined(self) -> str:
        """The terms as one word."""
        return joined(term.word for term in self.terms)


class QueryKeys(NamedTuple):
    """The keys of a query, for each field that is searched: blank-separated where each counts, lists where one is enough."""

    whole: list[str]
    words: str
    short_words: str
    begun: str
    salts: list[str]
    compositions: list[str]
    guessed: list[str]
    sounds: list[str]
    shapes: list[str]
    far_shapes: list[str]
    numbers: str


def parse(typed: str, synonyms: Synonyms) -> Query:
    """Read a query; whatever was typed gives a Query, perhaps an empty one."""
    whole = text.fold(typed[: text.MAX_QUERY])
    folded = _without_pack(whole)
    strengths = read_strengths(folded)
    rest = strip_strengths(folded)
    parts = text.words(rest)
    numbers = {strength.key for strength in strengths} | read_numbers(rest)
    terms = tuple(_terms(parts, synonyms)[:MOST_TERMS])
    releases = frozenset(term.word for term in terms if term.word in names.RELEASE_OF_WORD)
    return Query(terms, frozenset(numbers), names.read_form(parts), releases, joined(text.words(whole)))


def keys_of(query: Query) -> QueryKeys:
    """Make the keys that find a query's candidates: each word, neighbours as one word, sounds and shapes of names.

    A word too short to tell products apart only helps others, unless there is no other.
    """
    single = [term.word for term in query.terms]
    telling = [word for word in single if _is_telling(word)] or single
    pairs = [joined(pair) for pair in itertools.pairwise(single) if not set(pair).isdisjoint(telling)]
    short = [joined(pair) for pair in itertools.pairwise(single) if set(pair).isdisjoint(telling)]
    together = [*telling, *pairs, query.joined]
    spelled = [term.word for term in query.terms if term.word in telling and not (term.meaning and not term.is_guess)][
        :_MOST_SPELLED
    ]
    meant = _meant(query)
    return QueryKeys(
        whole=_unique([query.joined, query.full]),
        words=" ".join(_unique(together)),
        short_words=" ".join(_unique([*(word for word in single if word not in telling), *short])),
        begun=" ".join(_unique([*telling, query.joined])),
        salts=_unique(word for one in meant for salt in one for word in salt.split() if len(word) >= _SHORTEST_TELLING),
        compositions=_compositions(query),
        guessed=_unique(
            composition(one)
            for term in query.terms
            if term.meaning and term.is_guess
            for one in term.meaning.compositions
        ),
        sounds=_unique(sound(word) for word in spelled if len(word) >= _SHORTEST_TELLING),
        shapes=_unique(left for word in spelled for errors in (0, 1) for left in keys.shapes_without(word, errors)),
        far_shapes=_unique(left for word in spelled for left in keys.shapes_without(word, 2)),
        numbers=" ".join(sorted(query.numbers)),
    )


def _compositions(query: Query) -> list[str]:
    """Give the compositions that the query may name: what its words stand for, and its words taken for salts."""
    found = [composition(one) for one in _meant(query)]
    named = [salt_name(term.word) for term in query.terms if not term.is_need]
    spoken = salt_name(" ".join(term.word for term in query.terms))
    return _unique([composition([spoken]), composition(named), *found])[:_MOST_COMPOSITIONS]


def _meant(query: Query) -> list[tuple[str, ...]]:
    return [one for term in query.terms if term.meaning and not term.is_guess for one in term.meaning.compositions]


def _is_telling(word: str) -> bool:
    return len(word) >= _SHORTEST_TELLING and word not in names.RELEASE_OF_WORD and word not in _QUALIFIERS


def _unique(found: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(one for one in found if one))


def _without_pack(folded: str) -> str:
    folded = _THOUSANDS.sub(r"\g<1>000", _PACK_OF.sub(" ", folded))
    folded = _SIZE.sub(lambda found: found[0] if _AFTER_PER.search(folded[: found.start()]) else " ", folded)
    counts = _COUNT.search(folded)
    if counts is not None and read_numbers(folded[: counts.start()]):
        # "dolo 650 10 tablets": with a number before it, this one counts tablets; alone it may be the strength.
        folded = folded[: counts.start()] + re.sub(r"\d", "", counts[0]) + folded[counts.end() :]
    return folded


def _terms(parts: Sequence[str], synonyms: Synonyms) -> list[Term]:
    """Read words as phrases that stand for salts, the longest first, and what remains as names."""
    told = [word for word in parts if word not in names.NOISE and word not in synonyms.noise and word != "%"]
    named = keys.name_words(told)
    terms: list[Term] = []
    at = 0
    while at < len(told):
        length, meaning = _phrase_at(told, at, synonyms)
        if meaning is not None:
            terms.append(Term(joined(told[at : at + length]), meaning))
        elif told[at] in named:
            guess = synonyms.guess([told[at]])
            terms.append(Term(told[at], guess, is_guess=guess is not None))
        at += length
    return terms


def _phrase_at(parts: Sequence[str], at: int, synonyms: Synonyms) -> tuple[int, Meaning | None]:
    for length in range(min(LONGEST_PHRASE, len(parts) - at), 0, -1):
        phrase = parts[at : at + length]
        meaning = synonyms.find(phrase) or (synonyms.guess(phrase) if length > 1 else None)
        if meaning is not None:
            return length, meaning
    return 1, None
