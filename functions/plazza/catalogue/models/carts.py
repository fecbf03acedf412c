"""A cart to check before it becomes a quote."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from plazza.money import Paise
from plazza.schema import Model, Quantity

Problem = Literal["NOT_FOUND", "DISCONTINUED", "NOT_PRICED", "TOO_MANY", "OUT_OF_STOCK"]


class CartItem(Model):
    """A line to check."""

    product_id: UUID
    quantity: Quantity


class ValidateCart(Model):
    """A cart to check; with a store, at its prices and against its shelves."""

    items: Annotated[list[CartItem], Field(min_length=1, max_length=50)]
    store_id: UUID | None = None


class CheckedItem(Model):
    """What is to be said about one line; `problems` is empty when it can be ordered."""

    product_id: UUID
    quantity: int
    name: str | None
    price_paise: Paise | None
    mrp_paise: Paise | None
    prescription_required: bool
    max_per_order: int | None
    problems: list[Problem]


class SameSalt(Model):
    """Products that hold the same active ingredient: taken together they may be too much."""

    salt: str
    product_ids: list[UUID]


class CheckedCart(Model):
    """What is to be said about a cart. `duplicate_salts` warns and forbids nothing: it does not make a cart invalid."""

    valid: bool
    prescription_required: bool
    items: list[CheckedItem]
    duplicate_salts: list[SameSalt]
