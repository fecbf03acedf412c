"""Areas that are an outline on the map: written by staff, found by point, kept with their history."""

import json
import math
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, time
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest

from plazza import clock
from plazza.data import sql
from plazza.errors import Conflict
from plazza.location.actions import serviceability
from tests.integration.location.conftest import Town
from tests.integration.location.test_areas import body

Ring = list[list[float]]


def square(town: Town, half: float = 0.01, east: float = 0.0) -> Ring:
    """Make a square around the middle of the town, or of a place east of it."""
    west, south = town.longitude + east - half, town.latitude - half
    far_east, north = town.longitude + east + half, town.latitude + half
    return [[west, south], [far_east, south], [far_east, north], [west, north], [west, south]]


def make(town: Town, **over: Any) -> Any:
    answer = town.api.post("/areas", body(town, **over), role="admin")
    assert answer.status_code == 201, answer.json
    return answer.json


def at(town: Town, east: float, north: float) -> dict[str, float]:
    return {"latitude": town.latitude + north, "longitude": town.longitude + east}


def test_a_point_in_an_outline_has_its_terms_whatever_pincode_was_typed(town: Town) -> None:
    make(
        town,
        polygon=square(town),
        area="Inside",
        charge_paise=1_900,
        minimum_order_paise=9_900,
        licence_district="Kolar",
    )

    for place in (at(town, 0.009, 0.009), at(town, 0.009, 0.009) | {"pincode": "999999"}):
        found = town.check(**place)
        assert (found["serviceable"], found["area"], found["matched_by"]) == (True, "Inside", "polygon")
        assert (found["store_id"], found["charge_paise"], found["minimum_order_paise"]) == (town.store, 1_900, 9_900)
        assert (found["licence_district"], found["estimate"]) == ("Kolar", "maps")


def test_corners_and_edges_belong_to_the_area_and_two_metres_beyond_does_not(town: Town) -> None:
    """The centre is 1.6 km away and the pincode is the area's own: the outline alone decides."""
    outline = square(town)
    make(town, polygon=outline)

    for (x1, y1), (x2, y2) in pairwise(outline):
        for share in (0, 0.5, 1 / 3):
            place = {"latitude": y1 + (y2 - y1) * share, "longitude": x1 + (x2 - x1) * share}
            assert town.check(**place)["serviceable"] is True
            assert town.check(**place, pincode=town.pincode)["serviceable"] is True
    for east, north in ((0.01002, 0), (-0.01002, 0), (0, 0.01002), (0, -0.01002)):
        assert town.check(**at(town, east, north))["reason"] == "NOT_SERVICEABLE"
        assert town.check(**at(town, east, north), pincode=town.pincode)["reason"] == "NOT_SERVICEABLE"


def test_of_overlapping_outlines_the_smallest_counts_and_else_the_name(town: Town) -> None:
    make(town, polygon=square(town, 0.02), area="Large")
    make(town, polygon=square(town, 0.01), area="Small")
    make(town, polygon=square(town, 0.01, east=0.02), area="East", longitude=town.longitude + 0.02)

    assert town.check(**at(town, 0, 0))["area"] == "Small"
    assert town.check(**at(town, -0.01, 0))["area"] == "Small", "on its edge"
    assert town.check(**at(town, -0.015, 0))["area"] == "Large"
    assert town.check(**at(town, 0.01, 0))["area"] == "East", "on the border of two as large"


def test_where_no_outline_is_the_rest_of_the_pincode_is_served(town: Town) -> None:
    make(town, polygon=square(town), area="Outlined")
    town.area(area="The rest")

    assert town.check(**at(town, 0.02, 0), pincode=town.pincode)["area"] == "The rest"
    assert town.check(**at(town, 0.02, 0), pincode=town.pincode)["matched_by"] == "pincode"
    assert town.check(**at(town, 0.02, 0))["matched_by"] == "centre"
    alone = town.check(pincode=town.pincode)
    assert (alone["area"], alone["matched_by"]) == ("The rest", "pincode")


def test_a_pin_far_outside_its_pincode_is_not_delivered_to(town: Town) -> None:
    town.area()
    near = town.make.address(town.uid, pincode=town.pincode, **at(town, 0, 0.15))
    far = town.make.address(town.uid, pincode=town.pincode, **at(town, 0, 0.2))  # 22 km

    assert town.check(address_id=near)["serviceable"] is True
    assert town.check(address_id=far)["reason"] == "NOT_SERVICEABLE"
    with pytest.raises(Conflict) as refused:
        serviceability.locate(town.uid, UUID(far))
    assert refused.value.details["reason"] == "NOT_SERVICEABLE"


