"""What stays of an order earns what its coupons still take off it, or says what it lacks."""

from hypothesis import given
from hypothesis import strategies as st

from plazza.discount import rules
from plazza.discount.models import Kept
from plazza.money import share
from tests.unit.discount.coupons import DROPS, SYRUP, TABLETS, cart, coupon, deal, fixed, free_delivery, line


def test_a_coupon_below_its_minimum_lacks_the_difference() -> None:
    ten = coupon(minimum_order_paise=50_000)

    assert rules.find_lack(ten, cart(line(TABLETS, 5, 10_000)), Kept(5_000, 5)) is None
    lack = rules.find_lack(ten, cart(line(TABLETS, 4, 10_000)), Kept(4_000, 4))
    assert lack is not None
    assert (lack.code, lack.unearned_paise) == ("SAVE10", 4_000)
    assert lack.missing == {"reason": "MINIMUM_NOT_MET", "missing_paise": 10_000}


def test_a_free_delivery_needs_its_product_and_its_minimum() -> None:
    for_tablets = free_delivery(product_ids=[TABLETS])

    assert rules.find_lack(for_tablets, cart(line(TABLETS, 1, 10_000)), Kept(2_500, 0)) is None
    lack = rules.find_lack(for_tablets, cart(line(SYRUP, 9, 10_000)), Kept(2_500, 0))
    assert lack is not None
    assert lack.missing == {"reason": "NO_ELIGIBLE_PRODUCT"}


def test_a_gift_needs_what_was_bought_for_it() -> None:
    """Two strips give one bottle of drops: of four and two, three strips earn one bottle."""
    gift = deal(2, 1, product_ids=[TABLETS], get_product_ids=[DROPS])
    strips, drops = line(TABLETS, 3, 10_000), line(DROPS, 1, 6_000)

    assert rules.find_lack(gift, cart(strips, drops), Kept(6_000, 1)) is None
    two = rules.find_lack(gift, cart(strips, drops._replace(quantity=2)), Kept(12_000, 2))
    assert two is not None
    assert (two.unearned_paise, two.missing) == (6_000, {"reason": "QUANTITY_NOT_MET"})
    none = rules.find_lack(gift, cart(drops, line(SYRUP, 1, 9_000)), Kept(6_000, 1))
    assert none is not None
    assert (none.unearned_paise, none.missing) == (6_000, {"reason": "QUANTITY_NOT_MET", "missing_quantity": 2})


def test_a_fixed_amount_and_a_cap_stay_with_the_packs_that_bear_them() -> None:
    assert rules.find_lack(fixed(10_000), cart(line(TABLETS, 1, 10_000)), Kept(3_333, 1)) is None
    capped = coupon(percent_bp=5_000, cap_paise=1_000)
    assert rules.find_lack(capped, cart(line(TABLETS, 1, 10_000)), Kept(333, 1)) is None


@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 6), st.integers(1, 6), st.integers(1, 10**6))
def test_whole_deals_stay_whole_however_their_paise_were_rounded(
    buy: int, get: int, sold: int, stay: int, price_paise: int
) -> None:
    size, stay = buy + get, min(sold, stay)
    shares = share(sold * get * price_paise, [1] * (sold * size))

    def lack(packs: int) -> object:
        kept = Kept(sum(shares[:packs]), packs)
        return rules.find_lack(deal(buy, get), cart(line(TABLETS, packs, price_paise)), kept)

    assert lack(stay * size) is None
    if get * price_paise * (size - 1) >= size * size * (stay + 1):  # else one pack less is worth no paise
        assert lack(stay * size - 1) is not None
