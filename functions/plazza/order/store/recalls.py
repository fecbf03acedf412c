"""Recalls: a batch's number, and every order, customer, rider, message and counter sale behind it.

Each list begins at the batches of that number and goes on by indexes only, so it costs what the batch reached and not what was
ever sold.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from plazza.data.sql import Tx
from plazza.errors import NotFound
from plazza.order.models.recalls import RecalledOrder, RecalledSale

TEMPLATE = "batch_recalled"


class Recall(NamedTuple):
    """A row of `recalls`."""

    id: UUID
    product_id: UUID
    batch_no: str
    reason: str
    recalled_by: str
    created_at: datetime


class Reach(NamedTuple):
    """How many a recall reached through orders."""

    orders: int
    customers: int
    riders: int
    packs: int


class Counter(NamedTuple):
    """How many a recall reached over the counter."""

    counter_sales: int
    counter_packs: int


class Notices(NamedTuple):
    """How far a recall's notices came."""

    notices: int
    notices_reached: int
    notices_failed: int


class Customer(NamedTuple):
    """A customer whom a recall reached, and the number of their last order with the batch."""

    uid: str
    number: str


_RECALLS = "SELECT id, product_id, batch_no, reason, recalled_by, created_at FROM recalls"


def insert_recall(tx: Tx, recall: Recall) -> bool:
    """Keep a recall; False when the batch was recalled before."""
    query = """
        INSERT INTO recalls (id, product_id, batch_no, reason, recalled_by, created_at)
        VALUES (%s, %s, upper(%s), %s, %s, %s) ON CONFLICT (product_id, batch_no) DO NOTHING"""
    return tx.execute(query, recall) == 1


def get_recall(tx: Tx, recall_id: UUID) -> Recall:
    """Give a recall. Raises NotFound."""
    return _found(tx.row(Recall, _RECALLS + " WHERE id = %s", (recall_id,)))


def get_recall_of(tx: Tx, product_id: UUID, batch_no: str) -> Recall:
    """Give the recall of a batch. Raises NotFound."""
    query = _RECALLS + " WHERE product_id = %s AND batch_no = upper(%s)"
    return _found(tx.row(Recall, query, (product_id, batch_no)))


def is_recalled(tx: Tx, product_id: UUID, batch_no: str) -> bool:
    """Tell whether a maker's batch was recalled."""
    query = "SELECT count(*) FROM recalls WHERE product_id = %s AND batch_no = upper(%s)"
    return tx.value(query, (product_id, batch_no)) > 0


def count_reach(tx: Tx, recall: Recall) -> Reach:
    """Count the orders, their customers and their riders; an order that gave the batch back was not reached."""
    query = """
        SELECT count(*)::INT8 AS orders, count(DISTINCT o.uid)::INT8 AS customers, count(DISTINCT r.rider_uid)::INT8 AS riders,
               coalesce(sum(held.packs), 0)::INT8 AS packs
          FROM (SELECT h.order_id, sum(h.quantity)::INT8 AS packs
                  FROM inventory_batches AS b JOIN order_batches AS h ON h.batch_id = b.id
                 WHERE b.product_id = %s AND upper(b.batch_no) = %s AND h.state <> 'released' GROUP BY h.order_id) AS held
          JOIN orders AS o ON o.id = held.order_id
          LEFT JOIN order_riders AS r ON r.order_id = o.id"""
    return tx.row(Reach, query, (recall.product_id, recall.batch_no)) or Reach(0, 0, 0, 0)


def count_counter(tx: Tx, recall: Recall) -> Counter:
    """Count the counter sales."""
    query = """
        SELECT count(DISTINCT i.sale_id)::INT8 AS counter_sales, coalesce(sum(i.quantity), 0)::INT8 AS counter_packs
          FROM inventory_batches AS b JOIN pos_sale_items AS i ON i.batch_id = b.id
         WHERE b.product_id = %s AND upper(b.batch_no) = %s"""
    return tx.row(Counter, query, (recall.product_id, recall.batch_no)) or Counter(0, 0)


