"""Fill the stores with the sample data: the same every time, and repeated without harm.

Every id follows from what the thing is, and what is there already stays as it is; so a second run changes nothing, and a run
that died in the middle is finished by the next one.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString
from zoneinfo import ZoneInfo

import psycopg
from psycopg.types.json import Jsonb

from ops.seed.coupons import COUPONS
from ops.seed.people import create_accounts
from ops.seed.products import SeedProduct, products, seed_id
from ops.seed.stores import STORES, SeedArea, areas, batches
from plazza.catalogue.rules.keys import brand_key, brand_sound
from plazza.catalogue.rules.salts import salt_name, to_json
from plazza.catalogue.rules.text import normalize
from plazza.location.rules import Box, box_around

_ACTOR = "seed"


def fill(*, cockroach_url: str, postgres_url: str, auth_host: str | None, project_id: str) -> dict[str, int]:
    """Fill both databases, and the auth emulator when its host is given. Gives how many of each thing there are."""
    at = datetime.now(UTC)
    found = list(products())
    with psycopg.connect(cockroach_url) as connection:
        _stores(connection, at)
        _products(connection, found, at)
        counts = {"stores": len(STORES), "products": len(found), "batches": _stock(connection, found, at)}
    with psycopg.connect(postgres_url) as connection:
        counts |= {"areas": _areas(connection, at), "coupons": _coupons(connection, at)}
    if auth_host:
        counts["people"] = create_accounts(auth_host, project_id)
    return counts


def _stores(connection: psycopg.Connection[Any], at: datetime) -> None:
    query = """
        INSERT INTO stores (id, code, name, address, city, state, state_code, pincode, latitude, longitude, gstin, drug_licence,
                            pharmacist_name, pharmacist_registration, phone, opens_at, closes_at, created_at)
        VALUES (%(id)s, %(code)s, %(name)s, %(address)s, 'Bengaluru', 'Karnataka', '29', %(pincode)s, %(latitude)s, %(longitude)s, %(gstin)s,
                %(drug_licence)s, %(pharmacist_name)s, %(pharmacist_registration)s, %(phone)s, '00:00', '23:59:59', %(at)s)
        ON CONFLICT (id) DO NOTHING"""
    _each(connection, query, ({**store._asdict(), "at": at} for store in STORES))


def _products(connection: psycopg.Connection[Any], found: Sequence[SeedProduct], at: datetime) -> None:
    query = """
        INSERT INTO products (id, sku, name, normalized_name, brand, form, release, strength, salts, salt_key, brand_key, brand_sound,
                              salt_names, manufacturer, pack_label, pack_quantity, pack_unit, mrp_paise, price_paise, gst_bp, hsn, schedule,
                              prescription_required, max_per_order, created_at, updated_at)
        VALUES (%(id)s, %(sku)s, %(name)s, %(normalized_name)s, %(brand)s, %(form)s, %(release)s, %(strength)s, %(salts)s, %(salt_key)s,
                %(brand_key)s, %(brand_sound)s, %(salt_names)s, %(manufacturer)s, %(pack_label)s, %(pack_quantity)s, %(pack_unit)s,
                %(mrp_paise)s, %(price_paise)s, %(gst_bp)s, %(hsn)s, %(schedule)s, %(prescription_required)s, %(max_per_order)s,
                %(at)s, %(at)s)
        ON CONFLICT (id) DO NOTHING"""
    rows = (
        {
            **product._asdict(),
            "normalized_name": normalize(product.name),
            "salts": json.dumps(to_json(product.salts)),
            "brand_key": brand_key(product.brand, product.name),
            "brand_sound": brand_sound(product.brand, product.name),
            "salt_names": " ".join(salt_name(salt.name) for salt in product.salts),
            "prescription_required": product.schedule != "none",
            "at": at,
        }
        for product in found
    )
    _each(connection, query, rows)
    compositions = "INSERT INTO compositions SELECT DISTINCT salt_names FROM products WHERE salt_names <> '' ON CONFLICT DO NOTHING"
    connection.execute(compositions)


def _stock(connection: psycopg.Connection[Any], found: Sequence[SeedProduct], at: datetime) -> int:
    """Receive the stock once: expiry dates count from the day of the first run, later runs add nothing."""
    first_id = seed_id("batch", STORES[0].code, found[0].sku, f"{found[0].sku[-4:]}{STORES[0].code[-3:]}1")
    query = "SELECT created_at FROM inventory_batches WHERE id = %s"
    stored = connection.execute(query, (first_id,)).fetchone()
    first_at: datetime = stored[0] if stored else at
    today = first_at.astimezone(ZoneInfo("Asia/Kolkata")).date()
    rows = [{**batch._asdict(), "at": first_at, "actor": _ACTOR} for batch in batches(found, today)]
    batch_query = """
        INSERT INTO inventory_batches (id, store_id, product_id, batch_no, expires_on, mrp_paise, on_hand, created_at, updated_at)
        VALUES (%(id)s, %(store_id)s, %(product_id)s, %(batch_no)s, %(expires_on)s, %(mrp_paise)s, %(on_hand)s, %(at)s, %(at)s)
        ON CONFLICT (id) DO NOTHING"""
    movement_query = """
        INSERT INTO stock_movements (id, batch_id, kind, on_hand_change, reserved_change, reference, reason, actor_uid, created_at)
        VALUES (%(movement_id)s, %(id)s, 'receive', %(on_hand)s, 0, 'seed', 'opening stock', %(actor)s, %(at)s)
        ON CONFLICT (id) DO NOTHING"""
    _each(connection, batch_query, rows)
    _each(connection, movement_query, rows)
    return len(rows)


def _areas(connection: psycopg.Connection[Any], at: datetime) -> int:
    query = """
        INSERT INTO serviceable_areas (id, pincode, area, city, state, state_code, latitude, longitude, store_id, store_latitude,
                                       store_longitude, charge_paise, minimum_order_paise, promised_minutes, opens_at, closes_at,
                                       licence_district, polygon, south, west, north, east, updated_by, updated_at)
        VALUES (%(id)s, %(pincode)s, %(area)s, %(city)s, %(state)s, %(state_code)s, %(latitude)s, %(longitude)s, %(store_id)s,
                %(store_latitude)s, %(store_longitude)s, %(charge_paise)s, %(minimum_order_paise)s, %(promised_minutes)s, %(opens_at)s,
                %(closes_at)s, %(licence_district)s, %(polygon)s, %(south)s, %(west)s, %(north)s, %(east)s, %(actor)s, %(at)s)
        ON CONFLICT (pincode, area) DO NOTHING"""
    rows = [{**area._asdict(), **_outline(area), "at": at, "actor": _ACTOR} for area in areas()]
    _each(connection, query, rows)
    return len(rows)


def _outline(area: SeedArea) -> dict[str, Any]:
    if area.polygon is None:
        return dict.fromkeys(("polygon", *Box._fields))
    return {"polygon": Jsonb(area.polygon), **box_around(area.polygon)._asdict()}


def _coupons(connection: psycopg.Connection[Any], at: datetime) -> int:
    query = """
        INSERT INTO coupons (id, code, title, kind, percent_bp, amount_paise, buy_quantity, get_quantity, cap_paise, minimum_order_paise,
                             starts_at, ends_at, global_limit, per_user_limit, budget_paise, first_order_only, forms, excluded_schedules,
                             created_by, created_at, updated_at)
        VALUES (%(id)s, %(code)s, %(title)s, %(kind)s, %(percent_bp)s, %(amount_paise)s, %(buy_quantity)s, %(get_quantity)s,
                %(cap_paise)s, %(minimum_order_paise)s, %(starts_at)s, %(ends_at)s, %(global_limit)s, %(per_user_limit)s,
                %(budget_paise)s, %(first_order_only)s, %(forms)s, %(excluded_schedules)s, %(actor)s, %(at)s, %(at)s)
        ON CONFLICT (code) DO NOTHING"""
    window = {"starts_at": at - timedelta(days=1), "ends_at": at + timedelta(days=365)}
    rows = (
        {**coupon, **window, "id": seed_id("coupon", coupon["code"]), "at": at, "actor": _ACTOR} for coupon in COUPONS
    )
    _each(connection, query, rows)
    return len(COUPONS)


def _each(connection: psycopg.Connection[Any], query: LiteralString, rows: Iterable[dict[str, Any]]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(query, list(rows))