def test_an_order_is_located_in_one_round_trip(town: Town) -> None:
    made = make(town, polygon=square(town), area="Inside", charge_paise=1_900, state_code="33")
    town.area(area="The rest")
    address = town.make.address(town.uid, pincode=town.pincode, **at(town, 0.001, 0.002))
    seen: list[str] = []
    token = sql.statements.set(seen)

    place = serviceability.locate(town.uid, UUID(address))
    sql.statements.reset(token)

    assert (str(place.store_id), place.charge_paise, place.state_code) == (made["store_id"], 1_900, "33")
    assert (place.latitude, place.longitude) == (town.latitude + 0.002, town.longitude + 0.001)
    assert place.address["line1"] == "2 Test Street"
    assert "areas" not in place.address
    assert len(seen) == 1


def test_a_closed_area_tells_an_order_the_instant_it_opens(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.area(opens_at=time(8), closes_at=time(22))
    address = town.make.address(town.uid, pincode=town.pincode, **at(town, 0, 0))
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 6, 1, 23, 30, tzinfo=clock.INDIA))

    with pytest.raises(Conflict) as refused:
        serviceability.locate(town.uid, UUID(address))

    assert refused.value.details == {"reason": "CLOSED", "next_opening": "2026-06-02T02:30:00Z"}


def test_an_outline_is_read_changed_and_taken_away_and_its_history_stays(town: Town) -> None:
    made = make(town, polygon=square(town), area="Quarter", licence_district="Kolar")
    assert (made["polygon"], made["licence_district"]) == (square(town), "Kolar")
    path, values = f"/areas/{made['id']}", body(town, area="Quarter")

    wider = town.api.put(path, values | {"polygon": square(town, 0.02), "version": 1}, role="admin")
    assert town.check(**at(town, 0.015, 0))["serviceable"] is True
    whole = town.api.put(path, values | {"version": 2}, role="admin")

    assert (wider.status_code, wider.json["polygon"]) == (200, square(town, 0.02))
    assert (whole.json["polygon"], whole.json["licence_district"]) == (None, None)
    assert town.check(pincode=town.pincode)["serviceable"] is True
    assert town.api.get(path, role="support").json == whole.json
    changes = town.api.get(f"{path}/history", role="support").json["items"]
    assert [change["values_after"]["polygon"] for change in changes] == [None, square(town, 0.02), square(town)]


def test_five_hundred_points_are_an_outline(town: Town) -> None:
    turns = [2 * math.pi * index / 499 for index in range(499)]
    circle = [[town.longitude + 0.01 * math.cos(turn), town.latitude + 0.01 * math.sin(turn)] for turn in turns]

    make(town, polygon=[*circle, circle[0]])

    assert town.check(**at(town, 0.0099, 0))["serviceable"] is True
    assert town.check(latitude=circle[7][1], longitude=circle[7][0])["serviceable"] is True
    assert town.check(**at(town, 0.0099, 0.0099))["serviceable"] is False


@pytest.mark.parametrize(
    ("polygon", "said"),
    [
        ([], "at least 4"),
        ([[77.6, 12.9], [77.7, 12.9], [77.6, 12.9]], "at least 4"),
        ([[77.6, 12.9]] * 501, "at most 500"),
        ([[77.6, 12.9], [77.7, 12.9], [77.7, 13.0], [77.6, 13.0]], "first again"),
        ([[77.6, 12.9], [77.7, 13.0], [77.7, 12.9], [77.6, 13.0], [77.6, 12.9]], "cross or touch"),
        ([[77.6, 12.9], [77.6, 12.9], [77.7, 13.0], [77.6, 12.9]], "twice in a row"),
        ([[77.6, 12.9], [77.7, 12.9], [77.7, 13.0], [77.6, 12.9]], "must lie in its polygon"),
        ([[12.9, 77.6], [12.9, 77.7], [13.0, 77.7], [12.9, 77.6]], "greater than or equal to 68"),  # latitude first
        ([[0, 0], [0, 1], [1, 1], [0, 0]], "greater than or equal to 68"),
        ([[77.6, 12.9], [77.7, 12.9], [77.7, 51.5], [77.6, 12.9]], "less than or equal to 37.5"),
        ([[77.6, 12.9, 900], [77.7, 12.9, 900], [77.7, 13.0, 900], [77.6, 12.9, 900]], "at most 2"),
        ([["77.6", "12.9"]] * 4, "valid number"),
        ([[77.6, None]] * 4, "valid number"),
        ([[[77.6, 12.9], [77.7, 12.9], [77.7, 13.0], [77.6, 12.9]]], "at most 2"),  # with holes, as in GeoJSON
        ({"type": "Polygon", "coordinates": []}, "valid array"),
        ("POLYGON((77.6 12.9))", "valid array"),
    ],
)  # fmt: skip
def test_an_outline_that_is_none_is_refused(town: Town, polygon: Any, said: str) -> None:
    answer = town.api.post("/areas", body(town, polygon=polygon), role="admin")

    assert (answer.status_code, answer.json["code"]) == (400, "VALIDATION_ERROR")
    assert said in answer.json["message"] + json.dumps(answer.json["details"])
    assert town.api.get(f"/areas?pincode={town.pincode}", role="admin").json["items"] == []


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-1e999"])
def test_not_a_number_is_no_corner(town: Town, value: str) -> None:
    raw = json.dumps(body(town, polygon=square(town))).replace(str(town.longitude - 0.01), value, 1)

    assert town.api.post("/areas", raw=raw.encode(), role="admin").status_code == 400


