"""A stored product → its document of the search index."""

import zlib
from typing import Any
from uuid import UUID

from plazza.catalogue.actions.remembered import Document
from plazza.catalogue.rules import documents
from plazza.catalogue.store.products import FullProduct
from plazza.catalogue.store.views import view_of


def bucket_of(product_id: UUID) -> str:
    """Give the part of the catalogue that a product is compared with: the first two hexadecimal digits of its id, 256 parts."""
    return product_id.hex[:2]


def mark_of(product_id: UUID, version: int) -> int:
    """Give 32 bits that differ when the version does; sums of them stay exact in a float up to two million products a bucket."""
    return zlib.crc32(f"{product_id}:{version}".encode())


def document_of(product: FullProduct) -> dict[str, Any]:
    """Give the document: the view that answers are made of, the keys, the fields that filters ask for, and its mark."""
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
        "bucket": bucket_of(product.id),
        "mark": mark_of(product.id, product.version),
    }


def document_seen(product: FullProduct) -> Document:
    """Give what a search would read of the product's document, without the keys by which the engine finds it."""
    view = view_of(product).model_dump(mode="json")
    seen = documents.judged_of(product.name, product.brand, product.release, product.salts, product.manufacturer)
    source = {"view": view, "judged": seen._asdict(), "popularity": product.popularity}
    return Document(documents.candidate_of(source), view)
