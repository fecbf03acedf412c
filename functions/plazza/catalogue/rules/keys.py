"""Keys made once for each product and once for each query: where two share one, the product is a candidate.

Every key is looked up as an exact term, so any Lucene, and a database, finds candidates fast at any size. Numbers have exact keys
only: a strength never matches by likeness.
"""

import itertools
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from plazza.catalogue.rules.names import FORM_OF_WORD, NOISE, RELEASE_OF_WORD
from plazza.catalogue.rules.salts import Salt, salt_name
from plazza.catalogue.rules.strengths import Strength, read_numbers, read_strengths, tokens
from plazza.catalogue.rules.text import is_number, words

SHORTEST_PREFIX, LONGEST_PREFIX = 2, 14
_SHAPE_LETTERS = 8
_PLACES = frozenset({"eye", "ear", "nasal", "oral", "ophthalmic"})
_SHORTEST_FORGIVEN = 4
_TWO_ERRORS_FROM = 8
"""Names of eight letters forgive two errors, shorter ones one, those below four none."""

# Spelling by ear, as Indian trade names are heard and written: first match of each rule wins, from left to right.
_SOUNDS = (
    (re.compile(r"^(?:ps|x)"), "s"), (re.compile(r"^(?:pn|kn|gn)"), "n"), (re.compile(r"tion|sion|shun"), "sn"),
    (re.compile(r"ph"), "f"), (re.compile(r"sch|sh"), "s"), (re.compile(r"ck|ch|kh|qu|q"), "k"), (re.compile(r"x"), "ks"),
    (re.compile(r"c(?=[eiy])"), "s"), (re.compile(r"c"), "k"), (re.compile(r"dge"), "j"), (re.compile(r"g(?=[eiy])"), "j"), (re.compile(r"gh"), "g"),
    (re.compile(r"[zj]"), "s"), (re.compile(r"w"), "v"), (re.compile(r"(?<=[bdptrgjk])h"), ""), (re.compile(r"(?<!^)h"), ""), (re.compile(r"ght"), "t"),
)  # fmt: skip
_VOWELS = (
    (re.compile(r"ee|ea|ie|ii|y"), "i"), (re.compile(r"oo|ou|w"), "u"), (re.compile(r"ai|ei|ay|ey|ae"), "e"), (re.compile(r"au|aw|oa"), "o"),
    (re.compile(r"(?<=..)e$"), ""),
)  # fmt: skip
_REPEATED = re.compile(r"(.)\1+")


class ProductKeys(NamedTuple):
    """The keys of one product, field by field of `mappings/products.json`."""

    whole: list[str]
    words: list[str]
    prefixes: list[str]
    sounds: list[str]
    shapes: list[str]
    salts: list[str]
    composition: str
    salt_words: list[str]
    salt_prefixes: list[str]
    salt_sounds: list[str]
    salt_shapes: list[str]
    numbers: list[str]
    maker: list[str]


class Judged(NamedTuple):
    """What the order of answers looks at, made once: the index keeps it beside the keys and hands it back.

    `wholes` are a name's forms as one word, each with how many words of the name it lacks; `sounds` and `salt_sounds` stand beside
    `words` and `salt_words`; `shown` are the strengths of a piece, where salts are known, `numbers` those of the name and by volume too.
    """

    full: str
    wholes: list[tuple[str, int]]
    named: list[str]
    words: list[str]
    sounds: list[str]
    salts: list[str]
    salt_words: list[str]
    salt_sounds: list[str]
    numbers: list[str]
    shown: list[str]
    maker: list[str]
    release: str


@lru_cache(maxsize=50_000)
def sound(word: str) -> str:
    """Give how a word sounds: its consonants, with its vowels only where too little would be left of it."""
    if not word.isascii() or is_number(word):
        return word
    for pattern, replacement in _SOUNDS:
        word = pattern.sub(replacement, word)
    for pattern, replacement in _VOWELS:
        word = pattern.sub(replacement, word)
    word = _REPEATED.sub(r"\1", word)
    skeleton = word[:1].translate(str.maketrans("eiou", "aaaa")) + re.sub("[aeiou]", "", word[1:])
    return _REPEATED.sub(r"\1", skeleton) if len(skeleton) > 2 else word


@lru_cache(maxsize=50_000)
def shapes(word: str) -> tuple[str, ...]:
    """Give what is left of a word when letters are left out: two words within the forgiven errors share one."""
    return tuple(left for errors in range(forgiven(word) + 1) for left in shapes_without(word, errors))


def shapes_without(word: str, errors: int) -> tuple[str, ...]:
    """Give what is left of a word's beginning when exactly so many letters are left out; nothing for a word that forgives none."""
    if errors > forgiven(word) or not forgiven(word):
        return ()
    head = word[:_SHAPE_LETTERS]
    return tuple(sorted(set(map("".join, itertools.combinations(head, len(head) - errors)))))


def forgiven(word: str) -> int:
    """Give how many errors a word may have: none in a number, whatever its length."""
    if is_number(word) or len(word) < _SHORTEST_FORGIVEN:
        return 0
    return 2 if len(word) >= _TWO_ERRORS_FROM else 1


def prefixes(word: str) -> list[str]:
    """Give the beginnings of a word, for as-you-type."""
    return [word[:length] for length in range(SHORTEST_PREFIX, min(len(word), LONGEST_PREFIX) + 1)]


