"""Batches as people at a store see and correct them."""

from collections.abc import Sequence
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
    recalled: bool = False
    quarantined: int = 0


_BATCHES = """
        SELECT id, store_id, product_id, batch_no, expires_on, mrp_paise, on_hand, reserved, updated_at, recalled, quarantined
          FROM inventory_batches"""
_FROM_THERE = """
           AND (%(id)s::UUID IS NULL OR (product_id, expires_on, id) > (%(after)s::UUID, %(on)s::DATE, %(id)s::UUID))
         ORDER BY product_id, expires_on, id LIMIT %(limit)s"""


def list_batches(
    tx: Tx, store_id: UUID, *, product_id: UUID | None, after: tuple[Any, ...] | None, limit: int
) -> list[StoredBatch]:
    """Give a store's batches by product, first expiring first; `after` is (product_id, expires_on, id) of the last one seen."""
    query = (
        _BATCHES
        + """
         WHERE store_id = %(store_id)s AND (%(product)s::UUID IS NULL OR product_id = %(product)s)"""
        + _FROM_THERE
    )
    return tx.rows(StoredBatch, query, {"store_id": store_id, "product": product_id} | _place(after, limit))


def list_quarantine(tx: Tx, store_id: UUID, *, after: tuple[Any, ...] | None, limit: int) -> list[StoredBatch]:
    """Give a store's batches with packs in quarantine, or that belong there, as `list_batches` does."""
    query = (
        _BATCHES
        + """
         WHERE store_id = %(store_id)s AND (quarantined > 0 OR recalled) AND (quarantined > 0 OR on_hand > 0)"""
        + _FROM_THERE
    )
    return tx.rows(StoredBatch, query, {"store_id": store_id} | _place(after, limit))


def _place(after: tuple[Any, ...] | None, limit: int) -> dict[str, Any]:
    last, on, ident = after or (None, None, None)
    return {"after": last, "on": on, "id": ident, "limit": limit}


def get_batch(tx: Tx, store_id: UUID, batch_id: UUID) -> StoredBatch:
    """Give a store's batch. Raises NotFound."""
    batch = tx.row(StoredBatch, _BATCHES + " WHERE id = %s AND store_id = %s", (batch_id, store_id))
    if batch is None:
        raise NotFound("No such batch.")
    return batch


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


def lock_in_stores(tx: Tx, product_id: UUID, batch_no: str, store_ids: Sequence[UUID]) -> list[StoredBatch]:
    """Give a batch as some stores have it and hold it there; always in the same order, so that opposite ways do not block each other."""
    query = _BATCHES + " WHERE product_id = %s AND batch_no = %s AND store_id = ANY(%s) ORDER BY id FOR UPDATE"
    return tx.rows(StoredBatch, query, (product_id, batch_no, list(store_ids)))


def lock_expired(tx: Tx, store_id: UUID, day: date) -> list[StoredBatch]:
    """Give a store's batches with packs that had expired by a day, first expired first, and hold them."""
    query = _BATCHES + " WHERE store_id = %s AND expires_on <= %s AND on_hand > 0 ORDER BY expires_on, id FOR UPDATE"
    return tx.rows(StoredBatch, query, (store_id, day))


def list_by_number(tx: Tx, product_id: UUID, batch_no: str) -> list[StoredBatch]:
    """Give the maker's batch of this number as all stores have it, however they write it."""
    query = _BATCHES + " WHERE product_id = %s AND upper(batch_no) = upper(%s) ORDER BY store_id, id"
    return tx.rows(StoredBatch, query, (product_id, batch_no))


def block_by_number(tx: Tx, product_id: UUID, batch_no: str, at: datetime) -> None:
    """Let nobody sell the maker's batch of this number any more, in any store."""
    query = """
        UPDATE inventory_batches SET recalled = true, updated_at = %s
         WHERE product_id = %s AND upper(batch_no) = upper(%s) AND NOT recalled"""
    tx.send(query, (at, product_id, batch_no))


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


def insert_transfer(
    tx: Tx, transfer_id: UUID, batch: StoredBatch, to_store_id: UUID, quantity: int, note: str | None, by: str, at: datetime
) -> None:  # fmt: skip
    """Keep that packs of a batch went to another store."""
    query = """
        INSERT INTO stock_transfers (id, product_id, batch_no, from_store_id, to_store_id, quantity, note, actor_uid, created_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"""
    tx.send(query, (transfer_id, batch.product_id, batch.batch_no, batch.store_id, to_store_id, quantity, note, by, at))


def insert_count(tx: Tx, count_id: UUID, batch: StoredBatch, counted: int, reason: str, by: str, at: datetime) -> None:
    """Keep what was counted of a batch beside what was on hand."""
    query = """
        INSERT INTO stock_counts (id, batch_id, counted, on_hand, reason, actor_uid, created_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s)"""
    tx.send(query, (count_id, batch.id, counted, batch.on_hand, reason, by, at))
