"""Shares of packs: they add up, and whatever goes leaves the rest as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plazza.errors import Conflict, NotFound
from plazza.money import Gst, split_gst
from plazza.order.rules import shares
from plazza.order.rules.shares import Sold, add_up, share_out

_RATES = st.sampled_from([0, 500, 1200, 1800, 2800])


@st.composite
def sales(draw: st.DrawFn) -> tuple[list[Sold], Gst]:
    same_state = draw(st.booleans())
    lines: list[Sold] = []
    for line_no in range(1, draw(st.integers(1, 6)) + 1):
        quantity, price = draw(st.integers(1, 30)), draw(st.integers(1, 10**6) | st.integers(1, 3))
        discount = draw(st.integers(0, quantity * price))
        gst = split_gst(quantity * price - discount, draw(_RATES), same_state=same_state)
        lines.append(Sold(line_no, quantity, price, discount, gst))
    return lines, split_gst(draw(st.integers(0, 9_999)), draw(_RATES), same_state=same_state)


@given(sales())
def test_the_packs_add_up_to_the_lines_and_the_fee(sale: tuple[list[Sold], Gst]) -> None:
    lines, fee = sale

    units = share_out(lines, fee)

    for line in lines:
        sums = add_up(unit for unit in units if unit.line_no == line.line_no)
        assert (sums.discount_paise, sums.gst) == (line.discount_paise, line.gst)
        assert sums.goods_paise == line.price_paise * line.quantity - line.discount_paise
    assert (add_up(units).fee_paise, add_up(units).fee_gst) == (sum(fee), fee)
    assert add_up(units).tax_paise == sum(sum(line.gst[1:]) for line in lines) + sum(fee[1:])
    for unit in units:
        assert min(unit[2:12]) >= 0
        assert unit.total_paise == unit.taxable_paise + unit.cgst_paise + unit.sgst_paise + unit.igst_paise
        assert unit.fee_paise >= unit.fee_cgst_paise + unit.fee_sgst_paise + unit.fee_igst_paise


@given(sales(), st.data())
def test_what_goes_and_what_stays_are_all_of_it(sale: tuple[list[Sold], Gst], data: st.DataObject) -> None:
    lines, fee = sale
    units = share_out(lines, fee)
    wanted = {line.line_no: data.draw(st.integers(0, line.quantity - 1)) for line in lines if data.draw(st.booleans())}

    gone = shares.take_out(units, wanted)
    rest = [unit for unit in units if unit not in gone]

    assert add_up(gone).total_paise + add_up(rest).total_paise == add_up(units).total_paise
    assert add_up(gone).tax_paise + add_up(rest).tax_paise == add_up(units).tax_paise
    for line_no, quantity in wanted.items():
        assert sum(unit.line_no == line_no for unit in rest) == quantity


def test_a_line_only_becomes_less() -> None:
    units = share_out([Sold(1, 2, 9_000, 0, split_gst(18_000, 500, same_state=True))], Gst(0, 0, 0, 0))

    with pytest.raises(Conflict) as refused:
        shares.take_out(units, {1: 2})
    assert refused.value.details == {"reason": "NOT_FEWER", "line_no": 1, "quantity": 2}
    with pytest.raises(NotFound):
        shares.take_out(units, {2: 0})


def test_a_gift_does_not_stay_alone() -> None:
    none = split_gst(0, 500, same_state=True)
    units = share_out(
        [Sold(1, 1, 9_000, 0, split_gst(9_000, 500, same_state=True)), Sold(2, 1, 5_000, 5_000, none)], none
    )

    for gone in ([1, 2], [1]):
        went = add_up(unit for unit in units if unit.line_no in gone)
        with pytest.raises(Conflict) as refused:
            shares.check_rest("cod", went, add_up(unit for unit in units if unit.line_no not in gone))
        assert refused.value.details["reason"] == "NOTHING_LEFT"
    shares.check_rest("cod", add_up(units[1:]), add_up(units[:1]))


@pytest.mark.parametrize(("price", "reason"), [(99, "BELOW_REFUND_MINIMUM"), (9_950, "BELOW_ONLINE_MINIMUM")])
def test_online_money_moves_by_whole_rupees_at_least(price: int, reason: str) -> None:
    lines = [Sold(no, 1, paise, 0, Gst(paise, 0, 0, 0)) for no, paise in ((1, price), (2, 10_000 - price))]
    units = share_out(lines, Gst(0, 0, 0, 0))

    with pytest.raises(Conflict) as refused:
        shares.check_rest("razorpay", add_up(units[:1]), add_up(units[1:]))
    assert refused.value.details["reason"] == reason
    shares.check_rest("cod", add_up(units[:1]), add_up(units[1:]))
