"""When a misspelt name may be one of several medicines: nobody but the person who typed it can choose between them."""

from collections.abc import Sequence

from plazza.catalogue.rules.ranking import Ranked, Tier

MOST_CHOICES = 6


def choices(found: Sequence[Ranked]) -> list[Ranked]:
    """Give the best product of each medicine that may be meant, of answers in their order; nothing when the first is the one.

    Only a misspelling leaves a choice: a name that was typed, or begun, as it is stands for itself. One whose strength is another
    too is so rarely meant that the person is asked even when nothing else is like it.
    """
    if not found or found[0].tier is not Tier.SIMILAR:
        return []
    chosen: list[Ranked] = []
    for one in found:
        if _merits(one) == _merits(found[0]) and all(_is_other(one, other) for other in chosen):
            chosen.append(one)
    return chosen[:MOST_CHOICES] if len(chosen) > 1 or found[0].strength_differs else []


def _merits(one: Ranked) -> tuple[object, ...]:
    return one.tier, one.cost, one.extra, one.strength_differs, one.form_differs, one.release_differs


def _is_other(one: Ranked, other: Ranked) -> bool:
    """Tell whether two products are two medicines; of a brand whose salts are not known nothing says that they differ."""
    mine, theirs = set(one.candidate.salts), set(other.candidate.salts)
    if _is_same_brand(one, other):
        return bool(mine and theirs) and mine != theirs
    return not mine or mine != theirs


def _is_same_brand(one: Ranked, other: Ranked) -> bool:
    return one.candidate.named[:1] == other.candidate.named[:1]
