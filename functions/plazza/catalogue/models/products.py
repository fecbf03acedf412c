"""Bodies, queries and answers about products."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from plazza.money import Paise
from plazza.schema import Instant, Limit, Model, ShortText, Text

Schedule = Literal["none", "H", "H1", "X"]
SKU_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
Sku = Annotated[str, Field(pattern=SKU_PATTERN)]
Cursor = Annotated[str, Field(max_length=500)]
Short = Annotated[Text, Field(max_length=200)]
Price = Annotated[Paise, Field(gt=0)]


class SaltView(Model):
    """One active ingredient: `{"salt": "Paracetamol", "strength": "650", "unit": "mg", "per": ""}`; no strength when it is not known."""

    salt: ShortText
    strength: Annotated[str, Field(pattern=r"^[0-9]{1,15}(\.[0-9]{1,6})?$")] | None = None
    unit: Annotated[str, Field(max_length=12)] = ""
    per: Annotated[str, Field(max_length=12)] = ""


class ProductView(Model):
    """A product as anyone may see it; `unit_price_paise` is the price of one tablet, millilitre or gram, rounded to the paisa.

    A product whose MRP nobody knows yet is found, has no prices, and cannot be ordered.
    """

    id: UUID
    sku: str
    name: str
    brand: str
    form: str
    release: str
    strength: str
    salts: list[SaltView]
    manufacturer: str
    pack_label: str
    pack_quantity: int | None
    pack_unit: str
    mrp_paise: Paise | None
    price_paise: Paise | None
    unit_price_paise: Paise | None
    schedule: Schedule
    prescription_required: bool
    max_per_order: int
    image_url: str | None
    popularity: int
    status: Literal["active", "discontinued"]


class ProductQuery(Model):
    """Filters of the list of products; it is sorted by name."""

    form: Short | None = None
    manufacturer: Short | None = None
    salt: Short | None = None
    schedule: Schedule | None = None
    prescription_required: bool | None = None
    limit: Limit = 20
    cursor: Cursor | None = None


class PutProduct(Model):
    """Everything that is said of a product. What is left out is read from the name where it can be.

    Without an MRP it is found but cannot be ordered; without a price it is sold at its MRP. A schedule that is not said is not known:
    the product then needs a prescription until somebody says it, unless `prescription_required` is said itself.
    """

    name: Annotated[Text, Field(min_length=1, max_length=300)]
    brand: Short = ""
    form: Short = ""
    release: Annotated[Text, Field(max_length=12)] = ""
    strength: Short = ""
    salts: Annotated[list[SaltView], Field(max_length=20, default_factory=list)]
    manufacturer: Short = ""
    pack_label: Short = ""
    salts_complete: bool = True
    mrp_paise: Price | None = None
    price_paise: Price | None = None
    gst_bp: Annotated[int, Field(ge=0, le=4000, strict=True)] = 500
    hsn: Annotated[str, Field(pattern=r"^([0-9]{4,8})?$")] = ""
    schedule: Schedule = "none"
    prescription_required: bool | None = None
    image_url: Annotated[str, Field(max_length=500, pattern=r"^https://")] | None = None
    max_per_order: Annotated[int, Field(ge=1, le=100, strict=True)] = 10
    status: Literal["active", "discontinued"] = "active"

    @model_validator(mode="after")
    def _lawful_price(self) -> Self:
        """Refuse a price above the MRP, and one without it: the law is about both."""
        if self.price_paise is not None and (self.mrp_paise is None or self.price_paise > self.mrp_paise):
            raise ValueError("price_paise must not exceed mrp_paise, which must be given with it")
        return self


class ImportedProduct(PutProduct):
    """One product of a batch."""

    sku: Sku


class ImportProducts(Model):
    """A batch of products, by sku: new ones are made, known ones changed. Each is judged by itself."""

    products: Annotated[list[dict[str, object]], Field(min_length=1, max_length=500)]


class RefusedRow(Model):
    """A row of a batch that was not taken, and why."""

    row: int
    sku: str | None
    problem: str


class Imported(Model):
    """What became of a batch."""

    created: int
    updated: int
    unchanged: int
    refused: list[RefusedRow]


class StoredProduct(Model):
    """A product as staff see it after a change."""

    product: ProductView
    gst_bp: int
    hsn: str
    version: int
    changed: bool


class SyncRunView(Model):
    """One run that copied data between systems."""

    id: UUID
    source: str
    destination: str
    status: Literal["running", "done", "failed"]
    records_processed: int
    created: int
    updated: int
    unchanged: int
    refused: int
    cursor: str | None
    error_log: str | None
    started_at: Instant
    finished_at: Instant | None


class SyncQuery(Model):
    """Which runs to list; the latest first."""

    source: Short | None = None
    limit: Limit = 20
