"""Addresses: a person's own, at most twenty, one of them the default."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.location.conftest import Town
from tests.support.database import Database
from tests.support.people import new_uid


def add(town: Town, **over: Any) -> Any:
    return town.api.post("/addresses", town.address(**over), uid=town.uid)


def test_an_address_is_added_read_changed_and_deleted(town: Town) -> None:
    made = add(town)

    assert made.status_code == 201
    assert made.json["is_default"] is True, "the first one is the default"
    assert (made.json["located_by"], made.json["latitude"]) == ("pin", town.latitude)
    path = f"/addresses/{made.json['id']}"
    assert town.api.get(path, uid=town.uid).json == made.json
    changed = town.api.patch(path, {"label": "Work", "landmark": "Behind the lake"}, uid=town.uid)
    assert changed.json["latitude"] == town.latitude, "a landmark moves no pin"
    assert (changed.status_code, changed.json["label"], changed.json["line1"]) == (200, "Work", "12 Lake Road")
    assert town.api.delete(path, uid=town.uid).status_code == 204
    for gone in (
        town.api.get(path, uid=town.uid),
        town.api.patch(path, {"label": "x"}, uid=town.uid),
        town.api.delete(path, uid=town.uid),
    ):
        assert (gone.status_code, gone.json["code"]) == (404, "RESOURCE_NOT_FOUND")
    assert town.api.get("/addresses", uid=town.uid).json == {"items": []}


def test_another_persons_address_is_not_there(town: Town) -> None:
    path, stranger = f"/addresses/{add(town).json['id']}", new_uid()

    answers = [
        town.api.get(path, uid=stranger),
        town.api.patch(path, {"label": "Mine"}, uid=stranger),
        town.api.delete(path, uid=stranger),
        town.api.post("/serviceability/check", {"address_id": path.rpartition("/")[2]}, uid=stranger),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert town.api.get("/addresses", uid=stranger).json == {"items": []}
    assert town.api.get(path, uid=town.uid).json["label"] == "Home"


def test_there_is_one_default_however_many_say_so_at_once(town: Town, pg: Database) -> None:
    with ThreadPoolExecutor(10) as crowd:
        statuses = list(crowd.map(lambda _: add(town, is_default=True).status_code, range(10)))

    assert statuses == [201] * 10
    listed = town.api.get("/addresses", uid=town.uid).json["items"]
    assert [item["is_default"] for item in listed] == [True] + [False] * 9
    moved = town.api.patch(f"/addresses/{listed[5]['id']}", {"is_default": True}, uid=town.uid)
    assert moved.json["is_default"] is True
    assert town.api.get("/addresses", uid=town.uid).json["items"][0]["id"] == listed[5]["id"]


def test_a_person_has_twenty_addresses_at_most(town: Town) -> None:
    """Thirty at once: the count holds whoever comes first."""
    with ThreadPoolExecutor(15) as crowd:
        statuses = sorted(crowd.map(lambda _: add(town).status_code, range(30)))

    assert statuses == [201] * 20 + [409] * 10
    assert len(town.api.get("/addresses", uid=town.uid).json["items"]) == 20


def test_without_a_pin_the_text_is_looked_up(town: Town) -> None:
    made = add(town, pincode="560038", city="Bengaluru", area="Indiranagar", latitude=None, longitude=None)

    assert (made.status_code, made.json["located_by"]) == (201, "geocoded")
    assert made.json["latitude"] == pytest.approx(12.97, abs=0.1)
    assert made.json["pin_distance_m"] is None


def test_a_pin_far_from_its_text_says_how_far(town: Town) -> None:
    made = add(town, pincode="560038", city="Bengaluru", area="Indiranagar", latitude=13.2, longitude=77.64)

    assert made.json["located_by"] == "pin"
    assert 15_000 < made.json["pin_distance_m"] < 40_000
    assert made.json["pin_is_far"] is True


@pytest.mark.parametrize(
    ("known", "north", "far"),
    [("ROOFTOP", 0.004, False), ("ROOFTOP", 0.006, True), ("APPROXIMATE", 0.006, False), ("APPROXIMATE", 0.05, True)],
)
def test_a_pin_is_far_by_how_well_maps_knows_the_text(town: Town, known: str, north: float, far: bool) -> None:
    lane = f"{uuid4().hex} Lane"
    town.maps_knows(lane, latitude=town.latitude, longitude=town.longitude, location_type=known)

    made = add(town, line1=lane, latitude=town.latitude + north).json

    assert made["pin_distance_m"] == pytest.approx(north * 111_195, abs=2)
    assert made["pin_is_far"] is far
    listed = town.api.get("/addresses", uid=town.uid).json["items"]
    assert [(item["pin_distance_m"], item["pin_is_far"]) for item in listed] == [(made["pin_distance_m"], far)]
    moved = town.api.patch(
        f"/addresses/{made['id']}", {"latitude": town.latitude, "longitude": town.longitude}, uid=town.uid
    )
    assert (moved.json["pin_distance_m"], moved.json["pin_is_far"]) == (0, False)


def test_a_text_is_looked_up_once(town: Town) -> None:
    lane = f"{uuid4().hex} Lane"
    town.maps_knows(lane, latitude=town.latitude, longitude=town.longitude)
    first = add(town, line1=lane, latitude=None, longitude=None).json
    calls = town.maps_calls()

    again = add(town, line1=lane.upper(), latitude=None, longitude=None).json

    assert first["located_by"] == again["located_by"] == "geocoded"
    assert (again["latitude"], again["longitude"]) == (first["latitude"], first["longitude"])
    assert town.maps_calls() == calls


def test_maps_that_hangs_is_waited_for_a_moment_and_then_not_at_all(town: Town) -> None:
    town.area()
    town.maps_fails("hang")
    started = time.monotonic()
    first = add(town, latitude=None, longitude=None, line1=f"Lane {uuid4().hex}")
    waited = time.monotonic() - started

    second = add(town, latitude=None, longitude=None, line1=f"Lane {uuid4().hex}")

    assert [made.json["located_by"] for made in (first, second)] == ["pincode", "pincode"]
    assert waited < 6, "connect, read and one repetition"
    assert time.monotonic() - started - waited < 1


def test_without_maps_a_pin_is_enough_and_a_text_gets_the_middle_of_its_pincode(town: Town) -> None:
    town.area()
    town.maps_fails("status", status=500)

    pinned = add(town)
    text = add(town, latitude=None, longitude=None, line1=f"Lane {uuid4().hex}")
    nowhere = add(town, latitude=None, longitude=None, pincode="999999", line1=f"Lane {uuid4().hex}")

    assert (pinned.status_code, pinned.json["pin_distance_m"]) == (201, None)
    assert (text.status_code, text.json["located_by"]) == (201, "pincode")
    assert (text.json["latitude"], text.json["longitude"]) == (town.latitude, town.longitude)
    assert (nowhere.status_code, nowhere.json["details"]["reason"]) == (409, "PIN_NEEDED")


@pytest.mark.parametrize(
    "wrong",
    [
        {"pincode": "56003"},
        {"pincode": "056038"},
        {"pincode": 560038},
        {"pincode": "५६००३८"},
        {"phone": "9812345678"},
        {"phone": "+91 98123 45678"},
        {"latitude": 91.0},
        {"longitude": -180.5},
        {"latitude": None},
        {"latitude": "12.9"},
        {"line1": ""},
        {"line1": "x" * 201},
        {"line1": "a\u0000b"},
        {"recipient": " "},
        {"label": ["Home"]},
        {"is_default": "perhaps"},
        {"uid": "somebody"},
        {"id": str(uuid4())},
    ],
)
def test_an_address_that_is_none_is_refused(town: Town, pg: Database, wrong: dict[str, Any]) -> None:
    made = add(town, **wrong)

    assert (made.status_code, made.json["code"]) == (400, "VALIDATION_ERROR")
    assert made.json["details"]["fields"]
    assert "Lake Road" not in str(made.json), "the input is not repeated"
    assert pg.value("SELECT count(*) FROM addresses WHERE uid = %s", town.uid) == 0


@pytest.mark.parametrize(
    "change",
    [
        *({name: None} for name in ("label", "recipient", "phone", "line1", "city", "state", "pincode", "is_default")),
        {"latitude": 12.9},
        {"latitude": 12.9, "longitude": None},
        {"pincode": "000000"},
        {"located_by": "pin"},
        {"pin_is_far": False},
    ],
)
def test_a_change_to_what_is_no_address_changes_nothing(town: Town, change: dict[str, Any]) -> None:
    made = add(town).json

    answer = town.api.patch(f"/addresses/{made['id']}", change, uid=town.uid)

    assert (answer.status_code, answer.json["code"]) == (400, "VALIDATION_ERROR")
    assert town.api.get(f"/addresses/{made['id']}", uid=town.uid).json == made


def test_changes_of_different_fields_at_once_all_stay(town: Town) -> None:
    made = add(town, line2="Floor 1", landmark="Lake", area="Quarter").json
    changes = [
        {"label": "Work"}, {"recipient": "Ravi Example"}, {"phone": "+919812345679"}, {"line2": None}, {"landmark": None},
        {"is_default": False},
    ]  # fmt: skip

    with ThreadPoolExecutor(len(changes)) as crowd:
        answers = list(crowd.map(lambda body: town.api.patch(f"/addresses/{made['id']}", body, uid=town.uid), changes))

    assert [answer.status_code for answer in answers] == [200] * len(changes)
    expected = made | {name: value for change in changes for name, value in change.items()}
    assert town.api.get(f"/addresses/{made['id']}", uid=town.uid).json == expected


def test_of_changes_that_move_an_address_at_once_text_and_point_stay_together(town: Town) -> None:
    made = add(town).json
    lanes = [f"{uuid4().hex} Lane" for _ in range(4)]
    moves = [{"line1": lane, "latitude": 12.0 + index, "longitude": 77.0} for index, lane in enumerate(lanes)]

    with ThreadPoolExecutor(4) as crowd:
        answers = list(crowd.map(lambda body: town.api.patch(f"/addresses/{made['id']}", body, uid=town.uid), moves))

    assert {answer.status_code for answer in answers} <= {200, 409}
    last = town.api.get(f"/addresses/{made['id']}", uid=town.uid).json
    assert {name: last[name] for name in ("line1", "latitude", "longitude")} in moves


def test_not_a_number_is_no_latitude(town: Town) -> None:
    raw = b'{"label":"H","recipient":"A","phone":"+919812345678","line1":"1","city":"T","state":"K","pincode":"560038",'

    answers = [
        town.api.post("/addresses", raw=raw + f'"latitude":{value},"longitude":77}}'.encode(), uid=town.uid)
        for value in ("NaN", "Infinity", "1e999")
    ]

    assert [answer.status_code for answer in answers] == [400] * 3


@pytest.mark.parametrize("role", ["cashier", "store_staff", "pharmacist", "rider", "support", "admin"])
def test_addresses_are_for_customers(town: Town, role: str) -> None:
    answer = town.api.get("/addresses", role=role, store=town.store)

    assert (answer.status_code, answer.json["code"]) == (403, "FORBIDDEN")


def test_nobody_has_no_address(town: Town) -> None:
    assert town.api.get("/addresses", role=None).status_code == 401
