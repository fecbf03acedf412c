"""Stores, stock and counter sales over HTTP."""

from datetime import date
from uuid import UUID

from plazza.data.once import Once
from plazza.data.sql import read
from plazza.http import paging
from plazza.http.api import PUBLIC, Api
from plazza.identity import Caller, Role
from plazza.order import rules
from plazza.order.actions import counter, inventory
from plazza.order.models.inventory import (
    AdjustStock,
    BatchQuery,
    BatchView,
    DayQuery,
    DaySales,
    ReceiveBatch,
    RecordSale,
    SaleView,
    Stores,
    StoreView,
)
from plazza.order.store import batches, stores
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
    store_id = rules.store_of(caller, query.store_id)
    after = paging.decode(query.cursor, UUID, date.fromisoformat, UUID)
    rows = read(
        lambda tx: batches.list_batches(tx, store_id, product_id=query.product_id, after=after, limit=query.limit + 1)
    )
    return paging.page(
        [inventory.view(row) for row in rows],
        query.limit,
        lambda row: (str(row.product_id), row.expires_on.isoformat(), str(row.id)),
    )


@api.post("/inventory/batches", roles=STOCK, status=201)
def receive_batch(caller: Caller, once: Once, body: ReceiveBatch) -> BatchView:
    """Take packs in: a new batch, or more of a known one; send an Idempotency-Key."""
    return inventory.receive_batch(caller, once, body)


@api.post("/inventory/adjustments", roles=STOCK, status=201)
def adjust_stock(caller: Caller, once: Once, body: AdjustStock) -> BatchView:
    """Correct what is on hand of a batch, with the reason; send an Idempotency-Key."""
    return inventory.adjust_stock(caller, once, body)


@api.post("/pos/transactions", roles=COUNTER, status=201)
def record_sale(caller: Caller, once: Once, body: RecordSale) -> SaleView:
    """Sell over the counter. The same `client_sale_id` is the same sale, also without an Idempotency-Key."""
    return counter.record_sale(caller, once, body)


@api.get("/pos/transactions", roles=[*COUNTER, Role.SUPPORT, Role.ADMIN])
def list_sales(caller: Caller, query: DayQuery) -> DaySales:
    """List a day's counter sales, latest first, with the totals of the whole day."""
    return counter.list_day(caller, query)


def _store(row: stores.Store) -> StoreView:
    values = row._asdict()
    del values["state_code"]
    return StoreView(**values)
