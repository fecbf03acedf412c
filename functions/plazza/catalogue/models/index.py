"""Answers about the search index."""

from typing import Annotated

from pydantic import Field

from plazza.schema import Model


class IndexView(Model):
    """The index that answers, the one before it, and leftovers.

    Nothing is missing or old when `documents` and `products` agree and `differing_buckets` (of 256) is 0; right after a change it
    counts the change that is on its way. An index whose mapping has another version than the code's is to be built anew.
    """

    alias: str
    index: str | None
    previous: str | None
    others: list[str]
    documents: int
    products: int
    differing_buckets: int
    mapping_version: int
    index_mapping_version: int | None


class RepairedIndex(Model):
    """What a repair did; `ahead` documents are newer than the database, as after a restore: build the index anew."""

    written: int
    removed: int
    ahead: int
    status: IndexView


class SwapIndex(Model):
    """Which index is to answer."""

    index: Annotated[str, Field(pattern=r"^products-[0-9]{14,20}$")]
