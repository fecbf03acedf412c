"""Orders, their lines and their events: writing them."""

import secrets
from collections.abc import Sequence
from uuid import UUID

from psycopg.types.json import Jsonb

from plazza.data.sql import Tx
from plazza.errors import Conflict, Unavailable
from plazza.order.rules.states import NUMBER_ALPHABET
from plazza.order.store.orders import Event, Item, Order


def insert_order(tx: Tx, order: Order) -> Order:
    """Insert an order under a number that nobody has; give it with that number. Raises Conflict when its id exists."""
    query = """
        INSERT INTO orders (id, number, uid, store_id, status, payment_method, payment_status, prescription_status,
                            delivery_status, prescription_id, items_paise, discount_paise, delivery_paise, tax_paise, total_paise,
                            coupon_codes, address_id, address, place_of_supply, latitude, longitude, promised_minutes, expires_at,
                            confirmed_at, cancelled_reason, version, created_at, updated_at, delivery_gst_bp, stage,
                            stage_since)
        VALUES (%(id)s, %(number)s, %(uid)s, %(store_id)s, %(status)s, %(payment_method)s, %(payment_status)s,
                %(prescription_status)s, %(delivery_status)s, %(prescription_id)s, %(items_paise)s, %(discount_paise)s,
                %(delivery_paise)s, %(tax_paise)s, %(total_paise)s, %(coupon_codes)s, %(address_id)s, %(address)s,
                %(place_of_supply)s, %(latitude)s, %(longitude)s, %(promised_minutes)s, %(expires_at)s, %(confirmed_at)s,
                %(cancelled_reason)s, %(version)s, %(created_at)s, %(updated_at)s, %(delivery_gst_bp)s, %(stage)s,
                %(stage_since)s)
        ON CONFLICT DO NOTHING"""
    for _ in range(5):
        numbered = order._replace(number="PLZ-" + "".join(secrets.choice(NUMBER_ALPHABET) for _ in range(8)))
        if tx.execute(query, numbered._asdict() | {"address": Jsonb(order.address)}) == 1:
            return numbered
        if tx.value("SELECT 1 FROM orders WHERE id = %s", (order.id,)):
            raise Conflict("This order was placed before; read it instead.", order_id=str(order.id))
    raise Unavailable("No order number was free; try again.", retry_after_sec=1)


def insert_items(tx: Tx, order_id: UUID, items: Sequence[Item]) -> None:
    """Insert all lines of an order by one statement."""
    query = """
        INSERT INTO order_items (order_id, line_no, product_id, prescription_item_id, sku, name, manufacturer, pack_label, hsn,
                                 schedule, prescription_required, quantity, mrp_paise, price_paise, discount_paise, gst_bp,
                                 taxable_paise, cgst_paise, sgst_paise, igst_paise, total_paise, coupon_code)
        SELECT %s, line_no, product_id, prescription_item_id, sku, name, manufacturer, pack_label, hsn, schedule,
               prescription_required, quantity, mrp_paise, price_paise, discount_paise, gst_bp, taxable_paise, cgst_paise,
               sgst_paise, igst_paise, total_paise, coupon_code
          FROM unnest(%s::INT8[], %s::UUID[], %s::UUID[], %s::TEXT[], %s::TEXT[], %s::TEXT[], %s::TEXT[], %s::TEXT[],
                      %s::TEXT[], %s::BOOL[], %s::INT8[], %s::INT8[], %s::INT8[], %s::INT8[], %s::INT8[], %s::INT8[],
                      %s::INT8[], %s::INT8[], %s::INT8[], %s::INT8[], %s::TEXT[])
               AS item (line_no, product_id, prescription_item_id, sku, name, manufacturer, pack_label, hsn, schedule,
                        prescription_required, quantity, mrp_paise, price_paise, discount_paise, gst_bp, taxable_paise,
                        cgst_paise, sgst_paise, igst_paise, total_paise, coupon_code)"""
    tx.send(query, (order_id, *[list(column) for column in zip(*items, strict=True)]))


def set_covered(tx: Tx, order_id: UUID, covering: dict[UUID, UUID]) -> None:
    """Note which prescription line covers each product of an order."""
    query = """
        UPDATE order_items AS i SET prescription_item_id = c.item_id
          FROM unnest(%s::UUID[], %s::UUID[]) AS c (product_id, item_id)
         WHERE i.order_id = %s AND i.product_id = c.product_id"""
    tx.send(query, (list(covering), list(covering.values()), order_id))


def set_order(tx: Tx, order: Order, before: int) -> None:
    """Write what may change of an order that had version `before`. Raises Conflict when somebody else was faster."""
    query = """
        UPDATE orders
           SET status = %(status)s, payment_status = %(payment_status)s, prescription_status = %(prescription_status)s,
               delivery_status = %(delivery_status)s, expires_at = %(expires_at)s, confirmed_at = %(confirmed_at)s,
               cancelled_reason = %(cancelled_reason)s, items_paise = %(items_paise)s, discount_paise = %(discount_paise)s,
               delivery_paise = %(delivery_paise)s, tax_paise = %(tax_paise)s, total_paise = %(total_paise)s,
               delivery_gst_bp = %(delivery_gst_bp)s, credited_paise = %(credited_paise)s,
               stage = %(stage)s, stage_since = %(stage_since)s, version = %(version)s, updated_at = %(updated_at)s
         WHERE id = %(id)s AND version = %(before)s"""
    params = order._asdict() | {"address": None, "before": before}
    if tx.execute(query, params) != 1:
        raise Conflict("This order changed meanwhile; read it again.", version=before)


def insert_event(tx: Tx, order_id: UUID, event: Event) -> None:
    """Append an event at the next position (the given one is not read); the order's row must be held."""
    query = """
        INSERT INTO order_events (order_id, position, kind, from_status, to_status, actor_uid, actor_role, note, created_at)
        SELECT %(order_id)s, coalesce(max(position), 0) + 1, %(kind)s, %(from_status)s, %(to_status)s, %(actor_uid)s,
               %(actor_role)s, %(note)s, %(created_at)s
          FROM order_events WHERE order_id = %(order_id)s"""
    tx.send(query, {"order_id": order_id, **event._asdict()})