def count_notices(tx: Tx, recall: Recall) -> Notices:
    """Count the notices."""
    query = """
        SELECT count(*)::INT8 AS notices,
               coalesce(sum(CASE WHEN n.status IN ('delivered', 'read') THEN 1 END), 0)::INT8 AS notices_reached,
               coalesce(sum(CASE WHEN n.status IN ('dead', 'suppressed') THEN 1 END), 0)::INT8 AS notices_failed
          FROM (SELECT DISTINCT o.uid
                  FROM inventory_batches AS b JOIN order_batches AS h ON h.batch_id = b.id JOIN orders AS o ON o.id = h.order_id
                 WHERE b.product_id = %s AND upper(b.batch_no) = %s AND h.state <> 'released') AS customer
          JOIN sent_notices AS n ON n.uid = customer.uid AND n.template = %s AND n.subject = %s"""
    params = (recall.product_id, recall.batch_no, TEMPLATE, subject(recall.id))
    return tx.row(Notices, query, params) or Notices(0, 0, 0)


def list_orders(tx: Tx, recall: Recall, *, after: UUID | None, limit: int) -> list[RecalledOrder]:
    """Give the orders that a recall reached by id; `after` is the last one seen."""
    query = """
        SELECT o.id AS order_id, o.number, o.uid, o.store_id, o.status, held.packs, held.on_shelf, r.rider_uid,
               n.status AS notice_status, n.updated_at AS notice_at
          FROM (SELECT h.order_id, sum(h.quantity)::INT8 AS packs, bool_or(h.state = 'reserved') AS on_shelf
                  FROM inventory_batches AS b JOIN order_batches AS h ON h.batch_id = b.id
                 WHERE b.product_id = %(product)s AND upper(b.batch_no) = %(batch_no)s AND h.state <> 'released'
                   AND (%(after)s::UUID IS NULL OR h.order_id > %(after)s)
                 GROUP BY h.order_id ORDER BY h.order_id LIMIT %(limit)s) AS held
          JOIN orders AS o ON o.id = held.order_id
          LEFT JOIN order_riders AS r ON r.order_id = o.id
          LEFT JOIN sent_notices AS n ON n.uid = o.uid AND n.template = %(template)s AND n.subject = %(subject)s
         ORDER BY o.id"""
    params = {"product": recall.product_id, "batch_no": recall.batch_no, "after": after, "limit": limit}
    return tx.rows(RecalledOrder, query, params | {"template": TEMPLATE, "subject": subject(recall.id)})


def list_sales(tx: Tx, recall: Recall, *, after: UUID | None, limit: int) -> list[RecalledSale]:
    """Give the counter sales that a recall reached by id; `after` is the last one seen."""
    query = """
        SELECT s.id AS sale_id, s.store_id, s.client_sale_id, s.cashier_uid, s.prescriber_registration, sold.packs, s.sold_at
          FROM (SELECT i.sale_id, sum(i.quantity)::INT8 AS packs
                  FROM inventory_batches AS b JOIN pos_sale_items AS i ON i.batch_id = b.id
                 WHERE b.product_id = %(product)s AND upper(b.batch_no) = %(batch_no)s
                   AND (%(after)s::UUID IS NULL OR i.sale_id > %(after)s)
                 GROUP BY i.sale_id ORDER BY i.sale_id LIMIT %(limit)s) AS sold
          JOIN pos_sales AS s ON s.id = sold.sale_id ORDER BY s.id"""
    params = {"product": recall.product_id, "batch_no": recall.batch_no, "after": after, "limit": limit}
    return tx.rows(RecalledSale, query, params)


def list_customers(tx: Tx, recall: Recall) -> list[Customer]:
    """Give everybody who has, or waits for, packs of the batch: each once."""
    query = """
        SELECT DISTINCT ON (o.uid) o.uid, o.number
          FROM inventory_batches AS b JOIN order_batches AS h ON h.batch_id = b.id JOIN orders AS o ON o.id = h.order_id
         WHERE b.product_id = %s AND upper(b.batch_no) = %s AND h.state <> 'released'
         ORDER BY o.uid, o.created_at DESC, o.id"""
    return tx.rows(Customer, query, (recall.product_id, recall.batch_no))


def subject(recall_id: UUID) -> str:
    """Give the subject of a recall's notices: one for each person."""
    return f"recall:{recall_id}"


def _found(recall: Recall | None) -> Recall:
    if recall is None:
        raise NotFound("No such recall.")
    return recall
