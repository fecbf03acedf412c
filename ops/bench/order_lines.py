"""Fills an empty system of record with order lines by the million, made inside the database."""

from uuid import UUID

import psycopg

PRODUCT = UUID(int=1)
BATCH_NO = "LOT-1"
_STORES, _PRODUCTS, _CUSTOMERS = 4, 2_000, 100_000
# An id is its number in the last digits, under a first digit of its table's own.
_FILL = (
    """INSERT INTO stores (id, code, name, address, city, state, state_code, pincode, latitude, longitude, gstin, drug_licence,
                           pharmacist_name, pharmacist_registration, phone, opens_at, closes_at, created_at)
       SELECT lpad('5' || to_char(n, 'FM0000000'), 32, '0')::UUID, 'S' || n, 'Store', 'x', 'x', 'Karnataka', '29', '560001', 12.9, 77.6,
              '29ABCDE1234F1Z5', 'KA-1', 'x', 'x', '+918040000000', '00:00', '23:59', now()
         FROM generate_series(1, {stores}) AS n""",
    """INSERT INTO products (id, sku, name, normalized_name, brand, form, strength, salt_key, manufacturer, pack_label, pack_quantity,
                             pack_unit, mrp_paise, price_paise, gst_bp, hsn, created_at, updated_at)
       SELECT lpad(to_hex(n), 32, '0')::UUID, 'P' || n, 'Testol ' || n, 'testol ' || n, 'Testol', 'tablet', '500 mg', 'x', 'x', 'strip', 10,
              'tablet', 10000, 9000, 500, '30049099', now(), now()
         FROM generate_series(1, {products}) AS n""",
    """INSERT INTO inventory_batches (id, store_id, product_id, batch_no, expires_on, mrp_paise, on_hand, created_at, updated_at)
       SELECT lpad('6' || to_char(n * 10 + s, 'FM0000000'), 32, '0')::UUID, lpad('5' || to_char(s, 'FM0000000'), 32, '0')::UUID,
              lpad(to_hex(n), 32, '0')::UUID, 'lot-1', now()::DATE + 365, 10000, 100000, now(), now()
         FROM generate_series(1, {products}) AS n, generate_series(1, {stores}) AS s""",
    """INSERT INTO orders (id, number, uid, store_id, status, payment_method, payment_status, prescription_status, items_paise, discount_paise,
                           delivery_paise, tax_paise, total_paise, address_id, address, place_of_supply, latitude, longitude,
                           promised_minutes, created_at, updated_at)
       SELECT lpad('7' || to_char(n, 'FM00000000'), 32, '0')::UUID, 'PLZ-' || n, 'customer-' || n % {customers},
              lpad('5' || to_char(n % {stores} + 1, 'FM0000000'), 32, '0')::UUID, 'delivered', 'cod', 'captured', 'not_needed', 18000, 0, 0, 0,
              18000, gen_random_uuid(), '{{}}', '29', 12.9, 77.6, 30, now(), now()
         FROM generate_series(1, {orders}) AS n""",
    """INSERT INTO order_items (order_id, line_no, product_id, sku, name, manufacturer, pack_label, hsn, schedule, quantity, mrp_paise,
                                price_paise, discount_paise, gst_bp, taxable_paise, cgst_paise, sgst_paise, igst_paise, total_paise)
       SELECT lpad('7' || to_char(n, 'FM00000000'), 32, '0')::UUID, line, lpad(to_hex({product}), 32, '0')::UUID, 'x', 'Testol', 'x', 'strip',
              '30049099', 'none', 1, 10000, 9000, 0, 500, 9000, 0, 0, 0, 9000
         FROM generate_series(1, {orders}) AS n, generate_series(1, 2) AS line""",
    """INSERT INTO order_batches (order_id, line_no, batch_id, quantity, state)
       SELECT lpad('7' || to_char(n, 'FM00000000'), 32, '0')::UUID, line,
              lpad('6' || to_char({product} * 10 + n % {stores} + 1, 'FM0000000'), 32, '0')::UUID, 1, 'consumed'
         FROM generate_series(1, {orders}) AS n, generate_series(1, 2) AS line""",
    """INSERT INTO deliveries (id, order_id, store_id, customer_uid, rider_uid, status, proof_kind, created_at, updated_at)
       SELECT gen_random_uuid(), id, store_id, uid, 'rider-' || right(number, 2), 'delivered', 'otp', now(), now() FROM orders""",
    """INSERT INTO notifications (id, uid, template, subject, status, next_attempt_at, created_at, updated_at)
       SELECT gen_random_uuid(), uid, 'order_delivered', 'order:' || id, 'read', now(), now(), now() FROM orders""",
    """INSERT INTO pos_sales (id, store_id, client_sale_id, cashier_uid, payment_method, total_paise, tax_paise, sold_at, created_at)
       SELECT id, store_id, number, 'cashier', 'cash', 9000, 0, now(), now() FROM orders WHERE uid < 'customer-3'""",
    """INSERT INTO pos_sale_items (sale_id, line_no, product_id, batch_id, name, quantity, mrp_paise, price_paise, gst_bp, total_paise, tax_paise)
       SELECT s.id, 1, b.product_id, b.id, 'Testol', 1, 10000, 9000, 500, 9000, 0
         FROM pos_sales AS s JOIN order_batches AS o ON o.order_id = s.id AND o.line_no = 1 JOIN inventory_batches AS b ON b.id = o.batch_id""",
    "ANALYZE",
)
# The first orders hold the recalled product in their first line; all other lines spread over the others.
_PRODUCT_OF = "CASE WHEN line = 1 AND n <= {reached} THEN 1 ELSE 2 + (n * 2 + line) % ({products} - 1) END"


def fill(url: str, lines: int, reached: int) -> None:
    """Write orders of two lines each, `reached` of them with BATCH_NO of PRODUCT; `url` is a superuser's, who need not check keys."""
    sizes = {"stores": _STORES, "products": _PRODUCTS, "customers": _CUSTOMERS, "orders": lines // 2}
    product = f"({_PRODUCT_OF.format(reached=reached, **sizes)})"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in _FILL:
            connection.execute(statement.format(product=product, **sizes).encode())
