"""SQL of addresses and of the areas that stores serve."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from plazza.data.sql import Tx
from plazza.errors import Conflict, NotFound
from plazza.location.models import AddressView, AreaChange, AreaSummary, AreaView, PutArea
from plazza.location.rules import Area, Box, box_around


class ServedAddress(AddressView):
    """An address with the areas that it may lie in."""

    areas: list[Area]


def list_addresses(tx: Tx, uid: str) -> list[AddressView]:
    """Give a person's addresses, the default first."""
    query = """
        SELECT id, label, recipient, phone, line1, line2, landmark, area, city, state, pincode, latitude, longitude, located_by,
               pin_distance_m, pin_is_far, is_default
          FROM addresses WHERE uid = %s AND deleted_at IS NULL ORDER BY is_default DESC, created_at DESC, id LIMIT 100"""
    return tx.rows(AddressView, query, (uid,))


def get_address(tx: Tx, address_id: UUID, uid: str) -> AddressView:
    """Give one of a person's addresses. Raises NotFound."""
    query = """
        SELECT id, label, recipient, phone, line1, line2, landmark, area, city, state, pincode, latitude, longitude, located_by,
               pin_distance_m, pin_is_far, is_default
          FROM addresses WHERE id = %s AND uid = %s AND deleted_at IS NULL"""
    address = tx.row(AddressView, query, (address_id, uid))
    if address is None:
        raise NotFound("No such address.")
    return address


def count_addresses(tx: Tx, uid: str) -> int:
    """Count a person's addresses; at SERIALIZABLE two additions at once cannot both see the last free place."""
    return tx.value("SELECT count(*)::INT8 FROM addresses WHERE uid = %s AND deleted_at IS NULL", (uid,))


def clear_default(tx: Tx, uid: str) -> None:
    """Take the mark of the default from whichever address has it."""
    tx.execute("UPDATE addresses SET is_default = false WHERE uid = %s AND is_default AND deleted_at IS NULL", (uid,))


def insert_address(tx: Tx, uid: str, address: AddressView, at: datetime) -> None:
    """Insert an address."""
    query = """
        INSERT INTO addresses (id, uid, label, recipient, phone, line1, line2, landmark, area, city, state, pincode, latitude, longitude,
                               located_by, pin_distance_m, pin_is_far, is_default, created_at, updated_at)
        VALUES (%(id)s, %(uid)s, %(label)s, %(recipient)s, %(phone)s, %(line1)s, %(line2)s, %(landmark)s, %(area)s, %(city)s, %(state)s,
                %(pincode)s, %(latitude)s, %(longitude)s, %(located_by)s, %(pin_distance_m)s, %(pin_is_far)s, %(is_default)s, %(at)s, %(at)s)"""
    tx.execute(query, address.model_dump() | {"uid": uid, "at": at})


def set_address(tx: Tx, uid: str, address: AddressView, at: datetime) -> None:
    """Write an address anew. Raises NotFound."""
    query = """
        UPDATE addresses SET label = %(label)s, recipient = %(recipient)s, phone = %(phone)s, line1 = %(line1)s, line2 = %(line2)s,
               landmark = %(landmark)s, area = %(area)s, city = %(city)s, state = %(state)s, pincode = %(pincode)s,
               latitude = %(latitude)s, longitude = %(longitude)s, located_by = %(located_by)s, pin_distance_m = %(pin_distance_m)s,
               pin_is_far = %(pin_is_far)s, is_default = %(is_default)s, updated_at = %(at)s
         WHERE id = %(id)s AND uid = %(uid)s AND deleted_at IS NULL"""
    if tx.execute(query, address.model_dump() | {"uid": uid, "at": at}) == 0:
        raise NotFound("No such address.")


def delete_address(tx: Tx, address_id: UUID, uid: str, at: datetime) -> None:
    """Mark an address as deleted; orders keep their own copy of it. Raises NotFound."""
    query = "UPDATE addresses SET deleted_at = %s, is_default = false WHERE id = %s AND uid = %s AND deleted_at IS NULL"
    if tx.execute(query, (at, address_id, uid)) == 0:
        raise NotFound("No such address.")


