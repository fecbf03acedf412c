"""Speaks Google Maps: Geocoding, Distance Matrix (legacy) and the Routes API's route matrix."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any, Final

from flask import Blueprint, Response, request

from sandbox.maps_control import PLACE, control, panel
from sandbox.maps_routes import route_matrix
from sandbox.places import STATES, Found, Place, Places
from sandbox.state import State
from sandbox.travel import SPEED_KMH, Point, Trip, trip

__all__ = ["blueprint", "control", "panel"]

MOST_PLACES: Final = 25
MOST_ELEMENTS: Final = 100
LATLNG: Final = re.compile(r"^\s*(-?\d{1,2}(?:\.\d+)?)\s*,\s*(-?\d{1,3}(?:\.\d+)?)\s*$")


class Refused(Exception):
    """An answer with a status other than OK."""

    def __init__(self, status: str, message: str = "") -> None:
        super().__init__(message)
        self.status, self.message = status, message


def blueprint(state: State) -> Blueprint:
    """Return the Maps APIs."""
    maps = Blueprint("maps", __name__, url_prefix="/maps")
    places = Places(state.config.places)

    @maps.get("/maps/api/geocode/json")
    def geocode() -> Response:
        try:
            _check_key(state)
            results = _reverse(places) if "latlng" in request.args else _geocode(state, places)
        except Refused as refused:
            return _refusal(refused, results=[])
        return _json({"results": results, "status": "OK" if results else "ZERO_RESULTS"})

    @maps.get("/maps/api/distancematrix/json")
    def distance_matrix() -> Response:
        empty: dict[str, Any] = {"destination_addresses": [], "origin_addresses": [], "rows": []}
        try:
            _check_key(state)
            return _json(_matrix(state, places))
        except Refused as refused:
            return _refusal(refused, **empty)

    @maps.post("/distanceMatrix/v2:computeRouteMatrix")
    def compute_route_matrix() -> Response:
        return route_matrix(state, lambda address: _point(state, places, address))

    return maps


def _json(body: Any) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), content_type="application/json; charset=UTF-8")


def _refusal(refused: Refused, **empty: Any) -> Response:
    body = {**empty, "status": refused.status}
    return _json({"error_message": refused.message, **body} if refused.message else body)


def _check_key(state: State) -> None:
    key = request.args.get("key", "")
    if not key:
        raise Refused(
            "REQUEST_DENIED", "You must use an API key to authenticate each request to Google Maps Platform APIs."
        )
    if key != state.config.maps_key:
        raise Refused("REQUEST_DENIED", "The provided API key is invalid. ")


def _geocode(state: State, places: Places) -> list[dict[str, Any]]:
    address = request.args.get("address", "").strip()
    parts = [part.partition(":") for part in request.args.get("components", "").split("|")]
    components = {name: value for name, colon, value in parts if colon}
    if not address and not components:
        raise Refused(
            "INVALID_REQUEST", "Invalid request. Missing the 'address', 'components', 'latlng' or 'place_id' parameter."
        )
    if components.get("country", "IN").upper() not in ("IN", "INDIA"):
        return []
    pincode = components.get("postal_code", "").strip()
    stated = _stated(state, f"{address} {pincode}")
    if stated is not None:
        return [stated] if stated.get("status", "OK") == "OK" else []
    text = address or " ".join(components.get(name, "") for name in ("locality", "sublocality", "administrative_area"))
    found = places.find(text, pincode)
    return [_result(found, address)] if found else []


def _stated(state: State, said: str) -> dict[str, Any] | None:
    """Give the result that a control call stated for an address, whose text need only hold the stated one."""
    wanted = " ".join(said.lower().split())
    for key, stated in state.items(PLACE):
        if key in wanted:
            if stated.get("status", "OK") != "OK":
                return {"status": "ZERO_RESULTS"}
            place = Place(
                stated.get("pincode", ""), stated.get("area", ""), stated.get("city", "Bengaluru"),
                stated.get("state", "Karnataka"), stated["latitude"], stated["longitude"],
            )  # fmt: skip
            found = Found(place, place.latitude, place.longitude, exact=True, partial=bool(stated.get("partial_match")))
            result = _result(found, stated.get("formatted_address") or key)
            if "location_type" in stated:
                result["geometry"]["location_type"] = stated["location_type"]
            return result
    return None


def _reverse(places: Places) -> list[dict[str, Any]]:
    point = LATLNG.match(request.args["latlng"])
    if not point or abs(float(point[1])) > 90 or abs(float(point[2])) > 180:
        raise Refused("INVALID_REQUEST", "Invalid request. Invalid 'latlng' parameter.")
    latitude, longitude = float(point[1]), float(point[2])
    place = places.nearest(latitude, longitude)
    if place is None:
        return []
    results = [
        _result(Found(place, latitude, longitude, exact=True, partial=False), place.area, "street_address"),
        _result(Found(place, place.latitude, place.longitude, exact=False, partial=False), "", "postal_code"),
    ]
    wanted = set(filter(None, request.args.get("result_type", "").split("|")))
    return [result for result in results if not wanted or wanted & set(result["types"])]


def _result(found: Found, address: str, kind: str = "") -> dict[str, Any]:
    place = found.place
    kind = kind or ("street_address" if found.exact else "sublocality" if place.area and address else "postal_code")
    types = {"sublocality": ["political", "sublocality", "sublocality_level_1"]}.get(kind, [kind])
    north, east = round(found.latitude, 7), round(found.longitude, 7)
    location_type = {"street_address": "ROOFTOP"}.get(kind, "APPROXIMATE")
    if kind == "sublocality" and not found.partial:
        location_type = "GEOMETRIC_CENTER"
    digest = hashlib.sha256(f"{north},{east},{place.pincode},{kind}".encode()).digest()
    result: dict[str, Any] = {
        "address_components": _components(place),
        "formatted_address": _formatted(place, address if kind == "street_address" else ""),
        "geometry": {
            "location": {"lat": north, "lng": east},
            "location_type": location_type,
            "viewport": {
                "northeast": {"lat": round(north + 0.00135, 7), "lng": round(east + 0.00135, 7)},
                "southwest": {"lat": round(north - 0.00135, 7), "lng": round(east - 0.00135, 7)},
            },
        },
        "place_id": "ChIJ" + base64.urlsafe_b64encode(digest).decode()[:23],
        "types": types,
    }
    return result | {"partial_match": True} if found.partial else result


def _components(place: Place) -> list[dict[str, Any]]:
    named = [
        (place.area, place.area, ["political", "sublocality", "sublocality_level_1"]),
        (place.city, place.city, ["locality", "political"]),
        (place.state, STATES.get(place.state, place.state), ["administrative_area_level_1", "political"]),
        ("India", "IN", ["country", "political"]),
        (place.pincode, place.pincode, ["postal_code"]),
    ]
    return [{"long_name": name, "short_name": short, "types": types} for name, short, types in named if name]


def _formatted(place: Place, street: str) -> str:
    """Write an address as Google does: street, area, city, state and pincode, country, each once."""
    parts: list[str] = []
    for part in (*street.split(","), place.area, place.city):
        clean = re.sub(rf"\b{place.pincode}\b", "", part).strip() if place.pincode else part.strip()
        if clean and clean.lower() not in ("india", place.state.lower()) and clean.lower() not in map(str.lower, parts):
            parts.append(clean)
    return ", ".join([*parts, f"{place.state} {place.pincode}".strip(), "India"])


def _point(state: State, places: Places, said: str) -> Point | None:
    """Give the point of `lat,lng` or of an address."""
    given = LATLNG.match(said)
    if given:
        return Point(float(given[1]), float(given[2]))
    stated = _stated(state, said)
    if stated is not None:
        where = stated.get("geometry", {}).get("location")
        return Point(where["lat"], where["lng"]) if where else None
    found = places.find(said)
    return Point(found.latitude, found.longitude) if found else None


def _matrix(state: State, places: Places) -> dict[str, Any]:
    origins, destinations = (
        [part for part in request.args.get(name, "").split("|") if part.strip()] for name in ("origins", "destinations")
    )
    if not origins or not destinations:
        raise Refused("INVALID_REQUEST", "Invalid request. Missing the 'origins' or 'destinations' parameter.")
    if len(origins) > MOST_PLACES or len(destinations) > MOST_PLACES:
        raise Refused("MAX_DIMENSIONS_EXCEEDED", f"More than {MOST_PLACES} origins or destinations.")
    if len(origins) * len(destinations) > MOST_ELEMENTS:
        raise Refused("MAX_ELEMENTS_EXCEEDED", f"More than {MOST_ELEMENTS} elements.")
    mode = request.args.get("mode", "driving")
    if mode not in SPEED_KMH:
        raise Refused("INVALID_REQUEST", "Invalid request. Invalid 'mode' parameter.")
    departs = _departure(state)
    starts, ends = ([_point(state, places, one) for one in ones] for ones in (origins, destinations))
    rows = [{"elements": [_element(state, start, end, mode, departs) for end in ends]} for start in starts]
    return {
        "destination_addresses": [_address(places, point) for point in ends],
        "origin_addresses": [_address(places, point) for point in starts],
        "rows": rows,
        "status": "OK",
    }


def _departure(state: State) -> int | None:
    """Give when the trip begins; None when the request does not say, and then traffic is left out."""
    said = request.args.get("departure_time", "")
    if not said:
        return None
    if said == "now":
        return state.clock.now()
    if not said.isdigit() or int(said) < state.clock.now() - 60:
        raise Refused("INVALID_REQUEST", "departure_time is in the past.")
    return int(said)


def _element(state: State, start: Point | None, end: Point | None, mode: str, departs: int | None) -> dict[str, Any]:
    if start is None or end is None:
        return {"status": "NOT_FOUND"}
    way: Trip = trip(state, start, end, mode, departs or state.clock.now())
    if way.status != "OK":
        return {"status": way.status}
    element: dict[str, Any] = {
        "distance": {"text": _distance(way.distance_m), "value": way.distance_m},
        "duration": {"text": _duration(way.duration_s), "value": way.duration_s},
        "status": "OK",
    }
    if departs is not None and mode == "driving":
        element["duration_in_traffic"] = {"text": _duration(way.in_traffic_s), "value": way.in_traffic_s}
    return element


def _address(places: Places, point: Point | None) -> str:
    place = places.nearest(*point) if point else None
    return _formatted(place, "") if place else ""


def _distance(value: int) -> str:
    return f"{value} m" if value < 1_000 else f"{value / 1_000:.1f} km"


def _duration(value: int) -> str:
    minutes = max(1, round(value / 60))
    hours, left = divmod(minutes, 60)
    said = f"{left} min{'s' if left != 1 else ''}"
    return said if not hours else f"{hours} hour{'s' if hours != 1 else ''} {said}"
