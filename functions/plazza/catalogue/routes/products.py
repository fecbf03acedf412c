"""Products and search over HTTP: public, and kept by the CDN for a short while."""

from uuid import UUID

from plazza.catalogue.actions import search
from plazza.catalogue.models.products import (
    CheckedCart,
    ProductQuery,
    ProductView,
    Substitute,
    Substitutes,
    ValidateCart,
)
from plazza.catalogue.models.search import SearchProducts, SearchResults, Suggestions, SuggestQuery
from plazza.catalogue.rules import substitutes
from plazza.catalogue.rules.carts import check_cart
from plazza.catalogue.rules.prices import saving_percent, unit_price
from plazza.catalogue.store import products as store
from plazza.catalogue.store.views import fields_of, view_of
from plazza.data.sql import Tx, read
from plazza.http import paging
from plazza.http.api import PUBLIC, Api
from plazza.schema import Page

api = Api("catalogue")

CACHE_SEC = 60
MOST_SUBSTITUTES = 50


@api.get("/products", roles=PUBLIC, cache_sec=CACHE_SEC)
def list_products(query: ProductQuery) -> Page[ProductView]:
    """List products by name."""
    key = paging.decode(query.cursor, str, UUID)
    after = (key[0], key[1]) if key else None
    rows = read(lambda tx: store.list_page(tx, query, after, query.limit + 1))
    page = paging.page(rows, query.limit, lambda product: (product.normalized_name, str(product.id)))
    return Page[ProductView](items=[view_of(product) for product in page.items], next_cursor=page.next_cursor)


@api.post("/products/search", roles=PUBLIC)
def search_products(body: SearchProducts) -> SearchResults:
    """Find products, however their names are typed; strengths are never guessed."""
    return search.search(body)


@api.get("/products/suggest", roles=PUBLIC, cache_sec=CACHE_SEC)
def suggest_products(query: SuggestQuery) -> Suggestions:
    """Suggest products, salts and makers while somebody types."""
    return search.suggest(query.q, query.limit)


@api.post("/products/validate", roles=PUBLIC)
def validate_cart(body: ValidateCart) -> CheckedCart:
    """Check a cart before it becomes a quote: what is sold, for how much, and what must not go together unseen."""
    ids = [item.product_id for item in body.items]
    found = read(lambda tx: {product.id: view_of(product) for product in store.list_full(tx, ids)})
    return check_cart(body.items, found)


@api.get("/products/<uuid:product_id>", roles=PUBLIC, cache_sec=CACHE_SEC)
def get_product(product_id: UUID) -> ProductView:
    """Give one product, also a discontinued one."""
    return view_of(read(lambda tx: store.get_product(tx, product_id)))


@api.get("/products/<uuid:product_id>/substitutes", roles=PUBLIC, cache_sec=CACHE_SEC)
def list_substitutes(product_id: UUID) -> Substitutes:
    """List products of the same composition, form and release, cheapest by the unit first."""
    return read(lambda tx: _substitutes(tx, product_id))


def _substitutes(tx: Tx, product_id: UUID) -> Substitutes:
    product = store.get_product(tx, product_id)
    salts = [salt["salt"] for salt in product.salts]
    offered = not substitutes.is_narrow(salts) and product.salt_key
    found = store.list_equals(tx, product, MOST_SUBSTITUTES) if offered else []
    price = unit_price(product.price_paise, product.pack_quantity)
    items = [
        Substitute.model_validate(
            fields_of(other)
            | {"saving_percent": saving_percent(price, unit_price(other.price_paise, other.pack_quantity))}
        )
        for other in substitutes.cheapest_first(found, product.pack_unit)
    ]
    return Substitutes(
        product_id=product_id,
        needs_prescriber=product.schedule != "none",
        note=substitutes.note_for(product.schedule, salts),
        items=items,
    )
