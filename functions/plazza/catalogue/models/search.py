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
    """A search; filters narrow what is found, `sort` reorders it."""

    q: Annotated[Text, Field(min_length=1, max_length=200)]
    form: Short | None = None
    manufacturer: Short | None = None
    salt: Short | None = None
    schedule: Schedule | None = None
    prescription_required: bool | None = None
    min_price_paise: Paise | None = None
    max_price_paise: Paise | None = None
    sort: Sort = "relevance"
    limit: Annotated[int, Field(ge=1, le=50, strict=True)] = 20
    cursor: Cursor | None = None

    @model_validator(mode="after")
    def _ordered(self) -> "SearchProducts":
        low, high = self.min_price_paise, self.max_price_paise
        if low is not None and high is not None and low > high:
            raise ValueError("min_price_paise must not exceed max_price_paise")
        return self


class SearchHit(ProductView):
    """A product that was found: how it matches, and in what it is, or may be, another than the one asked for.

    `name_differs`: it is spelt otherwise than typed, or its name says more or less than that.
    """

    match: Match
    strength_differs: bool
    form_differs: bool
    release_differs: bool
    name_differs: bool


class SearchResults(Model):
    """What was found, best first, at most 100 over all pages; `degraded` says that the engine was away and the database searched."""

    items: list[SearchHit]
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
