"""Bodies and answers about coupons."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

from pydantic import Field, model_validator

from plazza.money import Paise
from plazza.schema import Instant, Limit, Model, Quantity, ShortText, Text, Uid

TypedCode = Annotated[Text, Field(min_length=4, max_length=40)]
Code = Annotated[str, Field(pattern=r"^[A-Z0-9]{4,24}$")]
Kind = Literal["percentage", "fixed", "free_delivery", "buy_x_get_y"]
Schedule = Literal["H", "H1", "X"]
Uses = Annotated[int, Field(ge=1, le=10_000_000, strict=True)]
Packs = Annotated[int, Field(ge=1, le=100, strict=True)]
Products = Annotated[list[UUID], Field(max_length=500)]
MAX_BATCH = 100_000
MAX_COUPONS = 3
"""So many coupons may stand on one order."""


class CartLine(NamedTuple):
    """What a coupon looks at: a product, its form and schedule, how many packs at which price before any discount."""

    product_id: UUID
    form: str
    schedule: str
    quantity: int
    price_paise: int

    @property
    def amount_paise(self) -> int:
        """Give the line's price before any discount."""
        return self.price_paise * self.quantity


class Cart(NamedTuple):
    """A cart as coupons see it. `household` None: not known yet; a limit per household is looked at when it is."""

    uid: str
    household: str | None
    is_first: bool
    lines: Sequence[CartLine]
    delivery_paise: int


class Kept(NamedTuple):
    """What a coupon still takes off what stays of an order: so much off so many packs."""

    paise: int
    packs: int


class Lack(NamedTuple):
    """A coupon that what stays of an order would not earn: what of it is too much, and what is missing (`reason`, `missing_…`)."""

    code: str
    unearned_paise: int
    missing: dict[str, Any]


class Part(NamedTuple):
    """What one coupon takes off: so much of each product, so much of the delivery. In paise."""

    code: str
    title: str
    shares: dict[UUID, int]
    delivery_paise: int

    @property
    def worth_paise(self) -> int:
        """Give what the coupon takes off in all."""
        return sum(self.shares.values()) + self.delivery_paise


class Discount(NamedTuple):
    """What the coupons of a cart take off; no product is in two parts, and the delivery in one at most."""

    parts: list[Part]

    @property
    def shares(self) -> dict[UUID, int]:
        """Give what is taken off each product."""
        return {product_id: paise for part in self.parts for product_id, paise in part.shares.items()}

    @property
    def delivery_paise(self) -> int:
        """Give what is taken off the delivery."""
        return sum(part.delivery_paise for part in self.parts)


class CouponItem(Model):
    """So many packs of a product."""

    product_id: UUID
    quantity: Quantity


class TryCoupon(Model):
    """A cart and the coupon to try on it, `beside` those it has already.

    `store_id` and `delivery_paise` are what serviceability promised: without a store the prices are those of the catalogue.
    """

    code: TypedCode
    beside: Annotated[list[TypedCode], Field(max_length=MAX_COUPONS - 1)] = Field(default_factory=list[str])
    items: Annotated[list[CouponItem], Field(min_length=1, max_length=30)]
    store_id: UUID | None = None
    delivery_paise: Paise = 0

    @model_validator(mode="after")
    def _has_each_product_once(self) -> "TryCoupon":
        if len({item.product_id for item in self.items}) < len(self.items):
            raise ValueError("name each product once, with its whole quantity")
        return self


class CouponCheck(Model):
    """Whether a coupon fits, and what it takes off by itself. `reason` is for machines, `message` for people.

    `missing_paise` and `missing_quantity` are what the cart lacks. `code` is the one that this is about: it may be one of `beside`.
    """

    valid: bool
    code: str
    title: str | None
    discount_paise: Paise
    reason: str | None
    message: str
    missing_paise: Paise | None
    missing_quantity: int | None


class CouponHold(Model):
    """A use of a coupon kept for the caller; the order placed with this code takes it over."""

    code: str
    discount_paise: Paise
    expires_at: Instant


