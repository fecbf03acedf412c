"""Areas that are served: found by anybody, written by staff, with their history."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.location.conftest import Town


def body(town: Town, **over: Any) -> dict[str, Any]:
    """Make an area's body; its store is open at whatever hour the tests run."""
    return {
        "pincode": town.pincode, "area": f"Quarter {uuid4().hex[:6]}", "city": "Town", "state": "Karnataka", "state_code": "29",
        "latitude": town.latitude, "longitude": town.longitude, "store_id": town.store, "store_latitude": town.latitude,
        "store_longitude": town.longitude, "charge_paise": 2_500, "minimum_order_paise": 0, "promised_minutes": 30,
        "opens_at": "00:00:00", "closes_at": "23:59:00",
    } | over  # fmt: skip


def test_areas_are_found_by_pincode_name_and_misspelling(town: Town) -> None:
    name = f"Zephyrabad{uuid4().hex[:4]}"
    town.area(area=name)

    for typed in (town.pincode, town.pincode[:5], name.upper(), name[:6], name.replace("phy", "py")):
        found = town.api.get(f"/areas/search?q={typed}", role=None)
        assert found.status_code == 200
        assert name in [item["area"] for item in found.json["items"]], typed


@pytest.mark.parametrize("typed", ["%25%25", "__", "%5C%5C", "';--", "🙂🙂"])
def test_patterns_and_quotes_are_plain_text(town: Town, typed: str) -> None:
    town.area()

    found = town.api.get(f"/areas/search?q={typed}", role=None)

    assert (found.status_code, found.json) == (200, {"items": []})


@pytest.mark.parametrize("query", ["", "q=", "q=x", f"q={'x' * 61}", "q=a%00b", "q=ab&limit=5", "q=ab&q=cd"])
def test_a_search_that_is_none_is_refused(town: Town, query: str) -> None:
    answer = town.api.get(f"/areas/search?{query}", role=None)

    assert (answer.status_code, answer.json["code"]) == (400, "VALIDATION_ERROR")


def test_staff_add_change_and_end_an_area_and_its_history_stays(town: Town) -> None:
    made = town.api.post("/areas", body(town), role="admin", uid="admin-1")
    assert (made.status_code, made.json["version"], made.json["updated_by"]) == (201, 1, "admin-1")
    path, values = f"/areas/{made.json['id']}", body(town, area=made.json["area"])

    dearer = town.api.put(path, values | {"charge_paise": 4_900, "version": 1}, role="admin", uid="admin-2")
    late = town.api.put(path, values | {"charge_paise": 100, "version": 1}, role="admin")
    ended = town.api.put(path, values | {"active": False, "version": 2}, role="admin")

    assert (dearer.status_code, dearer.json["charge_paise"], dearer.json["version"]) == (200, 4_900, 2)
    assert (late.status_code, late.json["code"]) == (409, "CONFLICT")
    assert (ended.status_code, ended.json["active"]) == (200, False)
    assert town.check(pincode=town.pincode)["serviceable"] is False
    history = town.api.get(f"{path}/history", role="support").json["items"]
    assert [change["version"] for change in history] == [3, 2, 1]
    assert [change["values_after"]["charge_paise"] for change in history] == [2_500, 4_900, 2_500]
    assert history[1]["changed_by"] == "admin-2"


def test_of_ten_who_change_one_version_one_does(town: Town) -> None:
    made = town.api.post("/areas", body(town), role="admin").json
    values = body(town, area=made["area"], version=1)

    with ThreadPoolExecutor(10) as crowd:
        answers = crowd.map(
            lambda at: town.api.put(f"/areas/{made['id']}", values | {"charge_paise": at}, role="admin").status_code,
            range(10),
        )

    assert sorted(answers) == [200] + [409] * 9


def test_a_pincode_has_an_area_of_a_name_once(town: Town) -> None:
    values = body(town)

    assert town.api.post("/areas", values, role="admin").status_code == 201
    assert town.api.post("/areas", values, role="admin").status_code == 409
    other = town.api.post("/areas", body(town), role="admin").json
    renamed = town.api.put(f"/areas/{other['id']}", values | {"version": 1}, role="admin")
    assert (renamed.status_code, renamed.json["code"]) == (409, "CONFLICT")


def test_areas_are_listed_page_by_page(town: Town) -> None:
    names = sorted(town.api.post("/areas", body(town), role="admin").json["area"] for _ in range(5))

    first = town.api.get(f"/areas?pincode={town.pincode}&limit=3", role="support").json
    cursor = first["next_cursor"]
    second = town.api.get(f"/areas?pincode={town.pincode}&limit=3&cursor={cursor}", role="support").json

    assert [item["area"] for item in [*first["items"], *second["items"]]] == names
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"opens_at": "22:00", "closes_at": "08:00"},
        {"opens_at": "08:00:00+05:30"},
        {"promised_minutes": 4},
        {"promised_minutes": 30.5},
        {"charge_paise": -1},
        {"charge_paise": 10**30},
        {"state_code": "KA"},
        {"store_id": "IND"},
        {"area": "x" * 101},
        {"version": 1},
    ],
)
def test_an_area_that_says_nonsense_is_not_made(town: Town, wrong: dict[str, Any]) -> None:
    answer = town.api.post("/areas", body(town, **wrong), role="admin")

    assert (answer.status_code, answer.json["code"]) == (400, "VALIDATION_ERROR")
    assert town.check(pincode=town.pincode)["serviceable"] is False


def test_an_area_that_is_not_there_is_404(town: Town) -> None:
    for answer in (
        town.api.get(f"/areas/{uuid4()}", role="admin"),
        town.api.put(f"/areas/{uuid4()}", body(town, version=1), role="admin"),
    ):
        assert (answer.status_code, answer.json["code"]) == (404, "RESOURCE_NOT_FOUND")


@pytest.mark.parametrize("role", ["customer", "cashier", "store_staff", "pharmacist", "rider"])
@pytest.mark.parametrize(("method", "path"), [("GET", "/areas"), ("POST", "/areas"), ("PUT", "/areas/7b1f6c0e-0000-4000-8000-000000000001"), ("GET", "/areas/7b1f6c0e-0000-4000-8000-000000000001/history")])  # fmt: skip
def test_areas_are_written_by_staff(town: Town, role: str, method: str, path: str) -> None:
    answer = town.api.call(method, path, {}, role=role, store=town.store)

    assert (answer.status_code, answer.json["code"]) == (403, "FORBIDDEN")
