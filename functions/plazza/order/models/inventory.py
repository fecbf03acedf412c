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


Packs = Annotated[int, Field(ge=1, le=100_000, strict=True)]


class ReceiveBatch(Model):
    """Packs that arrived. A batch that is known gets more; its expiry and MRP must then be the same."""

    store_id: UUID | None = None
    product_id: UUID
    batch_no: BatchNo
    expires_on: date
    mrp_paise: Annotated[Paise, Field(gt=0)]
    quantity: Packs
    reference: ShortText


class BatchView(Model):
    """A batch on a store's shelf; `reserved` of `on_hand` is promised to orders, and nobody sells what was `recalled`.

    What is `quarantined` was set aside and is no part of `on_hand`.
    """

    id: UUID
    store_id: UUID
    product_id: UUID
    batch_no: str
    expires_on: date
    mrp_paise: Paise
    on_hand: int
    reserved: int
    updated_at: Instant
    recalled: bool
    quarantined: int


class QuarantineQuery(Model):
    """Whose quarantine to list, by product and then first expiring first."""

    store_id: UUID | None = None
    limit: Limit = 50
    cursor: str | None = None


class BatchQuery(QuarantineQuery):
    """Which batches to list, by product and then first expiring first."""

    product_id: UUID | None = None


class AdjustStock(Model):
    """A correction of what is on hand: `change` may be negative, and never touches what is promised."""

    store_id: UUID | None = None
    batch_id: UUID
    change: Annotated[int, Field(ge=-100_000, le=100_000, strict=True)]
    reason: Literal["damaged", "expired", "lost", "recalled", "found", "counted", "returned"]
    note: LongText | None = None

    @model_validator(mode="after")
    def _goes_the_way_of_its_reason(self) -> "AdjustStock":
        ways = {"damaged": -1, "expired": -1, "lost": -1, "recalled": -1, "found": 1, "returned": 1}
        if self.change == 0 or self.change * ways.get(self.reason, self.change) < 0:
            raise ValueError("must not be zero, and negative for what is gone, positive for what came")
        return self


class TransferStock(Model):
    """Packs of a batch that go to another store; both stores' stock changes at once."""

    store_id: UUID | None = None
    to_store_id: UUID
    batch_id: UUID
    quantity: Packs
    note: ShortText | None = None


class TransferView(Model):
    """A transfer, and the batch as either store has it now."""

    id: UUID
    quantity: int
    sent: BatchView
    received: BatchView


class CountBatch(Model):
    """All packs of a batch as somebody counted them, those promised to orders among them.

    `expected_on_hand` refuses the count when another number is on hand by then: what was sold in between would be taken for lost.
    Leave it out of a blind count, for which nobody sells.
    """

    store_id: UUID | None = None
    batch_id: UUID
    counted: Annotated[int, Field(ge=0, le=1_000_000, strict=True)]
    expected_on_hand: Annotated[int, Field(ge=0, le=1_000_000, strict=True)] | None = None
    reason: ShortText = "cycle count"


class CountView(Model):
    """A count; `change` is what it corrected, 0 when it found what was expected."""

    id: UUID
    change: int
    batch: BatchView


class WriteOffExpired(Model):
    """All that had expired in a store by a day (India's; today when left out)."""

    store_id: UUID | None = None
    day: date | None = None


class WrittenOff(Model):
    """Packs of a batch that were written off; what is still promised to orders stays until those are cancelled."""

    batch_id: UUID
    product_id: UUID
    batch_no: str
    expires_on: date
    quantity: int
    still_reserved: int


class WriteOffView(Model):
    """What was written off of a store's expired batches."""

    id: UUID
    store_id: UUID
    day: date
    items: list[WrittenOff]


class ReportQuery(Model):
    """Which store's stock to add up; all stores' when left out."""

    store_id: UUID | None = None


class StockDifference(Model):
    """A batch whose balance is not what its movements, or the open orders, add up to."""

    batch_id: UUID
    store_id: UUID
    on_hand: int
    on_hand_by_movements: int
    reserved: int
    reserved_by_movements: int
    reserved_by_orders: int
    quarantined: int
    quarantined_by_movements: int


class StockReport(Model):
    """Balances against movements and open orders, transfers against their two sides. There should be no differences."""

    batches: int
    transfers: int
    differences: list[StockDifference]
    broken_transfers: list[UUID]


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
    """A counter sale; it counts to the day `booked_on`, the next one when its own was closed before it came in."""

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
    booked_on: date


class DayQuery(Model):
    """Which day's sales (India's calendar; today when left out) to list."""

    store_id: UUID | None = None
    day: date | None = None
    limit: Limit = 50
    cursor: str | None = None


class DaySales(Page[SaleView]):
    """The sales that count to a day, latest first; the totals are of the whole day."""

    day: date
    sales_count: int
    total_paise: Paise
    tax_paise: Paise
    cash_paise: Paise
    card_paise: Paise
    upi_paise: Paise
