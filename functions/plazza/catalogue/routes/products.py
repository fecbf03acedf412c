"""Products and search over HTTP: public, and kept by the CDN for a short while."""

from typing import Annotated
from uuid import UUID

from plazza.catalogue.actions import carts, explaining, search, substitutes
from plazza.catalogue.models.carts import CheckedCart, ValidateCart
from plazza.catalogue.models.products import ProductQuery, ProductView
from plazza.catalogue.models.search import Explained, SearchProducts, SearchResults, Suggestions, SuggestQuery
from plazza.catalogue.models.substitutes import Substitutes, SubstitutesQuery
from plazza.catalogue.store import products as store
from plazza.catalogue.store.views import view_of
from plazza.data.sql import read
from plazza.http import paging
from plazza.http.api import PUBLIC, Api
from plazza.identity import Role
from plazza.schema import Page, Written

api = Api("catalogue")

CACHE_SEC = 60
CATALOGUE = ("catalogue",)
PRODUCT = ("products", "product:{product_id}")
"""Scopes, whose change ends what is kept: any product; this one, or all at once."""
FLEETING = ("store_id",)
STAFF = frozenset(Role) - {Role.CUSTOMER, Role.RIDER}


@api.get("/products", roles=PUBLIC, cache_sec=CACHE_SEC, shows=CATALOGUE)
def list_products(query: ProductQuery) -> Page[ProductView]:
    """List products by name."""
    key = paging.decode(query.cursor, str, UUID)
    after = (key[0], key[1]) if key else None
    rows = read(lambda tx: store.list_page(tx, query, after, query.limit + 1))
    page = paging.page(rows, query.limit, lambda product: (product.normalized_name, str(product.id)))
    return Page[ProductView](items=[view_of(product) for product in page.items], next_cursor=page.next_cursor)


@api.post("/products/search", roles=PUBLIC, cache_sec=CACHE_SEC, shows=CATALOGUE, fleeting=FLEETING)
def search_products(body: SearchProducts) -> Annotated[Written, SearchResults]:
    """Find products, however their names are typed; strengths are never guessed."""
    return search.search(body)


@api.post("/products/search/explain", roles=STAFF)
def explain_search(body: SearchProducts) -> Explained:
    """Say, for staff, how a query was read and why each product stands where it stands."""
    return explaining.explain(body)


@api.get("/products/suggest", roles=PUBLIC, cache_sec=CACHE_SEC, shows=CATALOGUE)
def suggest_products(query: SuggestQuery) -> Annotated[Written, Suggestions]:
    """Suggest products, salts and makers while somebody types."""
    return search.suggest(query.q, query.limit)


@api.post("/products/validate", roles=PUBLIC)
def validate_cart(body: ValidateCart) -> CheckedCart:
    """Check a cart before it becomes a quote: what is sold, for how much, and what must not go together unseen."""
    return carts.validate_cart(body)


@api.get("/products/<uuid:product_id>", roles=PUBLIC, cache_sec=CACHE_SEC, shows=PRODUCT)
def get_product(product_id: UUID) -> ProductView:
    """Give one product, also a discontinued one."""
    return view_of(read(lambda tx: store.get_product(tx, product_id)))


@api.get(
    "/products/<uuid:product_id>/substitutes", roles=PUBLIC, cache_sec=CACHE_SEC, shows=CATALOGUE, fleeting=FLEETING
)
def list_substitutes(product_id: UUID, query: SubstitutesQuery) -> Substitutes:
    """List products of the same composition, form and release; which are there at a store, which are cheaper by the unit."""
    return substitutes.list_substitutes(product_id, query)
