"""How far and how long: great-circle distance made a road, city speed, and traffic that repeats itself."""

from __future__ import annotations

from typing import Any, NamedTuple

from sandbox.places import metres, share
from sandbox.state import State

ROUTE = "maps_route"
WINDING = 1.4  # a road is longer than the straight line
SPEED_KMH = {"driving": 18.0, "two_wheeler": 20.0, "bicycling": 12.0, "walking": 5.0, "transit": 14.0}
SLOT_S = 900  # traffic changes every quarter of an hour
LONGEST_M = 5_000_000


class Point(NamedTuple):
    """A place on the map."""

    latitude: float
    longitude: float


class Trip(NamedTuple):
    """A way from one point to another; a status other than OK has no figures."""

    status: str
    distance_m: int = 0
    duration_s: int = 0
    in_traffic_s: int = 0


def trip(state: State, start: Point, end: Point, mode: str, departs: int) -> Trip:
    """Give the trip that a control call stated, else a calculated one."""
    for _, route in state.items(ROUTE):
        if _is_near(route, "origin", start) and _is_near(route, "destination", end):
            return _stated(route)
    distance = round(metres(*start, *end) * WINDING)
    if distance > LONGEST_M:
        return Trip("ZERO_RESULTS")
    duration = round(distance / (SPEED_KMH[mode] / 3.6))
    return Trip("OK", distance, duration, round(duration * _traffic(state.seed, start, end, mode, departs)))


def _traffic(seed: int, start: Point, end: Point, mode: str, departs: int) -> float:
    """Give how many times longer the trip takes at this hour; feet and pedals feel no traffic."""
    if mode in ("walking", "bicycling"):
        return 1.0
    hour = (departs + 19_800) // 3_600 % 24  # India's time is five and a half hours ahead of UTC
    rush = 1.45 if hour in (8, 9, 10, 17, 18, 19, 20) else 1.15 if 7 <= hour <= 21 else 0.9
    return rush * (0.9 + 0.2 * share(seed, *start, *end, departs // SLOT_S))


def _is_near(route: dict[str, Any], name: str, point: Point) -> bool:
    place = route.get(name)
    return place is None or metres(place["latitude"], place["longitude"], *point) <= float(route.get("radius_m", 100))


def _stated(route: dict[str, Any]) -> Trip:
    if route.get("status", "OK") != "OK":
        return Trip(route["status"])
    duration = int(route["duration_s"])
    return Trip("OK", int(route["distance_m"]), duration, int(route.get("duration_in_traffic_s", duration)))
