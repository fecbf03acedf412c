"""When a misspelt name may be one of several medicines: nobody but the person who typed it can choose between them."""

from collections.abc import Sequence

from plazza.catalogue.rules.confusables import are_named_alike
from plazza.catalogue.rules.distance import LEFT_OUT
from plazza.catalogue.rules.likeness import Reader
from plazza.catalogue.rules.query import Query
from plazza.catalogue.rules.ranking import Ranked, Tier

MOST_CHOICES = 6


def choices(query: Query, found: Sequence[Ranked]) -> list[Ranked]:
    """Give the best product of each medicine that may be meant, of answers in their order; nothing when the first is the one.

    Only a misspelling leaves a choice: a name that was typed, or begun, as it is stands for itself. One that also has another strength, form
    or release, or answers only a part of what was typed, is so rarely meant that the person is asked even when nothing else is like it.
    """
    if not found:
        return []
    first = found[0]
    rivals = _rivals(query, first, found)
    chosen: list[Ranked] = []
    for one in rivals:
        if _marks(one) == _marks(first) and all(_is_other(one, other) for other in chosen):
            chosen.append(one)
    is_doubtful = first.tier is Tier.PARTIAL or (first.tier is Tier.SIMILAR and True in _marks(first))
    return chosen[:MOST_CHOICES] if len(chosen) > 1 or is_doubtful else []


def _rivals(query: Query, first: Ranked, found: Sequence[Ranked]) -> list[Ranked]:
    """Give the answers that may be meant as well as the first, and it; none when it stands for itself."""
    if first.tier is Tier.SIMILAR:
        return [one for one in found if _is_as_like(one, first) or _is_mistaken(one, first)]
    if first.tier is Tier.PREFIX and _lacks_a_letter(query, first):
        # Its last letter left out is a misspelling too, and another name may be nearer.
        return [first, *(one for one in found if one.tier is Tier.SIMILAR and one.cost < LEFT_OUT)]
    if (first.tier is Tier.PREFIX and _is_cut_short(query, first)) or (
        first.tier is Tier.PARTIAL and _is_misspelt(query, first)
    ):
        return [one for one in found if _merits(one) == _merits(first)]
    return []


def _is_as_like(one: Ranked, first: Ranked) -> bool:
    """Tell whether a name is exactly as like what was typed; of names that all say more, how much more does not decide."""
    is_equal = one.extra == first.extra or (one.extra > 0 and first.extra > 0)
    return one.tier is first.tier and one.cost == first.cost and is_equal


def _is_mistaken(one: Ranked, first: Ranked) -> bool:
    """Tell whether a name is taken for the first, and at most one error further from what was typed.

    What else it says does not matter: two letters wrong say nothing about a suffix. Where the salts of either are not known, nothing
    says that it is another medicine, and the nearer name stands.
    """
    is_near = one.tier is first.tier and one.cost <= first.cost + LEFT_OUT
    is_known = bool(one.candidate.salts and first.candidate.salts)
    return is_near and is_known and are_named_alike(one.candidate, first.candidate)


def _merits(one: Ranked) -> tuple[object, ...]:
    return one.tier, one.cost, one.extra


def _marks(one: Ranked) -> tuple[object, ...]:
    return one.strength_differs, one.form_differs, one.release_differs


def _lacks_a_letter(query: Query, one: Ranked) -> bool:
    whole = query.joined
    return any(name.startswith(whole) and len(name) == len(whole) + 1 for name in one.candidate.words)


def _is_cut_short(query: Query, one: Ranked) -> bool:
    """Tell whether a word that others follow is only begun: it will not be typed on, so its end was left out."""
    if any(text.startswith(query.joined) for text, _ in one.candidate.wholes):
        return False
    return any(match.tier is Tier.PREFIX for _, match in Reader(query).answers(one.candidate)[:-1])


def _is_misspelt(query: Query, one: Ranked) -> bool:
    """Tell whether no word is as it was typed, and the likest is like a name."""
    return min(match.tier for _, match in Reader(query).answers(one.candidate)) is Tier.SIMILAR


def _is_other(one: Ranked, other: Ranked) -> bool:
    """Tell whether two products are two medicines; of a brand whose salts are not known nothing says that they differ."""
    mine, theirs = set(one.candidate.salts), set(other.candidate.salts)
    if one.candidate.named[:1] == other.candidate.named[:1]:
        return bool(mine and theirs) and mine != theirs
    return not mine or mine != theirs
