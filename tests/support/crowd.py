"""What thousands of customers leave in both databases, so that a planner has a choice: written in a transaction that is never committed."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg

from ops.bench.order_history import fill

MANY = 10_000
"""Rows of most tables; four times as many products, because a trigram index is worth its while late."""

_OF_THE_CATALOGUE = (
    """INSERT INTO products (id, sku, name, normalized_name, brand, brand_key, brand_sound, form, strength, salt_key, salt_names, manufacturer,
                             pack_label, pack_quantity, pack_unit, mrp_paise, price_paise, gst_bp, hsn, created_at, updated_at)
       SELECT md5('crowd ' || n)::UUID, 'CROWD-' || n, left(md5(n::TEXT), 8) || ' 500', left(md5(n::TEXT), 8) || ' 500', left(md5(n::TEXT), 8),
              left(md5(n::TEXT), 8), left(md5(n::TEXT), 4), 'tablet', '500 mg', 'salt ' || n %% 2000, 'salt ' || n %% 2000, 'Maker ' || n %% 100,
              'strip of 10 tablets', 10, 'tablet', 10000, 9000, 500, '30049099', %(at)s, %(at)s
         FROM generate_series(1, 4 * %(many)s) AS n""",
    """INSERT INTO compositions (salt_names) SELECT DISTINCT salt_names FROM products WHERE salt_names <> '' ON CONFLICT DO NOTHING""",
    """INSERT INTO store_prices (store_id, product_id, mrp_paise, price_paise, updated_by, updated_at)
       SELECT %(store)s, id, 10000, 8000, 'crowd', %(at)s FROM products WHERE sku LIKE 'CROWD-1%%'""",
    """INSERT INTO product_taxes (product_id, effective_from, gst_bp, hsn, set_by, set_at)
       SELECT id, '2020-01-01', 500, '30049099', 'crowd', %(at)s FROM products WHERE sku LIKE 'CROWD-1%%'""",
    """INSERT INTO inventory_batches (id, store_id, product_id, batch_no, expires_on, mrp_paise, on_hand, created_at, updated_at)
       SELECT gen_random_uuid(), %(store)s, id, 'B' || n, %(at)s::DATE + 100 * n, 10000, 1000, %(at)s, %(at)s
         FROM products, generate_series(1, 2) AS n WHERE sku LIKE 'CROWD-1%%'""",
)
_OF_ORDERS = (
    """INSERT INTO order_units (order_id, line_no, unit_no, discount_paise, taxable_paise, cgst_paise, sgst_paise, igst_paise, total_paise,
                                fee_paise, fee_cgst_paise, fee_sgst_paise, fee_igst_paise)
       SELECT order_id, line_no, 1, 0, 8036, 482, 482, 0, 9000, 0, 0, 0, 0 FROM order_items WHERE manufacturer = 'Proof Labs'""",
    """INSERT INTO order_batches (order_id, line_no, batch_id, quantity, state)
       SELECT order_id, line_no, (SELECT array_agg(id) FROM (SELECT id FROM inventory_batches WHERE store_id = %(store)s LIMIT 500) AS b)[
              1 + abs(hashtext(order_id::TEXT)) %% 500], 1, 'consumed' FROM order_items WHERE manufacturer = 'Proof Labs'""",
    """INSERT INTO stock_movements (id, batch_id, kind, on_hand_change, reserved_change, reference, actor_uid, created_at)
       SELECT gen_random_uuid(), batch_id, 'consume', -1, 0, 'order:' || order_id, 'crowd', %(at)s FROM order_batches""",
    """INSERT INTO invoices (order_id, store_id, financial_year, serial, number, seller, issued_at)
       SELECT id, store_id, '20-21', row_number() OVER (PARTITION BY store_id ORDER BY id), left(md5(id::TEXT), 16), '{}', %(at)s
         FROM orders WHERE number LIKE 'PLZ-%%' AND status = 'delivered' AND tax_paise = 1000""",
    """INSERT INTO credit_notes (id, order_id, store_id, financial_year, serial, previous_serial, number, seller, reason, tax_paise,
                                 total_paise, issued_by, issued_at)
       SELECT gen_random_uuid(), order_id, store_id, financial_year, serial, nullif(serial - 1, 0), number, seller, 'unwanted', 0, 100, 'crowd',
              issued_at FROM invoices WHERE financial_year = '20-21'""",
    """INSERT INTO payments (id, order_id, uid, method, status, amount_paise, captured_paise, razorpay_order_id, settled_by, created_at, updated_at)
       SELECT gen_random_uuid(), id, uid, 'razorpay', 'captured', total_paise, total_paise, 'order_' || id, 'pay_' || id, %(at)s, %(at)s
         FROM orders WHERE total_paise > 0 ON CONFLICT DO NOTHING""",
    """INSERT INTO payment_attempts (razorpay_payment_id, payment_id, status, amount_paise, created_at, updated_at, checked_at)
       SELECT 'crowd_' || id, id, 'captured', amount_paise, %(at)s, %(at)s, %(at)s FROM payments""",
    """INSERT INTO payment_events (id, payment_id, kind, amount_paise, source, created_at)
       SELECT gen_random_uuid(), id, 'captured', amount_paise, 'webhook', %(at)s FROM payments""",
    """INSERT INTO refunds (id, payment_id, razorpay_payment_id, cause, amount_paise, reason, status, requested_by, created_at, updated_at, checked_at)
       SELECT gen_random_uuid(), payment_id, razorpay_payment_id, 'crowd:' || payment_id, 100, 'crowd', 'processed', 'crowd', %(at)s, %(at)s, %(at)s
         FROM payment_attempts WHERE razorpay_payment_id LIKE 'crowd_%%'""",
    """INSERT INTO payment_disputes (razorpay_dispute_id, payment_id, razorpay_payment_id, phase, status, amount_paise, deducted_paise, told_at, created_at)
       SELECT 'disp_' || payment_id, payment_id, razorpay_payment_id, 'chargeback', 'won', 100, 0, %(at)s, %(at)s
         FROM payment_attempts WHERE razorpay_payment_id LIKE 'crowd_%%'""",
    """INSERT INTO webhook_events (provider, event_id, kind, body, status, received_at, processed_at)
       SELECT 'razorpay', 'crowd_' || n, 'payment.captured', '{}', 'processed', %(at)s, %(at)s FROM generate_series(1, %(many)s) AS n""",
    """INSERT INTO outbox (id, shard, lane, position, event, consumer, key, status, available_at, created_at, delivered_at)
       SELECT gen_random_uuid(), n %% 8, 'crowd ' || n, n, 'order.placed', 'order.project_order', n::TEXT,
              CASE WHEN n > %(many)s * 0.9 THEN 'pending' ELSE 'done' END, %(at)s, %(at)s, CASE WHEN n <= %(many)s * 0.9 THEN %(at)s END
         FROM generate_series(1, %(many)s) AS n""",
    """INSERT INTO idempotency_keys (uid, key, fingerprint, answer, created_at)
       SELECT 'crowd ' || n, 'crowd-key-' || n, 'x', '{}', %(at)s FROM generate_series(1, %(many)s) AS n""",
)
_OF_PLACES = (
    """INSERT INTO serviceable_areas (id, pincode, area, city, state, state_code, latitude, longitude, store_id, store_latitude,
                                      store_longitude, charge_paise, minimum_order_paise, promised_minutes, opens_at, closes_at, updated_by,
                                      updated_at, polygon, south, west, north, east)
       SELECT gen_random_uuid(), (700000 + n / 4)::TEXT, 'Area ' || n, 'Town', 'Goa', '30', 8 + n * 0.001, 70 + n * 0.001, %(store)s, 8, 70,
              0, 0, 30, '08:00', '22:00', 'test', %(at)s, p, 8 + n * 0.001 + p0, 70 + n * 0.001 + p0, 8.01 + n * 0.001 + p0, 70.01 + n * 0.001 + p0
         FROM generate_series(1, %(many)s) AS n,
              LATERAL (SELECT CASE WHEN n %% 2 = 0 THEN '[0, 0, 0, 0]'::JSONB END AS p, CASE WHEN n %% 2 = 0 THEN 0 END AS p0)""",
    """INSERT INTO addresses (id, uid, label, recipient, phone, line1, city, state, pincode, latitude, longitude, located_by, created_at, updated_at)
       SELECT gen_random_uuid(), 'many-' || n, 'Home', 'A', '+919812345678', '1', 'Town', 'Goa', '700001', 8, 70, 'pin', %(at)s, %(at)s
         FROM generate_series(1, %(many)s) AS n""",
    """INSERT INTO coupons (id, code, title, kind, amount_paise, starts_at, ends_at, created_by, created_at, updated_at)
       SELECT md5('crowd ' || n)::UUID, 'CROWD' || n, 'Crowd', 'fixed', 1000, %(at)s, %(at)s + INTERVAL '1 year', 'crowd', %(at)s, %(at)s
         FROM generate_series(1, %(many)s) AS n""",
    """INSERT INTO coupon_users (coupon_id, uid, uses) SELECT id, 'crowd', 1 FROM coupons WHERE code LIKE 'CROWD%%'""",
    """INSERT INTO coupon_households (coupon_id, household, uses) SELECT id, 'crowd', 1 FROM coupons WHERE code LIKE 'CROWD%%'""",
    """INSERT INTO coupon_redemptions (id, coupon_id, uid, order_id, status, discount_paise, expires_at, created_at, updated_at)
       SELECT gen_random_uuid(), id, 'crowd', gen_random_uuid(), 'confirmed', 1000, %(at)s, %(at)s, %(at)s FROM coupons WHERE code LIKE 'CROWD%%'""",
)


def fill_cockroach(connection: psycopg.Connection[Any], store_id: UUID) -> None:
    """Write products, stock, orders and their money, much of it a store's that is there."""
    values = {"store": store_id, "many": MANY, "at": datetime.now(UTC)}
    _run(connection, _OF_THE_CATALOGUE, values)
    two = connection.execute("SELECT id FROM products WHERE sku LIKE 'CROWD-%' LIMIT 2").fetchall()
    fill(connection, store_id, [ident for (ident,) in two], MANY)
    _run(connection, _OF_ORDERS, values)
    connection.execute("ANALYZE")


def fill_postgres(connection: psycopg.Connection[Any], store_id: UUID) -> None:
    """Write addresses, areas, and coupons with their uses."""
    _run(connection, _OF_PLACES, {"store": store_id, "many": MANY, "at": datetime.now(UTC)})
    connection.execute("ANALYZE")


def _run(connection: psycopg.Connection[Any], statements: tuple[str, ...], values: dict[str, Any]) -> None:
    for statement in statements:
        connection.execute(statement.encode(), values)
