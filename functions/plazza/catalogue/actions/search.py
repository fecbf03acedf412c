"""Search and suggestions: candidates, our own order over them, pages of the answer."""

import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

from plazza.catalogue.actions.candidates import find, synonyms
from plazza.catalogue.models.products import ProductView
from plazza.catalogue.models.search import SearchHit, SearchProducts, SearchResults, Suggestion, Suggestions
from plazza.catalogue.rules import documents
from plazza.catalogue.rules.prices import unit_price
from plazza.catalogue.rules.query import Query, parse
from plazza.catalogue.rules.ranking import MOST_CANDIDATES, Ranked, Tier, rank
from plazza.catalogue.rules.text import normalize
from plazza.errors import Invalid
from plazza.http import paging

_SUGGEST_FROM = 60
_MOST_SUGGESTED_SALTS = 3


class Hit(NamedTuple):
    """A candidate in its place, with the view that answers it."""

    ranked: Ranked
    view: dict[str, Any]


def search(wanted: SearchProducts) -> SearchResults:
    """Give one page of what a query finds; whatever was typed gets an answer, perhaps an empty one. Raises Invalid for a cursor."""
    start = _start(wanted)
    hits, degraded = find_hits("search", parse(wanted.q, synonyms()), wanted)
    order = _ORDERS.get(wanted.sort)
    if order is not None:
        hits = sorted(hits, key=order)
    end = start + wanted.limit
    return SearchResults(
        items=[_shown(hit) for hit in hits[start:end]],
        next_cursor=paging.encode(end, _fingerprint(wanted)) if end < len(hits) else None,
        total=len(hits),
        degraded=degraded,
    )


def find_hits(
    template: str, query: Query, wanted: SearchProducts | None = None, *, size: int = MOST_CANDIDATES
) -> tuple[list[Hit], bool]:
    """Give what a query finds, best first, and whether the engine was away."""
    found = find(template, query, wanted, size=size)
    views = {source["view"]["id"]: source["view"] for source in found.sources}
    ranked = rank(query, [documents.candidate_of(source) for source in found.sources])
    return [Hit(one, views[one.candidate.id]) for one in ranked], found.degraded


def suggest(typed: str, limit: int) -> Suggestions:
    """Give ways to go on from what was typed: what begins so, and only when nothing does, what is written alike."""
    query = parse(typed, synonyms())
    hits, degraded = find_hits("suggest", query, size=_SUGGEST_FROM)
    begun = normalize(typed)
    # A form typed half ("azivanta tab") is still a beginning of the name.
    exact = [hit for hit in hits if hit.ranked.tier <= Tier.PREFIX and not hit.ranked.strength_differs]
    named = exact or [hit for hit in hits if hit.ranked.tier is Tier.SIMILAR and not hit.ranked.strength_differs]
    products = [Suggestion(kind="product", text=hit.view["name"], product_id=hit.view["id"]) for hit in named[:limit]]
    salts = _beginning(begun, [salt for hit in hits for salt in hit.ranked.candidate.salts])
    makers = _beginning(begun, [str(hit.view["manufacturer"]) for hit in hits])
    others = [Suggestion(kind="salt", text=salt, product_id=None) for salt in salts[:_MOST_SUGGESTED_SALTS]]
    others += [Suggestion(kind="maker", text=maker, product_id=None) for maker in makers[:1]]
    kept = products[: max(1, limit - len(others))] if products else []
    return Suggestions(items=[*kept, *others][:limit], degraded=degraded)


def _beginning(begun: str, texts: list[str]) -> list[str]:
    return [text for text in dict.fromkeys(texts) if begun and normalize(text).startswith(begun)]


def _shown(hit: Hit) -> SearchHit:
    ranked = hit.ranked
    return SearchHit.model_validate(
        ProductView.model_validate(hit.view).model_dump()
        | {
            "match": ranked.tier.name.lower(),
            "strength_differs": ranked.strength_differs,
            "form_differs": ranked.form_differs,
            "release_differs": ranked.release_differs,
            "name_differs": ranked.name_differs,
        }
    )


def _price(hit: Hit) -> tuple[object, ...]:
    price = hit.view["price_paise"]
    return price is None, price or 0, hit.view["sku"]


def _unit_price(hit: Hit) -> tuple[object, ...]:
    price = unit_price(hit.view["price_paise"], hit.view["pack_quantity"])
    pack_price = hit.view["price_paise"]
    return pack_price is None, price is None, (pack_price or 0) if price is None else price, hit.view["sku"]


def _popularity(hit: Hit) -> tuple[object, ...]:
    return -hit.ranked.candidate.popularity, hit.view["sku"]


_ORDERS: dict[str, Callable[[Hit], Any]] = {"price": _price, "unit_price": _unit_price, "popularity": _popularity}


def _start(wanted: SearchProducts) -> int:
    key = paging.decode(wanted.cursor, int, str)
    if key is None:
        return 0
    start, fingerprint = key
    if fingerprint != _fingerprint(wanted) or not 0 < start < MOST_CANDIDATES:
        raise Invalid("This cursor belongs to another search; start without it.", field="cursor")
    return start


def _fingerprint(wanted: SearchProducts) -> str:
    """Tie a cursor to its search, so that it cannot page through another one."""
    return hashlib.sha256(wanted.model_dump_json(exclude={"cursor", "limit"}).encode()).hexdigest()[:12]
