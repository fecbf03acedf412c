"""What changes addresses and areas, and the one answer to "do you deliver here"."""

import hashlib
from typing import Any, Literal, NamedTuple
from uuid import UUID, uuid4

from plazza import clock, logs
from plazza.data import cache
from plazza.data.sql import POSTGRES, Tx, read, run_transaction
from plazza.errors import Conflict, Unavailable
from plazza.location import rules, store
from plazza.location.models import (
    AddAddress,
    AddressView,
    AreaView,
    ChangeAddress,
    ChangeArea,
    CheckServiceability,
    LocatedBy,
    Place,
    PutArea,
    ServiceabilityView,
)
from plazza.location.rules import Area
from plazza.providers import maps
from plazza.providers.errors import ProviderDown, ProviderRefused

RIDE_TTL_SEC = 600
POINT_TTL_SEC = 29 * 86_400
"""Source: Google Maps Platform terms: coordinates may be kept for up to 30 days."""
MAPS_AWAY_SEC = 30
_MAPS_AWAY = "maps:away"
_PLACE_FIELDS = {"line1", "area", "city", "state", "pincode"}
"""Fields that say where an address is; a floor or a landmark that is added moves no pin."""
_WHERE = _PLACE_FIELDS | {"latitude", "longitude"}
_NOT_IN_ORDERS = {"is_default", "located_by", "pin_distance_m", "pin_is_far", "areas"}


class _Spot(NamedTuple):
    latitude: float
    longitude: float
    located_by: LocatedBy
    pin_distance_m: int | None = None
    pin_is_far: bool = False


class _Asked(NamedTuple):
    pincode: str | None
    point: tuple[float, float] | None
    areas: list[Area]
    """The one that a point lies in, or all of a pincode."""


class Minutes(NamedTuple):
    """Promised minutes, and whether the map or the area's own figure gave them."""

    minutes: int
    estimate: Literal["maps", "area"]


def add_address(uid: str, body: AddAddress) -> AddressView:
    """Add an address. Raises Conflict when the person has as many as anybody may."""
    spot = _locate(body.model_dump())
    address = AddressView.model_validate(body.model_dump() | spot._asdict() | {"id": uuid4()})

    def work(tx: Tx) -> AddressView:
        count = store.count_addresses(tx, uid)
        if count >= rules.MAX_ADDRESSES:
            raise Conflict(f"There are {rules.MAX_ADDRESSES} addresses already; delete one first.")
        kept = address.model_copy(update={"is_default": address.is_default or count == 0})
        if kept.is_default:
            store.clear_default(tx, uid)
        store.insert_address(tx, uid, kept, clock.now())
        return kept

    return run_transaction(work, on=POSTGRES)


def change_address(uid: str, address_id: UUID, body: ChangeAddress) -> AddressView:
    """Change what is given of an address. Raises NotFound, Conflict when it moved while the new text was looked up."""
    given = body.model_dump(exclude_unset=True)
    seen = read(lambda tx: store.get_address(tx, address_id, uid), on=POSTGRES)
    spot: dict[str, Any] = {}
    if given.keys() & _PLACE_FIELDS or "latitude" in given:
        pin = {name: given.get(name) for name in ("latitude", "longitude")}
        spot = _locate(seen.model_dump() | given | pin)._asdict()

    def work(tx: Tx) -> AddressView:
        old = store.get_address(tx, address_id, uid)
        if spot and old.model_dump(include=_WHERE) != seen.model_dump(include=_WHERE):
            raise Conflict("The address was changed meanwhile; read it again.")
        new = AddressView.model_validate(old.model_dump() | given | spot)
        if new.is_default and not old.is_default:
            store.clear_default(tx, uid)
        store.set_address(tx, uid, new, clock.now())
        return new

    return run_transaction(work, on=POSTGRES)


def delete_address(uid: str, address_id: UUID) -> None:
    """Delete an address. Raises NotFound."""
    run_transaction(lambda tx: store.delete_address(tx, address_id, uid, clock.now()), on=POSTGRES)


def locate(uid: str, address_id: UUID) -> Place:
    """Give the store and the terms for one of a person's addresses.

    Raises NotFound, Unavailable, and Conflict with `reason` NOT_SERVICEABLE or CLOSED (and `next_opening`).
    """
    address = read(lambda tx: store.get_served_address(tx, address_id, uid), on=POSTGRES)
    point = (address.latitude, address.longitude)
    area = rules.area_at(address.areas, point, rules.FARTHEST_IN_PINCODE_M)
    if area is None:
        raise Conflict("We do not deliver to this address yet.", reason="NOT_SERVICEABLE", pincode=address.pincode)
    opening = rules.next_opening(area, clock.now())
    if opening is not None:
        raise Conflict("The store is closed now.", reason="CLOSED", next_opening=f"{opening:%Y-%m-%dT%H:%M:%SZ}")
    return Place(
        address_id=address.id,
        address=address.model_dump(mode="json", exclude=_NOT_IN_ORDERS),
        state_code=area.state_code,
        latitude=address.latitude,
        longitude=address.longitude,
        store_id=area.store_id,
        charge_paise=area.charge_paise,
        minimum_order_paise=area.minimum_order_paise,
        promised_minutes=minutes_to(area, point).minutes,
    )


