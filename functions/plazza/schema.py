"""The base of every body, query and answer, and the field types that several services share."""

import re
import unicodedata
from datetime import UTC, datetime
from typing import Annotated, Generic, NamedTuple, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer

Item = TypeVar("Item")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class Model(BaseModel):
    """A value that enters or leaves over HTTP: frozen, and a field that nobody declared is refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, ser_json_inf_nan="null", allow_inf_nan=False
    )


class Written(NamedTuple):
    """An answer that is JSON already; `Annotated[Written, Kind]` says of which model. A degraded one is not kept."""

    body: bytes
    degraded: bool


class Page(Model, Generic[Item]):
    """One page of a list; `next_cursor` is opaque and null on the last page."""

    items: list[Item]
    next_cursor: str | None = None


def _without_controls(text: str) -> str:
    """Refuse control characters and lone surrogates, which no store and no label can hold."""
    if _CONTROL.search(text):
        raise ValueError("must not contain control characters")
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _as_utc(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Text = Annotated[str, AfterValidator(_without_controls)]
ShortText = Annotated[Text, Field(min_length=1, max_length=200)]
LongText = Annotated[Text, Field(min_length=1, max_length=2000)]
Instant = Annotated[AwareDatetime, PlainSerializer(_as_utc, when_used="json")]
Latitude = Annotated[float, Field(ge=-90, le=90, strict=True)]
Longitude = Annotated[float, Field(ge=-180, le=180, strict=True)]
Pincode = Annotated[str, Field(pattern=r"^[1-9][0-9]{5}$")]
Phone = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{7,14}$")]
Uid = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9_-]+$")]
Quantity = Annotated[int, Field(ge=1, le=100, strict=True)]
Limit = Annotated[int, Field(ge=1, le=100)]
