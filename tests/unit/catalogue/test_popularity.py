"""Popularity: what counts how much, for how long, and what nobody can exceed."""

from hypothesis import given
from hypothesis import strategies as st

from plazza.catalogue.rules.popularity import HALF_LIFE_DAYS, MOST, WINDOW_DAYS, score

Day = tuple[int, int, int, int]
counts = st.integers(0, 10_000)
days = st.lists(st.tuples(st.integers(0, WINDOW_DAYS), counts, counts, counts), max_size=20)


def test_a_purchase_weighs_ten_views_and_a_cart_addition_four() -> None:
    assert [score([(0, 1, 0, 0)]), score([(0, 0, 1, 0)]), score([(0, 0, 0, 1)])] == [1_000, 4_000, 10_000]


def test_all_halve_in_a_fortnight() -> None:
    assert [score([(age * HALF_LIFE_DAYS, 2, 1, 1)]) for age in range(3)] == [16_000, 8_000, 4_000]


def test_nothing_happened_is_nothing() -> None:
    assert score([]) == score([(3, 0, 0, 0)]) == 0


@given(days, st.tuples(st.integers(0, WINDOW_DAYS), counts, counts, counts))
def test_it_is_bounded_and_more_is_never_less(before: list[Day], more: Day) -> None:
    assert 0 <= score(before) <= score([*before, more]) <= MOST


@given(days)
def test_the_order_of_the_days_does_not_matter(listed: list[Day]) -> None:
    assert score(listed) == score(listed[::-1])


@given(days)
def test_a_day_later_it_is_never_more(listed: list[Day]) -> None:
    assert score([(age + 1, *rest) for age, *rest in listed]) <= score(listed)  # type: ignore[misc] -- a tuple of four
