"""Distances, hours and promises."""

from datetime import UTC, datetime, time
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plazza.location import rules

POINTS = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


def area(**over: object) -> rules.Area:
    values: dict[str, object] = {
        "id": uuid4(), "pincode": "560038", "area": "Indiranagar", "state_code": "29", "latitude": 12.97, "longitude": 77.64,
        "store_id": uuid4(), "store_latitude": 12.97, "store_longitude": 77.64, "charge_paise": 2_500, "minimum_order_paise": 0,
        "promised_minutes": 30, "opens_at": time(8), "closes_at": time(22),
    }  # fmt: skip
    return rules.Area(**(values | over))  # pyright: ignore[reportArgumentType] -- a table of values


@pytest.mark.parametrize(
    ("one", "other", "metres"),
    [
        ((12.9716, 77.5946), (12.9716, 77.5946), 0),
        ((0, 0), (0, 1), 111_195),  # one degree at the equator: a 360th of its length
        ((0, 179.5), (0, -179.5), 111_195),  # over the date line
        ((90, 0), (-90, 0), 20_015_087),
    ],
)
def test_known_distances(one: tuple[float, float], other: tuple[float, float], metres: int) -> None:
    assert rules.distance_m(one, other) == metres


@given(POINTS, POINTS)
def test_a_distance_is_the_same_both_ways_and_no_longer_than_half_the_earth(
    one: tuple[float, float], other: tuple[float, float]
) -> None:
    assert rules.distance_m(one, other) == rules.distance_m(other, one)
    assert 0 <= rules.distance_m(one, other) <= 20_015_087


def test_of_two_equally_near_areas_the_first_by_id_is_taken() -> None:
    twins = [area(id=UUID(int=number)) for number in (2, 1, 3)]

    assert rules.nearest(twins, (12.97, 77.64)) == twins[1]
    assert rules.nearest([], (12.97, 77.64)) is None


@pytest.mark.parametrize(
    ("at", "opening"),
    [
        ("2026-06-01T02:29:59Z", "2026-06-01T02:30:00Z"),  # 07:59:59 in India
        ("2026-06-01T02:30:00Z", None),
        ("2026-06-01T16:29:59Z", None),
        ("2026-06-01T16:30:00Z", "2026-06-02T02:30:00Z"),  # 22:00 in India
        ("2026-06-01T20:00:00Z", "2026-06-02T02:30:00Z"),  # half past one at night: that same day
        ("2026-12-31T18:00:00Z", "2027-01-01T02:30:00Z"),
    ],
)
def test_when_an_area_opens_again(at: str, opening: str | None) -> None:
    found = rules.next_opening(area(), datetime.fromisoformat(at))

    assert found == (None if opening is None else datetime.fromisoformat(opening).astimezone(UTC))
    assert found is None or found.tzinfo == UTC


@pytest.mark.parametrize("closes_at", [time(23, 59), time(23, 59, 59)])
def test_who_closes_in_the_days_last_minute_closes_at_midnight(closes_at: time) -> None:
    round_the_clock = area(opens_at=time(0), closes_at=closes_at)

    for at in ("2026-06-01T18:29:00Z", "2026-06-01T18:29:59.999Z", "2026-06-01T18:30:00Z"):  # midnight in India
        assert rules.next_opening(round_the_clock, datetime.fromisoformat(at)) is None


@pytest.mark.parametrize(
    ("metres", "is_exact", "far"),
    [(500, True, False), (501, True, True), (501, False, False), (5_000, False, False), (5_001, False, True)],
)
def test_a_pin_is_far_from_a_street_sooner_than_from_a_quarter(metres: int, is_exact: bool, far: bool) -> None:
    assert rules.is_pin_far(metres, is_exact=is_exact) is far


@pytest.mark.parametrize(("ride_sec", "minutes"), [(0, 10), (1, 10), (120, 10), (121, 15), (731, 25), (3_600, 70)])
def test_a_promise_is_preparation_and_ride_rounded_up(ride_sec: int, minutes: int) -> None:
    assert rules.promised_minutes(ride_sec) == minutes
