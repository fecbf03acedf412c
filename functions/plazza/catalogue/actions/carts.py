"""A cart of the client's → what is to be said about it, at a store's prices and shelves when it names one."""

from plazza import clock
from plazza.catalogue.models.carts import CheckedCart, ValidateCart
from plazza.catalogue.rules.carts import Sold, check_cart
from plazza.catalogue.store import offers
from plazza.catalogue.store import products as store
from plazza.catalogue.store.offers import Offer
from plazza.catalogue.store.products import FullProduct
from plazza.data.sql import Tx, read


def validate_cart(body: ValidateCart) -> CheckedCart:
    """Check a cart; it changes and promises nothing. Raises NotFound for an unknown store."""
    ids = list(dict.fromkeys(item.product_id for item in body.items))

    def work(tx: Tx) -> CheckedCart:
        at_store = None if body.store_id is None else offers.list_offers(tx, body.store_id, ids, clock.today())
        found = store.list_full(tx, ids)
        return check_cart(body.items, {one.id: _sold(one, at_store.get(one.id) if at_store else None) for one in found})

    return read(work)


def _sold(product: FullProduct, offer: Offer | None) -> Sold:
    return Sold(
        id=product.id,
        name=product.name,
        salts=[salt["salt"] for salt in product.salts],
        status=product.status,
        price_paise=offer.price_paise if offer else product.price_paise,
        mrp_paise=product.mrp_paise,
        prescription_required=product.prescription_required,
        max_per_order=product.max_per_order,
        free=offer.free if offer else None,
    )
