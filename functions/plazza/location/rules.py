"""Outlines of areas, distances, opening hours and promised minutes."""

from collections.abc import Container, Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import islice, pairwise
from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple
from uuid import UUID

from plazza.clock import INDIA
from plazza.errors import Invalid

Ring = Sequence[Sequence[float]]
"""A polygon as GeoJSON writes a ring: points of longitude and latitude, the last one the first again."""
Corner = tuple[int, int]
"""A point of a polygon on the grid, east and north."""

EARTH_RADIUS_M = 6_371_000
MAX_ADDRESSES = 20
PREPARATION_MINUTES = 8
"""From the order to the rider's start: pick, check, hand over."""
ROUND_TO_MINUTES = 5
FARTHEST_AREA_M = 4_000
"""A point farther than this from every area's centre is in none of them."""
FARTHEST_IN_PINCODE_M = 20_000
"""A pin farther than this from every area of its pincode is not in that pincode, whatever was typed."""
FAR_FROM_STREET_M, FAR_FROM_QUARTER_M = 500, 5_000
"""How far a pin may lie from where Maps finds its text: the house or street, or only the quarter or pincode."""
LAST_MINUTE = time(23, 59)
"""A clock has no 24:00: who closes in the day's last minute closes at midnight."""
GRID = 10_000_000
"""Outlines are compared in whole steps of 1e-7 degrees, a centimetre: exact, so that a boundary is the same on every machine."""
BOUNDARY_STEPS = 2
"""How near counts as on the boundary: a point between two corners may be one and a half steps off its edge once all three are rounded."""


class Area(NamedTuple):
    """An area's row, as far as an order needs it."""

    id: UUID
    pincode: str
    area: str
    state_code: str
    latitude: float
    longitude: float
    store_id: UUID
    store_latitude: float
    store_longitude: float
    charge_paise: int
    minimum_order_paise: int
    promised_minutes: int
    opens_at: time
    closes_at: time
    licence_district: str | None = None
    polygon: list[list[float]] | None = None


class Box(NamedTuple):
    """The box around a polygon, in degrees."""

    south: float
    west: float
    north: float
    east: float


def distance_m(one: tuple[float, float], other: tuple[float, float]) -> int:
    """Give the great-circle distance of two points (latitude, longitude) in metres."""
    (lat1, lng1), (lat2, lng2) = one, other
    north, east = radians(lat2 - lat1), radians(lng2 - lng1)
    half = sin(north / 2) ** 2 + cos(radians(lat1)) * cos(radians(lat2)) * sin(east / 2) ** 2
    return round(2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(half))))


def is_pin_far(metres: int, *, is_exact: bool) -> bool:
    """Tell whether a pin lies too far from where its text was found; of a text that was only found roughly more is forgiven."""
    return metres > (FAR_FROM_STREET_M if is_exact else FAR_FROM_QUARTER_M)


def nearest(areas: Iterable[Area], point: tuple[float, float]) -> Area | None:
    """Give the area whose centre is nearest; of two equally near the first by id."""
    return min(areas, key=lambda area: (distance_m((area.latitude, area.longitude), point), str(area.id)), default=None)


def area_at(areas: Iterable[Area], point: tuple[float, float], farthest_m: int) -> Area | None:
    """Give the area of a point (latitude, longitude).

    An area with a polygon is what lies in its polygon; of several that hold the point the smallest counts, then the first by name
    and id. Where no polygon is, it is the nearest area without one, if its centre is not farther than `farthest_m`.
    """
    outlined = [
        (size(area.polygon), area.area, str(area.id), area)
        for area in areas
        if area.polygon and holds(area.polygon, point)
    ]
    if outlined:
        return min(outlined)[-1]
    area = nearest((area for area in areas if area.polygon is None), point)
    if area is None or distance_m((area.latitude, area.longitude), point) > farthest_m:
        return None
    return area


def area_of_pincode(areas: Iterable[Area], at: datetime, open_stores: Container[UUID] | None = None) -> Area | None:
    """Give the area that answers for a pincode alone: rather one that is open, rather one without a polygon; then by name and id.

    Without `open_stores`, where they are not known or do not matter, an area is open by its hours.
    """

    def place(area: Area) -> tuple[bool, bool, str, str]:
        is_closed = open_stores is not None and area.store_id not in open_stores
        return is_closed or next_opening(area, at) is not None, area.polygon is not None, area.area, str(area.id)

    return min(areas, key=place, default=None)


def holds(ring: Ring, point: tuple[float, float]) -> bool:
    """Tell whether a polygon holds a point (latitude, longitude); what lies within two centimetres of its boundary does, too."""
    y, x = (round(degrees * GRID) for degrees in point)
    inside = False
    for (x1, y1), (x2, y2) in pairwise(_corners(ring)):
        if _is_on((x, y), (x1, y1), (x2, y2)):
            return True
        # A ray to the east crosses the edge when its ends lie on both sides of it and the point is west of the edge.
        if (y1 > y) != (y2 > y) and (_turn((x1, y1), (x2, y2), (x, y)) > 0) == (y2 > y1):
            inside = not inside
    return inside


