"""Stores, stock and counter sales over HTTP."""

from datetime import date
from uuid import UUID

from plazza.data.once import Once
from plazza.data.sql import read
from plazza.http import paging
from plazza.http.api import PUBLIC, Api
from plazza.identity import Caller, Role
from plazza.order.actions import counter, inventory, quarantine, recalls, repair, shelves, tills
from plazza.order.models.inventory import (
    AdjustStock,
    BatchQuery,
    BatchView,
    CountBatch,
    CountView,
    DayQuery,
    DaySales,
    QuarantineQuery,
    ReceiveBatch,
    RecordSale,
    ReportQuery,
    SaleView,
    StockReport,
    Stores,
    StoreView,
    TransferStock,
    TransferView,
    WriteOffExpired,
    WriteOffView,
)
from plazza.order.models.quarantine import Dispose, SetAside
from plazza.order.models.recalls import ReachQuery, RecallBatch, RecalledSale, RecallReach, RecallView
from plazza.order.models.tills import CloseDay, ClosesQuery, DayClose, RecordSales, SaleVerdicts
from plazza.order.rules import states
from plazza.order.store import batches, stores
from plazza.order.store.batches import StoredBatch
from plazza.schema import Page

api = Api("inventory")

STOCK = [Role.STORE_STAFF, Role.PHARMACIST, Role.ADMIN]
COUNTER = [Role.CASHIER, Role.STORE_STAFF, Role.PHARMACIST]


@api.get("/stores", roles=PUBLIC, cache_sec=300)
def list_stores() -> Stores:
    """List all stores, with the licences that they display."""
    rows = read(stores.list_stores)
    return Stores(items=[_store(row) for row in rows])


@api.get("/inventory/batches", roles=[*COUNTER, Role.SUPPORT, Role.ADMIN])
def list_batches(caller: Caller, query: BatchQuery) -> Page[BatchView]:
    """List a store's batches by product, first expiring first; administrators and support name the store."""
    store_id = states.store_of(caller, query.store_id)
    after = paging.decode(query.cursor, UUID, date.fromisoformat, UUID)
    rows = read(
        lambda tx: batches.list_batches(tx, store_id, product_id=query.product_id, after=after, limit=query.limit + 1)
    )
    return _page(rows, query.limit)


@api.post("/inventory/batches", roles=STOCK, status=201)
def receive_batch(caller: Caller, once: Once, body: ReceiveBatch) -> BatchView:
    """Take packs in: a new batch, or more of a known one; send an Idempotency-Key."""
    return inventory.receive_batch(caller, once, body)


@api.post("/inventory/adjustments", roles=STOCK, status=201)
def adjust_stock(caller: Caller, once: Once, body: AdjustStock) -> BatchView:
    """Correct what is on hand of a batch, with the reason; send an Idempotency-Key."""
    return inventory.adjust_stock(caller, once, body)


@api.post("/inventory/transfers", roles=STOCK, status=201)
def transfer_stock(caller: Caller, once: Once, body: TransferStock) -> TransferView:
    """Bring packs of a batch to another store; both stores' stock changes at once. Send an Idempotency-Key."""
    return shelves.transfer_stock(caller, once, body)


@api.post("/inventory/counts", roles=STOCK, status=201)
def count_batch(caller: Caller, once: Once, body: CountBatch) -> CountView:
    """Count a batch: the difference to what is on hand is corrected, never below what is promised. Send an Idempotency-Key."""
    return shelves.count_batch(caller, once, body)


@api.post("/inventory/write-offs", roles=STOCK, status=201)
def write_off_expired(caller: Caller, once: Once, body: WriteOffExpired) -> WriteOffView:
    """Write off all that had expired in a store by a day; asked again, there is nothing left to write off."""
    return shelves.write_off_expired(caller, once, body)


