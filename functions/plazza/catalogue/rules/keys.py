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
from plazza.catalogue.rules.strengths import Strength, plain, read_numbers, read_strengths, tokens
from plazza.catalogue.rules.text import is_number, words

SHORTEST_PREFIX, LONGEST_PREFIX = 2, 14
_SHAPE_LETTERS = 8
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
    salt_words: list[str]
    salt_prefixes: list[str]
    salt_sounds: list[str]
    salt_shapes: list[str]
    numbers: list[str]
    maker: list[str]


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
    errors = forgiven(word)
    if errors == 0:
        return ()
    head = word[:_SHAPE_LETTERS]
    kept = {head}
    for count in range(1, errors + 1):
        kept |= {"".join(left) for left in itertools.combinations(head, len(head) - count)}
    return tuple(sorted(kept))


def forgiven(word: str) -> int:
    """Give how many errors a word may have: none in a number, whatever its length."""
    if is_number(word) or len(word) < 4:
        return 0
    return 2 if len(word) >= _TWO_ERRORS_FROM else 1


def prefixes(word: str) -> list[str]:
    """Give the beginnings of a word, for as-you-type."""
    return [word[:length] for length in range(SHORTEST_PREFIX, min(len(word), LONGEST_PREFIX) + 1)]


def name_words(parts: Sequence[str]) -> list[str]:
    """Give the words of a name that tell products apart: no numbers, forms and pack words; a release word stays."""
    return [
        word for word in parts if not is_number(word) and word != "%" and word not in FORM_OF_WORD and word not in NOISE
    ]


def brand_words(brand: str, name: str) -> list[str]:
    """Give a product's brand as words; where the brand is not known, what its name begins with."""
    if brand:
        return words(brand)
    named = list(itertools.takewhile(lambda word: not is_number(word) and word not in FORM_OF_WORD, words(name)))
    return named or words(name)[:1]


def joined(parts: Iterable[str]) -> str:
    """Give words as one: "pan d" and "pand" are the same."""
    return "".join(parts)


def product_keys(name: str, brand: str, release: str, salts: Sequence[Salt], manufacturer: str) -> ProductKeys:
    """Make a product's keys."""
    parts = words(name)
    named = name_words(parts)
    brand_parts = brand_words(brand, name)
    released = [] if not release or release.lower() in brand_parts else [release.lower()]
    whole = _unique([joined(parts), joined(named), joined(brand_parts), joined([*brand_parts, *released])])
    keyed = _unique([*named, *whole[2:]])
    names = [salt_name(salt.name) for salt in salts]
    salt_parts = _unique([word for one in names for word in one.split() if len(word) > 1])
    salt_whole = _unique([joined(one.split()) for one in names])
    spelled = [word for word in keyed if word not in RELEASE_OF_WORD]
    strengths = [salt.strength for salt in salts if salt.strength] + read_strengths(name)
    return ProductKeys(
        whole=whole,
        words=keyed,
        prefixes=_unique(itertools.chain.from_iterable(prefixes(word) for word in [*keyed, *whole[:2]])),
        sounds=_unique(sound(word) for word in spelled),
        shapes=_unique(itertools.chain.from_iterable(shapes(word) for word in spelled)),
        salts=names,
        salt_words=_unique([*salt_parts, *salt_whole]),
        salt_prefixes=_unique(itertools.chain.from_iterable(prefixes(word) for word in salt_parts)),
        salt_sounds=_unique(sound(word) for word in salt_parts),
        salt_shapes=_unique(itertools.chain.from_iterable(shapes(word) for word in salt_parts)),
        numbers=_numbers(name, names, strengths),
        maker=_unique(words(manufacturer)),
    )


_PER = re.compile(r"(?:/|\bper\b)\s*\d*(?:\.\d+)?\s*(?:ml|gm?|l|puff|dose|spray|actuation)\b", re.IGNORECASE)


def _numbers(name: str, salts: Sequence[str], strengths: Sequence[Strength]) -> list[str]:
    """Give every number by which a product may be asked for.

    Its strengths, the numbers in its name and in its salts' (vitamin D3), the first half of "125mg/5ml", and the sum by which a
    combination is known (625 for 500 and 125).
    """
    found = tokens(strengths) | read_numbers(name) | tokens(read_strengths(_PER.sub(" ", name)))
    for salt in salts:
        found |= read_numbers(salt)
    weighed = {strength for strength in strengths if strength.unit == "mg" and not strength.per}
    if len(weighed) > 1:
        found.add(plain(sum((strength.value for strength in weighed), Decimal(0))))
    return sorted(found)


def brand_key(brand: str, name: str) -> str:
    """Give the brand as one word: the column that the database searches by likeness."""
    return joined(brand_words(brand, name))


def brand_sound(brand: str, name: str) -> str:
    """Give how the brand's first word sounds: the column that the database looks up."""
    return sound(brand_words(brand, name)[0]) if brand_words(brand, name) else ""


def _unique(found: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(one for one in found if one))
