"""What changes prices at stores and taxes by day; orders freeze what held when they were placed."""

from uuid import UUID

from plazza import clock
from plazza.catalogue.actions import changes
from plazza.catalogue.models.prices import PricesView, PutStorePrice, PutTax, StorePriceView, TaxView
from plazza.catalogue.store import prices as store
from plazza.data.sql import Tx, run_transaction
from plazza.errors import Conflict, Invalid, NotFound


def put_tax(by: str, sku: str, body: PutTax) -> PricesView:
    """Let a rate hold from a day on. Raises NotFound, Invalid for a day that is over: what was sold then was taxed then."""
    if body.effective_from < clock.today():
        raise Invalid("effective_from must not be in the past.", field="effective_from")

    def work(tx: Tx) -> PricesView:
        product = _lock(tx, sku)
        store.put_tax(tx, product.id, TaxView(**body.model_dump(), set_by=by, set_at=clock.now()))
        return _view(tx, sku, product)

    return run_transaction(work)


def put_store_price(by: str, sku: str, store_id: UUID, body: PutStorePrice) -> PricesView:
    """Give a store a price of its own. Raises NotFound, Conflict for a product without an MRP, Invalid for a price above it."""

    def work(tx: Tx) -> PricesView:
        product = _lock(tx, sku)
        if not store.has_store(tx, store_id):
            raise NotFound("No such store.")
        if product.mrp_paise is None:
            raise Conflict("The product has no MRP yet.", reason="NOT_PRICED")
        if body.price_paise > product.mrp_paise:
            raise Invalid(
                "price_paise must not exceed the product's MRP.", field="price_paise", mrp_paise=product.mrp_paise
            )
        price = StorePriceView(
            store_id=store_id,
            mrp_paise=product.mrp_paise,
            price_paise=body.price_paise,
            updated_by=by,
            updated_at=clock.now(),
        )
        store.put_store_price(tx, product.id, price)
        changes.forget_after(tx, product.id)
        return _view(tx, sku, product)

    return run_transaction(work)


def delete_store_price(sku: str, store_id: UUID) -> None:
    """Let a store ask the product's price again. Raises NotFound."""

    def work(tx: Tx) -> None:
        product = _lock(tx, sku)
        if store.delete_store_price(tx, product.id, store_id) == 0:
            raise NotFound("This store has no price of its own for the product.")
        changes.forget_after(tx, product.id)

    run_transaction(work)


def get_prices(sku: str) -> PricesView:
    """Give what a product costs. Raises NotFound."""
    return run_transaction(lambda tx: _view(tx, sku, _lock(tx, sku)))


def _lock(tx: Tx, sku: str) -> store.Priced:
    product = store.lock_product(tx, sku)
    if product is None:
        raise NotFound("No such product.")
    return product


def _view(tx: Tx, sku: str, product: store.Priced) -> PricesView:
    tax = store.get_tax(tx, product.id, clock.today())
    return PricesView(
        sku=sku,
        mrp_paise=product.mrp_paise,
        price_paise=product.price_paise,
        gst_bp=tax.gst_bp if tax else product.gst_bp,
        hsn=tax.hsn if tax else product.hsn,
        stores=store.list_store_prices(tx, product.id),
        taxes=store.list_taxes(tx, product.id),
    )
