"""What is taken out of an order or comes back, over HTTP."""

from typing import Annotated

from pydantic import Field, model_validator

from plazza.order.models.orders import MAX_LINES
from plazza.schema import Model, ShortText

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
