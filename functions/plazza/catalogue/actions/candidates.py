"""The first stage of every search: up to a hundred candidates, from the engine or, when it is away, from the database."""

import json
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from plazza import logs
from plazza.catalogue.actions import templates
from plazza.catalogue.actions.documents import document_seen
from plazza.catalogue.actions.remembered import Answered, Document, Name, answers, documents, mark_of
from plazza.catalogue.models.search import SearchProducts
from plazza.catalogue.rules.confusables import Pairs, read_pairs
from plazza.catalogue.rules.documents import RETURNED, candidate_of
from plazza.catalogue.rules.keys import sound
from plazza.catalogue.rules.names import LIQUIDS
from plazza.catalogue.rules.query import Query, keys_of, parse
from plazza.catalogue.rules.ranking import MOST_CANDIDATES
from plazza.catalogue.rules.salts import salt_name
from plazza.catalogue.rules.synonyms import Synonyms, read_synonyms
from plazza.catalogue.store import products as store
from plazza.catalogue.store import search as database
from plazza.catalogue.store.products import Versioned
from plazza.data import search as engine
from plazza.data.sql import read

Made = TypeVar("Made")

ALIAS = "products"
_NAMED_BY = ("sku", "mark")
_DATABASE = "database"
"""What takes the place of an index in the names of documents that were made of the products themselves."""
_MOST_QUERIES = 5_000
"""Some 1 kB each."""
_DATA = Path(__file__).resolve().parent.parent / "data"


class Found(NamedTuple):
    """Documents that may be meant, most alike first, and whether the engine was away."""

    documents: list[Document]
    degraded: bool


@lru_cache(maxsize=1)
def synonyms() -> Synonyms:
    """Give the words that stand for salts."""
    return read_synonyms(json.loads((_DATA / "synonyms.json").read_text()))


@lru_cache(maxsize=1)
def confusable_pairs() -> Pairs:
    """Give the salts that are known to be taken for one another."""
    return read_pairs(json.loads((_DATA / "confusables.json").read_text()))


@lru_cache(maxsize=_MOST_QUERIES)
def read_query(typed: str) -> Query:
    """Read what was typed; people type alike."""
    return parse(typed, synonyms())


def find(
    template: str,
    query: Query,
    filters: SearchProducts | None,
    make: Callable[[Found], Made],
    *,
    size: int = MOST_CANDIDATES,
    question: Hashable = None,
) -> Made:
    """Give what `make` makes of the documents that share keys with a query and pass the filters.

    For a `question` the engine is asked, too, but what was made of the same documents before is given again.
    Raises Unavailable only when engine and database are both away, and what `make` raises.
    """
    known = None if question is None else answers.get(question)
    if known is None and not query.terms:
        return make(Found([], degraded=False))
    request = request_of(template, query, filters, size) if known is None else known.request
    try:
        named = engine.search(ALIAS, request)
        if known is not None and known.mark == mark_of(named):
            return known.made
        made = make(Found(_documents(ALIAS, named), degraded=False))
    except engine.SearchDown as exc:
        logs.write("WARNING", "search is degraded", error_class=type(exc.__cause__ or exc).__name__)
        found = read(lambda tx: database.list_found(tx, _wanted(query)))
        named = repr(found).encode()
        if known is not None and known.mark == mark_of(named):
            return known.made
        made = make(Found(_from_database(found, filters), degraded=True))
    if question is not None:
        answers.remember({question: Answered(request, mark_of(named), made)})
    return made


def is_found(index: str, name: str, product_id: UUID) -> bool:
    """Tell whether an index finds a product by its name. Raises SearchDown."""
    named = engine.search(index, request_of("search", read_query(name), None, MOST_CANDIDATES))
    return str(product_id) in {document.candidate.id for document in _documents(index, named)}


def _documents(index: str, named: bytes) -> list[Document]:
    """Give the documents that the engine named; a second request reads those that this instance has not read yet."""
    names = [_name(hit) for hit in engine.hits_of(named)]
    known = documents.recall(names)
    unknown = [name.sku for name in names if name not in known]
    if unknown:
        read_now = _read(index, unknown)
        documents.remember(read_now)
        # By sku: a document that was written between the two requests is there in its new version.
        by_sku = {name.sku: document for name, document in read_now.items()}
        known |= {name: by_sku[name.sku] for name in names if name.sku in by_sku}
    return [known[name] for name in names if name in known]


