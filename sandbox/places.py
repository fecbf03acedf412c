"""The places Maps knows: the areas of a CSV file, and the head post offices of other Indian cities."""

from __future__ import annotations

import csv
import hashlib
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

EARTH_M = 6_371_000
NEAR_M = 4_000  # a point belongs to the nearest area within this
NEAR_CITY_M = 30_000


class Place(NamedTuple):
    """An area with its pincode and centre; a head post office has no area of its own."""

    pincode: str
    area: str
    city: str
    state: str
    latitude: float
    longitude: float


class Found(NamedTuple):
    """What an address was taken to be: `exact` when it named a house, `partial` when a part of it was not understood."""

    place: Place
    latitude: float
    longitude: float
    exact: bool
    partial: bool


STATES = {
    "Karnataka": "KA", "Delhi": "DL", "Maharashtra": "MH", "Tamil Nadu": "TN", "West Bengal": "WB", "Telangana": "TG", "Gujarat": "GJ",
    "Rajasthan": "RJ", "Uttar Pradesh": "UP", "Kerala": "KL", "Punjab": "PB", "Haryana": "HR", "Madhya Pradesh": "MP", "Bihar": "BR",
    "Odisha": "OD", "Assam": "AS", "Goa": "GA", "Andhra Pradesh": "AP", "Jharkhand": "JH", "Uttarakhand": "UK", "Chandigarh": "CH",
    "Chhattisgarh": "CG", "Jammu and Kashmir": "JK", "Himachal Pradesh": "HP", "Puducherry": "PY", "Meghalaya": "ML", "Manipur": "MN",
}  # fmt: skip
HEADS = """
110001 New Delhi|Delhi|28.6267|77.2066
400001 Mumbai|Maharashtra|18.9387|72.8353
411001 Pune|Maharashtra|18.5204|73.8740
440001 Nagpur|Maharashtra|21.1525|79.0785
422001 Nashik|Maharashtra|19.9975|73.7898
600001 Chennai|Tamil Nadu|13.0878|80.2785
641001 Coimbatore|Tamil Nadu|11.0018|76.9629
625001 Madurai|Tamil Nadu|9.9195|78.1193
700001 Kolkata|West Bengal|22.5697|88.3468
500001 Hyderabad|Telangana|17.3850|78.4867
506002 Warangal|Telangana|17.9689|79.5941
380001 Ahmedabad|Gujarat|23.0225|72.5890
395003 Surat|Gujarat|21.1959|72.8302
390001 Vadodara|Gujarat|22.3008|73.2043
360001 Rajkot|Gujarat|22.2969|70.7984
302001 Jaipur|Rajasthan|26.9196|75.7878
342001 Jodhpur|Rajasthan|26.2967|73.0351
313001 Udaipur|Rajasthan|24.5800|73.6900
226001 Lucknow|Uttar Pradesh|26.8393|80.9231
208001 Kanpur|Uttar Pradesh|26.4670|80.3500
221001 Varanasi|Uttar Pradesh|25.3176|83.0062
282001 Agra|Uttar Pradesh|27.1767|78.0081
201301 Noida|Uttar Pradesh|28.5800|77.3200
682001 Kochi|Kerala|9.9658|76.2421
695001 Thiruvananthapuram|Kerala|8.4875|76.9525
673001 Kozhikode|Kerala|11.2500|75.7800
141001 Ludhiana|Punjab|30.9120|75.8538
143001 Amritsar|Punjab|31.6340|74.8723
122001 Gurugram|Haryana|28.4600|77.0300
121001 Faridabad|Haryana|28.4089|77.3178
452001 Indore|Madhya Pradesh|22.7180|75.8600
462001 Bhopal|Madhya Pradesh|23.2650|77.4100
800001 Patna|Bihar|25.6100|85.1400
751001 Bhubaneswar|Odisha|20.2700|85.8400
781001 Guwahati|Assam|26.1860|91.7450
403001 Panaji|Goa|15.4980|73.8278
530001 Visakhapatnam|Andhra Pradesh|17.6950|83.2950
520001 Vijayawada|Andhra Pradesh|16.5170|80.6170
834001 Ranchi|Jharkhand|23.3700|85.3250
248001 Dehradun|Uttarakhand|30.3200|78.0400
160017 Chandigarh|Chandigarh|30.7400|76.7800
492001 Raipur|Chhattisgarh|21.2400|81.6300
190001 Srinagar City|Jammu and Kashmir|34.0740|74.8100
171001 Shimla|Himachal Pradesh|31.1040|77.1700
605001 Puducherry|Puducherry|11.9330|79.8330
793001 Shillong|Meghalaya|25.5740|91.8830
570001 Mysuru|Karnataka|12.3080|76.6530
575001 Mangaluru|Karnataka|12.8650|74.8430
580020 Hubballi|Karnataka|15.3500|75.1380
560300 Devanahalli|Karnataka|13.1990|77.7060
"""
ALIASES = {
    "bangalore": "bengaluru",
    "mysore": "mysuru",
    "bombay": "mumbai",
    "madras": "chennai",
    "calcutta": "kolkata",
    "gurgaon": "gurugram",
}
_HOUSE = re.compile(r"^\s*(?:(?:no|flat|house|h\.?\s*no|plot|door|#)[\s.:#-]*)?\d+[a-z]?\b(?!\d)", re.I)
_PINCODE = re.compile(r"(?<!\d)([1-9]\d{2})\s?(\d{3})(?!\d)")


