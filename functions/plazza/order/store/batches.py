"""Batches as people at a store see and correct them."""

from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from plazza.data.sql import Tx
from plazza.errors import NotFound


class StoredBatch(NamedTuple):
    """A row of `inventory_batches`."""

    id: UUID
    store_id: UUID
    product_id: UUID
    batch_no: str
    expires_on: date
    mrp_paise: int
    on_hand: int
    reserved: int
    updated_at: datetime


_BATCHES = """
        SELECT id, store_id, product_id, batch_no, expires_on, mrp_paise, on_hand, reserved, updated_at
          FROM inventory_batches"""


def list_batches(
    tx: Tx, store_id: UUID, *, product_id: UUID | None, after: tuple[Any, ...] | None, limit: int
) -> list[StoredBatch]:
    """Give a store's batches by product, first expiring first; `after` is (product_id, expires_on, id) of the last one seen."""
    query = (
        _BATCHES
        + """
         WHERE store_id = %(store_id)s AND (%(product)s::UUID IS NULL OR product_id = %(product)s)
           AND (%(id)s::UUID IS NULL OR (product_id, expires_on, id) > (%(after)s::UUID, %(on)s::DATE, %(id)s::UUID))
         ORDER BY product_id, expires_on, id LIMIT %(limit)s"""
    )
    last, on, ident = after or (None, None, None)
    params = {"store_id": store_id, "product": product_id, "after": last, "on": on, "id": ident, "limit": limit}
    return tx.rows(StoredBatch, query, params)


def lock_batch(tx: Tx, store_id: UUID, batch_id: UUID) -> StoredBatch:
    """Give a store's batch and hold it until the transaction ends. Raises NotFound."""
    query = _BATCHES + " WHERE id = %s AND store_id = %s FOR UPDATE"
    batch = tx.row(StoredBatch, query, (batch_id, store_id))
    if batch is None:
        raise NotFound("No such batch.")
    return batch


def find_batch(tx: Tx, store_id: UUID, product_id: UUID, batch_no: str) -> StoredBatch | None:
    """Give a batch by its number and hold it, or None."""
    query = _BATCHES + " WHERE store_id = %s AND product_id = %s AND batch_no = %s FOR UPDATE"
    return tx.row(StoredBatch, query, (store_id, product_id, batch_no))


def insert_batch(tx: Tx, batch: StoredBatch) -> bool:
    """Insert a batch; False when its number is there already."""
    query = """
        INSERT INTO inventory_batches (id, store_id, product_id, batch_no, expires_on, mrp_paise, on_hand, reserved, created_at,
                                       updated_at)
        VALUES (%(id)s, %(store_id)s, %(product_id)s, %(batch_no)s, %(expires_on)s, %(mrp_paise)s, %(on_hand)s, %(reserved)s,
                %(updated_at)s, %(updated_at)s)
        ON CONFLICT (store_id, product_id, batch_no) DO NOTHING"""
    return tx.execute(query, batch._asdict()) == 1


def change_on_hand(tx: Tx, batch_id: UUID, change: int, at: datetime) -> bool:
    """Change what is there of a batch; False when less than what is promised would be left."""
    query = """
        UPDATE inventory_batches SET on_hand = on_hand + %s, updated_at = %s
         WHERE id = %s AND on_hand + %s >= reserved"""
    return tx.execute(query, (change, at, batch_id, change)) == 1