def _read(index: str, skus: list[str]) -> dict[Name, Document]:
    body: dict[str, Any] = {
        "size": len(skus),
        "track_total_hits": False,
        "query": {"bool": {"filter": [{"terms": {"sku": skus}}]}},
        "_source": list(RETURNED),
        "docvalue_fields": list(_NAMED_BY),
    }
    hits = engine.hits_of(engine.search(index, json.dumps(body).encode()))
    return {_name(hit): Document(candidate_of(hit["_source"]), hit["_source"]["view"]) for hit in hits}


def _name(hit: dict[str, Any]) -> Name:
    return Name(hit["_index"], hit["fields"]["sku"][0], hit["fields"]["mark"][0])


def request_of(template: str, query: Query, filters: SearchProducts | None, size: int) -> bytes:
    """Give the one request that a search, or a suggestion, sends to the engine, as JSON."""
    return templates.render(template, **values_of(query, filters, size))


def values_of(query: Query, filters: SearchProducts | None, size: int) -> dict[str, Any]:
    """Give what a template is rendered with, here or by an engine that has it stored."""
    return {
        **keys_of(query)._asdict(),
        "forms": _forms(query.form),
        "filters": _filters(filters),
        "named_by": list(_NAMED_BY),
        "size": size,
    }


def _forms(form: str) -> list[str]:
    if form in LIQUIDS:
        return sorted(LIQUIDS)
    return [form, f"eye {form}", f"ear {form}", f"nasal {form}"] if form else []


def _filters(wanted: SearchProducts | None) -> list[dict[str, Any]]:
    filters: list[dict[str, Any]] = [{"term": {"status": "active"}}]
    if wanted is None:
        return filters
    for field in ("form", "manufacturer", "schedule", "prescription_required"):
        value = getattr(wanted, field)
        if value is not None:
            filters.append({"term": {field: value}})
    if wanted.salt is not None:
        filters.append({"term": {"salts": salt_name(wanted.salt)}})
    bounds = {"gte": wanted.min_price_paise, "lte": wanted.max_price_paise}
    given = {name: value for name, value in bounds.items() if value is not None}
    if given:
        filters.append({"range": {"price_paise": given}})
    return filters


def _wanted(query: Query) -> database.Wanted:
    meant = [salt for term in query.terms if term.meaning for one in term.meaning.compositions for salt in one]
    words = [term.word for term in query.terms] + meant
    name = " ".join(term.word for term in query.terms)
    return database.Wanted(name, query.joined, sound(query.terms[0].word), words, sorted(query.numbers))


def _from_database(found: Sequence[Versioned], wanted: SearchProducts | None) -> list[Document]:
    names = {Name(_DATABASE, str(one.id), one.version): one.id for one in found}
    known = documents.recall(names)
    unknown = [ident for name, ident in names.items() if name not in known]
    if unknown:
        products = read(lambda tx: store.list_full(tx, unknown))
        read_now = {Name(_DATABASE, str(one.id), one.version): document_seen(one) for one in products}
        documents.remember(read_now)
        known |= read_now
    return [document for document in known.values() if wanted is None or _passes(document.view, wanted)]


def _passes(view: Mapping[str, Any], wanted: SearchProducts) -> bool:
    price = view["price_paise"]
    return (
        wanted.form in {None, view["form"]}
        and wanted.manufacturer in {None, view["manufacturer"]}
        and wanted.schedule in {None, view["schedule"]}
        and wanted.prescription_required in {None, view["prescription_required"]}
        and (wanted.salt is None or salt_name(wanted.salt) in {salt_name(salt["salt"]) for salt in view["salts"]})
        and (wanted.min_price_paise is None or (price is not None and price >= wanted.min_price_paise))
        and (wanted.max_price_paise is None or (price is not None and price <= wanted.max_price_paise))
    )
