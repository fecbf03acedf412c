"""The clock of each stage."""

from datetime import UTC, datetime, timedelta

import pytest

from plazza.errors import Conflict
from plazza.order.models.orders import Status
from plazza.order.rules import clocks

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_preparation_goes_from_picking_over_the_check_to_handing_over() -> None:
    assert [clocks.stage_of(status) for status in Status] == [None, "accept", "pick", "ride", None, None]
    assert clocks.next_stage("pick", "picked", "store_staff") == "check"
    assert clocks.next_stage("check", "checked", "pharmacist") == "hand_over"


@pytest.mark.parametrize(
    ("stage", "step", "role"),
    [("accept", "picked", "store_staff"), ("pick", "checked", "pharmacist"), ("check", "picked", "pharmacist"),
     ("check", "checked", "store_staff"), (None, "picked", "pharmacist")],
)  # fmt: skip
def test_nothing_is_done_out_of_turn(stage: clocks.Stage | None, step: clocks.Step, role: str) -> None:
    with pytest.raises(Conflict):
        clocks.next_stage(stage, step, role)


def test_the_ride_has_what_is_left_of_the_promise() -> None:
    promised = AT + timedelta(minutes=30)

    assert clocks.due_at("ride", AT, promised) == promised
    assert clocks.due_at("accept", AT, promised) == AT + timedelta(minutes=2)
    assert clocks.due_at(None, None, promised) is None
    assert clocks.late_since(AT)["pick"] == AT - timedelta(minutes=5)
