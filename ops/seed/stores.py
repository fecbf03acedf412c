"""The sample stores of Bengaluru, the areas they serve, and the stock on their shelves."""

import csv
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from math import asin, cos, radians, sqrt
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from ops.seed.products import SeedProduct, seed_id

_AREAS = Path(__file__).with_name("areas.csv")
_STATE_CODE = "29"
_DISTRICT = "Bengaluru Urban"
_POLYGONS = {
    ("560038", "Indiranagar"): [
        (77.6352, 12.9668), (77.6478, 12.9655), (77.6492, 12.9772), (77.6420, 12.9790), (77.6346, 12.9770), (77.6352, 12.9668),
    ],
}  # fmt: skip
"""Areas that are an outline; the others are the whole of their pincode."""
_EARTH_M = 6_371_000


class SeedStore(NamedTuple):
    """One sample store."""

    id: UUID
    code: str
    name: str
    address: str
    pincode: str
    latitude: float
    longitude: float
    gstin: str
    drug_licence: str
    pharmacist_name: str
    pharmacist_registration: str
    phone: str


class SeedArea(NamedTuple):
    """One area that a store serves."""

    id: UUID
    pincode: str
    area: str
    city: str
    state: str
    state_code: str
    latitude: float
    longitude: float
    store_id: UUID
    store_latitude: float
    store_longitude: float
    charge_paise: int
    minimum_order_paise: int
    promised_minutes: int
    opens_at: str
    closes_at: str
    licence_district: str
    polygon: list[tuple[float, float]] | None


class SeedBatch(NamedTuple):
    """One batch on a store's shelf."""

    id: UUID
    movement_id: UUID
    store_id: UUID
    product_id: UUID
    batch_no: str
    expires_on: date
    mrp_paise: int
    on_hand: int


def check_character(stem: str) -> str:
    """Give the last character of a GSTIN by its first fourteen: base 36, weights 1 and 2 in turn (GSTN's own rule)."""
    letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    weighted = [letters.index(char) * (1 + index % 2) for index, char in enumerate(stem)]
    return letters[-sum(one // 36 + one % 36 for one in weighted) % 36]


def _gstin(pan: str) -> str:
    stem = f"{_STATE_CODE}{pan}1Z"
    return stem + check_character(stem)


STORES = (
    SeedStore(
        seed_id("store", "BLR-IND"), "BLR-IND", "Plazza Indiranagar", "14, 12th Main Road, Indiranagar", "560038", 12.9719, 77.6412,
        _gstin("AAZCP1111K"), "KA-B1-20B-100111 / 21B-100112", "Meera Hegde", "KSPC-41007", "+918040000101",
    ),
    SeedStore(
        seed_id("store", "BLR-JAY"), "BLR-JAY", "Plazza Jayanagar", "27, 11th Main Road, Jayanagar 4th Block", "560011", 12.9250, 77.5938,
        _gstin("AAZCP1111K"), "KA-B2-20B-200211 / 21B-200212", "Arjun Bhat", "KSPC-41008", "+918040000102",
    ),
    SeedStore(
        seed_id("store", "BLR-MAL"), "BLR-MAL", "Plazza Malleshwaram", "9, Sampige Road, Malleshwaram", "560003", 13.0031, 77.5643,
        _gstin("AAZCP1111K"), "KA-B3-20B-300311 / 21B-300312", "Lakshmi Rao", "KSPC-41009", "+918040000103",
    ),
)  # fmt: skip


def areas() -> Iterator[SeedArea]:
    """Give the served areas: the farther from the store, the later, dearer and larger an order."""
    stores = {store.code: store for store in STORES}
    with _AREAS.open(newline="") as file:
        for row in csv.DictReader(file):
            store = stores[row["store"]]
            latitude, longitude = float(row["latitude"]), float(row["longitude"])
            metres = _distance_m(latitude, longitude, store.latitude, store.longitude)
            charge, minimum = _terms(metres)
            ident = seed_id("area", row["pincode"], row["area"])
            # One area in sixteen keeps day hours, so that "closed" can be seen; the others serve round the clock.
            by_day = zlib.crc32(ident.bytes) % 16 == 0 and metres > 4000
            yield SeedArea(
                id=ident,
                pincode=row["pincode"],
                area=row["area"],
                city=row["city"],
                state=row["state"],
                state_code=_STATE_CODE,
                latitude=latitude,
                longitude=longitude,
                store_id=store.id,
                store_latitude=store.latitude,
                store_longitude=store.longitude,
                charge_paise=charge,
                minimum_order_paise=minimum,
                promised_minutes=min(120, 12 + metres // 250),
                opens_at="08:00" if by_day else "00:00",
                closes_at="22:00" if by_day else "23:59:59",
                licence_district=_DISTRICT,
                polygon=_POLYGONS.get((row["pincode"], row["area"])),
            )


def batches(products: Sequence[SeedProduct], today: date) -> Iterator[SeedBatch]:
    """Give the stock: two to four batches of a product in a store; some expire soon, some have, some are empty."""
    for store in STORES:
        for product in products:
            chance = zlib.crc32(f"{store.code} {product.sku}".encode())
            days = [240 + chance % 400, 60 + chance % 90]
            if chance % 7 == 0:
                days.append(12)  # expires soon: the first to be sold
            if chance % 11 == 0:
                days.append(-20)  # expired: never sold
            for index, expires_in in enumerate(days):
                batch_no = f"{product.sku[-4:]}{store.code[-3:]}{index + 1}"
                ident = seed_id("batch", store.code, product.sku, batch_no)
                on_hand = 20 + chance % 60 if index == 0 else 5 + chance % 12
                movement = seed_id("movement", str(ident))
                expires_on = today + timedelta(days=expires_in)
                yield SeedBatch(ident, movement, store.id, product.id, batch_no, expires_on, product.mrp_paise, on_hand)


def _terms(metres: int) -> tuple[int, int]:
    if metres <= 3000:
        return 1900, 9900
    return (2900, 14900) if metres <= 7000 else (4900, 24900)


def _distance_m(lat1: float, lon1: float, lat2: float, lon2: float) -> int:
    a, b = radians(lat2 - lat1) / 2, radians(lon2 - lon1) / 2
    h = (1 - cos(2 * a)) / 2 + cos(radians(lat1)) * cos(radians(lat2)) * (1 - cos(2 * b)) / 2
    return int(2 * _EARTH_M * asin(sqrt(h)))
