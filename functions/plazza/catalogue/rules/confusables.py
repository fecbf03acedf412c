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
    found: dict[str, list[str]] = {}
    for one in candidates:
        brands: set[str] = set()
        for other in candidates:
            if other.named and other.named[0] not in brands and is_confusable(one, other, pairs):
                brands.add(other.named[0])
                found.setdefault(one.id, []).append(other.id)
    return {ident: others[:_MOST_SHOWN] for ident, others in found.items()}


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
