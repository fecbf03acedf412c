"""Bodies and answers about vendors' own lists."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from plazza.catalogue.models.prescriptions import Candidate
from plazza.schema import Instant, Limit, Model, Text

VendorStatus = Literal["matched", "queued", "refused"]
VendorReason = Literal[
    "certain",
    "decided",
    "decided_elsewhere",
    "nothing_like_it",
    "contradicted",
    "uncertain",
    "ambiguous",
    "aged",
    "discontinued",
    "",
]
Vendor = Annotated[Text, Field(min_length=1, max_length=80)]
VendorSku = Annotated[Text, Field(min_length=1, max_length=80)]


class OfferedProduct(Model):
    """A product as a vendor names it; pack and maker make the match surer."""

    vendor_sku: VendorSku
    name: Annotated[Text, Field(min_length=1, max_length=200)]
    pack_label: Annotated[Text, Field(max_length=200)] = ""
    manufacturer: Annotated[Text, Field(max_length=200)] = ""


class OfferVendorProducts(Model):
    """A piece of a vendor's list."""

    vendor: Vendor
    products: Annotated[list[OfferedProduct], Field(min_length=1, max_length=100)]


class Part(Model):
    """One part of a score: brand, strength, form, pack or maker, how it compares, and its points of so many."""

    name: str
    verdict: Literal["same", "alike", "differs", "not said"]
    score: int
    most: int


class VendorCandidate(Candidate):
    """A product that a vendor's may be, and why."""

    parts: Annotated[list[Part], Field(default_factory=list)]


class VendorProductView(Model):
    """A vendor's product, what it was matched to and why, and what else it may be."""

    vendor: str
    vendor_sku: str
    vendor_name: str
    pack_label: str
    manufacturer: str
    status: VendorStatus
    reason: VendorReason
    product_id: UUID | None
    confidence_score: int
    candidates: list[VendorCandidate]
    decided_by: str | None
    last_verified: Instant | None


class VendorProducts(Model):
    """Vendors' products."""

    items: list[VendorProductView]


class VendorProductQuery(Model):
    """Which of the vendors' products to list; without a vendor those of all."""

    vendor: Vendor | None = None
    status: VendorStatus | None = None
    limit: Limit = 50


class DecideVendorProduct(Model):
    """Which product it is; null says that it is none."""

    vendor: Vendor
    vendor_sku: VendorSku
    product_id: UUID | None
