"""Products and the search index over HTTP, for staff."""

from plazza.catalogue.actions import index, products, vendors
from plazza.catalogue.models.index import IndexView, SwapIndex
from plazza.catalogue.models.products import Imported, ImportProducts, PutProduct, StoredProduct, SyncQuery, SyncRunView
from plazza.catalogue.models.vendors import (
    DecideVendorProduct,
    OfferVendorProducts,
    VendorProductQuery,
    VendorProducts,
    VendorProductView,
)
from plazza.catalogue.store import syncs
from plazza.catalogue.store import vendors as vendor_store
from plazza.data.sql import read
from plazza.errors import NotFound
from plazza.http.api import Api
from plazza.identity import Caller, Role
from plazza.schema import Page

api = Api("catalogue_admin")

MAX_SKU = 64
STAFF = (Role.ADMIN, Role.SUPPORT)


@api.put("/admin/products/<sku>", roles=[Role.ADMIN])
def put_product(sku: str, body: PutProduct) -> StoredProduct:
    """Write a product by its sku; what is left out is read from its name."""
    if len(sku) > MAX_SKU:
        raise NotFound("No sku is that long.")
    return products.put_product(sku, body)


@api.post("/admin/products/import", roles=[Role.ADMIN], max_bytes=4_194_304)
def import_products(body: ImportProducts) -> Imported:
    """Write a batch of products; refused rows are named with their reason."""
    return products.import_products(body)


@api.post("/admin/index/build", roles=[Role.ADMIN], per_minute=5)
def build_index() -> IndexView:
    """Build the search index anew and put it in place; searches go on meanwhile."""
    return index.build()


@api.post("/admin/index/swap", roles=[Role.ADMIN], per_minute=5)
def swap_index(body: SwapIndex) -> IndexView:
    """Let another index answer: a roll back when it is the one before."""
    return index.swap(body.index, check=False)


@api.get("/admin/index/status", roles=STAFF)
def get_index_status() -> IndexView:
    """Tell which index answers and whether anything is missing in it."""
    return index.status()


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
    """List a vendor's products, those that wait first."""
    return VendorProducts(
        items=read(lambda tx: vendor_store.list_vendor_products(tx, query.vendor, query.status, query.limit))
    )


@api.post("/admin/vendor-products/decide", roles=[Role.ADMIN])
def decide_vendor_product(caller: Caller, body: DecideVendorProduct) -> VendorProductView:
    """Say which product a vendor's is, or that it is none; the decision is remembered."""
    return vendors.decide(caller.uid, body)
