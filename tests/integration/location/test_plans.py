"""How PostgreSQL finds an area among many: by its indexes, never by reading them all."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg

from plazza.data import sql
from plazza.data.sql import POSTGRES, Tx
from plazza.location import store
from tests.integration.location.conftest import Town
from tests.support.database import Database

MANY = 10_000
AREAS = """
    INSERT INTO serviceable_areas (id, pincode, area, city, state, state_code, latitude, longitude, store_id, store_latitude, store_longitude,
                                   charge_paise, minimum_order_paise, promised_minutes, opens_at, closes_at, updated_by, updated_at,
                                   polygon, south, west, north, east)
    SELECT gen_random_uuid(), (700000 + n / 4)::TEXT, 'Area ' || n, 'Town', 'Goa', '30', 8 + n * 0.001, 70 + n * 0.001, %(store)s, 8, 70,
           0, 0, 30, '08:00', '22:00', 'test', %(at)s, p, 8 + n * 0.001 + p0, 70 + n * 0.001 + p0, 8.01 + n * 0.001 + p0, 70.01 + n * 0.001 + p0
      FROM generate_series(1, %(many)s) AS n,
           LATERAL (SELECT CASE WHEN n %% 2 = 0 THEN '[0, 0, 0, 0]'::JSONB END AS p, CASE WHEN n %% 2 = 0 THEN 0 END AS p0)"""
ADDRESSES = """
    INSERT INTO addresses (id, uid, label, recipient, phone, line1, city, state, pincode, latitude, longitude, located_by, created_at, updated_at)
    SELECT gen_random_uuid(), 'many-' || n, 'Home', 'A', '+919812345678', '1', 'Town', 'Goa', '700001', 8, 70, 'pin', %(at)s, %(at)s
      FROM generate_series(1, %(many)s) AS n"""


def statement(read: Callable[[Tx], Any]) -> str:
    """Give the statement that a read sends."""
    seen: list[str] = []
    token = sql.statements.set(seen)
    try:
        sql.read(read, on=POSTGRES)
    finally:
        sql.statements.reset(token)
    return seen[0]


def test_no_question_about_a_place_reads_every_area(town: Town, pg: Database) -> None:
    address = UUID(town.make.address(town.uid))
    point = {"lat": 9.0, "lng": 71.0, "by": 0.05}
    reads: list[tuple[Callable[[Tx], Any], Any]] = [
        (lambda tx: store.get_served_address(tx, address, town.uid), (address, town.uid)),
        (lambda tx: store.list_areas_at(tx, 9.0, 71.0, "700004", 0.05), point | {"pincode": "700004"}),
        (lambda tx: store.list_areas_at(tx, 9.0, 71.0, None, 0.05), point | {"pincode": None}),
        (lambda tx: store.list_areas_of_pincode(tx, "700004"), ("700004",)),
        (lambda tx: store.list_addresses(tx, "many-7"), ("many-7",)),
    ]
    statements = [(statement(read), params) for read, params in reads]

    with psycopg.connect(pg.url) as connection:  # what is inserted is never committed
        many = {"store": uuid4(), "at": datetime.now(UTC), "many": MANY}
        connection.execute(AREAS, many)
        connection.execute(ADDRESSES, many)
        connection.execute("ANALYZE serviceable_areas, addresses")
        plans = [
            json.dumps(connection.execute(b"EXPLAIN (FORMAT JSON) " + query.encode(), params).fetchall()[0][0])
            for query, params in statements
        ]
        connection.rollback()

    for plan in plans:
        assert "Index Scan" in plan
        assert '"Seq Scan"' not in plan, plan
