"""Codes, steps and distances of deliveries."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plazza.delivery import rules
from plazza.delivery.models import Status
from plazza.delivery.rules import Issued, Move, Place
from plazza.errors import Conflict

AT = datetime(2026, 1, 1, tzinfo=UTC)
PLACES = st.builds(Place, st.floats(-90, 90), st.floats(-180, 180))


@given(st.uuids(), st.integers(1, 10**6))
def test_a_code_is_six_digits_and_the_same_each_time(delivery_id, issue) -> None:
    code = rules.make_code("key", delivery_id, issue)

    assert len(code) == 6
    assert code.isascii()
    assert code.isdigit()
    assert code == rules.make_code("key", delivery_id, issue)


def test_codes_differ_by_key_delivery_and_issue() -> None:
    one = uuid4()
    codes = {rules.make_code("key", one, issue) for issue in range(200)}

    assert len(codes) > 190
    assert {rules.make_code("k1", one, n) for n in range(20)} != {rules.make_code("k2", one, n) for n in range(20)}
    assert rules.hash_code("k1", one, 1, "123456") != rules.hash_code("k2", one, 1, "123456")
    assert rules.hash_code("k1", one, 1, "123456") != rules.hash_code("k1", one, 2, "123456")


def issued(tries: int = 0, *, left: timedelta = timedelta(minutes=1)) -> Issued:
    return Issued("good", AT + left, tries)


def test_a_code_is_compared_only_while_it_is_good() -> None:
    assert rules.check_code(issued(), "good", AT)
    assert not rules.check_code(issued(4), "bad", AT)
    for code, reason in (
        (Issued(None, None, 0), "NO_CODE"),
        (issued(5), "LOCKED"),
        (issued(left=timedelta(0)), "EXPIRED"),
    ):
        with pytest.raises(Conflict) as refused:
            rules.check_code(code, "good", AT)

        assert refused.value.details["reason"] == reason
        assert not code.is_good(AT)


def test_every_step_starts_from_its_own_statuses_only() -> None:
    for move in Move:
        for status in Status:
            if status in rules.MOVES[move]:
                rules.check_move(move, status)
            else:
                with pytest.raises(Conflict):
                    rules.check_move(move, status)
    assert not any(Status.DELIVERED in sources or Status.CANCELLED in sources for sources in rules.MOVES.values())


@given(PLACES, PLACES)
def test_distance_is_symmetric_and_at_most_half_the_earth(one: Place, other: Place) -> None:
    assert rules.distance_m(one, other) == rules.distance_m(other, one)
    assert 0 <= rules.distance_m(one, other) <= 20_015_087


def test_distances_and_what_is_far() -> None:
    indiranagar, jayanagar = Place(12.9719, 77.6412), Place(12.9250, 77.5938)

    assert rules.distance_m(indiranagar, indiranagar) == 0
    assert 7_200 < rules.distance_m(indiranagar, jayanagar) < 7_400
    assert [rules.is_far(metres) for metres in (0, 250, 251, None)] == [False, False, True, True]


def test_a_proof_file_is_the_riders_own() -> None:
    order = uuid4()
    assert rules.proof_file_ending(f"proofs/{order}/r.1_a-1.jpg", order, "r.1") == "jpg"
    for path in (
        f"proofs/{order}/rx1_a.jpg",
        f"proofs/{uuid4()}/r.1_a.jpg",
        f"proofs/{order}/r.1_../a.jpg",
        f"proofs/{order}/r.1_a.gif",
        f"proofs/{order}/r.1_a.jpg\n",
    ):
        assert rules.proof_file_ending(path, order, "r.1") is None
