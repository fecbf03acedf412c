"""What to show of how a name answers a query: where it matches, and the name that was probably meant. Both from the text alone."""

import re
from collections.abc import Sequence
from functools import lru_cache

from plazza.catalogue.rules.distance import distance
from plazza.catalogue.rules.keys import forgiven, sound
from plazza.catalogue.rules.names import FORM_OF_WORD, NOISE
from plazza.catalogue.rules.text import is_number, normalize, words

_PART = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+")
_SHORTEST_LIKENESS = 4


def highlight(typed: str, name: str) -> list[tuple[int, int]]:
    """Give where a name answers what was typed, as [start, end) in Unicode characters of the name, in order and not overlapping.

    A word is marked as far as it was typed, whole where it is spelt otherwise; a number only when it is that very number.
    """
    asked = words(typed)
    marks: list[tuple[int, int]] = []
    for start, end, part in _parts(name):
        length = _matched(part, asked)
        if length:
            marks.append((start, min(end, start + length)))
    return marks


@lru_cache(maxsize=20_000)
def _parts(name: str) -> tuple[tuple[int, int, str], ...]:
    """Give the words and numbers of a name: where they begin and end, and how they are compared."""
    return tuple((part.start(), part.end(), "".join(words(part[0]))) for part in _PART.finditer(name))


def meant(typed: str, brand: str) -> str | None:
    """Give what was typed with a brand's words instead of those spelt like them; None when there is nothing to correct.

    Numbers, forms and pack words stay as they are.
    """
    asked, known = words(typed), words(brand)
    corrected = [_corrected(word, known) for word in asked]
    return normalize(" ".join(corrected)) if corrected != asked else None


def _corrected(word: str, known: Sequence[str]) -> str:
    if is_number(word) or word in known or word in FORM_OF_WORD or word in NOISE:
        return word
    return next((name for name in known if not is_number(name) and _is_alike(word, name)), word)


def _matched(part: str, asked: Sequence[str]) -> int:
    """Give how many characters of a part are marked."""
    if is_number(part):
        return len(part) if part in asked else 0
    if part in asked:
        return len(part)
    begun = max((len(word) for word in asked if len(word) > 1 and part.startswith(word)), default=0)
    if begun:
        return begun
    return len(part) if any(_is_alike(word, part) for word in asked) else 0


def _is_alike(word: str, name: str) -> bool:
    if is_number(word) or min(len(word), len(name)) < _SHORTEST_LIKENESS:
        return False
    most = min(forgiven(word), forgiven(name))
    return distance(word, name, most) <= most or sound(word) == sound(name)
