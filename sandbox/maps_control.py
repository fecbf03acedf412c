"""States where an address lies and how long a way is, in place of what Maps would work out."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response, jsonify, request

from sandbox.providers import Panel
from sandbox.state import State
from sandbox.travel import ROUTE

PLACE: Final = "maps_place"
MOST: Final = 1_000
PLACE_FIELDS: Final = {
    *("address", "latitude", "longitude", "pincode", "area", "city", "state"),
    *("formatted_address", "location_type", "partial_match", "status"),
}
ROUTE_FIELDS: Final = {
    "origin",
    "destination",
    "radius_m",
    "distance_m",
    "duration_s",
    "duration_in_traffic_s",
    "status",
}


def control(state: State) -> Blueprint:
    """Return Maps' control calls; a PUT replaces the whole list."""
    calls = Blueprint("maps_control", __name__, url_prefix="/_sandbox/maps")

    @calls.put("/places")
    def put_places() -> tuple[Response, int]:
        given, problem = _list("places")
        problem = problem or next(filter(None, map(_place_problem, given)), "")
        if problem:
            return jsonify(error=problem), 400
        with state.lock:
            _clear(state, PLACE)
            for place in given:
                state.put(PLACE, " ".join(place["address"].lower().split()), place)
        return jsonify(places=len(given)), 200

    @calls.put("/routes")
    def put_routes() -> tuple[Response, int]:
        given, problem = _list("routes")
        problem = problem or next(filter(None, map(_route_problem, given)), "")
        if problem:
            return jsonify(error=problem), 400
        with state.lock:
            _clear(state, ROUTE)
            for number, route in enumerate(given):
                state.put(ROUTE, str(number), route)
        return jsonify(routes=len(given)), 200

    @calls.get("/places")
    def get_places() -> Response:
        return jsonify(places=[place for _, place in state.items(PLACE)])

    @calls.get("/routes")
    def get_routes() -> Response:
        return jsonify(routes=[route for _, route in state.items(ROUTE)])

    return calls


def panel(state: State) -> Panel:
    """Return what was stated."""
    rows = [
        ("place", address, f"{one.get('latitude', '')}, {one.get('longitude', '')}", one.get("status", "OK"))
        for address, one in state.items(PLACE)
    ]
    rows += [
        (
            "route",
            f"{one.get('origin', 'anywhere')} → {one.get('destination', 'anywhere')}",
            f"{one.get('distance_m', '')} m, {one.get('duration_s', '')} s",
            one.get("status", "OK"),
        )
        for _, one in state.items(ROUTE)
    ]
    return Panel("Maps: stated places and routes", ("Kind", "What", "Answer", "Status"), list(rows))


def _clear(state: State, kind: str) -> None:
    for key, _ in state.items(kind):
        state.delete(kind, key)


def _list(name: str) -> tuple[list[dict[str, Any]], str]:
    body = request.get_json(silent=True)
    given = body.get(name) if isinstance(body, dict) else None
    if not isinstance(given, list) or len(given) > MOST or not all(isinstance(one, dict) for one in given):
        return [], f"{name} must be a list of at most {MOST} objects"
    return given, ""


def _place_problem(place: dict[str, Any]) -> str:
    if unknown := sorted(set(place) - PLACE_FIELDS):
        return f"unknown fields: {', '.join(unknown)}"
    if not isinstance(place.get("address"), str) or not place["address"].strip():
        return "address must be a text"
    return "" if place.get("status", "OK") != "OK" else _point_problem(place, "place")


def _route_problem(route: dict[str, Any]) -> str:
    if unknown := sorted(set(route) - ROUTE_FIELDS):
        return f"unknown fields: {', '.join(unknown)}"
    for name in ("origin", "destination"):
        if name in route and (problem := _point_problem(route[name], name)):
            return problem
    figures = [name for name in ("radius_m", "distance_m", "duration_s", "duration_in_traffic_s") if name in route]
    if route.get("status", "OK") == "OK":
        figures += ["distance_m", "duration_s"]
    return next(
        (f"{name} must be a number of 0 or more" for name in figures if not _is_number(route.get(name), 0, 1e9)), ""
    )


def _point_problem(point: Any, name: str) -> str:
    if (
        not isinstance(point, dict)
        or not _is_number(point.get("latitude"), -90, 90)
        or not _is_number(point.get("longitude"), -180, 180)
    ):
        return f"{name} must have a latitude and a longitude"
    return ""


def _is_number(value: Any, least: float, most: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most
