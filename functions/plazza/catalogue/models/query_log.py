"""What staff may see of the queries that were asked."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from plazza.catalogue.models.products import Cursor
from plazza.schema import Limit, Model, Page

Outcome = Literal["found", "refined", "no_hit"]


class SearchReportQuery(Model):
    """Which queries to list: those of the last days, today included, that found nothing or only what is like them.

    What was asked fewer than `min_searches` times is not shown; less than three would show what one person typed.
    """

    days: Annotated[int, Field(ge=1, le=90)] = 7
    kind: Literal["no_hits", "refined"] = "no_hits"
    min_searches: Annotated[int, Field(ge=3, le=1_000_000)] = 3
    limit: Limit = 50
    cursor: Cursor | None = None


class AskedQuery(Model):
    """A query, how often it was asked, found nothing, or found only what is like it; `last_on` is the last day of the kind asked for."""

    query: str
    searches: int
    no_hits: int
    refined: int
    last_on: date


class UnknownWord(Model):
    """A word of queries that found nothing; `suggestion` is what it would be taken for, if it is like a word that stands for salts."""

    word: str
    no_hits: int
    last_on: date
    suggestion: str | None


class SearchReport(Page[AskedQuery]):
    """Queries, the most frequent first; `words`, on the first page of `no_hits`, are up to 100 of their words that nobody explained yet."""

    words: list[UnknownWord]
