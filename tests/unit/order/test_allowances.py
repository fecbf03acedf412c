"""Allowances: they add up to what was given, never to more than there is, and all of it is all of the tax."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from plazza.money import Gst
from plazza.order.rules import allowances
from plazza.order.rules.shares import Sold, Unit, add_up, share_out
from tests.unit.order.test_shares import sales


def left_of(units: list[Unit]) -> int:
    return add_up(units).total_paise


@given(sales(), st.data())
def test_allowances_one_after_the_other_take_all_of_it_and_no_paisa_more(
    sale: tuple[list[Sold], Gst], data: st.DataObject
) -> None:
    sold = share_out(*sale)
    left, given_back = sold, list[Unit]()

    for _ in range(data.draw(st.integers(0, 3))):
        amount = data.draw(st.integers(0, left_of(left)))
        parts = allowances.spread(left, amount)
        assert add_up(parts).total_paise == amount
        left, given_back = allowances.less(left, parts), given_back + parts
        assert allowances.less(sold, given_back) == left
        for unit in left:
            assert min(unit[2:12]) >= 0
            assert unit.total_paise == unit.taxable_paise + unit.cgst_paise + unit.sgst_paise + unit.igst_paise
            assert unit.fee_paise >= unit.fee_cgst_paise + unit.fee_sgst_paise + unit.fee_igst_paise
    given_back += allowances.spread(left, left_of(left))

    assert add_up(given_back)[1:] == add_up(sold)[1:]


@given(sales(), st.data())
def test_the_tax_of_a_line_is_in_proportion_to_half_a_paisa(sale: tuple[list[Sold], Gst], data: st.DataObject) -> None:
    units = share_out(*sale)
    parts = allowances.spread(units, data.draw(st.integers(0, left_of(units))))

    for line_no in {unit.line_no for unit in units}:
        pairs = [pair for pair in zip(units, parts, strict=True) if pair[0].line_no == line_no]
        exact = sum(
            Fraction(part.total_paise * (unit.total_paise - unit.taxable_paise), unit.total_paise or 1)
            for unit, part in pairs
        )
        tax = sum(part.total_paise - part.taxable_paise for _, part in pairs)
        assert abs(tax - exact) <= Fraction(1, 2)


def test_what_is_allowed_counts_as_discount() -> None:
    """Two packs of ₹112 at 12 % and ₹28 of delivery; ₹126 is half of all."""
    sold = share_out([Sold(1, 2, 11_200, 0, Gst(20_000, 1_200, 1_200, 0))], Gst(2_500, 150, 150, 0))

    parts = allowances.spread(sold, 12_600)

    assert add_up(parts) == (0, Gst(10_000, 600, 600, 0), 11_200, 1_400, Gst(1_250, 75, 75, 0))
    assert add_up(allowances.less(sold, parts)) == (
        11_200,
        Gst(10_000, 600, 600, 0),
        11_200,
        1_400,
        Gst(1_250, 75, 75, 0),
    )
