"""What a cart costs, and why it cannot be ordered."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from plazza.errors import Conflict
from plazza.money import MAX_PAISE, Gst, split_gst
from plazza.order.models.orders import PaymentMethod, Problem
from plazza.order.rules.numbering import rupees

RAZORPAY_MINIMUM_PAISE = 100
"""Razorpay: the smallest amount of an order is one rupee."""


class CartLine(NamedTuple):
    """A product as it is sold now, and how many of it are wanted."""

    product_id: UUID
    sku: str
    name: str
    form: str
    manufacturer: str
    pack_label: str
    hsn: str
    schedule: str
    prescription_required: bool
    quantity: int
    mrp_paise: int
    price_paise: int
    gst_bp: int
    max_per_order: int
    course_days: int = 0

    @property
    def amount_paise(self) -> int:
        """Give the line's price before any discount."""
        return self.price_paise * self.quantity


class Rebate(NamedTuple):
    """What coupons take off: so much of each product (by the coupon `code_of` it), so much of the delivery."""

    codes: list[str]
    shares: dict[UUID, int]
    delivery_paise: int
    code_of: Mapping[UUID, str]


class PricedLine(NamedTuple):
    """A line with its share of the discount and the tax inside of what is left."""

    line_no: int
    cart: CartLine
    discount_paise: int
    gst: Gst
    total_paise: int
    coupon_code: str | None


class Price(NamedTuple):
    """What a cart costs; the lines and the delivery add up to the total. `tax_paise` is part of it, not on top."""

    lines: list[PricedLine]
    items_paise: int
    discount_paise: int
    delivery_paise: int
    delivery_gst: Gst
    delivery_gst_bp: int
    tax_paise: int
    total_paise: int
    coupon_codes: list[str]


def price(cart: Sequence[CartLine], *, charge_paise: int, rebate: Rebate | None, same_state: bool) -> Price:
    """Price a cart: the one calculation behind the quote and the order.

    The coupons' share of a line never exceeds it. Raises Conflict for a cart that is more than any amount may be.
    """
    items = sum(line.amount_paise for line in cart)
    check_sum(items + charge_paise)
    lines: list[PricedLine] = []
    for line_no, line in enumerate(cart, start=1):
        part = min(rebate.shares.get(line.product_id, 0) if rebate else 0, line.amount_paise)
        gst = split_gst(line.amount_paise - part, line.gst_bp, same_state=same_state)
        code = rebate.code_of.get(line.product_id) if rebate and part else None
        lines.append(PricedLine(line_no, line, part, gst, line.amount_paise - part, code))
    discount = sum(line.discount_paise for line in lines)
    delivery = charge_paise - min(rebate.delivery_paise if rebate else 0, charge_paise)
    rate = principal_rate([(line.total_paise, line.cart.gst_bp) for line in lines])
    charge = split_gst(delivery, rate, same_state=same_state)
    return Price(
        lines=lines,
        items_paise=items,
        discount_paise=discount,
        delivery_paise=delivery,
        delivery_gst=charge,
        delivery_gst_bp=rate,
        tax_paise=sum(tax_of(line.gst) for line in lines) + tax_of(charge),
        total_paise=items - discount + delivery,
        coupon_codes=rebate.codes if rebate else [],
    )


def check_sum(amount_paise: int) -> None:
    """Raise Conflict for a cart that is more than any amount may be."""
    if amount_paise > MAX_PAISE:
        raise Conflict("This is more than ten crore rupees; take less of it.", reason="ABOVE_MAXIMUM")


def principal_rate(lines: Sequence[tuple[int, int]]) -> int:
    """Give the rate at which the delivery charge is taxed: that of the line with the greatest total (the first of equals).

    `lines` are (total_paise, gst_bp). Source: CGST Act 2017, sections 8 and 15(2)(c): a charge for bringing the goods is part
    of a composite supply and taxed as its principal supply.
    """
    principal = max(range(len(lines)), key=lambda at: (lines[at][0], -at))
    return lines[principal][1]


def tax_of(gst: Gst) -> int:
    """Add up the taxes of an amount."""
    return gst.cgst_paise + gst.sgst_paise + gst.igst_paise


def find_problems(
    cart: Sequence[CartLine],
    *,
    missing: Iterable[UUID],
    available: Mapping[UUID, int],
    minimum_paise: int,
    has_prescription: bool,
) -> list[Problem]:
    """List why a cart cannot be ordered; `missing` are products not sold, `available` the packs free at the store."""
    problems = [
        Problem(code="PRODUCT_UNAVAILABLE", message="This product is not sold any more.", product_id=product_id)
        for product_id in missing
    ]
    for line in cart:
        free = available.get(line.product_id, 0)
        about = line.product_id
        if line.schedule == "X":
            text = f"{line.name} is sold at the counter only."
            problems.append(Problem(code="NOT_SOLD_ONLINE", message=text, product_id=about))
        if line.quantity > line.max_per_order:
            text = f"At most {line.max_per_order} of {line.name} in one order."
            problems.append(Problem(code="OVER_LIMIT", message=text, product_id=about, available=line.max_per_order))
        elif line.quantity > free:
            text = f"Only {free} of {line.name} left." if free else f"{line.name} is out of stock."
            problems.append(Problem(code="OUT_OF_STOCK", message=text, product_id=about, available=free))
        if line.prescription_required and not has_prescription:
            text = f"{line.name} needs a prescription."
            problems.append(Problem(code="PRESCRIPTION_NEEDED", message=text, product_id=about))
    missing_paise = minimum_paise - sum(line.amount_paise for line in cart)
    if missing_paise > 0:
        text = f"Add items worth ₹{rupees(missing_paise)} more."
        problems.append(Problem(code="MINIMUM_NOT_MET", message=text, missing_paise=missing_paise))
    return problems


def figures(cart: Sequence[CartLine]) -> dict[str, Any]:
    """Give what a cart's lines cost now, before any discount, for whoever had quoted them otherwise."""
    lines = [
        {"product_id": str(one.product_id), "quantity": one.quantity, "price_paise": one.price_paise, "amount_paise": one.amount_paise}
        for one in cart
    ]  # fmt: skip
    return {"lines": lines, "items_paise": sum(one.amount_paise for one in cart)}


def check_problems(problems: Sequence[Problem], cart: Sequence[CartLine]) -> None:
    """Raise Conflict with the first problem's sentence; all of them, and what the cart is now, in the details."""
    if problems:
        details = [problem.model_dump(mode="json", exclude_none=True) for problem in problems]
        raise Conflict(problems[0].message, reason=problems[0].code, problems=details, **figures(cart))


def check_payable(method: PaymentMethod, total_paise: int) -> None:
    """Raise Conflict for an amount that the payment provider does not take."""
    if method == "razorpay" and 0 < total_paise < RAZORPAY_MINIMUM_PAISE:
        raise Conflict("This is too little to pay online; choose cash on delivery.", reason="BELOW_ONLINE_MINIMUM")
