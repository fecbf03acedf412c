"""Steps that need each other follow each other, others go side by side, and the first failure stops what comes after."""

import threading
import time

import pytest

from ops.errors import OpsError
from ops.steps import Screen, Step, StepFailed, run_steps


def test_a_step_waits_for_those_it_needs_and_for_no_other() -> None:
    both_run = threading.Barrier(2, timeout=5)
    order: list[str] = []

    def side_by_side() -> str:
        both_run.wait()
        order.append("early")
        return "done"

    def late() -> str:
        order.append("late")
        return "done"

    run_steps([Step("c", late, ("a", "b")), Step("a", side_by_side), Step("b", side_by_side)], Screen(quiet=True))

    assert order == ["early", "early", "late"]


def test_a_failure_names_its_step_and_tells_the_others() -> None:
    cancel = threading.Event()
    ran: list[str] = []

    def fail() -> str:
        raise OpsError("no disk")

    def long_work() -> str:
        assert cancel.wait(5)
        return "stopped"

    def never() -> str:
        ran.append("never")
        return "done"

    with pytest.raises(StepFailed, match="one failed: no disk") as failure:
        run_steps(
            [Step("one", fail), Step("two", long_work), Step("three", never, ("one",))], Screen(quiet=True), cancel
        )

    assert failure.value.name == "one"
    assert ran == []


def test_a_waiting_screen_is_never_still_for_long(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.steps._PLAIN_SEC", 0.1)

    run_steps([Step("slow", lambda: time.sleep(0.7) or "done")], Screen())

    assert capsys.readouterr().out.count("… slow") >= 2
