"""The proofs in a small form; and each with its guard broken, so that a proof which proves nothing is seen."""

import contextlib
import io
from collections.abc import Iterator

import pytest

from ops.prove import crash, last_strip, money, refunds, repair
from ops.prove.ground import Ground, throwaway
from ops.prove.report import Outcome, show
from ops.steps import Screen


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """One system for all proofs; what its databases answered survives a SIGKILL, though not the machine's end."""
    with throwaway({"fsync": "off"}) as ground:
        yield ground


def failing(outcome: Outcome) -> set[str]:
    counts = {count.what for count in outcome.counts if not count.holds}
    return counts | {balance.name for balance in outcome.balances if balance.wrong}


def test_the_last_strip_and_the_last_coupon_use_make_one_order(ground: Ground) -> None:
    outcome = last_strip.prove(ground, seed=1, checkouts=30, instances=1, again=0.3)

    assert failing(outcome) == set()
    assert show("last-strip", outcome) == 0


def test_without_reservations_the_last_strip_is_sold_twice(ground: Ground) -> None:
    outcome = last_strip.prove(ground, seed=1, checkouts=12, instances=1, again=0.0, broken="stock")

    assert {"orders", "packs reserved = movements"} <= failing(outcome)
    assert show("last-strip", outcome) == 1


def test_payments_in_disorder_end_as_the_model_says(ground: Ground) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        outcome = money.prove(ground, seed=1, histories=50)

    assert (failing(outcome), list(outcome.problems)) == (set(), [])


def test_money_that_does_not_go_back_is_noticed(ground: Ground) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        outcome = money.prove(ground, seed=1, histories=25, broken="second")

    assert "paise that are not where they belong" in failing(outcome)


def test_refunds_add_up_to_what_was_paid(ground: Ground) -> None:
    outcome = refunds.prove(ground, seed=1, sequences=20)

    assert (failing(outcome), list(outcome.problems)) == (set(), [])


@pytest.mark.parametrize(("broken", "sequences"), [("paisa", 5), ("note", 20), ("tax", 20), ("price", 20)])
def test_a_paisa_that_is_not_where_it_belongs_is_noticed(ground: Ground, broken: str, sequences: int) -> None:
    outcome = refunds.prove(ground, seed=1, sequences=sequences, broken=broken, as_found=broken != "paisa")

    assert "sequences that did not add up" in failing(outcome)


def test_balances_are_the_sums_of_their_parts(ground: Ground) -> None:
    outcome = repair.prove(ground, seed=1, operations=160)

    assert failing(outcome) == set()


def test_a_movement_that_is_missing_is_noticed(ground: Ground) -> None:
    outcome = repair.prove(ground, seed=1, operations=160, broken="movements")

    assert "packs reserved = movements" in failing(outcome)


def test_no_order_is_lost_when_processes_and_the_database_are_killed(ground: Ground) -> None:
    outcome = crash.prove(ground, 1, orders=10, clients=5, kills=1, stores=["cockroach"], screen=Screen(quiet=True))

    assert failing(outcome) == set()
