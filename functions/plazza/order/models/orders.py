"""Carts, quotes and orders over HTTP."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, JsonValue, model_validator

from plazza.money import Paise
from plazza.schema import Instant, Latitude, Limit, Longitude, Model, Quantity, ShortText, Text

MAX_LINES = 30


class Status(StrEnum):
    """Where an order stands."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    PROCESSING = "processing"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


Stage = Literal["accept", "pick", "check", "hand_over", "ride"]
Step = Literal["picked", "checked"]
PaymentMethod = Literal["razorpay", "cod"]
PaymentStatus = Literal["pending", "captured", "cod_due", "partially_refunded", "refunded"]
PrescriptionStatus = Literal["not_needed", "awaited", "approved"]
DeliveryStatus = Literal["none", "unassigned", "assigned", "picked_up", "arrived", "delivered", "failed", "cancelled"]
CouponCode = Annotated[Text, Field(min_length=4, max_length=40)]


class CartItem(Model):
    """So many packs of a product, for a course of so many days: what expires before its end is not sold."""

    product_id: UUID
    quantity: Quantity
    course_days: Annotated[int, Field(ge=0, le=400, strict=True)] = 0


class Cart(Model):
    """Products and how many of each."""

    items: Annotated[list[CartItem], Field(min_length=1, max_length=MAX_LINES)]

    @model_validator(mode="after")
    def _has_each_product_once(self) -> "Cart":
        if len({item.product_id for item in self.items}) < len(self.items):
            raise ValueError("name each product once, with its whole quantity")
        return self


class QuoteRequest(Cart):
    """A cart to price for one of the caller's addresses, with up to three coupons."""

    address_id: UUID
    coupon_codes: Annotated[list[CouponCode], Field(max_length=3)] = Field(default_factory=list[str])
    prescription_id: UUID | None = None


class PlaceOrder(QuoteRequest):
    """A cart to order. `expected_total_paise` refuses the order when it has become another price than the quoted one."""

    payment_method: PaymentMethod
    expected_total_paise: Paise | None = None


ProblemCode = Literal[
    "PRODUCT_UNAVAILABLE", "NOT_SOLD_ONLINE", "OVER_LIMIT", "OUT_OF_STOCK", "PRESCRIPTION_NEEDED", "MINIMUM_NOT_MET",
    "PRESCRIPTION_REJECTED", "PRESCRIPTION_UNREADABLE", "PRESCRIPTION_EXPIRED", "NOT_COVERED",
]  # fmt: skip


class Problem(Model):
    """Why a cart cannot be ordered as it is; numbers only where they help to mend it."""

    code: ProblemCode
    message: str
    product_id: UUID | None = None
    available: int | None = None
    missing_paise: Paise | None = None


class LineView(Model):
    """A line with its prices: `total_paise` is price times quantity less discount (of `coupon_code`), and holds the tax beside it."""

    line_no: int
    product_id: UUID
    sku: str
    name: str
    manufacturer: str
    pack_label: str
    hsn: str
    schedule: str
    prescription_required: bool
    quantity: int
    mrp_paise: Paise
    price_paise: Paise
    discount_paise: Paise
    gst_bp: int
    taxable_paise: Paise
    cgst_paise: Paise
    sgst_paise: Paise
    igst_paise: Paise
    total_paise: Paise
    coupon_code: str | None


class QuoteView(Model):
    """What a cart costs now. `degraded`: coupons and new addresses cannot be looked up; the last known area was used."""

    items: list[LineView]
    items_paise: Paise
    discount_paise: Paise
    delivery_paise: Paise
    tax_paise: Paise
    total_paise: Paise
    coupon_codes: list[str]
    store_id: UUID
    promised_minutes: int
    prescription_required: bool
    can_be_ordered: bool
    problems: list[Problem]
    degraded: bool = False


class EventView(Model):
    """One step of an order's way."""

    position: int
    kind: str
    from_status: Status | None
    to_status: Status | None
    actor_role: str
    note: str | None
    created_at: Instant


class OrderSummary(Model):
    """An order in a list. While it is open, `stage_due_at` is when its stage should be over."""

    id: UUID
    number: str
    status: Status
    payment_method: PaymentMethod
    payment_status: PaymentStatus
    prescription_status: PrescriptionStatus
    delivery_status: DeliveryStatus
    store_id: UUID
    total_paise: Paise
    promised_at: Instant | None
    stage: Stage | None
    stage_due_at: Instant | None
    is_late: bool
    version: int
    created_at: Instant
    updated_at: Instant


class OrderView(OrderSummary):
    """An order as its customer and its store see it. `promised_at` counts from the confirmation; credit notes do not change the total."""

    prescription_id: UUID | None
    items: list[LineView]
    items_paise: Paise
    discount_paise: Paise
    delivery_paise: Paise
    tax_paise: Paise
    credited_paise: Paise
    coupon_codes: list[str]
    address: dict[str, JsonValue]
    latitude: Latitude
    longitude: Longitude
    promised_minutes: int
    expires_at: Instant | None
    confirmed_at: Instant | None
    cancelled_reason: str | None
    events: list[EventView]


class CancelOrder(Model):
    """Why the order is not wanted any more."""

    reason: ShortText = "Cancelled by the customer"


class SetStatus(Model):
    """Where the store moves an order to."""

    status: Status
    note: ShortText | None = None


class TakeStep(Model):
    """What was done with an order in preparation: its packs were picked, or a pharmacist checked them."""

    step: Step


class LeftOut(Model):
    """What of an earlier order is not in the new cart, or not all of it."""

    product_id: UUID
    name: str
    quantity: int
    reason: Literal["PRODUCT_UNAVAILABLE", "OVER_LIMIT"]


class ReorderView(Model):
    """A cart like an earlier order's, to quote or to order; prices and stock are those of the quote."""

    cart: QuoteRequest
    prescription_required: bool
    left_out: list[LeftOut]


class HistoryQuery(Model):
    """Which orders to list, latest first; `from` and `to` are days in India on which they were placed."""

    status: Status | None = None
    from_: Annotated[date | None, Field(alias="from")] = None
    to: date | None = None
    number: Annotated[str, Field(pattern=r"^PLZ-[A-HJ-NP-Z2-9]{8}$")] | None = None
    limit: Limit = 20
    cursor: str | None = None


class BoardQuery(Model):
    """Whose open orders to list, oldest first, or only the late ones; support and administrators name the store."""

    store_id: UUID | None = None
    late: bool = False
    limit: Limit = 50
    cursor: str | None = None
