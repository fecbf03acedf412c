"""A stored product → what its readers see."""

from typing import Any

from plazza.catalogue.models.products import ProductView, SaltView
from plazza.catalogue.rules.prices import unit_price_paise
from plazza.catalogue.store.products import FullProduct


def view_of(product: FullProduct) -> ProductView:
    """Give a product as anyone may see it."""
    return ProductView.model_validate(fields_of(product))


def fields_of(product: FullProduct) -> dict[str, Any]:
    """Give the fields of a product's view, for views that have more."""
    known = product._asdict()
    fields = {name: known[name] for name in ProductView.model_fields if name in known}
    return fields | {
        "salts": [SaltView.model_validate(salt) for salt in product.salts],
        "unit_price_paise": unit_price_paise(product.price_paise, product.pack_quantity),
    }
