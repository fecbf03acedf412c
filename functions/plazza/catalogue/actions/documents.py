"""A stored product → its document of the search index."""

from typing import Any

from plazza.catalogue.rules import documents
from plazza.catalogue.store.products import FullProduct
from plazza.catalogue.store.views import view_of


def document_of(product: FullProduct) -> dict[str, Any]:
    """Give the document: the view that answers are made of, the keys, and the fields that filters ask for."""
    keys = documents.keys_of(product.name, product.brand, product.release, product.salts, product.manufacturer)
    return {
        **keys,
        "view": view_of(product).model_dump(mode="json"),
        "manufacturer": product.manufacturer,
        "form": product.form,
        "release": product.release,
        "schedule": product.schedule,
        "prescription_required": product.prescription_required,
        "price_paise": product.price_paise,
        "status": product.status,
        "popularity": product.popularity,
        "sku": product.sku,
    }