class Places:
    """What can be geocoded."""

    def __init__(self, path: Path) -> None:
        """Read the areas; without the file only the other cities are known."""
        self.areas = _read(path) if path.exists() else []
        self.heads = [_head(line) for line in HEADS.strip().splitlines()]
        self._by_pincode: dict[str, list[Place]] = {}
        for place in [*self.areas, *self.heads]:
            self._by_pincode.setdefault(place.pincode, []).append(place)
        # Longer names first: `Koramangala 1st Block` is meant before `Koramangala`.
        self._by_name = sorted(((_plain(place.area), place) for place in self.areas), key=lambda one: -len(one[0]))

    def find(self, address: str, pincode: str = "") -> Found | None:
        """Find an address, a pincode or both; None when neither is known."""
        within = _PINCODE.search(address)
        said = pincode or (within[1] + within[2] if within else "")
        text = _plain(_PINCODE.sub(" ", address))
        if said:
            known = self._by_pincode.get(said)
            return self._within(known, address, text) if known else None
        for name, place in self._by_name:
            if _names(text, name):
                return _found(place, address, exact=_HOUSE.match(address) is not None, partial=False)
        city = next((place for place in [*self.heads, *self.areas] if _names(text, _plain(place.city))), None)
        if city is None:
            return None
        # Only the city was understood; a city alone is a whole answer.
        return Found(city, city.latitude, city.longitude, exact=False, partial=text.strip() != _plain(city.city))

    def nearest(self, latitude: float, longitude: float) -> Place | None:
        """Give the area a point lies in, else the city it is near to."""
        for places, most in ((self.areas, NEAR_M), (self.heads, NEAR_CITY_M)):
            best = min(places, key=lambda one: metres(latitude, longitude, one.latitude, one.longitude), default=None)
            if best and metres(latitude, longitude, best.latitude, best.longitude) <= most:
                return best
        return None

    def _within(self, known: Sequence[Place], address: str, text: str) -> Found:
        """Find the place of a pincode that the address names; its first one where it names none."""
        named = [place for place in known if place.area and _names(text, _plain(place.area))]
        best = max(named, key=lambda place: len(place.area), default=known[0])
        words = set(text.split()) - set(_plain(f"{best.area} {best.city} {best.state}").split()) - {"india", ""}
        if not words:
            return Found(best, best.latitude, best.longitude, exact=False, partial=False)
        return _found(best, address, exact=_HOUSE.match(address) is not None, partial=not named and best.area != "")


def metres(lat1: float, lng1: float, lat2: float, lng2: float) -> float:
    """Give the great-circle distance of two points."""
    p1, p2 = math.radians(lat1), math.radians(lat2)
    half = math.sin((p2 - p1) / 2) ** 2 + math.cos(p1) * math.cos(p2) * math.sin(math.radians(lng2 - lng1) / 2) ** 2
    return 2 * EARTH_M * math.asin(min(1.0, math.sqrt(half)))


def share(*parts: object) -> float:
    """Give a number of [0, 1) that follows from the parts alone."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64


def _found(place: Place, address: str, *, exact: bool, partial: bool) -> Found:
    """Put an address somewhere within 250 m of its area's centre, always at the same spot."""
    north, east = share("north", _plain(address)) - 0.5, share("east", _plain(address)) - 0.5
    return Found(place, place.latitude + north * 0.0045, place.longitude + east * 0.0045, exact=exact, partial=partial)


def _plain(text: str) -> str:
    words = re.sub(r"[^a-z0-9]+", " ", text.lower()).split()
    return " ".join(ALIASES.get(word, word) for word in words)


def _names(text: str, name: str) -> bool:
    return bool(name) and f" {name} " in f" {text} "


def _read(path: Path) -> list[Place]:
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Place(
                row["pincode"], row["area"], row["city"], row["state"], float(row["latitude"]), float(row["longitude"])
            )
            for row in csv.DictReader(file)
        ]


def _head(line: str) -> Place:
    pincode, _, rest = line.partition(" ")
    city, state, latitude, longitude = rest.split("|")
    return Place(pincode, "", city, state, float(latitude), float(longitude))
