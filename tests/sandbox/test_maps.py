"""Google Maps through its SDK, and the Routes API over plain HTTP."""

from typing import Any

import googlemaps
import googlemaps.exceptions
import pytest
import requests

from tests.sandbox.conftest import Sandbox

STORE, HOME = (12.9719, 77.6412), (12.9352, 77.6245)


def client(sandbox: Sandbox, key: str = "AIzaSandbox") -> Any:
    return googlemaps.Client(
        key=key,
        base_url=f"{sandbox.url}/maps",
        connect_timeout=1,
        read_timeout=10,
        retry_timeout=1,
        retry_over_query_limit=False,
    )


def component(result: dict[str, Any], kind: str) -> str:
    return next(one["long_name"] for one in result["address_components"] if kind in one["types"])


def test_an_address_with_its_pincode_is_found_in_its_area(sandbox: Sandbox) -> None:
    components = {"country": "IN", "postal_code": "560038"}

    first, second = (
        client(sandbox).geocode("14, 100 Feet Road, Indiranagar", components=components, region="in", language="en")[0]
        for _ in range(2)
    )

    assert first == second
    assert first["geometry"]["location_type"] == "ROOFTOP"
    assert abs(first["geometry"]["location"]["lat"] - 12.9719) < 0.01
    assert (component(first, "postal_code"), component(first, "locality")) == ("560038", "Bengaluru")
    assert "partial_match" not in first


@pytest.mark.parametrize(
    ("address", "pincode"), [("22, HSR Layout Sector 2, Bangalore", "560102"), ("Connaught Place 110001", "110001")]
)
def test_an_address_alone_is_found_by_its_area_or_pincode(sandbox: Sandbox, address: str, pincode: str) -> None:
    assert component(client(sandbox).geocode(address)[0], "postal_code") == pincode


def test_a_pincode_alone_is_found(sandbox: Sandbox) -> None:
    result = client(sandbox).geocode(components={"country": "IN", "postal_code": "400001"})[0]

    assert component(result, "locality") == "Mumbai"
    assert result["types"] == ["postal_code"]


def test_what_is_nowhere_gives_no_results(sandbox: Sandbox) -> None:
    assert client(sandbox).geocode("Atlantis Harbour") == []
    assert client(sandbox).geocode("Indiranagar", components={"country": "FR"}) == []
    assert client(sandbox).reverse_geocode((0.0, 0.0)) == []


def test_a_point_is_found_in_its_area(sandbox: Sandbox) -> None:
    results = client(sandbox).reverse_geocode(STORE, result_type=["postal_code"])

    assert [component(one, "postal_code") for one in results] == ["560038"]


def test_refusals_have_a_status(sandbox: Sandbox) -> None:
    with pytest.raises(googlemaps.exceptions.ApiError, match="REQUEST_DENIED"):
        client(sandbox, "AIzaOther").geocode("Indiranagar")
    with pytest.raises(googlemaps.exceptions.ApiError, match="INVALID_REQUEST"):
        client(sandbox).geocode()
    with pytest.raises(googlemaps.exceptions.ApiError, match="MAX_DIMENSIONS_EXCEEDED"):
        client(sandbox).distance_matrix([STORE] * 26, [HOME])
    with pytest.raises(googlemaps.exceptions.ApiError, match="MAX_ELEMENTS_EXCEEDED"):
        client(sandbox).distance_matrix([STORE] * 11, [HOME] * 10)


def test_a_way_has_length_and_time_and_traffic_on_request(sandbox: Sandbox) -> None:
    """4.46 km as the crow flies: 1.4 times as much by road, at 18 km/h."""
    element = client(sandbox).distance_matrix([STORE], [HOME], mode="driving", departure_time="now")["rows"][0][
        "elements"
    ][0]
    plain = client(sandbox).distance_matrix([STORE], [HOME, "Atlantis Harbour"])["rows"][0]["elements"]

    assert element["distance"]["value"] == pytest.approx(6_240, abs=60)
    assert element["duration"]["value"] == pytest.approx(element["distance"]["value"] / 5, abs=1)
    assert 0.5 < element["duration_in_traffic"]["value"] / element["duration"]["value"] < 2
    assert "duration_in_traffic" not in plain[0]
    assert plain[1] == {"status": "NOT_FOUND"}


