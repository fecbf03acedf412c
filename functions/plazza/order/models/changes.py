"""What is taken out of an order or comes back, over HTTP."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, model_validator

from plazza.money import Paise
from plazza.order.models.orders import MAX_LINES
from plazza.schema import Instant, Model, Quantity, ShortText, Text

LineNo = Annotated[int, Field(ge=1, le=50, strict=True)]


class FewerPacks(Model):
    """How many packs a line shall have left; none drops it."""

    line_no: LineNo
    quantity: Annotated[int, Field(ge=0, le=99, strict=True)]


class ReduceOrder(Model):
    """Lines that shall become less, each once, and why."""

    lines: Annotated[list[FewerPacks], Field(min_length=1, max_length=MAX_LINES)]
    reason: ShortText = "Not wanted any more"

    @model_validator(mode="after")
    def _names_each_line_once(self) -> "ReduceOrder":
        if len({line.line_no for line in self.lines}) < len(self.lines):
            raise ValueError("name each line once")
        return self


ReturnReason = Literal["unwanted", "damaged", "wrong_item", "recalled"]
CreditReason = ReturnReason | Literal["allowance"]


class ReturnedPacks(Model):
    """Packs of a line that came back; `batch_no` (from the label) when the line was of several. Only what is `resaleable` is sold again."""

    line_no: LineNo
    quantity: Quantity
    batch_no: Annotated[Text, Field(min_length=1, max_length=40)] | None = None
    opened: Annotated[bool, Field(strict=True)]
    resaleable: Annotated[bool, Field(strict=True)] = False


class ReturnPacks(Model):
    """What came back of a delivered order, each line once, and why."""

    lines: Annotated[list[ReturnedPacks], Field(min_length=1, max_length=MAX_LINES)]
    reason: ReturnReason
    note: ShortText | None = None

    @model_validator(mode="after")
    def _names_each_line_once(self) -> "ReturnPacks":
        if len({line.line_no for line in self.lines}) < len(self.lines):
            raise ValueError("name each line once")
        return self


class CreditLine(Model):
    """Packs that came back at what was left of their price, or what was taken off a line; `total_paise` holds the tax beside it.

    `discount_paise` also counts what was allowed on these packs before. An allowance names no packs: `quantity` 0, no batch.
    """

    line_no: int
    product_id: UUID
    name: str
    hsn: str
    batch_no: str | None
    quantity: int
    price_paise: Paise
    discount_paise: Paise
    gst_bp: int
    taxable_paise: Paise
    cgst_paise: Paise
    sgst_paise: Paise
    igst_paise: Paise
    total_paise: Paise


class CreditNoteView(Model):
    """A credit note: packs that came back and their share of the delivery, or an allowance on what stayed with the customer."""

    id: UUID
    order_id: UUID
    number: str
    reason: CreditReason
    note: str | None
    lines: list[CreditLine]
    delivery_paise: Paise
    tax_paise: Paise
    total_paise: Paise
    issued_at: Instant


class CreditNotes(Model):
    """An order's credit notes, oldest first."""

    items: list[CreditNoteView]
