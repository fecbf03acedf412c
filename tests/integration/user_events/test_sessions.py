"""Sessions: begun once, ended by hand or by half an hour of nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from plazza import clock
from plazza.user_events import actions
from tests.support.client import Client
from tests.support.people import new_uid


def start(api: Client, uid: str, **over: Any) -> Any:
    return api.post("/sessions", {"platform": "web"} | over, uid=uid)


def test_a_session_is_begun_seen_and_ended_once(api: Client) -> None:
    uid, own = new_uid(), uuid4().hex

    begun, again = start(api, uid, id=own), start(api, uid, id=own)
    ended = api.post(f"/sessions/{own}/end", {}, uid=uid)
    twice = api.post(f"/sessions/{own}/end", {}, uid=uid)

    assert (begun.status_code, begun.json["id"], begun.json["ended_at"]) == (201, own, None)
    assert again.json["started_at"] == begun.json["started_at"]
    assert (ended.status_code, twice.status_code) == (200, 200)
    assert ended.json["ended_at"] == twice.json["ended_at"] is not None
    assert api.get(f"/sessions/{own}", uid=uid).json == twice.json


def test_an_event_alone_begins_its_session_and_moves_its_last_sight(api: Client) -> None:
    uid, own = new_uid(), uuid4().hex
    at = [datetime.now(UTC) - timedelta(minutes=minutes) for minutes in (20, 10)]

    for instant in (at[0], at[1], at[0]):
        event = {"id": uuid4().hex, "session_id": own, "name": "checkout_started", "at": instant.isoformat()}
        api.post("/events", {"events": [event]}, uid=uid)

    session = api.get(f"/sessions/{own}", uid=uid).json
    assert datetime.fromisoformat(session["last_seen_at"]) == pytest.approx(at[1], abs=timedelta(milliseconds=1))


def test_half_an_hour_of_nothing_ends_a_session_where_it_was_last_seen(
    api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    uid, idle, busy = new_uid(), uuid4().hex, uuid4().hex
    seen = start(api, uid, id=idle).json["last_seen_at"]
    start(api, uid, id=busy)
    later = datetime.now(UTC) + timedelta(minutes=29)
    monkeypatch.setattr(clock, "now", lambda: later)
    start(api, uid, id=busy)
    actions.close_idle_sessions()
    assert api.get(f"/sessions/{idle}", uid=uid).json["ended_at"] is None
    later += timedelta(minutes=2)

    assert actions.close_idle_sessions() >= 1

    assert api.get(f"/sessions/{idle}", uid=uid).json["ended_at"] == seen
    assert api.get(f"/sessions/{busy}", uid=uid).json["ended_at"] is None
    assert actions.close_idle_sessions() == 0


def test_sessions_are_listed_newest_first_and_only_to_their_owner(api: Client) -> None:
    uid, stranger = new_uid(), new_uid()
    ids = [start(api, uid).json["id"] for _ in range(5)]

    first = api.get("/sessions?limit=3", uid=uid).json
    second = api.get(f"/sessions?limit=3&cursor={first['next_cursor']}", uid=uid).json

    assert [item["id"] for item in [*first["items"], *second["items"]]] == ids[::-1]
    assert api.get("/sessions", uid=stranger).json["items"] == []
    for answer in (
        api.get(f"/sessions/{ids[0]}", uid=stranger),
        api.post(f"/sessions/{ids[0]}/end", {}, uid=stranger),
        api.get(f"/sessions/{'x' * 65}", uid=uid),
        api.get("/sessions/none", uid=uid),
    ):
        assert (answer.status_code, answer.json["code"]) == (404, "RESOURCE_NOT_FOUND")
    assert api.get(f"/sessions/{ids[0]}", uid=uid).json["ended_at"] is None


@pytest.mark.parametrize(
    "wrong", [{"platform": "tv"}, {"platform": None}, {"id": ""}, {"id": "a b"}, {"id": 5}, {"started_at": "2026"}]
)
def test_a_session_that_is_none_is_refused(api: Client, wrong: dict[str, Any]) -> None:
    assert start(api, new_uid(), **wrong).status_code == 400
