"""How a vendor's product is scored: part by part, and when a person is asked."""

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plazza.catalogue.rules.vendors import CERTAIN, MOST, Offered, describe, judge, match_key, score


class Product(NamedTuple):
    brand: str = "dolo"
    form: str = "tablet"
    pack_quantity: int | None = 15
    pack_unit: str = "tablet"
    manufacturer: str = "Micro Example Labs Ltd"


NUMBERS = frozenset({"650", "650mg"})
MAKER = "Micro Example Laboratories Pvt. Ltd."


def verdicts(offered: Offered, product: Product | None = None, numbers: frozenset[str] = NUMBERS) -> dict[str, str]:
    return {part.name: part.verdict for part in score(offered, product or Product(), numbers).parts}


def test_everything_alike_is_a_hundred_and_certain() -> None:
    scored = score(Offered("DOLO 650 TAB", "15's", MAKER), Product(), NUMBERS)

    assert (scored.score, scored.contradicts, judge([scored])) == (100, False, None)


def test_what_is_not_said_counts_half_and_is_still_certain() -> None:
    scored = score(Offered("Dolo 650mg Tablet", "", ""), Product(), NUMBERS)

    assert (scored.score, judge([scored])) == (90, None)


@pytest.mark.parametrize(
    ("offered", "part"),
    [
        (Offered("Dolo 500 Tablet", "15's", MAKER), "strength"),
        (Offered("Dolo 650mg + 5mg Tablet", "15's", MAKER), "strength"),
        (Offered("Dolo 650 Syrup", "15's", MAKER), "form"),
        (Offered("Dolo 650 Tablet", "strip of 10 tablets", MAKER), "pack"),
        (Offered("Dolo 650 Tablet", "15's", "Somebody Else Ltd"), "maker"),
        (Offered("Crocin 650 Tablet", "15's", MAKER), "brand"),
    ],
)
def test_one_part_that_differs_asks_a_person_whatever_the_rest_says(offered: Offered, part: str) -> None:
    scored = score(offered, Product(), NUMBERS)

    assert [one.name for one in scored.parts if one.verdict == "differs"] == [part]
    assert judge([scored]) == "contradicted"


def test_a_misspelt_brand_is_like_it_and_uncertain() -> None:
    scored = score(Offered("Dollo 650 Tablet", "", ""), Product(), NUMBERS)

    assert (scored.score, judge([scored])) == (82, "uncertain")


def test_two_that_are_as_good_are_ambiguous() -> None:
    offered = Offered("Dolo 650 Tablet", "", "")
    both = [score(offered, Product(pack_quantity=quantity), NUMBERS) for quantity in (10, 15)]

    assert judge(both) == "ambiguous"
    assert judge([]) == "nothing_like_it"


def test_liquids_for_swallowing_are_alike() -> None:
    syrup = Product(brand="cofsol", form="suspension")

    assert verdicts(Offered("Cofsol Syrup", "", ""), syrup, frozenset())["form"] == "alike"
    assert verdicts(Offered("Cofsol Syrup", "", ""), syrup, frozenset())["strength"] == "same"


def test_makers_are_compared_without_the_words_of_every_company() -> None:
    assert verdicts(Offered("Dolo", "", "MICRO EXAMPLE"))["maker"] == "same"
    assert verdicts(Offered("Dolo", "", "Micro"))["maker"] == "alike"
    assert verdicts(Offered("Dolo", "", "Pharma Ltd"))["maker"] == "not said"


@pytest.mark.parametrize(
    ("name", "rest", "pack"),
    [
        ("DOLO 650 TAB 15'S", "DOLO 650 TAB", "15'S"),
        ("DOLO 650 TAB 15S", "DOLO 650 TAB", "15S"),
        ("Pan 40 1x10", "Pan 40", "1x10"),
        ("Pan 40 tablet", "Pan 40 tablet", ""),
        ("15'S", "15'S", ""),
        ("Glycomet 500mg SR", "Glycomet 500mg SR", ""),
    ],
)
def test_a_count_behind_the_name_is_the_pack(name: str, rest: str, pack: str) -> None:
    assert describe(name, "", "") == Offered(rest, pack, "")


def test_names_that_differ_in_signs_alone_are_one() -> None:
    assert match_key(Offered("DOLO-650  Tab", "15's", "Micro Ltd.")) == match_key(
        Offered("dolo 650 tab", "15s", "micro ltd")
    )


@given(st.text(max_size=100), st.text(max_size=50), st.text(max_size=50))
def test_any_offer_is_scored_within_bounds(name: str, pack: str, maker: str) -> None:
    scored = score(describe(name, pack, maker), Product(), NUMBERS)

    assert 0 <= scored.score <= 100 == sum(MOST.values())
    assert all(0 <= part.score <= part.most for part in scored.parts)
    assert judge([scored]) is not None or scored.score >= CERTAIN
