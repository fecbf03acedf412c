"""When a misspelt name may be one of several medicines: nobody but the person who typed it can choose between them."""

from collections.abc import Sequence

from plazza.catalogue.rules.distance import LEFT_OUT
from plazza.catalogue.rules.query import Query
from plazza.catalogue.rules.ranking import Ranked, Tier

MOST_CHOICES = 6


def choices(query: Query, found: Sequence[Ranked]) -> list[Ranked]:
    """Give the best product of each medicine that may be meant, of answers in their order; nothing when the first is the one.

    Only a misspelling leaves a choice: a name that was typed, or begun, as it is stands for itself. One whose strength is another
    too is so rarely meant that the person is asked even when nothing else is like it.
    """
    if not found:
        return []
    first = found[0]
    if first.tier is Tier.SIMILAR:
        rivals = [one for one in found if _merits(one) == _merits(first)]
    elif first.tier is Tier.PREFIX and _lacks_a_letter(query, first):
        # Its last letter left out is a misspelling too, and another name may be nearer.
        rivals = [first, *(one for one in found if one.tier is Tier.SIMILAR and one.cost < LEFT_OUT)]
    else:
        return []
    chosen: list[Ranked] = []
    for one in rivals:
        if _marks(one) == _marks(first) and all(_is_other(one, other) for other in chosen):
            chosen.append(one)
    is_doubtful = first.tier is Tier.SIMILAR and first.strength_differs
    return chosen[:MOST_CHOICES] if len(chosen) > 1 or is_doubtful else []


def _merits(one: Ranked) -> tuple[object, ...]:
    return one.tier, one.cost, one.extra


def _marks(one: Ranked) -> tuple[object, ...]:
    return one.strength_differs, one.form_differs, one.release_differs


def _lacks_a_letter(query: Query, one: Ranked) -> bool:
    whole = query.joined
    return any(name.startswith(whole) and len(name) == len(whole) + 1 for name in one.candidate.words)


def _is_other(one: Ranked, other: Ranked) -> bool:
    """Tell whether two products are two medicines; of a brand whose salts are not known nothing says that they differ."""
    mine, theirs = set(one.candidate.salts), set(other.candidate.salts)
    if one.candidate.named[:1] == other.candidate.named[:1]:
        return bool(mine and theirs) and mine != theirs
    return not mine or mine != theirs
