"""Allocation: first expiring first, never more than there is."""

from datetime import date, timedelta
from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from plazza.order.rules.allocation import Batch, allocate, booking_day

SPACE = UUID("00000000-0000-0000-0000-000000000002")
DAY = date(2027, 1, 1)
PRODUCTS = [uuid5(SPACE, f"product {at}") for at in range(3)]


def batch(name: str, product: int, days: int, free: int) -> Batch:
    return Batch(uuid5(SPACE, name), PRODUCTS[product], DAY + timedelta(days=days), 10_000, free)


def test_the_first_to_expire_goes_first() -> None:
    shelves = [batch("late", 0, 90, 10), batch("early", 0, 30, 3), batch("middle", 0, 60, 4)]

    taken, short = allocate([(PRODUCTS[0], 8)], shelves)

    assert [(part.batch.id, part.quantity) for part in taken] == [
        (shelves[1].id, 3),
        (shelves[2].id, 4),
        (shelves[0].id, 1),
    ]
    assert short == {}


def test_too_few_packs_are_said() -> None:
    taken, short = allocate([(PRODUCTS[0], 5), (PRODUCTS[1], 1)], [batch("only", 0, 30, 2)])

    assert short == {PRODUCTS[0]: 2, PRODUCTS[1]: 0}
    assert sum(part.quantity for part in taken) == 2


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(1, 400), st.integers(0, 30)), max_size=20),
    st.lists(st.integers(1, 60), min_size=1, max_size=3),
)
def test_nothing_is_taken_twice(shelf: list[tuple[int, int, int]], wanted: list[int]) -> None:
    batches = [batch(f"b{at}", product, days, free) for at, (product, days, free) in enumerate(shelf)]
    asked = [(PRODUCTS[at], quantity) for at, quantity in enumerate(wanted)]

    taken, short = allocate(asked, batches)

    for product_id, quantity in asked:
        packs = sum(part.quantity for part in taken if part.batch.product_id == product_id)
        there = sum(one.free for one in batches if one.product_id == product_id)
        assert packs == min(quantity, there)
        assert short.get(product_id, quantity) == packs
    for part in taken:
        assert 0 < part.quantity <= part.batch.free
        earlier = [one for one in batches if one.product_id == part.batch.product_id and (one.expires_on, one.id) < (part.batch.expires_on, part.batch.id)]  # fmt: skip
        used = {other.batch.id: other.quantity for other in taken}
        assert all(used.get(one.id, 0) == one.free for one in earlier)
    assert len({part.batch.id for part in taken}) == len(taken)


@given(st.dates(date(2026, 1, 1), date(2027, 1, 1)), st.none() | st.dates(date(2026, 1, 1), date(2027, 1, 1)))
def test_a_sale_never_counts_to_a_closed_day(sold_on: date, closed_on: date | None) -> None:
    booked_on = booking_day(sold_on, closed_on)

    assert closed_on is None or booked_on > closed_on
    assert booked_on == sold_on or (closed_on is not None and booked_on == closed_on + timedelta(days=1))