def test_a_change_to_what_is_no_outline_changes_nothing(town: Town) -> None:
    made = make(town, polygon=square(town))
    wrong = body(town, area=made["area"], polygon=square(town)[:-1], version=1)

    assert town.api.put(f"/areas/{made['id']}", wrong, role="admin").status_code == 400
    assert town.api.get(f"/areas/{made['id']}", role="admin").json == made


def test_an_ended_area_is_not_served_and_can_be_brought_back(town: Town) -> None:
    made = make(town, polygon=square(town))
    path = f"/areas/{made['id']}"

    first, again = (town.api.delete(path, role="admin", uid=f"admin-{name}") for name in ("one", "two"))

    assert (first.status_code, again.status_code) == (204, 204)
    assert town.check(**at(town, 0, 0))["reason"] == "NOT_SERVICEABLE"
    history = town.api.get(f"{path}/history", role="admin").json["items"]
    assert [(change["version"], change["values_after"]["active"]) for change in history] == [(2, False), (1, True)]
    assert history[0]["changed_by"] == "admin-one", "who found it ended changed nothing"
    back = body(town, area=made["area"], polygon=square(town), version=2)
    assert town.api.put(path, back, role="admin").status_code == 200
    assert town.check(**at(town, 0, 0))["serviceable"] is True


def test_only_admins_end_areas_that_are_there(town: Town) -> None:
    area = town.area()

    for role in ("customer", "cashier", "store_staff", "pharmacist", "rider", "support"):
        assert town.api.delete(f"/areas/{area}", role=role, store=town.store).status_code == 403
    assert town.api.delete(f"/areas/{area}", role=None).status_code == 401
    assert town.api.delete(f"/areas/{uuid4()}", role="admin").status_code == 404
    assert town.check(pincode=town.pincode)["serviceable"] is True


def test_ten_changes_and_ends_at_once_leave_a_history_without_gaps(town: Town) -> None:
    made = make(town)
    values = body(town, area=made["area"], version=1)

    def change(number: int) -> int:
        if number % 2:
            return town.api.delete(f"/areas/{made['id']}", role="admin").status_code
        return town.api.put(f"/areas/{made['id']}", values | {"charge_paise": number}, role="admin").status_code

    with ThreadPoolExecutor(10) as crowd:
        statuses = list(crowd.map(change, range(10)))

    assert set(statuses[1::2]) == {204}
    assert set(statuses[::2]) <= {200, 409}
    assert statuses.count(200) <= 1
    now = town.api.get(f"/areas/{made['id']}", role="admin").json
    history = town.api.get(f"/areas/{made['id']}/history", role="admin").json["items"]
    assert [change["version"] for change in history] == list(range(now["version"], 0, -1))
    assert history[0]["values_after"] == now
    assert now["active"] is False


def test_a_long_history_is_read_page_by_page(town: Town) -> None:
    made = make(town)
    for version in range(1, 5):
        changed = body(town, area=made["area"], charge_paise=version, version=version)
        assert town.api.put(f"/areas/{made['id']}", changed, role="admin").status_code == 200

    path = f"/areas/{made['id']}/history?limit=2"
    first = town.api.get(path, role="support").json
    second = town.api.get(f"{path}&cursor={first['next_cursor']}", role="support").json
    last = town.api.get(f"{path}&cursor={second['next_cursor']}", role="support").json

    read = [*first["items"], *second["items"], *last["items"]]
    assert [change["version"] for change in read] == [5, 4, 3, 2, 1]
    assert last["next_cursor"] is None
    assert town.api.get(f"{path}&cursor=5", role="support").status_code == 400
