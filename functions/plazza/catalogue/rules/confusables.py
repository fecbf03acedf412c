"""Medicines that are taken for one another: names that look or sound alike on other salts, and salts known for it.

They are shown side by side as a choice; none is put in another's place.
"""

from collections.abc import Iterable, Sequence

from plazza.catalogue.rules.distance import distance
from plazza.catalogue.rules.keys import sound
from plazza.catalogue.rules.likeness import Candidate
from plazza.catalogue.rules.salts import salt_name

Pairs = frozenset[frozenset[str]]
"""Pairs of salts that are confused with each other."""

_SHORTEST, _SHORT = 4, 5
_MOST_SHOWN = 3


def read_pairs(given: Iterable[Sequence[str]]) -> Pairs:
    """Read the file of pairs of salts."""
    return frozenset(frozenset(salt_name(salt) for salt in pair) for pair in given)


def confusables(candidates: Sequence[Candidate], pairs: Pairs) -> dict[str, list[str]]:
    """Give, for each of some candidates (a page of answers) that may be taken for others of them, the ids of those, the best first.

    At most three for each, one for each brand.
    """
    # A page shows few medicines in many packs: what each is taken for is the same for all of its packs.
    firsts: dict[tuple[str, Sequence[str]], Candidate] = {}
    for one in candidates:
        if one.named:
            firsts.setdefault(_medicine(one), one)
    alike: dict[tuple[str, Sequence[str]], list[str]] = {}
    for medicine, one in firsts.items():
        brands: dict[str, str] = {}
        for other in firsts.values():
            if other.named[0] not in brands and is_confusable(one, other, pairs):
                brands[other.named[0]] = other.id
        if brands:
            alike[medicine] = list(brands.values())[:_MOST_SHOWN]
    named = [one for one in candidates if one.named] if alike else []
    return {one.id: alike[_medicine(one)] for one in named if _medicine(one) in alike}


def _medicine(one: Candidate) -> tuple[str, Sequence[str]]:
    return one.named[0], tuple(one.salts)


def is_confusable(one: Candidate, other: Candidate, pairs: Pairs) -> bool:
    """Tell whether two medicines of different salts have names that look or sound alike, or salts known to be confused."""
    if not one.named or not other.named or not one.salts or not other.salts or set(one.salts) & set(other.salts):
        return False
    if any(frozenset((left, right)) in pairs for left in one.salts for right in other.salts):
        return True
    return are_named_alike(one, other)


def are_named_alike(one: Candidate, other: Candidate) -> bool:
    """Tell whether two brands of different names look or sound alike."""
    if not one.named or not other.named or one.named[0] == other.named[0]:
        return False
    left, right = one.named[0], other.named[0]
    shorter = min(len(left), len(right))
    if shorter < _SHORTEST:
        return False
    most = 1 if shorter < _SHORT else 2
    return distance(left, right, most) <= most or (shorter >= _SHORT and sound(left) == sound(right))