def check_serviceability(uid: str, body: CheckServiceability) -> ServiceabilityView:
    """Tell whether Plazza delivers to a place now, on what terms, and if not why and from when. Raises NotFound."""
    asked, at = _asked(uid, body), clock.now()
    open_stores = _open_stores(asked.areas)
    area = rules.area_of_pincode(asked.areas, at, open_stores)
    if area is None:
        return _not_served(asked.pincode)
    promise = minutes_to(area, asked.point or (area.latitude, area.longitude))
    is_shut = open_stores is not None and area.store_id not in open_stores
    opening = None if is_shut else rules.next_opening(area, at)
    reason = "STORE_CLOSED" if is_shut else "CLOSED" if opening else None
    return ServiceabilityView(
        serviceable=reason is None,
        reason=reason,
        message="We deliver here." if reason is None else "The store is closed now.",
        next_opening=opening,
        store_id=area.store_id,
        pincode=area.pincode,
        area=area.area,
        charge_paise=area.charge_paise,
        minimum_order_paise=area.minimum_order_paise,
        promised_minutes=promise.minutes,
        estimate=promise.estimate,
        licence_district=area.licence_district,
        matched_by="polygon" if asked.point and area.polygon else "pincode" if asked.pincode else "centre",
        degraded=open_stores is None,
    )


def _not_served(pincode: str | None) -> ServiceabilityView:
    said = {"reason": "NOT_SERVICEABLE", "message": "We do not deliver here yet.", "pincode": pincode}
    nothing = dict.fromkeys(ServiceabilityView.model_fields) | {"serviceable": False, "degraded": False}
    return ServiceabilityView.model_validate(nothing | said)


def _open_stores(areas: list[Area]) -> set[UUID] | None:
    """Give those of the areas' stores that are open, or None while CockroachDB, which knows it, is away."""
    ids = {area.store_id for area in areas}
    try:
        return read(lambda tx: store.list_open_stores(tx, ids)) if ids else set()
    except Unavailable:
        return None


def _asked(uid: str, body: CheckServiceability) -> _Asked:
    """Find what is asked about, and the areas that may answer for it."""
    if body.address_id is not None:
        wanted = body.address_id
        address = read(lambda tx: store.get_served_address(tx, wanted, uid), on=POSTGRES)
        point = (address.latitude, address.longitude)
        area = rules.area_at(address.areas, point, rules.FARTHEST_IN_PINCODE_M)
        return _Asked(address.pincode, point, [area] if area else [])
    pincode = body.pincode
    if body.latitude is not None and body.longitude is not None:
        point = (body.latitude, body.longitude)
        area = _area_at(point, pincode)
        return _Asked(pincode, point, [area] if area else [])
    return _Asked(pincode, None, read(lambda tx: store.list_areas_of_pincode(tx, pincode or ""), on=POSTGRES))


def minimum_at(point: tuple[float, float], pincode: str) -> int:
    """Give for how many paise must be ordered to a point of a pincode now; 0 where nobody delivers. Raises Unavailable."""
    area = _area_at(point, pincode)
    return area.minimum_order_paise if area else 0


def _area_at(point: tuple[float, float], pincode: str | None) -> Area | None:
    areas = read(lambda tx: store.list_areas_at(tx, *point, pincode, 0.05), on=POSTGRES)
    return rules.area_at(areas, point, rules.FARTHEST_AREA_M if pincode is None else rules.FARTHEST_IN_PINCODE_M)


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


def _locate(address: dict[str, Any]) -> _Spot:
    """Find an address: its pin counts most, then what Maps finds for the text, then the middle of its pincode."""
    found = _geocode(address)
    if address["latitude"] is not None:
        pin = (float(address["latitude"]), float(address["longitude"]))
        if found is None:
            return _Spot(*pin, "pin")
        apart = rules.distance_m(pin, (found.latitude, found.longitude))
        return _Spot(*pin, "pin", apart, rules.is_pin_far(apart, is_exact=found.is_exact))
    if found is not None:
        return _Spot(found.latitude, found.longitude, "geocoded")
    areas = read(lambda tx: store.list_areas_of_pincode(tx, address["pincode"]), on=POSTGRES)
    middle = rules.area_of_pincode(areas, clock.now())
    if middle is None:
        raise Conflict("This address cannot be found; set the pin on the map.", reason="PIN_NEEDED")
    return _Spot(middle.latitude, middle.longitude, "pincode")


def _geocode(address: dict[str, Any]) -> maps.Point | None:
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


def add_area(by: str, body: PutArea) -> AreaView:
    """Add an area to those that are served. Raises Invalid for its polygon, Conflict for one that is there."""
    _check_polygon(body)

    def work(tx: Tx) -> AreaView:
        area_id = uuid4()
        store.insert_area(tx, area_id, body, by, clock.now())
        return _keep_change(tx, area_id, by)

    return run_transaction(work, on=POSTGRES)


def change_area(by: str, area_id: UUID, body: ChangeArea) -> AreaView:
    """Change an area, and keep what it became.

    Raises Invalid for its polygon, NotFound, Conflict when somebody else changed it meanwhile or its new name is taken.
    """
    _check_polygon(body)

    def work(tx: Tx) -> AreaView:
        store.get_area(tx, area_id)
        store.set_area(tx, area_id, body, body.version, by, clock.now())
        return _keep_change(tx, area_id, by)

    return run_transaction(work, on=POSTGRES)


def end_area(by: str, area_id: UUID) -> None:
    """End deliveries to an area, and keep that they ended. Raises NotFound; one that has ended stays as it is."""

    def work(tx: Tx) -> None:
        store.get_area(tx, area_id)
        if store.end_area(tx, area_id, by, clock.now()):
            _keep_change(tx, area_id, by)

    run_transaction(work, on=POSTGRES)


def _check_polygon(body: PutArea) -> None:
    if body.polygon is not None:
        rules.check_polygon(body.polygon, (body.latitude, body.longitude))


def _keep_change(tx: Tx, area_id: UUID, by: str) -> AreaView:
    area = store.get_area(tx, area_id)
    store.insert_change(tx, area_id, area.version, area.model_dump(mode="json"), by, clock.now())
    return area