def name_words(parts: Sequence[str]) -> list[str]:
    """Give the words of a name that tell products apart: no numbers, forms and pack words; a release word stays."""
    return [word for at, word in enumerate(parts) if is_name(word) and not (at and word in _PLACES)]


def is_name(word: str) -> bool:
    """Tell whether a word may be part of a name: no number, form or pack word."""
    return not (is_number(word) or word == "%" or word in FORM_OF_WORD or word in NOISE)


def brand_words(brand: str, name: str) -> list[str]:
    """Give a product's brand as words; where the brand is not known, what its name begins with."""
    if brand:
        return words(brand)
    named = list(itertools.takewhile(lambda word: not is_number(word) and word not in FORM_OF_WORD, words(name)))
    return named or words(name)[:1]


def joined(parts: Iterable[str]) -> str:
    """Give words as one: "pan d" and "pand" are the same."""
    return "".join(parts)


def product_keys(seen: Judged) -> ProductKeys:
    """Make a product's keys of what the order looks at."""
    whole = _unique(text for text, _ in seen.wholes)
    spelled = [word for word in seen.words if word not in RELEASE_OF_WORD]
    whole_salts = [joined(one.split()) for one in seen.salts]
    return ProductKeys(
        whole=whole,
        words=seen.words,
        prefixes=_unique(itertools.chain.from_iterable(map(prefixes, [*seen.words, *whole[:2]]))),
        sounds=_unique(map(sound, spelled)),
        shapes=_unique(itertools.chain.from_iterable(map(shapes, spelled))),
        salts=seen.salts,
        composition=composition(seen.salts),
        salt_words=_unique([*seen.salt_words, *whole_salts]),
        salt_prefixes=_unique(itertools.chain.from_iterable(map(prefixes, seen.salt_words))),
        salt_sounds=_unique(seen.salt_sounds),
        salt_shapes=_unique(itertools.chain.from_iterable(map(shapes, seen.salt_words))),
        numbers=seen.numbers,
        maker=seen.maker,
    )


def judged(name: str, brand: str, release: str, salts: Sequence[Salt], manufacturer: str) -> Judged:
    """Make what the order of answers looks at."""
    parts = words(name)
    named = name_words(parts)
    of_brand = brand_words(brand, name)
    released = [] if not release or release.lower() in of_brand else [release.lower()]
    lacking = max(0, len(named) - len(of_brand))
    plain_words = [word for word in named if word not in RELEASE_OF_WORD]
    wholes = {
        joined([*of_brand, *released]): max(0, lacking - len(released)), joined(of_brand): lacking, joined(plain_words): len(named) - len(plain_words),
        joined(named): 0, joined(parts): 0,
    }  # fmt: skip
    keyed = _unique([*named, joined(of_brand), joined([*of_brand, *released]), joined(plain_words)])
    names = [salt_name(salt.name) for salt in salts]
    salt_parts = _unique([word for one in names for word in one.split() if len(word) > 1])
    strengths = [salt.strength for salt in salts if salt.strength] + read_strengths(name)
    pieces = [salt.strength for salt in salts if salt.strength and not salt.strength.per and salt.strength.unit != "%"]
    shown = (
        tokens(pieces) | _sum(pieces) if any(salt.strength for salt in salts) else set(_numbers(name, names, strengths))
    )
    return Judged(
        full=joined(parts),
        wholes=[(text, lacks) for text, lacks in reversed(wholes.items()) if text],
        named=named,
        words=keyed,
        sounds=[sound(word) for word in keyed],
        salts=names,
        salt_words=salt_parts,
        salt_sounds=[sound(word) for word in salt_parts],
        numbers=_numbers(name, names, strengths),
        shown=sorted(shown),
        maker=_unique(words(manufacturer)),
        release=release.lower(),
    )


def composition(salts: Iterable[str]) -> str:
    """Give the key of exactly these salts: all their words in one order, so that it does not matter how they are put together."""
    return "+".join(sorted({word for salt in salts for word in salt.split()} - {"and"}))


_PER = re.compile(r"(?:/|\bper\b)\s*\d*(?:\.\d+)?\s*(?:ml|gm?|l|puff|dose|spray|actuation)\b", re.IGNORECASE)


def _numbers(name: str, salts: Sequence[str], strengths: Sequence[Strength]) -> list[str]:
    """Give every number by which a product may be asked for.

    Its strengths, the numbers in its name and in its salts' (vitamin D3), the first half of "125mg/5ml", and the sum by which a
    combination is known (625 for 500 and 125). Where nothing is known but the name, its bare number is taken for milligrams.
    """
    printed = read_numbers(name)
    found = tokens(strengths) | printed | tokens(read_strengths(_PER.sub(" ", name)))
    for salt in salts:
        found |= read_numbers(salt)
    if not strengths:
        found |= {f"{number}mg" for number in printed}
    return sorted(found | _sum(strengths))


def _sum(strengths: Sequence[Strength]) -> set[str]:
    weighed = {strength for strength in strengths if strength.unit == "mg" and not strength.per}
    return (
        tokens([Strength(sum((strength.value for strength in weighed), Decimal(0)), "mg")])
        if len(weighed) > 1
        else set()
    )


def brand_key(brand: str, name: str) -> str:
    """Give the brand as one word: the column that the database searches by likeness."""
    return joined(brand_words(brand, name))


def brand_sound(brand: str, name: str) -> str:
    """Give how the brand's first word sounds: the column that the database looks up."""
    return sound(brand_words(brand, name)[0]) if brand_words(brand, name) else ""


def _unique(found: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, found)))