def routes(sandbox: Sandbox, mask: str, key: str = "AIzaSandbox", **more: Any) -> requests.Response:
    def waypoint(point: tuple[float, float]) -> dict[str, Any]:
        return {"waypoint": {"location": {"latLng": {"latitude": point[0], "longitude": point[1]}}}}

    body = {
        "origins": [waypoint(STORE), waypoint(HOME)],
        "destinations": [waypoint(HOME)],
        "travelMode": "DRIVE",
        **more,
    }
    headers = {"X-Goog-Api-Key": key} | ({"X-Goog-FieldMask": mask} if mask else {})
    return sandbox.http.post(
        f"{sandbox.url}/maps/distanceMatrix/v2:computeRouteMatrix", json=body, headers=headers, timeout=20
    )


def test_the_routes_api_agrees_with_the_distance_matrix(sandbox: Sandbox) -> None:
    old = client(sandbox).distance_matrix([STORE], [HOME])["rows"][0]["elements"][0]

    elements = routes(sandbox, "originIndex,destinationIndex,status,condition,distanceMeters,duration").json()

    found = next(one for one in elements if one["originIndex"] == 0)
    assert found["distanceMeters"] == old["distance"]["value"]
    assert found["duration"] == f"{old['duration']['value']}s"
    assert (found["status"], found["condition"]) == ({}, "ROUTE_EXISTS")
    assert set(routes(sandbox, "originIndex,duration").json()[0]) == {"originIndex", "duration"}


def test_the_routes_api_refuses_by_http_status(sandbox: Sandbox) -> None:
    assert routes(sandbox, "").status_code == 400
    assert routes(sandbox, "*", key="other").json()["error"]["status"] == "INVALID_ARGUMENT"
    assert routes(sandbox, "*", departureTime="2020-01-01T00:00:00Z").status_code == 400
    assert routes(sandbox, "*", origins=[]).status_code == 400


def test_stated_places_and_routes_win(sandbox: Sandbox) -> None:
    place = {
        "address": "Sample Towers",
        "latitude": 12.95,
        "longitude": 77.6,
        "pincode": "560027",
        "partial_match": True,
    }
    sandbox.call("PUT", "/maps/places", {"places": [place, {"address": "no such lane", "status": "ZERO_RESULTS"}]})
    route = {"destination": {"latitude": HOME[0], "longitude": HOME[1]}, "distance_m": 900, "duration_s": 300}
    sandbox.call("PUT", "/maps/routes", {"routes": [route]})

    found = client(sandbox).geocode("4, sample  towers, Bengaluru")[0]
    way = client(sandbox).distance_matrix([STORE], [HOME])["rows"][0]["elements"][0]

    assert found["geometry"]["location"] == {"lat": 12.95, "lng": 77.6}
    assert found["partial_match"]
    assert client(sandbox).geocode("9, No Such Lane, Indiranagar 560038") == []
    assert (way["distance"]["value"], way["duration"]["value"]) == (900, 300)
    sandbox.call("PUT", "/maps/routes", {"routes": [{"distance_m": -1, "duration_s": 1}]}, status=400)


def test_faults_arrive_as_the_sdk_names_them(sandbox: Sandbox) -> None:
    sandbox.fault("maps", "status", status=200, body={"status": "OVER_QUERY_LIMIT", "results": []})
    with pytest.raises(googlemaps.exceptions.ApiError, match="OVER_QUERY_LIMIT"):
        client(sandbox).geocode("Indiranagar")
    sandbox.fault("maps", "status", status=500, times="always")
    with pytest.raises(googlemaps.exceptions.Timeout):
        client(sandbox).geocode("Indiranagar")
    sandbox.call("POST", "/reset", {"seed": 1})
    sandbox.fault("maps", "status", status=502)
    with pytest.raises(googlemaps.exceptions.HTTPError):
        client(sandbox).geocode("Indiranagar")
    sandbox.fault("maps", "malformed")
    with pytest.raises(requests.exceptions.JSONDecodeError):
        client(sandbox).geocode("Indiranagar")
    sandbox.fault("maps", "drop")
    with pytest.raises(googlemaps.exceptions.TransportError):
        client(sandbox).geocode("Indiranagar")
