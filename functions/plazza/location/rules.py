"""Distances, opening hours and promised minutes."""

from datetime import datetime, time, timedelta
from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple
from uuid import UUID

from plazza.clock import INDIA

EARTH_RADIUS_M = 6_371_000
MAX_ADDRESSES = 20
PREPARATION_MINUTES = 8
"""From the order to the rider's start: pick, check, hand over."""
ROUND_TO_MINUTES = 5
FARTHEST_AREA_M = 4_000
"""A point farther than this from every area's centre is in none of them."""


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


def distance_m(one: tuple[float, float], other: tuple[float, float]) -> int:
    """Give the great-circle distance of two points (latitude, longitude) in metres."""
    (lat1, lng1), (lat2, lng2) = one, other
    north, east = radians(lat2 - lat1), radians(lng2 - lng1)
    half = sin(north / 2) ** 2 + cos(radians(lat1)) * cos(radians(lat2)) * sin(east / 2) ** 2
    return round(2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(half))))


def nearest(areas: list[Area], point: tuple[float, float]) -> Area | None:
    """Give the area whose centre is nearest; of two equally near the first by id."""
    return min(areas, key=lambda area: (distance_m((area.latitude, area.longitude), point), str(area.id)), default=None)


def next_opening(area: Area, at: datetime) -> datetime | None:
    """Give None while the area is served, else the instant at which it is again. Hours are India's clock."""
    here = at.astimezone(INDIA)
    if area.opens_at <= here.time() < area.closes_at:
        return None
    day = here.date() if here.time() < area.opens_at else here.date() + timedelta(days=1)
    return datetime.combine(day, area.opens_at, INDIA)


def promised_minutes(ride_sec: int) -> int:
    """Give what to promise for a ride: preparation and ride, rounded up to five minutes."""
    minutes = PREPARATION_MINUTES + -(-ride_sec // 60)
    return -(-minutes // ROUND_TO_MINUTES) * ROUND_TO_MINUTES
