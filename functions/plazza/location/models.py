"""Bodies and answers about places."""

from datetime import time
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

from pydantic import AfterValidator, Field, field_validator, model_validator

from plazza.money import Paise
from plazza.schema import Instant, Latitude, Limit, Longitude, Model, Phone, Pincode, ShortText, Text

Label = Annotated[Text, Field(min_length=1, max_length=40)]
Name = Annotated[Text, Field(min_length=1, max_length=100)]
StateCode = Annotated[str, Field(pattern=r"^[0-9]{2}$")]


def _without_zone(clock: time) -> time:
    if clock.tzinfo is not None:
        raise ValueError("must be India's clock, without a zone")
    return clock


ClockTime = Annotated[time, AfterValidator(_without_zone)]
LocatedBy = Literal["pin", "geocoded", "pincode"]
IndianLongitude = Annotated[float, Field(ge=68.0, le=97.5, strict=True)]
IndianLatitude = Annotated[float, Field(ge=6.5, le=37.5, strict=True)]
Polygon = Annotated[list[tuple[IndianLongitude, IndianLatitude]], Field(min_length=4, max_length=500)]
"""A ring as in GeoJSON: points of longitude and latitude, the last one the first again; holes are not known."""


class AddAddress(Model):
    """A place to deliver to. Give the pin (latitude and longitude) when the app has one; else the text is looked up."""

    label: Label
    recipient: Name
    phone: Phone
    line1: ShortText
    line2: ShortText | None = None
    landmark: ShortText | None = None
    area: Name | None = None
    city: Name
    state: Name
    pincode: Pincode
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    is_default: bool = False

    @model_validator(mode="after")
    def _pin_is_whole(self) -> "AddAddress":
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("latitude and longitude go together")
        return self


class ChangeAddress(Model):
    """What to change of an address; what is left out stays. A change of the text without a new pin looks it up again."""

    label: Label | None = None
    recipient: Name | None = None
    phone: Phone | None = None
    line1: ShortText | None = None
    line2: ShortText | None = None
    landmark: ShortText | None = None
    area: Name | None = None
    city: Name | None = None
    state: Name | None = None
    pincode: Pincode | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    is_default: bool | None = None

    @field_validator("label", "recipient", "phone", "line1", "city", "state", "pincode", "is_default", mode="before")
    @classmethod
    def _is_not_taken_away(cls, value: object) -> object:
        if value is None:
            raise ValueError("must not be null")
        return value

    @model_validator(mode="after")
    def _pin_is_whole(self) -> "ChangeAddress":
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("latitude and longitude go together")
        return self


class AddressView(Model):
    """An address; `pin_distance_m` is how far the pin lies from where the text was found, `pin_is_far` that it should be looked at.

    `located_by` says what the coordinates are: the pin, what Maps found for the text, or for want of both the middle of the pincode.
    """

    id: UUID
    label: str
    recipient: str
    phone: str
    line1: str
    line2: str | None
    landmark: str | None
    area: str | None
    city: str
    state: str
    pincode: str
    latitude: float
    longitude: float
    located_by: LocatedBy
    pin_distance_m: int | None
    pin_is_far: bool
    is_default: bool


class Addresses(Model):
    """All addresses of a person: there are at most 20."""

    items: list[AddressView]


class CheckServiceability(Model):
    """A place to ask about: one of the caller's addresses, a pincode, or a point."""

    address_id: UUID | None = None
    pincode: Pincode | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None

    @model_validator(mode="after")
    def _names_one_place(self) -> "CheckServiceability":
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("latitude and longitude go together")
        given = [self.address_id is not None, self.pincode is not None, self.latitude is not None]
        if sum(given) != 1 and given != [False, True, True]:
            raise ValueError("give address_id, or pincode, or latitude and longitude (a pincode may go with them)")
        return self


class ServiceabilityView(Model):
    """Whether Plazza delivers there now, and if not why and from when.

    `estimate` says whether the minutes come from the map or, while that is away, are the area's own. `matched_by` says how the area was
    found: a pincode alone may lie in several, so ask again with the pin. `licence_district` is where the store's licence lets it deliver.
    Nobody knows when a store opens again that is closed beside its hours (`STORE_CLOSED`). `degraded`: whether it is closed could not be
    asked, and an order may still be refused for it.
    """

    serviceable: bool
    reason: Literal["NOT_SERVICEABLE", "CLOSED", "STORE_CLOSED"] | None
    message: str
    next_opening: Instant | None
    store_id: UUID | None
    pincode: str | None
    area: str | None
    charge_paise: Paise | None
    minimum_order_paise: Paise | None
    promised_minutes: int | None
    estimate: Literal["maps", "area"] | None
    licence_district: str | None
    matched_by: Literal["polygon", "pincode", "centre"] | None
    degraded: bool


class AreaQuery(Model):
    """What to look for: the beginning of a pincode, or an area's name as typed."""

    q: Annotated[Text, Field(min_length=2, max_length=60)]


class AreaSummary(Model):
    """An area that is served."""

    pincode: str
    area: str
    city: str
    promised_minutes: int


class Areas(Model):
    """Areas that fit, best first."""

    items: list[AreaSummary]


class PutArea(Model):
    """An area as staff write it: the whole pincode, or with a `polygon` exactly what lies in that.

    An area that closes in the day's last minute (23:59) closes at midnight.
    """

    pincode: Pincode
    area: Name
    city: Name
    state: Name
    state_code: StateCode
    latitude: Latitude
    longitude: Longitude
    store_id: UUID
    store_latitude: Latitude
    store_longitude: Longitude
    charge_paise: Paise
    minimum_order_paise: Paise
    promised_minutes: Annotated[int, Field(ge=5, le=1440, strict=True)]
    opens_at: ClockTime
    closes_at: ClockTime
    active: bool = True
    licence_district: Name | None = None
    polygon: Polygon | None = None

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> "PutArea":
        if self.opens_at >= self.closes_at:
            raise ValueError("opens_at must be before closes_at")
        return self


class ChangeArea(PutArea):
    """A changed area, and the version that was read: what somebody else changed meanwhile is not overwritten."""

    version: Annotated[int, Field(ge=1)]


class AreaView(PutArea):
    """An area as it stands."""

    id: UUID
    version: int
    updated_by: str
    updated_at: Instant


class AreaListQuery(Model):
    """Which areas to list."""

    pincode: Pincode | None = None
    limit: Limit = 50
    cursor: str | None = None


class AreaChange(Model):
    """One change of an area: what it was afterwards."""

    version: int
    values_after: dict[str, Any]
    changed_by: str
    changed_at: Instant


class AreaHistoryQuery(Model):
    """Which part of an area's history to give."""

    limit: Limit = 20
    cursor: str | None = None


class Place(NamedTuple):
    """Where an order goes, from where, and on what terms; `address` is the snapshot that the order keeps."""

    address_id: UUID
    address: dict[str, Any]
    state_code: str
    latitude: float
    longitude: float
    store_id: UUID
    charge_paise: int
    minimum_order_paise: int
    promised_minutes: int
