"""The Routes API's computeRouteMatrix: a JSON array in no useful order, cut down to the field mask."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from typing import Any, Final

from flask import Response, request

from sandbox.state import State
from sandbox.travel import Point, trip

MODES: Final = {
    "DRIVE": "driving",
    "TWO_WHEELER": "two_wheeler",
    "BICYCLE": "bicycling",
    "WALK": "walking",
    "": "driving",
}
PREFERENCES: Final = ("", "ROUTING_PREFERENCE_UNSPECIFIED", "TRAFFIC_UNAWARE", "TRAFFIC_AWARE", "TRAFFIC_AWARE_OPTIMAL")
FIELDS: Final = {
    "originIndex",
    "destinationIndex",
    "status",
    "condition",
    "distanceMeters",
    "duration",
    "staticDuration",
}
MOST_ELEMENTS: Final = 625
MOST_WITH_TRAFFIC: Final = 100


class BadRequest(ValueError):
    """A request answered with 400 INVALID_ARGUMENT."""


def route_matrix(state: State, locate: Callable[[str], Point | None]) -> Response:
    """Answer one request; `locate` turns an address into a point."""
    key = request.headers.get("X-Goog-Api-Key") or request.args.get("key", "")
    if not key:
        return _error(403, "PERMISSION_DENIED", "Method doesn't allow unregistered callers. Please use API Key.")
    if key != state.config.maps_key:
        return _error(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.")
    try:
        return _json(_elements(state, locate))
    except BadRequest as problem:
        return _error(400, "INVALID_ARGUMENT", str(problem))


def _elements(state: State, locate: Callable[[str], Point | None]) -> list[dict[str, Any]]:
    fields = _mask()
    body = request.get_json(silent=True, force=True)
    if not isinstance(body, dict):
        raise BadRequest("Invalid JSON payload received.")
    preference, travel = str(body.get("routingPreference", "")), str(body.get("travelMode", ""))
    if travel not in MODES or preference not in PREFERENCES:
        raise BadRequest("Invalid value at 'travelMode' or 'routingPreference'.")
    starts, ends = (_waypoints(body, name, locate) for name in ("origins", "destinations"))
    most = MOST_WITH_TRAFFIC if preference == "TRAFFIC_AWARE_OPTIMAL" else MOST_ELEMENTS
    if len(starts) * len(ends) > most:
        raise BadRequest(f"The number of elements exceeds {most}.")
    departs = _departure(state, body.get("departureTime"))
    traffic = preference.startswith("TRAFFIC_AWARE")
    found: list[dict[str, Any]] = []
    for row, start in enumerate(starts):
        for column, end in enumerate(ends):
            element = _element(state, start, end, MODES[travel], departs, traffic=traffic)
            found.append({"originIndex": row, "destinationIndex": column, **element})
    # The real answer comes in any order; the last first shows who relies on it.
    return [{name: value for name, value in one.items() if "*" in fields or name in fields} for one in reversed(found)]


def _mask() -> set[str]:
    said = request.headers.get("X-Goog-FieldMask") or request.args.get("$fields") or request.args.get("fields") or ""
    fields = {part.strip() for part in said.split(",") if part.strip()}
    if not fields:
        raise BadRequest(
            "FieldMask is a required parameter. See https://cloud.google.com/apis/docs/system-parameters on how to provide it."
        )
    if unknown := sorted(fields - FIELDS - {"*"}):
        raise BadRequest(f"Error expanding 'fields' parameter. Cannot find matching fields for path '{unknown[0]}'.")
    return fields


def _waypoints(body: dict[str, Any], name: str, locate: Callable[[str], Point | None]) -> list[Point | None]:
    given = body.get(name)
    if not isinstance(given, list) or not given:
        raise BadRequest(f"{name} must hold at least one waypoint.")
    if len(given) > MOST_ELEMENTS:
        raise BadRequest(f"The number of elements exceeds {MOST_ELEMENTS}.")
    return [_waypoint(one, f"{name}[{number}]", locate) for number, one in enumerate(given)]


def _waypoint(one: Any, at: str, locate: Callable[[str], Point | None]) -> Point | None:
    waypoint = one.get("waypoint") if isinstance(one, dict) else None
    if not isinstance(waypoint, dict):
        raise BadRequest(f"{at}.waypoint is required.")
    if isinstance(waypoint.get("address"), str):
        return locate(waypoint["address"])
    location = waypoint.get("location")
    where = location.get("latLng") if isinstance(location, dict) else None
    latitude, longitude = (
        where.get(name, 0) if isinstance(where, dict) else None for name in ("latitude", "longitude")
    )
    if (
        not isinstance(latitude, int | float)
        or not isinstance(longitude, int | float)
        or abs(latitude) > 90
        or abs(longitude) > 180
    ):
        raise BadRequest(f"{at}.waypoint.location.latLng is not valid.")
    return Point(float(latitude), float(longitude))


def _departure(state: State, said: Any) -> int:
    if said is None:
        return state.clock.now()
    try:
        departs = int(datetime.datetime.fromisoformat(str(said)).timestamp())
    except ValueError as problem:
        raise BadRequest("Invalid value at 'departureTime'.") from problem
    if departs < state.clock.now() - 60:
        raise BadRequest("Timestamp must be set to a future time.")
    return departs


def _element(
    state: State, start: Point | None, end: Point | None, mode: str, departs: int, *, traffic: bool
) -> dict[str, Any]:
    if start is None or end is None:
        return {"status": {"code": 5, "message": "The waypoint could not be geocoded."}}
    way = trip(state, start, end, mode, departs)
    if way.status != "OK":
        return {"status": {}, "condition": "ROUTE_NOT_FOUND"}
    duration = way.in_traffic_s if traffic else way.duration_s
    return {
        "status": {},
        "condition": "ROUTE_EXISTS",
        "distanceMeters": way.distance_m,
        "duration": f"{duration}s",
        "staticDuration": f"{way.duration_s}s",
    }


def _json(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body), status, content_type="application/json; charset=UTF-8")


def _error(code: int, status: str, message: str) -> Response:
    return _json({"error": {"code": code, "message": message, "status": status}}, code)
