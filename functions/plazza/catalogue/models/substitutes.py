"""Questions and answers about what may stand for a product."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from plazza.catalogue.models.products import ProductView
from plazza.schema import Model


class SubstitutesQuery(Model):
    """For how many packs substitutes are asked, and at which store."""

    quantity: Annotated[int, Field(ge=1, le=100)] = 1
    store_id: UUID | None = None


class Substitute(ProductView):
    """A product of the same composition, form and release.

    `packs` is how many packs hold at least as many units as were asked for, `cost_paise` what these cost. `saving_percent` is by the
    unit, in whole per cent, negative when it costs more. `in_stock` is null without a store, else whether the store has all those packs.
    """

    packs: int | None
    cost_paise: int | None
    saving_percent: int | None
    in_stock: bool | None


class Substitutes(Model):
    """Substitutes: those that the store has first, then cheapest by the unit; at most 50.

    With `ask_doctor` none is offered: even a change of brand is the doctor's decision. With `needs_prescriber` they are a suggestion,
    for which the prescriber must agree. `note` says either in words.
    """

    product_id: UUID
    quantity: int
    ask_doctor: bool
    needs_prescriber: bool
    note: str | None
    items: list[Substitute]
