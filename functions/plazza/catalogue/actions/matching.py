"""A medicine as somebody wrote it → the products it may mean, with a score made of named parts."""

from typing import NamedTuple
from uuid import UUID

from plazza.catalogue.actions.search import Hit, find_hits
from plazza.catalogue.rules.ranking import Tier

_BY_TIER = {Tier.NAME: 60, Tier.WORDS: 56, Tier.PREFIX: 44, Tier.SALT: 44, Tier.SIMILAR: 38}
_NAME_LEAST = 20
_COST, _STRENGTH, _FORM = 4, 25, 15
_MOST_TYPED = 120


class Match(NamedTuple):
    """A product that may be meant; `score` from 0 to 100."""

    product_id: UUID
    sku: str
    name: str
    score: int


def match_medicine(name: str, strength: str | None, form: str | None, limit: int = 5) -> list[Match]:
    """Give the products that a written medicine may mean, best first; none when nothing is like it.

    The score is 60 for the name (less for each letter that differs), 25 for the strength and 15 for the form; a strength or a form
    that was not written counts half. Raises Unavailable when neither engine nor database answers.
    """
    typed = " ".join(part for part in (name, strength, form) if part)[:_MOST_TYPED]
    hits = find_hits(typed)
    matches = [_match(hit, has_strength=bool(strength), has_form=bool(form)) for hit in hits]
    return sorted(matches, key=lambda match: -match.score)[:limit]


def _match(hit: Hit, *, has_strength: bool, has_form: bool) -> Match:
    ranked = hit.ranked
    named = max(_BY_TIER.get(ranked.tier, _NAME_LEAST) - _COST * ranked.cost, 0)
    strength = 0 if ranked.strength_differs else _STRENGTH if has_strength else _STRENGTH // 2
    form = 0 if ranked.form_differs else _FORM if has_form else _FORM // 2
    return Match(UUID(str(hit.view["id"])), hit.view["sku"], hit.view["name"], min(100, named + strength + form))
