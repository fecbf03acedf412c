"""Answers about the search index."""

from typing import Annotated

from pydantic import Field

from plazza.schema import Model


class IndexView(Model):
    """The index that answers and the others there are; `documents` and `products` agree when nothing is missing."""

    alias: str
    index: str | None
    others: list[str]
    documents: int
    products: int
    mapping_version: int


class SwapIndex(Model):
    """Which index is to answer: a newly built one, or the one before."""

    index: Annotated[str, Field(pattern=r"^products-[0-9]{14}$")]
