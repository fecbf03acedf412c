"""A query as typed → what it asks for: terms, exact numbers, form. Numbers, pack words and forms are no names."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from plazza.catalogue.rules import names, text
from plazza.catalogue.rules.keys import joined, shapes, sound
from plazza.catalogue.rules.salts import salt_name
from plazza.catalogue.rules.strengths import read_numbers, read_strengths, strip_strengths

MOST_TERMS = 8
_LONGEST_PHRASE = 4

Synonyms = Mapping[tuple[str, ...], tuple[str, ...]]
"""Words → the salts that they stand for."""

_PACK_OF = re.compile(r"\b(?:strips?|packs?|box|bottles?|tubes?|vials?|sachets?)\s+of\s+\d+(?:\.\d+)?\s*[a-z]*")
_SIZE = re.compile(r"(?<![\d./])\d+(?:\.\d+)?\s*(?:ml|gms?|grams?)\b(?!\s*/)")
_COUNT = re.compile(r"\b\d{1,3}\s*(?:tablets|capsules|sachets|pcs|pieces|strips?|tabs|caps)\b")
_THOUSANDS = re.compile(r"(?<![\d.])(\d{1,3})k\b")
_AFTER_PER = re.compile(r"(?:/|\bper)\s*$")


class Term(NamedTuple):
    """One word of the query, or a phrase that stands for salts; an exact one is not taken for a misspelling."""

    word: str
    salts: tuple[str, ...] = ()
    is_exact: bool = False


class Query(NamedTuple):
    """What a query asks for."""

    terms: tuple[Term, ...]
    numbers: frozenset[str]
    form: str

    @property
    def joined(self) -> str:
        """The terms as one word."""
        return joined(term.word for term in self.terms)


class QueryKeys(NamedTuple):
    """The keys of a query, as blank-separated text for each field that is searched."""

    whole: str
    words: str
    salts: str
    sounds: str
    shapes: str
    numbers: str


def parse(typed: str, synonyms: Synonyms) -> Query:
    """Read a query; whatever was typed gives a Query, perhaps an empty one."""
    folded = _without_pack(text.fold(typed[: text.MAX_QUERY]))
    strengths = read_strengths(folded)
    rest = strip_strengths(folded)
    parts = text.words(rest)
    numbers = {strength.key for strength in strengths} | read_numbers(rest)
    terms = _terms(parts, synonyms)
    return Query(tuple(terms[:MOST_TERMS]), frozenset(numbers), names.read_form(parts))


def keys_of(query: Query) -> QueryKeys:
    """Make the keys that find a query's candidates: each word, neighbours as one word, sounds and shapes of names."""
    single = [term.word for term in query.terms]
    pairs = [joined(single[at : at + 2]) for at in range(len(single) - 1)]
    spoken = [
        word for word in dict.fromkeys([*single, *pairs, query.joined]) if word and word not in names.RELEASE_OF_WORD
    ]
    words = dict.fromkeys([*single, *pairs, query.joined])
    meant = [joined(text.words(salt)) for term in query.terms for salt in term.salts]
    return QueryKeys(
        whole=query.joined,
        words=" ".join(word for word in words if word),
        salts=" ".join(dict.fromkeys(meant)),
        sounds=" ".join(dict.fromkeys(sound(word) for word in spoken if len(word) > 2)),
        shapes=" ".join(dict.fromkeys(shape for word in spoken for shape in shapes(word))),
        numbers=" ".join(sorted(query.numbers)),
    )


def read_synonyms(groups: Mapping[str, Mapping[str, Sequence[str]]]) -> Synonyms:
    """Read the synonyms file: groups of phrase → salts."""
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for group in groups.values():
        for phrase, salts in group.items():
            found[tuple(text.words(phrase))] = tuple(salt_name(salt) for salt in salts)
    return found


def _without_pack(folded: str) -> str:
    folded = _THOUSANDS.sub(r"\g<1>000", _PACK_OF.sub(" ", folded))
    folded = _SIZE.sub(lambda found: found[0] if _AFTER_PER.search(folded[: found.start()]) else " ", folded)
    counts = _COUNT.search(folded)
    if counts is not None and read_numbers(folded[: counts.start()]):
        # "dolo 650 10 tablets": with a number before it, this one counts tablets; alone it may be the strength.
        folded = folded[: counts.start()] + re.sub(r"\d", "", counts[0]) + folded[counts.end() :]
    return folded


def _terms(parts: Sequence[str], synonyms: Synonyms) -> list[Term]:
    terms: list[Term] = []
    at = 0
    while at < len(parts):
        length = _phrase_at(parts, at, synonyms)
        if length:
            phrase = tuple(parts[at : at + length])
            terms.append(Term(joined(phrase), synonyms[phrase]))
            at += length
            continue
        word = parts[at]
        is_name = not (text.is_number(word) or word == "%" or word in names.FORM_OF_WORD or word in names.NOISE)
        if is_name:
            terms.append(Term(word))
        at += 1
    return terms


def _phrase_at(parts: Sequence[str], at: int, synonyms: Synonyms) -> int:
    for length in range(min(_LONGEST_PHRASE, len(parts) - at), 0, -1):
        if tuple(parts[at : at + length]) in synonyms:
            return length
    return 0