class CreateCoupon(Model):
    """A new coupon. `percent_bp` is in hundredths of a per cent; empty `product_ids` and `forms` mean everything.

    buy_x_get_y: of `buy_quantity` + `get_quantity` packs the cheapest `get_quantity` are free, as often as the cart has so many; with
    `get_product_ids` those are free once `buy_quantity` of the others are in the cart. An `exclusive` coupon stands alone. Of several
    the one of the highest `priority` takes first, and no product is discounted twice.
    """

    code: Code
    title: ShortText
    kind: Kind
    percent_bp: Annotated[int, Field(ge=1, le=10_000, strict=True)] | None = None
    amount_paise: Annotated[Paise, Field(gt=0)] | None = None
    buy_quantity: Packs | None = None
    get_quantity: Packs | None = None
    get_product_ids: Products = Field(default_factory=list[UUID])
    cap_paise: Annotated[Paise, Field(gt=0)] | None = None
    minimum_order_paise: Paise = 0
    starts_at: Instant
    ends_at: Instant
    global_limit: Uses | None = None
    per_user_limit: Annotated[int, Field(ge=1, le=1000, strict=True)] | None = None
    per_household_limit: Annotated[int, Field(ge=1, le=1000, strict=True)] | None = None
    budget_paise: Annotated[int, Field(ge=1, le=10**15, strict=True)] | None = None
    first_order_only: bool = False
    only_uid: Uid | None = None
    product_ids: Products = Field(default_factory=list[UUID])
    forms: Annotated[list[ShortText], Field(max_length=50)] = Field(default_factory=list[str])
    excluded_schedules: Annotated[list[Schedule], Field(max_length=3)] = Field(default_factory=list[Schedule])
    exclusive: bool = False
    priority: Annotated[int, Field(ge=-1000, le=1000, strict=True)] = 0

    @model_validator(mode="after")
    def _says_what_it_takes_off(self) -> "CreateCoupon":
        is_said = (
            self.percent_bp is not None,
            self.amount_paise is not None,
            self.buy_quantity is not None,
            self.get_quantity is not None,
        )
        is_deal = self.kind == "buy_x_get_y"
        if is_said != (self.kind == "percentage", self.kind == "fixed", is_deal, is_deal):
            raise ValueError(
                "percentage needs percent_bp, fixed amount_paise, buy_x_get_y buy_quantity and get_quantity, free_delivery none"
            )
        if self.starts_at >= self.ends_at:
            raise ValueError("starts_at must be before ends_at")
        return self

    @model_validator(mode="after")
    def _gives_other_products_than_are_bought(self) -> "CreateCoupon":
        if self.get_product_ids and (
            self.kind != "buy_x_get_y" or not self.product_ids or set(self.get_product_ids) & set(self.product_ids)
        ):
            raise ValueError("get_product_ids belong to buy_x_get_y, beside product_ids of which they have none")
        return self


class CouponView(Model):
    """A coupon as staff see it."""

    id: UUID
    code: str
    title: str
    kind: Kind
    percent_bp: int | None
    amount_paise: int | None
    buy_quantity: int | None
    get_quantity: int | None
    get_product_ids: list[UUID]
    cap_paise: int | None
    minimum_order_paise: int
    starts_at: Instant
    ends_at: Instant
    global_limit: int | None
    per_user_limit: int | None
    per_household_limit: int | None
    budget_paise: int | None
    first_order_only: bool
    only_uid: str | None
    product_ids: list[UUID]
    forms: list[str]
    excluded_schedules: list[Schedule]
    exclusive: bool
    priority: int
    batch_id: UUID | None
    status: Literal["active", "disabled"]
    uses: int
    spent_paise: int


class CouponQuery(Model):
    """Which coupons to list; those of batches only by their batch."""

    batch_id: UUID | None = None
    limit: Limit = 50
    cursor: str | None = None


class OverLimitQuery(Model):
    """Which part of the list to give."""

    limit: Limit = 50
    cursor: str | None = None


class OverLimitView(Model):
    """A use that an order has although the coupon had none left: it was given back by mistake and taken by somebody else."""

    id: UUID
    coupon_id: UUID
    code: str
    order_id: UUID
    discount_paise: Paise
    updated_at: Instant


class GenerateCodes(Model):
    """So many single-use codes on the terms of `coupon`, whose own code becomes their beginning."""

    coupon: CreateCoupon
    count: Annotated[int, Field(ge=1, le=MAX_BATCH, strict=True)]

    @model_validator(mode="after")
    def _leaves_room_for_chance(self) -> "GenerateCodes":
        if len(self.coupon.code) > 10:
            raise ValueError("the beginning may have up to 10 characters: 12 more make a code that nobody guesses")
        return self

    @model_validator(mode="after")
    def _is_for_one_use_each(self) -> "GenerateCodes":
        terms = self.coupon
        if any((terms.global_limit, terms.per_user_limit, terms.per_household_limit, terms.budget_paise)):
            raise ValueError("each code is good for one use: leave the limits and the budget out")
        return self


class BatchView(Model):
    """A batch of single-use codes; export it as CSV by its id."""

    batch_id: UUID
    count: int
