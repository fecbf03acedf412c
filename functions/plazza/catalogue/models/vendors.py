"""Bodies and answers about vendors' own lists."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from plazza.catalogue.models.prescriptions import Candidate
from plazza.schema import Instant, Limit, Model, Text

VendorStatus = Literal["matched", "queued", "refused"]
Vendor = Annotated[Text, Field(min_length=1, max_length=80)]
VendorSku = Annotated[Text, Field(min_length=1, max_length=80)]


class OfferedProduct(Model):
    """A product as a vendor names it."""

    vendor_sku: VendorSku
    name: Annotated[Text, Field(min_length=1, max_length=200)]


class OfferVendorProducts(Model):
    """A piece of a vendor's list."""

    vendor: Vendor
    products: Annotated[list[OfferedProduct], Field(min_length=1, max_length=100)]


class VendorProductView(Model):
    """A vendor's product, what it was matched to, and what else it may be."""

    vendor: str
    vendor_sku: str
    vendor_name: str
    status: VendorStatus
    product_id: UUID | None
    confidence_score: int
    candidates: list[Candidate]
    decided_by: str | None
    last_verified: Instant | None


class VendorProducts(Model):
    """Vendors' products."""

    items: list[VendorProductView]


class VendorProductQuery(Model):
    """Which of a vendor's products to list."""

    vendor: Vendor
    status: VendorStatus | None = None
    limit: Limit = 50


class DecideVendorProduct(Model):
    """Which product it is; null says that it is none."""

    vendor: Vendor
    vendor_sku: VendorSku
    product_id: UUID | None
