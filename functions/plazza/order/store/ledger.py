"""The stock's books: what the balances should be, added up anew from what they came from."""

from typing import NamedTuple
from uuid import UUID

from plazza.data.sql import Tx
from plazza.order.models.inventory import StockDifference


class TransferSides(NamedTuple):
    """How many packs of a transfer should have moved, have left one shelf, and have come onto the other."""

    id: UUID
    quantity: int
    sent: int
    received: int


def list_balances(tx: Tx, store_id: UUID | None, *, after: UUID | None, limit: int) -> list[StockDifference]:
    """Give batches by id with their balances and what these should be, of one moment; `after` is the last one seen."""
    query = """
        SELECT b.id AS batch_id, b.store_id, b.on_hand, b.reserved,
               (SELECT coalesce(sum(on_hand_change), 0)::INT8 FROM stock_movements WHERE batch_id = b.id) AS on_hand_by_movements,
               (SELECT coalesce(sum(reserved_change), 0)::INT8 FROM stock_movements WHERE batch_id = b.id) AS reserved_by_movements,
               b.quarantined,
               (SELECT coalesce(sum(quarantined_change), 0)::INT8 FROM stock_movements WHERE batch_id = b.id)
               AS quarantined_by_movements,
               (SELECT coalesce(sum(h.quantity), 0)::INT8 FROM order_batches AS h JOIN orders AS o ON o.id = h.order_id
                 WHERE h.batch_id = b.id AND h.state = 'reserved' AND o.status IN ('pending', 'confirmed', 'processing'))
               AS reserved_by_orders
          FROM inventory_batches AS b
         WHERE (%(store)s::UUID IS NULL OR b.store_id = %(store)s) AND (%(after)s::UUID IS NULL OR b.id > %(after)s)
         ORDER BY b.id LIMIT %(limit)s"""
    return tx.rows(StockDifference, query, {"store": store_id, "after": after, "limit": limit})


def list_transfers(tx: Tx, store_id: UUID | None, *, after: UUID | None, limit: int) -> list[TransferSides]:
    """Give transfers by id, from or to a store, with what their two sides say; `after` is the last one seen."""
    query = """
        SELECT t.id, t.quantity,
               (SELECT coalesce(sum(m.on_hand_change), 0)::INT8 FROM stock_movements AS m
                  JOIN inventory_batches AS b ON b.id = m.batch_id
                 WHERE m.transfer_id = t.id AND m.kind = 'transfer_out' AND b.store_id = t.from_store_id) AS sent,
               (SELECT coalesce(sum(m.on_hand_change), 0)::INT8 FROM stock_movements AS m
                  JOIN inventory_batches AS b ON b.id = m.batch_id
                 WHERE m.transfer_id = t.id AND m.kind = 'transfer_in' AND b.store_id = t.to_store_id) AS received
          FROM stock_transfers AS t
         WHERE (%(store)s::UUID IS NULL OR t.from_store_id = %(store)s OR t.to_store_id = %(store)s)
           AND (%(after)s::UUID IS NULL OR t.id > %(after)s)
         ORDER BY t.id LIMIT %(limit)s"""
    return tx.rows(TransferSides, query, {"store": store_id, "after": after, "limit": limit})
