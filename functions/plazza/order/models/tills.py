"""Sales that a till brings in later, and the end of its day."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, JsonValue

from plazza.order.models.inventory import RecordSale, SaleView
from plazza.schema import Instant, Limit, Model, ShortText

MAX_SALES = 100

TotalPaise = Annotated[int, Field(ge=0, le=2**53 - 1, strict=True)]
"""A sum of many sales: a first close takes in all the days before it. The most that every JSON reader holds exactly."""


class RecordSales(Model):
    """Sales of a till that was offline, in the order they were made. One that is not of the documented form stops no other."""

    sales: Annotated[
        list[Annotated[RecordSale | dict[str, JsonValue], Field(union_mode="left_to_right")]],
        Field(min_length=1, max_length=MAX_SALES),
    ]


class SaleVerdict(Model):
    """What became of one sale: `recorded`, there from before (`repeated`), or `refused` with the error that it would have had alone.

    A till drops what was recorded or repeated; what was refused is for a person.
    """

    client_sale_id: str | None
    verdict: Literal["recorded", "repeated", "refused"]
    sale: SaleView | None = None
    code: str | None = None
    message: str | None = None
    details: dict[str, Any] | None = None


class SaleVerdicts(Model):
    """A verdict for each sale, in the order they were sent."""

    items: list[SaleVerdict]


class ByMethod(Model):
    """Money by how it was paid."""

    cash: TotalPaise
    card: TotalPaise
    upi: TotalPaise


class CloseDay(Model):
    """What was counted at the end of a store's day (India's; today when left out): cash without the float, slips by their method.

    Days are closed in order. A close takes in the days before it that were never closed; what is sold after it counts to the next day.
    """

    day: date | None = None
    counted_paise: ByMethod
    reason: ShortText | None = None


class Difference(Model):
    """Counted less expected, by how it was paid: negative is missing."""

    cash: int
    card: int
    upi: int


class DayClose(Model):
    """A closed day: what the till says was sold against what was counted."""

    store_id: UUID
    day: date
    sales_count: int
    expected_paise: ByMethod
    counted_paise: ByMethod
    difference_paise: Difference
    reason: str | None
    closed_by: str
    closed_at: Instant


class ClosesQuery(Model):
    """Which store's closed days to list, latest first."""

    store_id: UUID | None = None
    limit: Limit = 31
    cursor: str | None = None
