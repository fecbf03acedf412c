"""Money: shares and tax add up to the paisa, for any numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plazza.money import share, split_gst

PAISE = st.integers(min_value=0, max_value=10**10)
RATES = st.sampled_from([0, 500, 1200, 1800, 4000])


@given(PAISE, st.lists(st.integers(min_value=0, max_value=10**9), min_size=1, max_size=50))
def test_shares_add_up_and_none_is_a_paisa_off(amount: int, weights: list[int]) -> None:
    total = sum(weights)
    if total == 0:
        return
    parts = share(amount, weights)

    assert sum(parts) == amount
    assert all(0 <= part - amount * weight // total <= 1 for part, weight in zip(parts, weights, strict=True))


@given(
    st.integers(min_value=0, max_value=10**6),
    st.lists(st.integers(min_value=1, max_value=10**6), min_size=1, max_size=20),
)
def test_no_line_is_discounted_above_its_own_amount(discount: int, amounts: list[int]) -> None:
    parts = share(min(discount, sum(amounts)), amounts)

    assert all(part <= amount for part, amount in zip(parts, amounts, strict=True))


def test_the_larger_remainder_takes_the_odd_paisa() -> None:
    assert share(100, [1, 1, 1]) == [34, 33, 33]
    assert share(10, [3, 3, 1]) == [4, 4, 2]
    assert share(0, [0, 0]) == [0, 0]


@pytest.mark.parametrize(("amount", "weights"), [(1, [0, 0]), (5, [3, -1])])
def test_what_cannot_be_shared_is_refused(amount: int, weights: list[int]) -> None:
    with pytest.raises(ValueError, match="shared"):
        share(amount, weights)


@given(PAISE, RATES, st.booleans())
def test_tax_and_value_add_up_to_the_price(amount: int, rate: int, same_state: bool) -> None:
    gst = split_gst(amount, rate, same_state=same_state)

    assert sum(gst) == amount
    assert min(gst) >= 0
    assert gst.igst_paise == 0 if same_state else gst.cgst_paise == gst.sgst_paise == 0
    assert 0 <= gst.cgst_paise - gst.sgst_paise <= 1
    tax = amount - gst.taxable_paise
    assert abs(tax * 10_000 - gst.taxable_paise * rate) <= 10_000 + rate


def test_five_per_cent_of_a_hundred_and_five_rupees() -> None:
    assert split_gst(10_500, 500, same_state=True) == (10_000, 250, 250, 0)
    assert split_gst(10_500, 500, same_state=False) == (10_000, 0, 0, 500)
