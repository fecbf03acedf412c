"""Function triggers: which events are sent, what is in them, in which order, and what happens when nobody takes them."""

import threading
import time
from typing import Any

import pytest
from firebase_functions.private import util

from tests.emulators.database.rtdb_server import NAMESPACE, Catcher, Server, eventually, token


@pytest.fixture
def firing(catcher: Catcher) -> Any:
    """A stand-in whose events go to the catcher."""
    running = Server(functions_port=catcher.port)
    yield running
    running.kill()


def _register(
    server: Server, path: str, kind: str = "written", instance: str = "*", key: str = "asia-on-write-0"
) -> None:
    body = {
        "name": f"projects/demo-plazza/locations/asia-southeast1/triggers/{key}",
        "path": path,
        "event": f"google.firebase.database.ref.v1.{kind}",
        "topic": f"projects/demo-plazza/topics/{key}",
        "namespacePattern": instance,
    }
    answer = server.http.post(
        f"{server.url}/.settings/functionTriggers.json", json=body, headers={"Authorization": "Bearer owner"}, timeout=5
    )
    assert answer.status_code == 200, answer.text


def test_an_event_has_every_field_that_the_sdk_reads(firing: Server, catcher: Catcher) -> None:
    _register(firing, "orders/{uid}/{order}")
    firing.put("/orders/asha/o1", {"status": "placed", "items": {"a": 1, "b": 2}})
    firing.ask("PATCH", "/orders/asha/o1.json", {"status": "paid", "items/a": None})
    created, updated = catcher.wait_for(2)
    path, content_type, _ = catcher.events[0]
    assert path == "/functions/projects/demo-plazza/triggers/asia-on-write-0"
    assert content_type == "application/cloudevents+json"
    source = "//firebasedatabase.googleapis.com/projects/_/locations/asia-southeast1/instances/" + NAMESPACE
    expected = {
        "specversion": "1.0",
        "type": "google.firebase.database.ref.v1.written",
        "source": source,
        "subject": "refs/orders/asha/o1",
        "ref": "orders/asha/o1",
        "instance": NAMESPACE,
        "location": "asia-southeast1",
        "authtype": "admin",
    }
    assert expected.items() <= created.items()
    assert created["id"] != updated["id"]
    assert util.timestamp_conversion(created["time"]).tzinfo is not None
    assert created["data"]["data"] is None
    assert created["data"]["delta"] == {"status": "placed", "items": {"a": 1, "b": 2}}
    before, delta = updated["data"]["data"], updated["data"]["delta"]
    assert delta == {"status": "paid", "items": {"a": None}}
    assert util.prune_nones(util.deep_merge(before, delta)) == {"status": "paid", "items": {"b": 2}}


@pytest.mark.parametrize(
    ("kind", "statuses"),
    [("created", ["new"]), ("updated", ["next"]), ("deleted", [None]), ("written", ["new", "next", None])],
)
def test_each_kind_of_event(firing: Server, catcher: Catcher, kind: str, statuses: list[str | None]) -> None:
    _register(firing, "/orders/{order}/status", kind)
    firing.put("/orders/o1", {"status": "new"})
    firing.put("/orders/o1/status", "new")  # nothing changes
    firing.put("/orders/o1/other", 1)
    firing.put("/orders/o1/status", "next")
    firing.put("/orders", None)
    events = catcher.wait_for(len(statuses))
    assert [event["data"]["delta"] for event in events] == statuses


def test_a_write_above_and_below_reaches_each_place_once(firing: Server, catcher: Catcher) -> None:
    _register(firing, "stock/{store}/{item}")
    firing.put("/", {"stock": {"s1": {"a": 1, "b": {"left": 2}}, "s2": {"a": 3}}})
    assert {event["ref"] for event in catcher.wait_for(3)} == {"stock/s1/a", "stock/s1/b", "stock/s2/a"}
    firing.put("/stock/s1/b/left", 1)
    firing.ask("PATCH", "/stock.json", {"s1/b/left": 0, "s1/b/more": 1, "s2/z": 1})
    refs = [event["ref"] for event in catcher.wait_for(6)[3:]]
    assert sorted(refs) == ["stock/s1/b", "stock/s1/b", "stock/s2/z"]