@api.get("/inventory/quarantine", roles=[*STOCK, Role.SUPPORT])
def list_quarantine(caller: Caller, query: QuarantineQuery) -> Page[BatchView]:
    """List a store's batches with packs that are set aside, and recalled ones of which some still stand on the shelf."""
    store_id = states.store_of(caller, query.store_id)
    after = paging.decode(query.cursor, UUID, date.fromisoformat, UUID)
    rows = read(lambda tx: batches.list_quarantine(tx, store_id, after=after, limit=query.limit + 1))
    return _page(rows, query.limit)


@api.post("/inventory/quarantine", roles=STOCK, status=201)
def set_aside(caller: Caller, once: Once, body: SetAside) -> BatchView:
    """Set packs aside that may not be sold; never those promised to orders. Send an Idempotency-Key."""
    return quarantine.set_aside(caller, once, body)


@api.post("/inventory/disposals", roles=STOCK, status=201)
def dispose(caller: Caller, once: Once, body: Dispose) -> BatchView:
    """Send packs that are set aside back to their supplier, or destroy them. Send an Idempotency-Key."""
    return quarantine.dispose(caller, once, body)


@api.get("/inventory/report", roles=[Role.ADMIN])
def report_stock(query: ReportQuery) -> StockReport:
    """Add up balances from movements and open orders, and list what differs: there should be nothing."""
    return repair.report(query.store_id)


@api.post("/inventory/recalls", roles=[Role.ADMIN], status=201)
def recall_batch(caller: Caller, once: Once, body: RecallBatch) -> RecallView:
    """Recall a maker's batch: no store sells it any more, and each customer is told once. Asked again, it is the recall that is there."""
    return recalls.recall_batch(caller, once, body)


@api.get("/inventory/recalls/<uuid:recall_id>", roles=[Role.SUPPORT, Role.ADMIN])
def get_recall(recall_id: UUID, query: ReachQuery) -> RecallReach:
    """Give a recall with the orders, customers, riders and messages that it reached."""
    return recalls.list_reach(recall_id, query)


@api.get("/inventory/recalls/<uuid:recall_id>/sales", roles=[Role.SUPPORT, Role.ADMIN])
def list_recalled_sales(recall_id: UUID, query: ReachQuery) -> Page[RecalledSale]:
    """List the counter sales that a recall reached."""
    return recalls.list_sales(recall_id, query)


@api.post("/pos/transactions", roles=COUNTER, status=201)
def record_sale(caller: Caller, once: Once, body: RecordSale) -> SaleView:
    """Sell over the counter. The same `client_sale_id` is the same sale, also without an Idempotency-Key."""
    return counter.record_sale(caller, once, body)


@api.get("/pos/transactions", roles=[*COUNTER, Role.SUPPORT, Role.ADMIN])
def list_sales(caller: Caller, query: DayQuery) -> DaySales:
    """List a day's counter sales, latest first, with the totals of the whole day."""
    return counter.list_day(caller, query)


@api.post("/pos/transactions/batch", roles=COUNTER)
def record_sales(caller: Caller, body: RecordSales) -> SaleVerdicts:
    """Bring in up to 100 sales of a till that was offline, each judged by itself. Safe to send again: each has its `client_sale_id`."""
    return tills.record_sales(caller, body)


@api.post("/pos/day-close", roles=COUNTER, status=201)
def close_day(caller: Caller, once: Once, body: CloseDay) -> DayClose:
    """Close the store's day: what was counted against what was sold. Sales after it count to the next day."""
    return tills.close_day(caller, once, body)


@api.get("/pos/day-close", roles=[*COUNTER, Role.SUPPORT, Role.ADMIN])
def list_closes(caller: Caller, query: ClosesQuery) -> Page[DayClose]:
    """List a store's closed days, latest first; administrators and support name the store."""
    return tills.list_closes(caller, query)


def _page(rows: list[StoredBatch], limit: int) -> Page[BatchView]:
    return paging.page(
        [inventory.view(row) for row in rows],
        limit,
        lambda row: (str(row.product_id), row.expires_on.isoformat(), str(row.id)),
    )


def _store(row: stores.Store) -> StoreView:
    values = row._asdict()
    del values["state_code"]
    return StoreView(**values)