def get_served_address(tx: Tx, address_id: UUID, uid: str) -> ServedAddress:
    """Give one of a person's addresses with the areas it may lie in, in one round trip. Raises NotFound."""
    # The point is a box as well: the index knows boxes that hold boxes, not boxes that hold points.
    query = """
        SELECT a.id, label, recipient, phone, line1, line2, landmark, a.area, city, state, a.pincode, a.latitude, a.longitude, located_by,
               pin_distance_m, pin_is_far, is_default, coalesce(jsonb_agg(to_jsonb(s)) FILTER (WHERE s.id IS NOT NULL), '[]') AS areas
          FROM addresses AS a LEFT JOIN LATERAL (
                 SELECT id, pincode, area, state_code, latitude, longitude, store_id, store_latitude, store_longitude, charge_paise,
                        minimum_order_paise, promised_minutes, opens_at, closes_at, licence_district, polygon
                   FROM serviceable_areas
                  WHERE active AND polygon IS NOT NULL
                    AND box(point(west, south), point(east, north)) @> box(point(a.longitude, a.latitude), point(a.longitude, a.latitude))
                  UNION ALL
                 SELECT id, pincode, area, state_code, latitude, longitude, store_id, store_latitude, store_longitude, charge_paise,
                        minimum_order_paise, promised_minutes, opens_at, closes_at, licence_district, polygon
                   FROM serviceable_areas WHERE active AND polygon IS NULL AND pincode = a.pincode
               ) AS s ON true
         WHERE a.id = %s AND uid = %s AND deleted_at IS NULL GROUP BY a.id"""
    address = tx.row(ServedAddress, query, (address_id, uid))
    if address is None:
        raise NotFound("No such address.")
    return address


def list_areas_of_pincode(tx: Tx, pincode: str) -> list[Area]:
    """Give the areas of a pincode, with a polygon or without."""
    query = """
        SELECT id, pincode, area, state_code, latitude, longitude, store_id, store_latitude, store_longitude, charge_paise,
               minimum_order_paise, promised_minutes, opens_at, closes_at, licence_district, polygon
          FROM serviceable_areas WHERE pincode = %s AND active"""
    return tx.rows(Area, query, (pincode,))


def list_areas_at(tx: Tx, latitude: float, longitude: float, pincode: str | None, degrees: float) -> list[Area]:
    """Give the areas that a point may lie in: by their polygons' boxes, by its pincode, or without one by their centres around it."""
    query = """
        SELECT id, pincode, area, state_code, latitude, longitude, store_id, store_latitude, store_longitude, charge_paise,
               minimum_order_paise, promised_minutes, opens_at, closes_at, licence_district, polygon
          FROM serviceable_areas
         WHERE active AND polygon IS NOT NULL
           AND box(point(west, south), point(east, north)) @> box(point(%(lng)s, %(lat)s), point(%(lng)s, %(lat)s))
         UNION ALL
        SELECT id, pincode, area, state_code, latitude, longitude, store_id, store_latitude, store_longitude, charge_paise,
               minimum_order_paise, promised_minutes, opens_at, closes_at, licence_district, polygon
          FROM serviceable_areas WHERE active AND polygon IS NULL AND pincode = %(pincode)s
         UNION ALL
        SELECT id, pincode, area, state_code, latitude, longitude, store_id, store_latitude, store_longitude, charge_paise,
               minimum_order_paise, promised_minutes, opens_at, closes_at, licence_district, polygon
          FROM serviceable_areas
         WHERE active AND polygon IS NULL AND %(pincode)s::TEXT IS NULL
           AND latitude BETWEEN %(lat)s::FLOAT8 - %(by)s AND %(lat)s::FLOAT8 + %(by)s
           AND longitude BETWEEN %(lng)s::FLOAT8 - %(by)s AND %(lng)s::FLOAT8 + %(by)s"""
    return tx.rows(Area, query, {"lat": latitude, "lng": longitude, "pincode": pincode, "by": degrees})


def list_open_stores(tx: Tx, ids: Collection[UUID]) -> set[UUID]:
    """Give those of the stores that are open, from CockroachDB."""
    return set(tx.values("SELECT id FROM open_stores WHERE id = ANY(%s)", (list(ids),)))


def search_areas(tx: Tx, text: str, limit: int) -> list[AreaSummary]:
    """Find areas by the beginning of a pincode or a name that may be misspelt."""
    query = """
        SELECT pincode, area, city, promised_minutes FROM serviceable_areas
         WHERE active AND (pincode LIKE %(prefix)s OR lower(area) LIKE %(part)s OR lower(area) %% %(text)s)
         ORDER BY pincode LIKE %(prefix)s DESC, lower(area) LIKE %(prefix)s DESC, similarity(lower(area), %(text)s) DESC, area, pincode
         LIMIT %(limit)s"""
    plain = text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return tx.rows(
        AreaSummary, query, {"prefix": f"{plain}%", "part": f"%{plain}%", "text": text.lower(), "limit": limit}
    )


def list_areas(tx: Tx, *, pincode: str | None, after: tuple[str, str] | None, limit: int) -> list[AreaView]:
    """Give areas by pincode and name."""
    query = """
        SELECT id, pincode, area, city, state, state_code, latitude, longitude, store_id, store_latitude, store_longitude, charge_paise,
               minimum_order_paise, promised_minutes, opens_at, closes_at, active, licence_district, polygon, version, updated_by,
               updated_at
          FROM serviceable_areas
         WHERE (%(pincode)s::TEXT IS NULL OR pincode = %(pincode)s)
           AND (%(after_pincode)s::TEXT IS NULL OR (pincode, area) > (%(after_pincode)s, %(after_area)s))
         ORDER BY pincode, area LIMIT %(limit)s"""
    last = after or (None, None)
    return tx.rows(
        AreaView, query, {"pincode": pincode, "after_pincode": last[0], "after_area": last[1], "limit": limit}
    )