def test_patterns_instances_and_users(firing: Server, catcher: Catcher) -> None:
    _register(firing, "a/*-x", instance="demo-*")
    firing.put("/a/1-x", 1, auth=token("asha"))
    firing.put("/a/1-y", 1)
    firing.put("/a/2-x", 1, ns="another")
    (event,) = catcher.wait_for(1)
    assert (event["ref"], event["authtype"], event["authid"]) == ("a/1-x", "app_user", "asha")


def test_an_import_without_triggers(firing: Server, catcher: Catcher) -> None:
    _register(firing, "{any}")
    assert firing.put("/", {"a": 1}, disableTriggers="true", writeSizeLimit="unlimited") == {"a": 1}
    firing.put("/b", 1)
    assert [event["ref"] for event in catcher.wait_for(1)] == ["b"]
    assert firing.ask("PUT", "/.json", 1, auth=token("asha"), disableTriggers="true").status_code == 401


def test_a_trigger_replaces_the_one_of_its_name_and_put_replaces_all(firing: Server, catcher: Catcher) -> None:
    _register(firing, "old")
    _register(firing, "{any}", key="second")
    _register(firing, "new")
    firing.put("/new", 1)
    assert len(catcher.wait_for(2)) == 2
    listed = firing.ask("GET", "/.settings/functionTriggers.json").json()["functionTriggers"]
    assert sorted(trigger["path"] for trigger in listed) == ["new", "{any}"]
    assert firing.ask("PUT", "/.settings/functionTriggers.json", [t for t in listed if t["path"] == "new"]).ok
    firing.put("/other", 1)
    firing.put("/new", 2)
    assert [event["ref"] for event in catcher.wait_for(3)][2] == "new"


@pytest.mark.parametrize("change", [{"name": "x"}, {"event": "providers/x"}, {"path": 5}, {"path": "a/{rest=**}"}])
def test_a_trigger_that_would_never_fire_is_refused(server: Server, change: dict[str, Any]) -> None:
    good = {
        "name": "projects/p/locations/l/triggers/k",
        "path": "a",
        "event": "google.firebase.database.ref.v1.written",
        "namespacePattern": "*",
    }
    answer = server.ask("POST", "/.settings/functionTriggers.json", {**good, **change})
    assert (answer.status_code, list(answer.json())) == (400, ["error"])


def test_events_of_one_place_come_in_order_and_one_at_a_time() -> None:
    running: set[str] = set()
    overlaps: list[str] = []
    lock = threading.Lock()

    def slow(event: dict[str, Any]) -> int:
        with lock:
            overlaps.extend(running & {event["ref"]})
            running.add(event["ref"])
        time.sleep(0.005 if event["data"]["delta"] % 3 else 0.03)
        with lock:
            running.discard(event["ref"])
        return 200

    catcher = Catcher(answer=slow)
    server = Server(functions_port=catcher.port)
    try:
        _register(server, "n/{key}")
        for i in range(1, 21):
            server.put(f"/n/{'ab'[i % 2]}", i)
        events = catcher.wait_for(20)
    finally:
        server.kill()
        catcher.close()
    assert overlaps == []
    for key in "ab":
        seen = [event["data"]["delta"] for event in events if event["ref"] == f"n/{key}"]
        assert seen == sorted(seen)


def test_events_wait_for_a_functions_emulator_that_is_not_up_yet() -> None:
    probe = Catcher()
    port = probe.port
    probe.close()
    server = Server(functions_port=port)
    try:
        _register(server, "x")
        for i in range(1, 4):
            server.put("/x", i)
        time.sleep(0.25)
        catcher = Catcher(port)
        assert [event["data"]["delta"] for event in catcher.wait_for(3)] == [1, 2, 3]
        catcher.close()
    finally:
        server.kill()


def test_a_function_that_fails_is_not_called_again() -> None:
    catcher = Catcher(answer=lambda event: 500 if event["data"]["delta"] == 1 else 200)
    server = Server(functions_port=catcher.port)
    try:
        _register(server, "x")
        server.put("/x", 1)
        server.put("/x", 2)
        assert [event["data"]["delta"] for event in catcher.wait_for(2, settle_sec=0.5)] == [1, 2]
        eventually(lambda: any("HTTP 500" in line for line in server.log))
    finally:
        server.kill()
        catcher.close()
