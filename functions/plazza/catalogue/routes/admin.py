"""Products and the search index over HTTP, for staff."""

from uuid import UUID

from plazza.catalogue.actions import index, prices, products, query_log, vendors
from plazza.catalogue.models.index import IndexView, RepairedIndex, SwapIndex
from plazza.catalogue.models.prices import Missing, PricesView, PutStorePrice, PutTax, UnreadProduct, UnreadQuery
from plazza.catalogue.models.products import Imported, ImportProducts, PutProduct, StoredProduct, SyncQuery, SyncRunView
from plazza.catalogue.models.query_log import SearchReport, SearchReportQuery
from plazza.catalogue.models.vendors import (
    DecideVendorProduct,
    OfferVendorProducts,
    VendorProductQuery,
    VendorProducts,
    VendorProductView,
)
from plazza.catalogue.store import syncs, unread
from plazza.catalogue.store import vendors as vendor_store
from plazza.data.sql import read
from plazza.http import paging
from plazza.http.api import Api
from plazza.identity import Caller, Role
from plazza.schema import Page

api = Api("catalogue_admin")

STAFF = (Role.ADMIN, Role.SUPPORT)


@api.put("/admin/products/<sku>", roles=[Role.ADMIN])
def put_product(sku: str, body: PutProduct) -> StoredProduct:
    """Write a product by its sku; what is left out is read from its name."""
    return products.put_product(sku, body)


@api.post("/admin/products/import", roles=[Role.ADMIN], max_bytes=4_194_304)
def import_products(body: ImportProducts) -> Imported:
    """Write a batch of products; refused rows are named with their reason."""
    return products.import_products(body)


@api.get("/admin/products/unread", roles=STAFF)
def list_unread(query: UnreadQuery) -> Page[UnreadProduct]:
    """List the products of which something could not be read or is not known; nothing of it was guessed."""
    key = paging.decode(query.cursor, UUID)
    rows = read(lambda tx: unread.list_unread(tx, query.what, key[0] if key else UUID(int=0), query.limit + 1))
    page = paging.page(rows, query.limit, lambda row: (str(row.id),))
    return Page[UnreadProduct](items=[_unread(row) for row in page.items], next_cursor=page.next_cursor)


def _unread(row: unread.Unread) -> UnreadProduct:
    names: tuple[Missing, ...] = ("pack", "form", "composition", "price", "schedule")
    return UnreadProduct(
        id=row.id,
        sku=row.sku,
        name=row.name,
        pack_label=row.pack_label,
        missing=[name for name in names if getattr(row, name)],
    )


@api.get("/admin/products/<sku>/prices", roles=STAFF)
def get_prices(sku: str) -> PricesView:
    """Tell what a product costs: everywhere, at stores with a price of their own, and its tax by day."""
    return prices.get_prices(sku)


@api.put("/admin/products/<sku>/taxes", roles=[Role.ADMIN])
def put_tax(caller: Caller, sku: str, body: PutTax) -> PricesView:
    """Let a GST rate and an HSN code hold from a day on."""
    return prices.put_tax(caller.uid, sku, body)


@api.put("/admin/products/<sku>/stores/<uuid:store_id>", roles=[Role.ADMIN])
def put_store_price(caller: Caller, sku: str, store_id: UUID, body: PutStorePrice) -> PricesView:
    """Give a store a price of its own, at most the MRP."""
    return prices.put_store_price(caller.uid, sku, store_id, body)


@api.delete("/admin/products/<sku>/stores/<uuid:store_id>", roles=[Role.ADMIN])
def delete_store_price(sku: str, store_id: UUID) -> None:
    """Let a store ask the product's price again."""
    prices.delete_store_price(sku, store_id)


@api.post("/admin/index/build", roles=[Role.ADMIN], per_minute=5)
def build_index() -> IndexView:
    """Build the search index anew and put it in place; searches go on meanwhile."""
    return index.build()


@api.post("/admin/index/swap", roles=[Role.ADMIN], per_minute=5)
def swap_index(body: SwapIndex) -> IndexView:
    """Let another index that is there answer, brought up to date."""
    return index.swap(body.index)


@api.post("/admin/index/rollback", roles=[Role.ADMIN], per_minute=5)
def roll_back_index() -> IndexView:
    """Let the index before answer again, with what has changed since."""
    return index.rollback()


@api.post("/admin/index/repair", roles=[Role.ADMIN], per_minute=5)
def repair_index() -> RepairedIndex:
    """Mend what differs between the index and the products, and tell how many documents that were."""
    return index.repair()


@api.get("/admin/index/status", roles=STAFF)
def get_index_status() -> IndexView:
    """Tell which index answers and whether anything is missing in it."""
    return index.status()


@api.get("/admin/search/report", roles=STAFF)
def get_search_report(query: SearchReportQuery) -> SearchReport:
    """List what people searched for and did not find, up to an hour ago, and the words that the synonyms lack."""
    return query_log.report(query)


@api.get("/admin/sync", roles=STAFF)
def list_sync_runs(query: SyncQuery) -> Page[SyncRunView]:
    """List the latest runs that copied data between systems."""
    return Page[SyncRunView](items=read(lambda tx: syncs.list_runs(tx, query.source, query.limit)))


@api.post("/admin/vendor-products", roles=[Role.ADMIN])
def offer_vendor_products(body: OfferVendorProducts) -> VendorProducts:
    """Match a vendor's list to products; what is not certain waits for a person."""
    return vendors.match_list(body)


@api.get("/admin/vendor-products", roles=STAFF)
def list_vendor_products(query: VendorProductQuery) -> VendorProducts:
    """List vendors' products, those that wait for a person first, each with the products it may be and why."""
    return VendorProducts(
        items=read(lambda tx: vendor_store.list_vendor_products(tx, query.vendor, query.status, query.limit))
    )


@api.post("/admin/vendor-products/decide", roles=[Role.ADMIN])
def decide_vendor_product(caller: Caller, body: DecideVendorProduct) -> VendorProductView:
    """Say which product a vendor's is, or that it is none; the decision is remembered."""
    return vendors.decide(caller.uid, body)
