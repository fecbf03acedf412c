"""Bodies and answers of the delivery routes."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, JsonValue, model_validator

from plazza.money import Paise
from plazza.schema import Instant, Latitude, Limit, Longitude, Model, ShortText, Uid


class Status(StrEnum):
    """Where a delivery stands."""

    UNASSIGNED = "unassigned"
    ASSIGNED = "assigned"
    PICKED_UP = "picked_up"
    ARRIVED = "arrived"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"


ProofKind = Literal["otp", "photo", "signature"]
Code = Annotated[str, Field(pattern=r"^[0-9]{6}$")]
ClientId = Annotated[str, Field(pattern=r"^[-_A-Za-z0-9]{1,64}$")]


class AssignRider(Model):
    """Who brings it."""

    rider_uid: Uid


class FailDelivery(Model):
    """Why the parcel could not be handed over."""

    reason: Annotated[ShortText, Field(min_length=3)]


class SubmitProof(Model):
    """What shows that the parcel arrived: the customer's code, or a file already in Storage; and where that was.

    `client_id` is the app's own id of this proof: handed in again, it is the same proof.
    """

    order_id: UUID
    client_id: ClientId
    kind: ProofKind
    otp: Code | None = None
    file: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    latitude: Latitude
    longitude: Longitude

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> "SubmitProof":
        if (self.kind == "otp") != (self.otp is not None) or (self.kind == "otp") == (self.file is not None):
            raise ValueError("kind otp takes otp and no file; photo and signature take file and no otp")
        return self


class VerifyCode(Model):
    """The code that the customer told the rider; without a place the rider's last known location counts."""

    otp: Code
    latitude: Latitude | None = None
    longitude: Longitude | None = None

    @model_validator(mode="after")
    def _has_a_whole_place(self) -> "VerifyCode":
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("give latitude and longitude together")
        return self


class ProofView(Model):
    """What became of a proof. `flagged`: accepted, but far from the address or from an unknown place."""

    order_id: UUID
    client_id: str
    kind: ProofKind
    outcome: Literal["accepted", "refused"]
    refusal: Literal["WRONG_CODE"] | None
    tries_left: int
    distance_m: int | None
    flagged: bool
    status: Status


class DeliveryView(Model):
    """A delivery as customer, rider, store and support see it; the code is in no answer."""

    order_id: UUID
    store_id: UUID
    rider_uid: str | None
    status: Status
    attempt_no: int
    code_expires_at: Instant | None
    code_tries_left: int
    failed_reason: str | None
    proof_kind: ProofKind | None
    flagged: bool
    version: int
    assigned_at: Instant | None
    picked_up_at: Instant | None
    arrived_at: Instant | None
    delivered_at: Instant | None
    created_at: Instant
    updated_at: Instant


class JobView(Model):
    """A rider's job: where to, and how much cash to take."""

    order_id: UUID
    number: str
    store_id: UUID
    status: Status
    attempt_no: int
    address: dict[str, JsonValue]
    latitude: Latitude
    longitude: Longitude
    cash_paise: Paise


class JobsView(Model):
    """A rider's open jobs, the oldest first."""

    items: list[JobView]


class DeliveriesQuery(Model):
    """Which deliveries to list, latest first; support and administrators see every store's."""

    status: Status | None = None
    flagged: bool | None = None
    limit: Limit = 20
    cursor: str | None = None
