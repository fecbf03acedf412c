"""The repair report: stock's balances against everything that they came from."""

from uuid import UUID

from plazza.data.sql import read
from plazza.order.models.inventory import StockDifference, StockReport
from plazza.order.store import ledger

PAGE = 500
"""Batches of one statement: each page is of one moment, and none comes near the statements' time limit."""


def report(store_id: UUID | None = None) -> StockReport:
    """Add up a store's stock anew, or all stores', and list what differs."""
    batches, differences = _add_up_batches(store_id)
    transfers, broken = _add_up_transfers(store_id)
    return StockReport(batches=batches, transfers=transfers, differences=differences, broken_transfers=broken)


def _add_up_batches(store_id: UUID | None) -> tuple[int, list[StockDifference]]:
    count, after, found = 0, None, list[StockDifference]()
    while True:
        rows = read(lambda tx, after=after: ledger.list_balances(tx, store_id, after=after, limit=PAGE))
        count += len(rows)
        found += [
            row
            for row in rows
            if row.on_hand != row.on_hand_by_movements
            or row.quarantined != row.quarantined_by_movements
            or not row.reserved == row.reserved_by_movements == row.reserved_by_orders
        ]
        if len(rows) < PAGE:
            return count, found
        after = rows[-1].batch_id


def _add_up_transfers(store_id: UUID | None) -> tuple[int, list[UUID]]:
    count, after, broken = 0, None, list[UUID]()
    while True:
        rows = read(lambda tx, after=after: ledger.list_transfers(tx, store_id, after=after, limit=PAGE))
        count += len(rows)
        broken += [row.id for row in rows if not row.quantity == -row.sent == row.received]
        if len(rows) < PAGE:
            return count, broken
        after = rows[-1].id
