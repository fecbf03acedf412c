"""What Maps says, kept for a while, and what holds while it is away."""

import hashlib
from typing import Any, Literal, NamedTuple

from plazza import logs
from plazza.data import cache
from plazza.location import rules
from plazza.location.rules import Area
from plazza.providers import maps
from plazza.providers.errors import ProviderDown, ProviderRefused

RIDE_TTL_SEC = 600
POINT_TTL_SEC = 29 * 86_400
"""Source: Google Maps Platform terms: coordinates may be kept for up to 30 days."""
MAPS_AWAY_SEC = 30
_MAPS_AWAY = "maps:away"


class Minutes(NamedTuple):
    """Promised minutes, and whether the map or the area's own figure gave them."""

    minutes: int
    estimate: Literal["maps", "area"]


def minutes_to(area: Area, point: tuple[float, float]) -> Minutes:
    """Give the promised minutes to a point: by the map, kept for ten minutes, or the area's own figure when Maps is away."""
    near = f"{point[0]:.3f},{point[1]:.3f}"
    key = f"ride:{area.store_id}:{near}"
    kept = cache.get_json(key)
    if kept is not None:
        return Minutes(int(kept), "maps")
    ride = _ask_maps(lambda: maps.ride((area.store_latitude, area.store_longitude), point))
    if ride is None:
        return Minutes(area.promised_minutes, "area")
    minutes = rules.promised_minutes(ride.duration_sec)
    cache.put_json(key, minutes, RIDE_TTL_SEC)
    return Minutes(minutes, "maps")


def point_of(address: dict[str, Any]) -> maps.Point | None:
    """Find an address by its text, kept for a month; None when Maps does not know it or is away."""
    parts = (address[name] for name in ("line1", "line2", "landmark", "area", "city", "state", "pincode"))
    text = ", ".join(part for part in parts if part)
    key = f"point:{hashlib.sha256(text.lower().encode()).hexdigest()}"
    kept = cache.get_json(key)
    if kept is not None:
        return maps.Point(*kept)
    found = _ask_maps(lambda: maps.geocode(text, address["pincode"]))
    if found is not None:
        cache.put_json(key, list(found), POINT_TTL_SEC)
    return found


def _ask_maps(ask: Any) -> Any:
    """Ask Maps, or give None when it is away: after one failure nobody waits for it for half a minute."""
    if cache.get_json(_MAPS_AWAY):
        return None
    try:
        return ask()
    except (ProviderDown, ProviderRefused) as exc:
        cache.put_json(_MAPS_AWAY, 1, MAPS_AWAY_SEC)
        logs.write("WARNING", "maps is away", error_class=type(exc).__name__, **exc.details)
        return None
