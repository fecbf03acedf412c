"""Bodies and answers of search and suggestions."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, model_validator

from plazza.catalogue.models.products import Cursor, ProductView, Schedule, Short
from plazza.money import Paise
from plazza.schema import Model, Text

Match = Literal["name", "words", "prefix", "salt", "similar", "salt_similar", "maker", "partial"]
Sort = Literal["relevance", "price", "unit_price", "popularity"]


class SearchProducts(Model):
    """A search; filters narrow what is found, `sort` reorders it.

    With `store_id` prices are that store's, also for the filters and the order; `in_stock` keeps what it can (true) or cannot sell.
    """

    q: Annotated[Text, Field(min_length=1, max_length=200)]
    form: Short | None = None
    manufacturer: Short | None = None
    salt: Short | None = None
    schedule: Schedule | None = None
    prescription_required: bool | None = None
    min_price_paise: Paise | None = None
    max_price_paise: Paise | None = None
    store_id: UUID | None = None
    in_stock: bool | None = None
    facets: bool = False
    sort: Sort = "relevance"
    limit: Annotated[int, Field(ge=1, le=50, strict=True)] = 20
    cursor: Cursor | None = None

    @model_validator(mode="after")
    def _ordered(self) -> "SearchProducts":
        low, high = self.min_price_paise, self.max_price_paise
        if low is not None and high is not None and low > high:
            raise ValueError("min_price_paise must not exceed max_price_paise")
        if self.in_stock is not None and self.store_id is None:
            raise ValueError("in_stock needs a store_id")
        return self


class LookAlike(Model):
    """A product of other salts that is taken for this one: its name looks or sounds alike, or its salts are known for it."""

    product_id: UUID
    name: str


class SearchHit(ProductView):
    """A product that was found: how it matches, and in what it is, or may be, another than the one asked for.

    `name_differs`: it is spelt otherwise than typed, or its name says more or less than that.

    `highlights` are the matched parts of `name`, as [start, end) in Unicode characters: clients mark them, so no markup is sent.
    `in_stock` is null without a store. `confusable_with` names look-alikes on the same page, at most three: show them side by side.
    """

    match: Match
    strength_differs: bool
    form_differs: bool
    release_differs: bool
    name_differs: bool
    highlights: list[tuple[int, int]]
    in_stock: bool | None
    confusable_with: list[LookAlike]


class FacetValue(Model):
    """A value that a filter takes, and how many of the products found have it."""

    value: str
    count: int


class Facets(Model):
    """Counts over all that was found (at most 100 products, every page of them), the most frequent first, at most 20 of each."""

    form: list[FacetValue]
    manufacturer: list[FacetValue]
    salt: list[FacetValue]
    schedule: list[FacetValue]
    prescription_required: list[FacetValue]


IndexField = Literal[
    "whole",
    "words",
    "prefixes",
    "sounds",
    "shapes",
    "composition",
    "salt_words",
    "salt_prefixes",
    "salt_sounds",
    "salt_shapes",
    "maker",
]


class Matched(Model):
    """What answers one word of a query: the field of the index, and the product's words in it; null for a word that nothing answers."""

    term: str
    field: IndexField | None
    words: list[str]


class Reason(Model):
    """Why a product stands where it stands: tier, letters that differ, words or salts beyond what was typed, then the tie-breaks."""

    place: int
    sku: str
    name: str
    tier: Match
    matched: list[Matched]
    cost: int
    extra: int
    strength_differs: bool
    form_differs: bool
    release_differs: bool
    name_differs: bool
    can_be_sold: bool
    popularity: int


class Explained(Model):
    """A search in the order of its answers: how the query was read, and a reason for each product of the page.

    `choices` are the skus of products between which nothing decides: customers are then asked, and see no list.
    """

    terms: list[str]
    numbers: list[str]
    form: str
    degraded: bool
    choices: list[str]
    reasons: list[Reason]


class Choice(Model):
    """A medicine that may have been meant: its name and salts to show, and the query that asks for it."""

    q: str
    name: str
    salts: list[str]


class SearchResults(Model):
    """What was found, best first, at most 100 over all pages; `degraded` says that the engine was away and the database searched.

    `did_you_mean` is the query with the only name like it, when none matches as it was typed; its numbers are never changed.
    When what was typed is as like one medicine as another of other salts, none is put first: `items` is empty and `choices` names
    them, at most six. Show them side by side, and search for the `q` of the one that the person picks.
    """

    items: list[SearchHit]
    choices: list[Choice]
    facets: Facets | None
    did_you_mean: str | None
    next_cursor: str | None
    total: int
    degraded: bool


class SuggestQuery(Model):
    """What was typed so far."""

    q: Annotated[Text, Field(min_length=1, max_length=100)]
    limit: Annotated[int, Field(ge=1, le=20)] = 8


class Suggestion(Model):
    """A way to go on: a brand, a salt or a maker; a brand that is one product carries its id."""

    kind: Literal["product", "salt", "maker"]
    text: str
    product_id: UUID | None


class Suggestions(Model):
    """Suggestions, best first."""

    items: list[Suggestion]
    degraded: bool
