"""Search and suggestions: candidates, our own order over them, pages of the answer."""

import hashlib
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from itertools import groupby
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from plazza import clock
from plazza.catalogue.actions import query_log
from plazza.catalogue.actions.candidates import Found, confusable_pairs, find, read_query
from plazza.catalogue.models.query_log import Outcome
from plazza.catalogue.models.search import (
    Choice,
    Facets,
    FacetValue,
    LookAlike,
    SearchHit,
    SearchProducts,
    SearchResults,
    Suggestion,
    Suggestions,
)
from plazza.catalogue.rules.choices import choices
from plazza.catalogue.rules.confusables import confusables
from plazza.catalogue.rules.highlights import highlight, meant
from plazza.catalogue.rules.prices import unit_price, unit_price_paise
from plazza.catalogue.rules.query import Query
from plazza.catalogue.rules.query_log import outcome
from plazza.catalogue.rules.ranking import MOST_CANDIDATES, Ranked, Tier, rank
from plazza.catalogue.rules.salts import salt_name
from plazza.catalogue.rules.text import normalize
from plazza.catalogue.store.offers import Offer, list_offers
from plazza.data.sql import read
from plazza.errors import Invalid
from plazza.http import paging
from plazza.schema import Written

Made = TypeVar("Made")

_SUGGEST_FROM = 60
_MOST_SUGGESTED_SALTS = 3
_MOST_FACETS = 20
_NARROWING = (
    "cursor", "form", "manufacturer", "salt", "schedule", "prescription_required", "min_price_paise", "max_price_paise", "in_stock",
)  # fmt: skip
"""With any of these a search is the question before again, and what it finds says nothing of the words: it is not logged."""


class Hit(NamedTuple):
    """A candidate in its place, with the view that answers it; `offer` is what a store has of it, None when no store was named."""

    ranked: Ranked
    view: Mapping[str, Any]
    offer: Offer | None = None


class Answer(NamedTuple):
    """All that a search finds, in the order of the answer; `choices` are those hits between which only the person can choose."""

    query: Query
    hits: list[Hit]
    choices: list[Hit]
    degraded: bool


class _Given(NamedTuple):
    """A page of an answer, and what the query log says of it, None where it says nothing."""

    results: Written
    became: Outcome | None


def search(wanted: SearchProducts) -> Written:
    """Give SearchResults, one page of what a query finds; whatever was typed gets an answer, perhaps an empty one.

    At most one statement more than the search itself, and that only with a store. Raises Invalid for a cursor, NotFound for a store.
    """
    start = start_of(wanted)
    # What a store has changes without a word to the index: no page of it is given again.
    question = ("search", *vars(wanted).values()) if wanted.store_id is None else None
    given = _find(wanted, lambda answer: _give(wanted, start, answer), question)
    if given.became is not None:
        query_log.count(wanted.q, given.became)
    return given.results


def answer(wanted: SearchProducts) -> Answer:
    """Give all that a search finds. Raises NotFound for an unknown store."""
    return _find(wanted, lambda answer: answer, None)


def _find(wanted: SearchProducts, make: Callable[[Answer], Made], question: Hashable) -> Made:
    query, filters = read_query(wanted.q), wanted
    if wanted.store_id is not None:
        # The index knows the list price only: with a store, prices are compared once its own are known.
        filters = wanted.model_copy(update={"min_price_paise": None, "max_price_paise": None})
    return find("search", query, filters, lambda found: make(_put_in_order(wanted, query, found)), question=question)


def _put_in_order(wanted: SearchProducts, query: Query, found: Found) -> Answer:
    hits = _ranked(query, found)
    if wanted.store_id is not None:
        hits = _at_store(hits, wanted, wanted.store_id)
    order = _ORDERS.get(wanted.sort)
    ordered = _sellable_first(hits) if order is None else sorted(hits, key=order)
    likely = {one.candidate.id for one in choices(query, [hit.ranked for hit in hits])}
    return Answer(query, ordered, [hit for hit in hits if hit.ranked.candidate.id in likely], found.degraded)


def _give(wanted: SearchProducts, start: int, answer: Answer) -> _Given:
    hits = [] if answer.choices else answer.hits
    end = start + wanted.limit
    did_you_mean = _did_you_mean(hits, wanted.q)
    became: Outcome | None = None
    if all(getattr(wanted, field) is None for field in _NARROWING):
        is_asked_back = did_you_mean is not None or bool(answer.choices)
        became = outcome([hit.ranked.tier for hit in answer.hits], is_asked_back=is_asked_back)
    results = SearchResults(
        items=_page(hits[start:end], wanted.q),
        choices=[_choice(hit, wanted.q) for hit in answer.choices],
        facets=_facets(hits) if wanted.facets else None,
        did_you_mean=did_you_mean,
        next_cursor=paging.encode(end, _fingerprint(wanted)) if end < len(hits) else None,
        total=len(hits),
        degraded=answer.degraded,
    )
    return _Given(_written(results), became)


def _written(answer: SearchResults | Suggestions) -> Written:
    return Written(answer.model_dump_json().encode(), answer.degraded)


