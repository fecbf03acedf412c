"""What each pack of an order cost: shared out once at the sale, so that what stays never changes its price."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from plazza.errors import Conflict, NotFound
from plazza.money import Gst, share
from plazza.order.models.orders import PaymentMethod
from plazza.order.rules.pricing import RAZORPAY_MINIMUM_PAISE, check_payable


class Sold(NamedTuple):
    """A line as it was sold: packs at a price, what was taken off all of them, and the tax inside of what is left."""

    line_no: int
    quantity: int
    price_paise: int
    discount_paise: int
    gst: Gst


class Unit(NamedTuple):
    """One pack of a line with its shares of discount, tax and delivery fee. A row of `order_units`."""

    line_no: int
    unit_no: int
    discount_paise: int
    taxable_paise: int
    cgst_paise: int
    sgst_paise: int
    igst_paise: int
    total_paise: int
    fee_paise: int
    fee_cgst_paise: int
    fee_sgst_paise: int
    fee_igst_paise: int
    state: str = "kept"
    batch_id: UUID | None = None
    credit_note_id: UUID | None = None


class Sums(NamedTuple):
    """What packs come to: `total_paise` with their fee, and the taxes inside of it."""

    discount_paise: int
    gst: Gst
    goods_paise: int
    fee_paise: int
    fee_gst: Gst

    @property
    def total_paise(self) -> int:
        """Give the price of the packs with their share of the delivery."""
        return self.goods_paise + self.fee_paise

    @property
    def tax_paise(self) -> int:
        """Give the tax inside of all of it."""
        return self.total_paise - self.gst.taxable_paise - self.fee_gst.taxable_paise


def share_out(lines: Sequence[Sold], fee: Gst) -> list[Unit]:
    """Share lines and the delivery fee out to their packs; the parts add up to each sum, to the paisa.

    The fee goes by what the packs cost, or evenly when they cost nothing.
    """
    parts = [part for line in lines for part in _share_line(line)]
    totals = [part.total_paise for part in parts]
    fees = share(sum(fee), totals if any(totals) else [1] * len(parts))
    taxes = _share_gst(fee, fees)
    return [
        part._replace(fee_paise=paise, fee_cgst_paise=tax[0], fee_sgst_paise=tax[1], fee_igst_paise=tax[2])
        for part, paise, tax in zip(parts, fees, taxes, strict=True)
    ]


def add_up(units: Iterable[Unit]) -> Sums:
    """Add packs up."""
    found = list(units)
    goods, fees = sum(unit.total_paise for unit in found), sum(unit.fee_paise for unit in found)
    gst = Gst(
        sum(unit.taxable_paise for unit in found),
        sum(unit.cgst_paise for unit in found),
        sum(unit.sgst_paise for unit in found),
        sum(unit.igst_paise for unit in found),
    )
    taxes = [sum(values) for values in zip(*(_fee_taxes(unit) for unit in found), strict=True)] or [0, 0, 0]
    fee_gst = Gst(fees - sum(taxes), *taxes)
    return Sums(sum(unit.discount_paise for unit in found), gst, goods, fees, fee_gst)


def take_out(units: Sequence[Unit], quantities: Mapping[int, int]) -> list[Unit]:
    """Choose the packs that go when lines (by number) shall have so many packs left; the last ones of a line go first.

    Raises NotFound for a line that is not there, Conflict for one that has no more than that already.
    """
    gone: list[Unit] = []
    for line_no, quantity in quantities.items():
        kept = [unit for unit in units if unit.line_no == line_no and unit.state == "kept"]
        if not kept:
            raise NotFound("The order has no such line.", line_no=line_no)
        if quantity >= len(kept):
            text = f"Line {line_no} has {len(kept)} packs; only fewer can be asked for."
            raise Conflict(text, reason="NOT_FEWER", line_no=line_no, quantity=len(kept))
        gone += kept[quantity:]
    return gone


def check_rest(method: PaymentMethod, gone: Sums, rest: Sums) -> None:
    """Raise Conflict when what stays is no order any more, or when the difference cannot be given back.

    What stays keeps the discount that it had; but a gift does not stay alone, whoever takes out what was bought.
    """
    if rest == add_up([]) or (rest.goods_paise == 0 and gone.goods_paise > 0):
        raise Conflict("Nothing that is paid for would stay; cancel the order instead.", reason="NOTHING_LEFT")
    check_payable(method, rest.total_paise)
    if method == "razorpay" and 0 < gone.total_paise < RAZORPAY_MINIMUM_PAISE:
        raise Conflict("Less than one rupee cannot be given back online.", reason="BELOW_REFUND_MINIMUM")


def _share_line(line: Sold) -> list[Unit]:
    discounts = share(line.discount_paise, [1] * line.quantity)
    totals = [line.price_paise - discount for discount in discounts]
    units: list[Unit] = []
    for unit_no, (discount, total, tax) in enumerate(
        zip(discounts, totals, _share_gst(line.gst, totals), strict=True), start=1
    ):
        units.append(Unit(line.line_no, unit_no, discount, total - sum(tax), *tax, total, 0, 0, 0, 0))
    return units


def _share_gst(gst: Gst, amounts: Sequence[int]) -> list[tuple[int, int, int]]:
    """Share taxes over amounts: first their sum, which no amount is too small for, then that of each into its halves."""
    taxes = share(sum(gst[1:]), amounts)
    if gst.igst_paise:
        return [(0, 0, tax) for tax in taxes]
    halves = share(gst.cgst_paise, taxes)
    return [(half, tax - half, 0) for half, tax in zip(halves, taxes, strict=True)]


def _fee_taxes(unit: Unit) -> tuple[int, int, int]:
    return unit.fee_cgst_paise, unit.fee_sgst_paise, unit.fee_igst_paise
