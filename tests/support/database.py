"""Looks into the databases, and makes what a test starts from."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.types.json import Jsonb

from plazza import clock

_pincodes = itertools.count(600_001)


def new_pincode() -> str:
    """Make a pincode that no other test of this database has: of two shops with one, the wrong one might be asked to deliver."""
    return str(next(_pincodes))


class Database:
    """One database, for looking and for arranging: every call is its own transaction."""

    def __init__(self, url: str) -> None:
        self.url = url

    def rows(self, query: str, *params: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(query.encode(), params).fetchall()

    def value(self, query: str, *params: Any) -> Any:
        rows = self.rows(query, *params)
        return rows[0][0] if rows else None

    def execute(self, query: str, *params: Any) -> int:
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(query.encode(), params).rowcount

    def insert(self, table: str, **values: Any) -> None:
        given = {
            name: Jsonb(value) if isinstance(value, dict | list) and value and table != "coupons" else value
            for name, value in values.items()
        }
        columns, marks = ", ".join(given), ", ".join(["%s"] * len(given))
        self.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", *given.values())  # noqa: S608 -- a test's own names


class Builders:
    """Makes stores, products, batches and areas with fresh ids, so that no test sees another's."""

    def __init__(self, db: Database, pg: Database) -> None:
        self.db, self.pg = db, pg

    def store(self, **over: Any) -> str:
        ident = uuid4()
        values: dict[str, Any] = {
            "id": ident, "code": f"T-{ident.hex[:8]}", "name": "Test Store", "address": "1 Test Road", "city": "Bengaluru",
            "state": "Karnataka", "state_code": "29", "pincode": "560038", "latitude": 12.9719, "longitude": 77.6412,
            "gstin": "29ABCDE1234F1Z5", "drug_licence": "KA-B1-0001", "pharmacist_name": "A. Pharmacist",
            "pharmacist_registration": "KA-1001", "phone": "+918040000000", "opens_at": "00:00", "closes_at": "23:59",
            "created_at": datetime.now(UTC),
        }  # fmt: skip
        self.db.insert("stores", **(values | over))
        return str(ident)

    def product(self, **over: Any) -> str:
        ident = uuid4()
        name = over.get("name", f"Testol {ident.hex[:6]} 500 Tablet")
        values: dict[str, Any] = {
            "id": ident, "sku": f"T{ident.hex[:12]}", "name": name, "normalized_name": str(name).lower(), "brand": "Testol",
            "form": "tablet", "strength": "500 mg", "salt_key": "paracetamol:500mg", "manufacturer": "Example Labs",
            "pack_label": "strip of 10 tablets", "pack_quantity": 10, "pack_unit": "tablet", "mrp_paise": 10_000,
            "price_paise": 9_000, "gst_bp": 500, "hsn": "30049099", "created_at": datetime.now(UTC), "updated_at": datetime.now(UTC),
        }  # fmt: skip
        self.db.insert("products", **(values | over))
        return str(ident)

    def batch(self, store: str, product: str, on_hand: int = 100, expires_in_days: int = 365, **over: Any) -> str:
        ident = uuid4()
        values: dict[str, Any] = {
            "id": ident, "store_id": UUID(store), "product_id": UUID(product), "batch_no": f"B{ident.hex[:8]}",
            "expires_on": clock.today() + timedelta(days=expires_in_days), "mrp_paise": 10_000, "on_hand": on_hand,
            "created_at": datetime.now(UTC), "updated_at": datetime.now(UTC),
        }  # fmt: skip
        self.db.insert("inventory_batches", **(values | over))
        self.db.insert(
            "stock_movements", id=uuid4(), batch_id=ident, kind="receive", on_hand_change=on_hand, reserved_change=0,
            reference=f"test:{ident}", actor_uid="test", created_at=datetime.now(UTC),
        )  # fmt: skip
        return str(ident)

    def area(self, store: str, **over: Any) -> str:
        ident = uuid4()
        values: dict[str, Any] = {
            "id": ident, "pincode": "560038", "area": f"Area {ident.hex[:8]}", "city": "Bengaluru", "state": "Karnataka",
            "state_code": "29", "latitude": 12.9719, "longitude": 77.6412, "store_id": UUID(store), "store_latitude": 12.9719,
            "store_longitude": 77.6412, "charge_paise": 2_500, "minimum_order_paise": 0, "promised_minutes": 30,
            "opens_at": "00:00", "closes_at": "23:59", "updated_by": "test", "updated_at": datetime.now(UTC),
        }  # fmt: skip
        self.pg.insert("serviceable_areas", **(values | over))
        return str(ident)

    def address(self, uid: str, **over: Any) -> str:
        ident = uuid4()
        values: dict[str, Any] = {
            "id": ident, "uid": uid, "label": "Home", "recipient": "Test Person", "phone": "+919812345678", "line1": "2 Test Street",
            "city": "Bengaluru", "state": "Karnataka", "pincode": "560038", "latitude": 12.9720, "longitude": 77.6410,
            "located_by": "pin", "created_at": datetime.now(UTC), "updated_at": datetime.now(UTC),
        }  # fmt: skip
        self.pg.insert("addresses", **(values | over))
        return str(ident)

    def coupon(self, **over: Any) -> str:
        ident = uuid4()
        at = datetime.now(UTC)
        values: dict[str, Any] = {
            "id": ident, "code": f"T{ident.hex[:10].upper()}", "title": "Test coupon", "kind": "fixed", "amount_paise": 1_000,
            "starts_at": at - timedelta(days=1), "ends_at": at + timedelta(days=1), "created_by": "test", "created_at": at, "updated_at": at,
        }  # fmt: skip
        self.pg.insert("coupons", **(values | over))
        return str(self.pg.value("SELECT code FROM coupons WHERE id = %s", ident))