def _at_store(hits: list[Hit], wanted: SearchProducts, store_id: UUID) -> list[Hit]:
    ids = [UUID(str(hit.view["id"])) for hit in hits]
    offers = read(lambda tx: list_offers(tx, store_id, ids, clock.today()))
    offered = [
        Hit(hit.ranked, {**hit.view, "price_paise": offer.price_paise}, offer)
        for hit, ident in zip(hits, ids, strict=True)
        if (offer := offers.get(ident)) is not None
    ]
    low, high = wanted.min_price_paise, wanted.max_price_paise
    return [
        hit
        for hit in offered
        if wanted.in_stock in {None, can_be_sold(hit)}
        and (low is None or (hit.view["price_paise"] is not None and hit.view["price_paise"] >= low))
        and (high is None or (hit.view["price_paise"] is not None and hit.view["price_paise"] <= high))
    ]


def can_be_sold(hit: Hit) -> bool:
    """Tell whether a product can be ordered, at the store that was named if one was."""
    return hit.view["price_paise"] is not None and (hit.offer is None or hit.offer.free > 0)


def _sellable_first(hits: list[Hit]) -> list[Hit]:
    """Among answers that are equally good, put what can be sold first; popularity, by which they stand already, comes after it."""

    def merit(hit: Hit) -> tuple[object, ...]:
        one = hit.ranked
        family = one.candidate.named[:1] if one.tier in {Tier.SIMILAR, Tier.SALT_SIMILAR} else ()
        same = one.strength_differs, one.form_differs, one.release_differs, one.name_differs, one.is_exact
        return one.tier, one.cost, one.extra, *same, bool(one.candidate.numbers), list(family)

    groups = (list(group) for _, group in groupby(hits, key=merit))
    return [hit for group in groups for hit in sorted(group, key=lambda hit: not can_be_sold(hit))]


def _did_you_mean(hits: list[Hit], typed: str) -> str | None:
    """Give the one name that is like what was typed; two as like are a choice that the person makes."""
    if not hits or any(hit.ranked.tier <= Tier.SALT for hit in hits):
        return None
    best = hits[0].ranked
    if best.tier is not Tier.SIMILAR or best.strength_differs:
        return None
    alike = [hit for hit in hits if hit.ranked.tier is best.tier and hit.ranked.cost == best.cost]
    found = {meant(typed, str(hit.view["brand"]) or str(hit.view["name"])) for hit in alike}
    return found.pop() if len(found) == 1 else None


def _choice(hit: Hit, typed: str) -> Choice:
    name = str(hit.view["brand"] or hit.view["name"])
    return Choice(q=meant(typed, name) or name, name=name, salts=[salt["salt"] for salt in hit.view["salts"]])


def _facets(hits: list[Hit]) -> Facets:
    def count(values: Iterable[str]) -> list[FacetValue]:
        counted = sorted(Counter(value for value in values if value).items(), key=lambda item: (-item[1], item[0]))
        return [FacetValue(value=value, count=number) for value, number in counted[:_MOST_FACETS]]

    views = [hit.view for hit in hits]
    return Facets(
        form=count(view["form"] for view in views),
        manufacturer=count(view["manufacturer"] for view in views),
        salt=count(salt for view in views for salt in {salt_name(one["salt"]) for one in view["salts"]}),
        schedule=count(view["schedule"] for view in views),
        prescription_required=count("true" if view["prescription_required"] else "false" for view in views),
    )


def find_hits(typed: str) -> list[Hit]:
    """Give what a name finds, best first."""
    query = read_query(typed)
    return find("search", query, None, lambda found: _ranked(query, found))


def _ranked(query: Query, found: Found) -> list[Hit]:
    views = {document.candidate.id: document.view for document in found.documents}
    ranked = rank(query, [document.candidate for document in found.documents])
    return [Hit(one, views[one.candidate.id]) for one in ranked]


def suggest(typed: str, limit: int) -> Written:
    """Give Suggestions, ways to go on from what was typed: what begins so, and only when nothing does, what is written alike."""
    query = read_query(typed)

    def make(found: Found) -> Written:
        return _written(_suggestions(typed, limit, _ranked(query, found), degraded=found.degraded))

    return find("suggest", query, None, make, size=_SUGGEST_FROM, question=("suggest", typed, limit))


def _suggestions(typed: str, limit: int, hits: list[Hit], *, degraded: bool) -> Suggestions:
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


def _page(hits: list[Hit], typed: str) -> list[SearchHit]:
    names = {str(hit.view["id"]): str(hit.view["name"]) for hit in hits}
    alike = confusables([hit.ranked.candidate for hit in hits], confusable_pairs())
    return [
        _shown(hit, typed, [LookAlike(product_id=UUID(one), name=names[one]) for one in alike.get(ident, [])])
        for hit, ident in zip(hits, names, strict=True)
    ]


def _shown(hit: Hit, typed: str, look_alikes: list[LookAlike]) -> SearchHit:
    ranked, view = hit.ranked, hit.view
    return SearchHit.model_validate(
        {
            **view,
            "unit_price_paise": unit_price_paise(view["price_paise"], view["pack_quantity"]),
            "highlights": highlight(typed, view["name"]),
            "in_stock": None if hit.offer is None else can_be_sold(hit),
            "confusable_with": look_alikes,
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


def start_of(wanted: SearchProducts) -> int:
    """Give where a page begins. Raises Invalid for a cursor of another search."""
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