def get_area(tx: Tx, area_id: UUID) -> AreaView:
    """Give an area. Raises NotFound."""
    query = """
        SELECT id, pincode, area, city, state, state_code, latitude, longitude, store_id, store_latitude, store_longitude, charge_paise,
               minimum_order_paise, promised_minutes, opens_at, closes_at, active, licence_district, polygon, version, updated_by,
               updated_at
          FROM serviceable_areas WHERE id = %s"""
    area = tx.row(AreaView, query, (area_id,))
    if area is None:
        raise NotFound("No such area.")
    return area


def insert_area(tx: Tx, area_id: UUID, area: PutArea, by: str, at: datetime) -> None:
    """Insert an area. Raises Conflict when the pincode has one of that name."""
    query = """
        INSERT INTO serviceable_areas (id, pincode, area, city, state, state_code, latitude, longitude, store_id, store_latitude,
                                       store_longitude, charge_paise, minimum_order_paise, promised_minutes, opens_at, closes_at, active,
                                       licence_district, polygon, south, west, north, east, updated_by, updated_at)
        VALUES (%(id)s, %(pincode)s, %(area)s, %(city)s, %(state)s, %(state_code)s, %(latitude)s, %(longitude)s, %(store_id)s,
                %(store_latitude)s, %(store_longitude)s, %(charge_paise)s, %(minimum_order_paise)s, %(promised_minutes)s, %(opens_at)s,
                %(closes_at)s, %(active)s, %(licence_district)s, %(polygon)s, %(south)s, %(west)s, %(north)s, %(east)s, %(by)s, %(at)s)
        ON CONFLICT (pincode, area) DO NOTHING"""
    if tx.execute(query, _columns(area) | {"id": area_id, "by": by, "at": at}) == 0:
        raise Conflict("This pincode has an area of that name.")


def set_area(tx: Tx, area_id: UUID, area: PutArea, version: int, by: str, at: datetime) -> None:
    """Write an area anew, if it still is the version that was read. Raises Conflict, also for a name that is taken."""
    query = """
        UPDATE serviceable_areas SET pincode = %(pincode)s, area = %(area)s, city = %(city)s, state = %(state)s,
               state_code = %(state_code)s, latitude = %(latitude)s, longitude = %(longitude)s, store_id = %(store_id)s,
               store_latitude = %(store_latitude)s, store_longitude = %(store_longitude)s, charge_paise = %(charge_paise)s,
               minimum_order_paise = %(minimum_order_paise)s, promised_minutes = %(promised_minutes)s, opens_at = %(opens_at)s,
               closes_at = %(closes_at)s, active = %(active)s, licence_district = %(licence_district)s, polygon = %(polygon)s,
               south = %(south)s, west = %(west)s, north = %(north)s, east = %(east)s, version = version + 1, updated_by = %(by)s,
               updated_at = %(at)s
         WHERE id = %(id)s AND version = %(version)s"""
    try:
        count = tx.execute(query, _columns(area) | {"id": area_id, "version": version, "by": by, "at": at})
    except UniqueViolation as exc:
        raise Conflict("This pincode has an area of that name.") from exc
    if count == 0:
        raise Conflict("The area was changed meanwhile; read it again.")


def _columns(area: PutArea) -> dict[str, Any]:
    box = box_around(area.polygon)._asdict() if area.polygon else dict.fromkeys(Box._fields)
    return area.model_dump() | box | {"polygon": Jsonb(area.polygon) if area.polygon else None}


def end_area(tx: Tx, area_id: UUID, by: str, at: datetime) -> bool:
    """End deliveries to an area; False when they have ended."""
    query = """
        UPDATE serviceable_areas SET active = false, version = version + 1, updated_by = %s, updated_at = %s WHERE id = %s AND active"""
    return tx.execute(query, (by, at, area_id)) == 1


def insert_change(tx: Tx, area_id: UUID, version: int, values: dict[str, Any], by: str, at: datetime) -> None:
    """Keep what an area was made to be."""
    query = """
        INSERT INTO serviceable_area_changes (area_id, version, values_after, changed_by, changed_at) VALUES (%s, %s, %s, %s, %s)"""
    tx.execute(query, (area_id, version, Jsonb(values), by, at))


def list_changes(tx: Tx, area_id: UUID, *, before: int | None, limit: int) -> list[AreaChange]:
    """Give an area's changes, newest first."""
    query = """
        SELECT version, values_after, changed_by, changed_at FROM serviceable_area_changes
         WHERE area_id = %(area)s AND (%(before)s::INT8 IS NULL OR version < %(before)s) ORDER BY version DESC LIMIT %(limit)s"""
    return tx.rows(AreaChange, query, {"area": area_id, "before": before, "limit": limit})
