"""Orders by the million with their lines and events, made inside the database: what years of selling leave behind."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

PER_CUSTOMER, OF_THE_REGULAR = 20, 200
OPEN = 200
"""Orders that are on a board: of all stores together, however many were delivered before."""
_STORES = 8
_STORE = """
    INSERT INTO stores (id, code, name, address, city, state, state_code, pincode, latitude, longitude, gstin, drug_licence, pharmacist_name,
                        pharmacist_registration, phone, opens_at, closes_at, created_at)
    SELECT gen_random_uuid(), code || '-' || n, name, address, city, state, state_code, pincode, latitude, longitude, gstin, drug_licence,
           pharmacist_name, pharmacist_registration, phone, opens_at, closes_at, created_at
      FROM stores, generate_series(2, %(stores)s) AS n WHERE id = %(store)s RETURNING id"""
# One order each half minute; ids lie anywhere, as real ones do, and follow from the number. Lines and events are written in the order of
# their keys: anywhere in an index of millions would take several times as long.
_ORDERS = """
    INSERT INTO orders (id, number, uid, store_id, status, payment_method, payment_status, prescription_status, items_paise, discount_paise,
                        delivery_paise, tax_paise, total_paise, address_id, address, place_of_supply, latitude, longitude,
                        promised_minutes, confirmed_at, stage, stage_since, created_at, updated_at)
    SELECT md5('order ' || n)::UUID, 'PLZ-' || n, CASE WHEN n %% %(every)s = 0 THEN %(regular)s ELSE 'customer-' || n %% %(customers)s END,
           (%(stores)s::UUID[])[n %% 8 + 1], status, 'cod', CASE WHEN status IN ('delivered', 'cancelled') THEN 'captured' ELSE 'cod_due' END,
           'not_needed', 18000, 0, 2500, 1000, 20500, md5('address ' || n)::UUID, '{"line1": "2 History Street", "city": "Bengaluru"}', '29',
           12.9719, 77.6412, 30, at, stage, CASE WHEN stage IS NOT NULL THEN at END, at, at
      FROM (SELECT n, now() - (%(rows)s - n) * INTERVAL '30 seconds' AS at,
                   CASE WHEN n <= %(rows)s - %(open)s THEN CASE WHEN n %% 20 = 0 THEN 'cancelled' ELSE 'delivered' END
                        ELSE (ARRAY['confirmed', 'processing', 'shipped'])[n %% 3 + 1] END AS status,
                   CASE WHEN n > %(rows)s - %(open)s THEN (ARRAY['accept', 'pick', 'ride'])[n %% 3 + 1] END AS stage
              FROM generate_series(1, %(rows)s) AS n) AS made"""
_LINES = """
    INSERT INTO order_items (order_id, line_no, product_id, sku, name, manufacturer, pack_label, hsn, schedule, quantity, mrp_paise,
                             price_paise, discount_paise, gst_bp, taxable_paise, cgst_paise, sgst_paise, igst_paise, total_paise)
    SELECT md5('order ' || n)::UUID, line, (%(products)s::UUID[])[line], 'SKU-' || line, 'Provol 500mg Tablet', 'Proof Labs',
           'strip of 10 tablets', '30049099', 'none', 1, 9900, 9000, 0, 1200, 8036, 482, 482, 0, 9000
      FROM generate_series(1, %(rows)s) AS n, generate_series(1, 2) AS line ORDER BY 1, 2"""
_EVENTS = """
    INSERT INTO order_events (order_id, position, kind, from_status, to_status, actor_uid, actor_role, created_at)
    SELECT md5('order ' || n)::UUID, step, 'moved', (%(statuses)s::TEXT[])[step - 1], (%(statuses)s::TEXT[])[step], 'somebody', 'system', now()
      FROM generate_series(1, %(rows)s) AS n, generate_series(1, 5) AS step ORDER BY 1, 2"""


class History(NamedTuple):
    """What was made: so many orders, of which a store has an eighth and the regular, a customer, OF_THE_REGULAR."""

    rows: int
    store_id: UUID
    regular: str


def fill(connection: psycopg.Connection[Any], store_id: UUID, products: Sequence[UUID], rows: int) -> History:
    """Write so many orders of two lines (of two products) and five events each; a store of eight is the one that is there.

    The last OPEN are on the boards. Statistics are the caller's to gather, and so is to have the keys of a million rows checked or not.
    """
    regular = f"regular-of-{rows}"
    params: dict[str, Any] = {
        "rows": rows, "open": OPEN, "every": rows // OF_THE_REGULAR, "regular": regular, "customers": max(1, rows // PER_CUSTOMER),
        "products": list(products), "statuses": ["pending", "confirmed", "processing", "shipped", "delivered"],
    }  # fmt: skip
    others = connection.execute(_STORE, {"store": store_id, "stores": _STORES}).fetchall()
    params["stores"] = [store_id, *(ident for (ident,) in others)]
    for statement in (_ORDERS, _LINES, _EVENTS):
        connection.execute(statement, params)
    return History(rows, store_id, regular)
