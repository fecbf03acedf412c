"""Stores, stock and counter sales over HTTP."""

from datetime import date, time
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, model_validator

from plazza.money import Paise
from plazza.order.models.orders import Cart
from plazza.schema import Instant, Limit, LongText, Model, Page, ShortText, Text


class StoreView(Model):
    """A store, with what the law has it display."""

    id: UUID
    code: str
    name: str
    address: str
    city: str
    state: str
    pincode: str
    latitude: float
    longitude: float
    phone: str
    gstin: str
    drug_licence: str
    pharmacist_name: str
    pharmacist_registration: str
    opens_at: time
    closes_at: time
    status: str


class Stores(Model):
    """All stores."""

    items: list[StoreView]


BatchNo = Annotated[Text, Field(min_length=1, max_length=40, pattern=r"^\S(.*\S)?$")]


class ReceiveBatch(Model):
    """Packs that arrived. A batch that is known gets more; its expiry and MRP must then be the same."""

    store_id: UUID | None = None
    product_id: UUID
    batch_no: BatchNo
    expires_on: date
    mrp_paise: Annotated[Paise, Field(gt=0)]
    quantity: Annotated[int, Field(ge=1, le=100_000, strict=True)]
    reference: ShortText


class BatchView(Model):
    """A batch on a store's shelf; `reserved` of `on_hand` is promised to orders."""

    id: UUID
    store_id: UUID
    product_id: UUID
    batch_no: str
    expires_on: date
    mrp_paise: Paise
    on_hand: int
    reserved: int
    updated_at: Instant


class BatchQuery(Model):
    """Which batches to list, by product and then first expiring first."""

    store_id: UUID | None = None
    product_id: UUID | None = None
    limit: Limit = 50
    cursor: str | None = None


class AdjustStock(Model):
    """A correction of what is on hand: `change` may be negative, and never touches what is promised."""

    store_id: UUID | None = None
    batch_id: UUID
    change: Annotated[int, Field(ge=-100_000, le=100_000, strict=True)]
    reason: Literal["damaged", "expired", "lost", "found", "counted", "returned"]
    note: LongText | None = None

    @model_validator(mode="after")
    def _goes_the_way_of_its_reason(self) -> "AdjustStock":
        ways = {"damaged": -1, "expired": -1, "lost": -1, "found": 1, "returned": 1}
        if self.change == 0 or self.change * ways.get(self.reason, self.change) < 0:
            raise ValueError("must not be zero, and negative for what is gone, positive for what came")
        return self


class RecordSale(Cart):
    """A sale at the counter. The till's own id makes it unique: sent again, it is the same sale.

    Prescription medicines need the prescriber's registration number, and a pharmacist: the seller, or the store's own by
    registration number (Drugs Rules 1945, rule 65).
    """

    client_sale_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
    payment_method: Literal["cash", "card", "upi"]
    prescriber_registration: Annotated[Text, Field(min_length=3, max_length=40)] | None = None
    pharmacist_registration: Annotated[Text, Field(min_length=3, max_length=40)] | None = None
    sold_at: Instant | None = None


class SaleLine(Model):
    """Packs of one batch that were sold."""

    line_no: int
    product_id: UUID
    batch_id: UUID
    name: str
    quantity: int
    mrp_paise: Paise
    price_paise: Paise
    gst_bp: int
    tax_paise: Paise
    total_paise: Paise


class SaleView(Model):
    """A counter sale."""

    id: UUID
    store_id: UUID
    client_sale_id: str
    cashier_uid: str
    payment_method: str
    prescriber_registration: str | None
    items: list[SaleLine]
    total_paise: Paise
    tax_paise: Paise
    sold_at: Instant


class DayQuery(Model):
    """Which day's sales (India's calendar; today when left out) to list."""

    store_id: UUID | None = None
    day: date | None = None
    limit: Limit = 50
    cursor: str | None = None


class DaySales(Page[SaleView]):
    """A day's sales, latest first; the totals are of the whole day."""

    day: date
    sales_count: int
    total_paise: Paise
    tax_paise: Paise
    cash_paise: Paise
    card_paise: Paise
    upi_paise: Paise
