"""Google Maps: where an address is, and how long the ride takes. Metres and seconds.

The SDK repeats 5xx answers by itself for as long as it is allowed to; its exceptions carry the whole query with the key and the
address, so nothing of their text leaves this module.
"""

import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import googlemaps
import requests
from googlemaps.exceptions import ApiError, HTTPError, Timeout, TransportError

from plazza import settings
from plazza.providers.errors import ProviderDown, ProviderRefused

CONNECT_SEC, READ_SEC, RETRY_SEC = 1, 2, 1
_LATER = frozenset({"UNKNOWN_ERROR", "OVER_QUERY_LIMIT", "OVER_DAILY_LIMIT"})


class Point(NamedTuple):
    """A place on the map; `is_exact` when Google knows the house or the street, not only the pincode."""

    latitude: float
    longitude: float
    is_exact: bool


class Ride(NamedTuple):
    """A way by road, with the traffic of now."""

    distance_m: int
    duration_sec: int


_lock = threading.Lock()
_clients: dict[tuple[str, str], Any] = {}  # its methods are patched in at run time, so no checker sees them


def geocode(address: str, pincode: str) -> Point | None:
    """Find a typed address, or None when Google does not. Raises ProviderDown, ProviderRefused."""
    components = {"country": "IN", "postal_code": pincode}
    found = _call("geocode", lambda client: client.geocode(address, components=components, region="in", language="en"))
    if not found:
        return None
    geometry = found[0]["geometry"]
    exact = geometry.get("location_type") in {"ROOFTOP", "RANGE_INTERPOLATED"} and not found[0].get("partial_match")
    return Point(float(geometry["location"]["lat"]), float(geometry["location"]["lng"]), bool(exact))


def ride(origin: tuple[float, float], destination: tuple[float, float]) -> Ride | None:
    """Give the ride between two points, or None when there is no road. Raises ProviderDown, ProviderRefused."""
    answer = _call(
        "distance_matrix",
        lambda client: client.distance_matrix([origin], [destination], mode="driving", departure_time="now"),
    )
    element = answer["rows"][0]["elements"][0]
    if element.get("status") != "OK":
        return None
    duration = element.get("duration_in_traffic") or element["duration"]
    return Ride(int(element["distance"]["value"]), int(duration["value"]))


def _client() -> Any:
    key = settings.get("GOOGLE_MAPS_API_KEY"), settings.optional("MAPS_BASE_URL")
    with _lock:
        if key not in _clients:
            options: dict[str, Any] = {"base_url": key[1]} if key[1] else {}
            _clients[key] = googlemaps.Client(
                key=key[0],
                connect_timeout=CONNECT_SEC,
                read_timeout=READ_SEC,
                retry_timeout=RETRY_SEC,
                retry_over_query_limit=False,
                **options,
            )
        return _clients[key]


def _call(operation: str, ask: Callable[[Any], Any]) -> Any:
    try:
        return ask(_client())
    except ApiError as exc:
        if exc.status in _LATER:
            raise ProviderDown("Maps", operation) from exc
        raise ProviderRefused("Maps", operation, 200, str(exc.status)) from exc
    except HTTPError as exc:
        raise ProviderDown("Maps", operation, exc.status_code) from exc
    except (Timeout, TransportError, requests.RequestException, KeyError, IndexError, ValueError, TypeError) as exc:
        raise ProviderDown("Maps", operation) from exc
