"""Do you deliver here: yes or no, from which store, on what terms, and why not."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest

from plazza import clock
from tests.integration.location.conftest import Town


def test_a_served_pincode_has_store_charge_and_minutes(town: Town) -> None:
    town.area(charge_paise=3_900, minimum_order_paise=9_900, area="Old Town")

    found = town.check(pincode=town.pincode)

    assert found["serviceable"] is True
    assert (found["store_id"], found["charge_paise"], found["minimum_order_paise"]) == (town.store, 3_900, 9_900)
    assert (found["pincode"], found["area"], found["reason"], found["next_opening"]) == (
        town.pincode, "Old Town", None, None,
    )  # fmt: skip
    assert (found["promised_minutes"], found["estimate"]) == (10, "maps"), "the store is where the customer is"


def test_a_point_finds_the_nearest_area_and_a_far_one_none(town: Town) -> None:
    town.area(area="Near")
    town.area(area="Farther", latitude=town.latitude + 0.02)

    near = town.check(latitude=town.latitude + 0.001, longitude=town.longitude)
    farther = town.check(latitude=town.latitude + 0.019, longitude=town.longitude)
    far = town.check(latitude=town.latitude + 0.02 + 0.037, longitude=town.longitude)  # 4.1 km from the second centre

    assert (near["area"], farther["area"]) == ("Near", "Farther")
    assert (far["serviceable"], far["reason"], far["store_id"]) == (False, "NOT_SERVICEABLE", None)


def test_an_unserved_pincode_says_so(town: Town) -> None:
    found = town.check(pincode=town.pincode)

    assert (found["serviceable"], found["reason"]) == (False, "NOT_SERVICEABLE")
    assert found["message"]
    assert found["charge_paise"] is found["promised_minutes"] is None


def test_an_area_that_ended_is_not_served(town: Town) -> None:
    town.area(active=False)

    assert town.check(pincode=town.pincode)["reason"] == "NOT_SERVICEABLE"


def test_a_closed_store_says_when_it_opens(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.area(opens_at=time(8), closes_at=time(22))
    night = datetime(2026, 6, 1, 23, 30, tzinfo=clock.INDIA)
    monkeypatch.setattr(clock, "now", lambda: night)

    found = town.check(pincode=town.pincode)

    assert (found["serviceable"], found["reason"]) == (False, "CLOSED")
    assert datetime.fromisoformat(found["next_opening"]) == night + timedelta(hours=8, minutes=30)
    assert found["store_id"] == town.store


def test_a_store_that_is_closed_beside_its_hours_serves_nobody(town: Town) -> None:
    town.area(charge_paise=3_900)
    address = town.api.post("/addresses", town.address(), uid=town.uid).json["id"]
    places: list[dict[str, Any]] = [
        {"pincode": town.pincode},
        {"address_id": address},
        {"latitude": town.latitude, "longitude": town.longitude},
    ]
    assert [town.check(**place)["serviceable"] for place in places] == [True] * 3
    town.close(town.store)

    for place in places:
        found = town.check(**place)
        assert (found["serviceable"], found["reason"], found["next_opening"]) == (False, "STORE_CLOSED", None)
        assert (found["store_id"], found["charge_paise"], found["degraded"]) == (town.store, 3_900, False)


def test_a_closed_store_does_not_say_that_it_opens_in_the_morning(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.area(opens_at=time(8), closes_at=time(22))
    town.close(town.store)
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 6, 1, 23, 30, tzinfo=clock.INDIA))

    found = town.check(pincode=town.pincode)

    assert (found["reason"], found["next_opening"]) == ("STORE_CLOSED", None)


def test_a_pincode_is_answered_by_the_store_that_is_open(town: Town) -> None:
    other = town.make.store()
    town.area(area="First by name")
    town.make.area(other, pincode=town.pincode, area="Last by name")
    town.close(town.store)

    found = town.check(pincode=town.pincode)

    assert (found["serviceable"], found["store_id"]) == (True, other)


def test_an_area_of_a_store_that_is_not_there_is_not_served(town: Town) -> None:
    town.make.area(str(uuid4()), pincode=town.pincode)

    assert town.check(pincode=town.pincode)["reason"] == "STORE_CLOSED"


def test_without_cockroachdb_the_hours_alone_are_told_and_said_so(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.area(charge_paise=3_900)
    with monkeypatch.context() as away:
        away.setenv("COCKROACH_DB_URL", "postgresql://plazza_app@127.0.0.1:9/none")
        found, nowhere = town.check(pincode=town.pincode), town.check(pincode="999999")
        away.setattr(clock, "now", lambda: datetime(2026, 6, 1, 23, 59, 30, tzinfo=clock.INDIA))
        town.make.pg.execute("UPDATE serviceable_areas SET closes_at = '22:00' WHERE pincode = %s", town.pincode)
        night = town.check(pincode=town.pincode)

    assert (found["serviceable"], found["charge_paise"], found["degraded"]) == (True, 3_900, True)
    assert (night["reason"], night["degraded"]) == ("CLOSED", True)
    assert (nowhere["reason"], nowhere["degraded"]) == ("NOT_SERVICEABLE", False)
    town.make.pg.execute("UPDATE serviceable_areas SET closes_at = '23:59' WHERE pincode = %s", town.pincode)
    assert town.check(pincode=town.pincode)["degraded"] is False


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 500},
        {"kind": "drop"},
        {"kind": "malformed", "body": "html"},
        {"kind": "hang"},
    ],
)
def test_without_maps_the_areas_own_minutes_are_promised_and_said_so(town: Town, fault: dict[str, Any]) -> None:
    town.area(promised_minutes=42)
    town.maps_fails(**fault)

    found = town.check(pincode=town.pincode)
    calls = town.maps_calls()
    again = town.check(pincode=town.pincode)

    assert (found["promised_minutes"], found["estimate"]) == (42, "area")
    assert again == found
    assert town.maps_calls() == calls, "nobody waits for it twice in half a minute"
    town.mend()
    assert town.check(pincode=town.pincode)["estimate"] == "maps"


def test_a_ride_is_asked_once_in_ten_minutes(town: Town) -> None:
    town.area()
    first = town.check(pincode=town.pincode)
    calls = town.maps_calls()

    assert [town.check(pincode=town.pincode) for _ in range(5)] == [first] * 5
    assert town.maps_calls() == calls


@pytest.mark.parametrize(
    "place",
    [
        {},
        {"pincode": "560038", "address_id": str(uuid4())},
        {"latitude": 12.9},
        {"longitude": 77.6},
        {"latitude": 12.9, "longitude": 77.6, "address_id": str(uuid4())},
        {"latitude": 200.0, "longitude": 77.6},
        {"pincode": "' OR 1"},
        {"address_id": "1"},
        {"pincode": "560038", "verbose": True},
    ],
)
def test_a_place_that_is_none_is_refused(town: Town, place: dict[str, Any]) -> None:
    answer = town.api.post("/serviceability/check", place, uid=town.uid)

    assert (answer.status_code, answer.json["code"]) == (400, "VALIDATION_ERROR")


def test_every_role_may_ask_and_nobody_may_not(town: Town) -> None:
    town.area()
    for role in ("customer", "cashier", "store_staff", "pharmacist", "rider", "support", "admin"):
        body = {"pincode": town.pincode}
        assert town.api.post("/serviceability/check", body, role=role, store=town.store).json["serviceable"] is True
    assert town.api.post("/serviceability/check", {"pincode": town.pincode}, role=None).status_code == 401
