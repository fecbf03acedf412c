"""Whether Plazza delivers to a place now, from which store and on what terms."""

from typing import NamedTuple
from uuid import UUID

from plazza import clock
from plazza.data.sql import POSTGRES, read
from plazza.errors import Conflict, Unavailable
from plazza.location import rules, store
from plazza.location.actions import on_map
from plazza.location.models import CheckServiceability, Place, ServiceabilityView
from plazza.location.rules import Area

_NOT_IN_ORDERS = {"is_default", "located_by", "pin_distance_m", "pin_is_far", "areas"}


class _Asked(NamedTuple):
    pincode: str | None
    point: tuple[float, float] | None
    areas: list[Area]
    """The one that a point lies in, or all of a pincode."""


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
        promised_minutes=on_map.minutes_to(area, point).minutes,
    )


def check_serviceability(uid: str, body: CheckServiceability) -> ServiceabilityView:
    """Tell whether Plazza delivers to a place now, on what terms, and if not why and from when. Raises NotFound."""
    asked, at = _asked(uid, body), clock.now()
    open_stores = _open_stores(asked.areas)
    area = rules.area_of_pincode(asked.areas, at, open_stores)
    if area is None:
        return _not_served(asked.pincode)
    promise = on_map.minutes_to(area, asked.point or (area.latitude, area.longitude))
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
