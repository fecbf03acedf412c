"""Bodies and answers about coupons."""

from typing import Annotated, Literal, NamedTuple
from uuid import UUID

from pydantic import Field, model_validator

from plazza.money import Paise
from plazza.schema import Instant, Limit, Model, Quantity, ShortText, Text, Uid

TypedCode = Annotated[Text, Field(min_length=4, max_length=24)]
Code = Annotated[str, Field(pattern=r"^[A-Z0-9]{4,24}$")]
Kind = Literal["percentage", "fixed", "free_delivery"]
MAX_BATCH = 100_000


class CartLine(NamedTuple):
    """What a coupon looks at: a product, its form, and the line's price before any discount, in paise."""

    product_id: UUID
    form: str
    amount_paise: int


class Discount(NamedTuple):
    """What a coupon takes off: so much of the `eligible` products, so much of the delivery. In paise."""

    code: str
    items_paise: int
    delivery_paise: int
    eligible: frozenset[UUID]


class CouponItem(Model):
    """So many packs of a product."""

    product_id: UUID
    quantity: Quantity


class TryCoupon(Model):
    """A cart and the coupon to try on it; `delivery_paise` is the charge that serviceability promised."""

    code: TypedCode
    items: Annotated[list[CouponItem], Field(min_length=1, max_length=30)]
    delivery_paise: Paise = 0


class CouponCheck(Model):
    """Whether a coupon fits. `reason` is for machines, `message` for people, `missing_paise` what the cart lacks."""

    valid: bool
    code: str
    title: str | None
    discount_paise: Paise
    reason: str | None
    message: str
    missing_paise: Paise | None


class CouponHold(Model):
    """A use of a coupon kept for the caller; the order placed with this code takes it over."""

    code: str
    discount_paise: Paise
    expires_at: Instant


class CreateCoupon(Model):
    """A new coupon. `percent_bp` is in hundredths of a per cent; empty `product_ids` and `forms` mean everything."""

    code: Code
    title: ShortText
    kind: Kind
    percent_bp: Annotated[int, Field(ge=1, le=10_000, strict=True)] | None = None
    amount_paise: Annotated[Paise, Field(gt=0)] | None = None
    cap_paise: Annotated[Paise, Field(gt=0)] | None = None
    minimum_order_paise: Paise = 0
    starts_at: Instant
    ends_at: Instant
    global_limit: Annotated[int, Field(ge=1, le=10_000_000, strict=True)] | None = None
    per_user_limit: Annotated[int, Field(ge=1, le=1000, strict=True)] | None = None
    first_order_only: bool = False
    only_uid: Uid | None = None
    product_ids: Annotated[list[UUID], Field(max_length=500)] = Field(default_factory=list[UUID])
    forms: Annotated[list[ShortText], Field(max_length=50)] = Field(default_factory=list[str])

    @model_validator(mode="after")
    def _says_what_it_takes_off(self) -> "CreateCoupon":
        if (self.kind == "percentage") != (self.percent_bp is not None) or (self.kind == "fixed") != (
            self.amount_paise is not None
        ):
            raise ValueError("percentage needs percent_bp, fixed needs amount_paise, and free_delivery neither")
        if self.starts_at >= self.ends_at:
            raise ValueError("starts_at must be before ends_at")
        return self


class CouponView(Model):
    """A coupon as staff see it."""

    id: UUID
    code: str
    title: str
    kind: Kind
    percent_bp: int | None
    amount_paise: int | None
    cap_paise: int | None
    minimum_order_paise: int
    starts_at: Instant
    ends_at: Instant
    global_limit: int | None
    per_user_limit: int | None
    first_order_only: bool
    only_uid: str | None
    product_ids: list[UUID]
    forms: list[str]
    batch_id: UUID | None
    status: Literal["active", "disabled"]
    uses: int


class CouponQuery(Model):
    """Which coupons to list; those of batches only by their batch."""

    batch_id: UUID | None = None
    limit: Limit = 50
    cursor: str | None = None


class GenerateCodes(Model):
    """So many single-use codes on the terms of `coupon`, whose own code becomes their beginning."""

    coupon: CreateCoupon
    count: Annotated[int, Field(ge=1, le=MAX_BATCH, strict=True)]

    @model_validator(mode="after")
    def _leaves_room_for_chance(self) -> "GenerateCodes":
        if len(self.coupon.code) > 10:
            raise ValueError("the beginning may have up to 10 characters: 12 more make a code that nobody guesses")
        return self


class BatchView(Model):
    """A batch of single-use codes; export it as CSV by its id."""

    batch_id: UUID
    count: int