def size(ring: Ring) -> int:
    """Give twice a polygon's area in grid steps: only for telling which of two neighbours is smaller."""
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(_corners(ring))))


def box_around(ring: Ring) -> Box:
    """Give the box that no point which a polygon holds lies outside of."""
    margin = 2 * BOUNDARY_STEPS / GRID
    longitudes, latitudes = [point[0] for point in ring], [point[1] for point in ring]
    return Box(min(latitudes) - margin, min(longitudes) - margin, max(latitudes) + margin, max(longitudes) + margin)


def check_polygon(ring: Ring, centre: tuple[float, float]) -> None:
    """Raise Invalid for a ring that is not closed, touches itself anywhere, or does not hold its area's centre."""
    corners = _corners(ring)
    if corners[0] != corners[-1]:
        raise Invalid("The polygon's last point must be its first again.", field="polygon")
    if any(one == other for one, other in pairwise(corners)):
        raise Invalid("The polygon has the same point twice in a row.", field="polygon")
    if _meets_itself(corners):
        raise Invalid("The polygon must not cross or touch itself.", field="polygon")
    if not holds(ring, centre):
        raise Invalid("The area's latitude and longitude must lie in its polygon.", field="polygon")


def _corners(ring: Ring) -> list[Corner]:
    return [(round(point[0] * GRID), round(point[1] * GRID)) for point in ring]


def _turn(start: Corner, end: Corner, point: Corner) -> int:
    """Give a positive number when a point lies left of the way from start to end, 0 on its line, else a negative one."""
    (x1, y1), (x2, y2), (x, y) = start, end, point
    return (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)


def _is_on(point: Corner, start: Corner, end: Corner) -> bool:
    """Tell whether a point is so near to an edge that it is on it."""
    (x1, y1), (x2, y2), (x, y) = start, end, point
    near = BOUNDARY_STEPS**2
    length = (x2 - x1) ** 2 + (y2 - y1) ** 2
    along = (x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)
    if along <= 0:
        return (x - x1) ** 2 + (y - y1) ** 2 <= near
    if along >= length:
        return (x - x2) ** 2 + (y - y2) ** 2 <= near
    return _turn(start, end, point) ** 2 <= length * near


def _meets_itself(corners: Sequence[Corner]) -> bool:
    """Tell whether two edges have more in common than the corner between neighbours. Edges are taken from west to east."""
    edges = list(pairwise(corners))
    order = sorted(range(len(edges)), key=lambda index: min(edges[index])[0])
    for place, one in enumerate(order):
        for other in islice(order, place + 1, None):
            if min(edges[other])[0] > max(edges[one])[0]:
                break
            if (other - one) % len(edges) == 1:
                meet = _folds_back(edges[one], edges[other])
            elif (one - other) % len(edges) == 1:
                meet = _folds_back(edges[other], edges[one])
            else:
                meet = _touch(edges[one], edges[other])
            if meet:
                return True
    return False


def _folds_back(edge: tuple[Corner, Corner], following: tuple[Corner, Corner]) -> bool:
    (x1, y1), (x2, y2), (x3, y3) = *edge, following[1]
    return _turn(*edge, following[1]) == 0 and (x1 - x2) * (x3 - x2) + (y1 - y2) * (y3 - y2) > 0


def _touch(one: tuple[Corner, Corner], other: tuple[Corner, Corner]) -> bool:
    """Tell whether two edges share a point: each has the other's ends on both sides (or on its line), and their boxes meet."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = *one, *other
    return (
        max(min(ax, bx), min(cx, dx)) <= min(max(ax, bx), max(cx, dx))
        and max(min(ay, by), min(cy, dy)) <= min(max(ay, by), max(cy, dy))
        and _turn(*one, other[0]) * _turn(*one, other[1]) <= 0
        and _turn(*other, one[0]) * _turn(*other, one[1]) <= 0
    )


def next_opening(area: Area, at: datetime) -> datetime | None:
    """Give None while the area is served, else the instant at which it is again. Hours are India's clock."""
    here = at.astimezone(INDIA)
    if area.opens_at <= here.time() and (here.time() < area.closes_at or area.closes_at >= LAST_MINUTE):
        return None
    day = here.date() if here.time() < area.opens_at else here.date() + timedelta(days=1)
    return datetime.combine(day, area.opens_at, INDIA).astimezone(UTC)


def promised_minutes(ride_sec: int) -> int:
    """Give what to promise for a ride: preparation and ride, rounded up to five minutes."""
    minutes = PREPARATION_MINUTES + -(-ride_sec // 60)
    return -(-minutes // ROUND_TO_MINUTES) * ROUND_TO_MINUTES
