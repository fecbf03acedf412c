"""The dispatcher: every row reaches its consumer, in order within its lane, whatever fails or dies meanwhile."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import firebase_admin
import pytest

from plazza import clock
from plazza.data import firebase, outbox, tasks
from plazza.errors import Unavailable
from plazza.events import CONSUMERS, TASKS
from plazza.platform.actions import dispatch
from tests.support.database import Database
from tests.support.servers import Servers

Write = Callable[..., UUID]


class Notes:
    """A consumer that writes down what it is given; keys in `failing` raise."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.failing: set[str] = set()
        self._lock = threading.Lock()

    def __call__(self, key: str) -> None:
        with self._lock:
            self.seen.append(key)
        if key in self.failing:
            raise RuntimeError(f"the phone number +919812345678 in {key}")


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch) -> Notes:
    found = Notes()
    monkeypatch.setitem(dispatch.HANDLERS, "test.note", found)
    return found


def state(db: Database, ident: UUID) -> tuple[object, ...]:
    return db.rows("SELECT status, attempts FROM outbox WHERE id = %s", ident)[0]


def delayed(parts: Servers) -> int:
    """Count the nudges for later that the task queue got."""
    return sum("scheduleTime" in body["task"] for path, body in parts.tasks if "dispatchOutbox" in path)


def test_every_consumer_that_an_event_names_is_there() -> None:
    assert {name for names in CONSUMERS.values() for name in names} == set(dispatch.HANDLERS)
    assert set(TASKS) < set(dispatch.HANDLERS)


def test_rows_of_a_lane_come_in_their_order_and_lanes_beside_each_other(row: Write, notes: Notes) -> None:
    lanes = {lane: [str(row(lane)) for _ in range(10)] for lane in ("a", "b", "c")}

    assert dispatch.run() == 30

    for keys in lanes.values():
        assert [key for key in notes.seen if key in keys] == keys


def test_two_dispatchers_at_once_lose_nothing_and_keep_the_order(row: Write, notes: Notes, db: Database) -> None:
    lanes = {f"lane {number}": [str(row(f"lane {number}")) for _ in range(6)] for number in range(20)}

    with ThreadPoolExecutor(4) as crowd:
        list(crowd.map(lambda _: dispatch.run(), range(4)))
    dispatch.run()

    assert set(Counter(notes.seen)) == {key for keys in lanes.values() for key in keys}
    for keys in lanes.values():
        assert list(dict.fromkeys(key for key in notes.seen if key in keys)) == keys
    assert db.value("SELECT count(*) FROM outbox WHERE consumer = 'test.note' AND status = 'pending'") == 0


def test_a_failing_row_holds_its_lane_and_no_other(
    row: Write, notes: Notes, db: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bad, behind, other = row("a"), row("a"), row("b")
    notes.failing = {str(bad)}

    dispatch.run()

    assert notes.seen.count(str(other)) == 1
    assert str(behind) not in notes.seen
    assert state(db, bad) == ("pending", 1)
    assert db.value("SELECT last_error FROM outbox WHERE id = %s", bad) == "RuntimeError"
    assert "9812345678" not in capsys.readouterr().out, "what an error says reaches no log"
    notes.failing = set()
    later = datetime.now(UTC) + timedelta(seconds=3)
    monkeypatch.setattr(clock, "now", lambda: later)

    dispatch.run()

    assert notes.seen[-2:] == [str(bad), str(behind)]
    assert (state(db, bad), state(db, behind)) == (("done", 2), ("done", 1))


def test_a_row_waits_longer_each_time_and_ends_where_people_see_it(
    parts: Servers, row: Write, notes: Notes, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, behind, before = row("a"), row("a"), delayed(parts)
    notes.failing = {str(bad)}
    at, pauses = datetime.now(UTC), list[float]()
    monkeypatch.setattr(clock, "now", lambda: at)

    while state(db, bad)[0] == "pending":
        dispatch.run()
        due = db.value("SELECT available_at FROM outbox WHERE id = %s", bad)
        pauses.append((due - at).total_seconds())
        at = due

    assert pauses[:4] == [2, 4, 8, 16]
    assert delayed(parts) - before == 5, "2 to 32 seconds have a nudge of their own, the rest the sweep of the minute"
    assert max(pauses) == 7200
    assert state(db, bad) == ("dead", outbox.MAX_ATTEMPTS)
    assert sum(pauses[:-1]) > 4 * 3600, "an outage of some hours kills no row"
    dispatch.run()
    assert state(db, behind)[0] == "done", "what stands behind a dead row goes on"


def test_a_dispatcher_that_died_gives_its_rows_back_after_the_lease(
    row: Write, notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    ident = row()
    assert [taken.id for taken in outbox.claim(10, owner="killed")] == [ident]

    dispatch.run()
    assert notes.seen == []
    later = datetime.now(UTC) + timedelta(seconds=outbox.LEASE_SEC + 1)
    monkeypatch.setattr(clock, "now", lambda: later)
    dispatch.run()

    assert notes.seen == [str(ident)]


def test_a_row_for_a_task_is_handed_over_and_settled_there(row: Write, db: Database) -> None:
    ident, seen = row(consumer="order.mirror_order"), list[str]()

    dispatch.run()

    assert state(db, ident) == ("pending", 1)
    outbox.run(ident, seen.append)
    outbox.run(ident, seen.append)
    assert seen == [str(ident)], "a task that comes twice does it once"
    assert state(db, ident)[0] == "done"


def test_without_the_task_queue_a_row_waits(row: Write, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    ident = row(consumer="order.mirror_order")
    monkeypatch.setenv("CLOUD_TASKS_EMULATOR_HOST", "127.0.0.1:9")
    firebase_admin.delete_app(firebase.app())  # the SDK's client keeps the host that it was made with

    dispatch.run()
    with pytest.raises(Unavailable):
        tasks.enqueue("dispatchOutbox", {})

    firebase_admin.delete_app(firebase.app())
    assert state(db, ident) == ("pending", 1)
    assert db.value("SELECT last_error FROM outbox WHERE id = %s", ident) == "Unavailable"
