"""The products table: what is sold, for how much, and under which law."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

from psycopg.types.json import Jsonb

from plazza.catalogue.models.products import ProductQuery
from plazza.catalogue.rules.products import Content
from plazza.catalogue.store.compositions import add_compositions
from plazza.data.sql import Tx
from plazza.errors import NotFound


class Product(NamedTuple):
    """What other services need of a product: its price, its law and what stands on an invoice."""

    id: UUID
    sku: str
    name: str
    brand: str
    form: str
    release: str
    strength: str
    salt_key: str
    manufacturer: str
    pack_label: str
    pack_quantity: int | None
    pack_unit: str
    mrp_paise: int
    price_paise: int
    gst_bp: int
    hsn: str
    schedule: str
    prescription_required: bool
    max_per_order: int
    status: str
    version: int


class FullProduct(NamedTuple):
    """A product as the catalogue itself shows and indexes it."""

    id: UUID
    sku: str
    name: str
    normalized_name: str
    brand: str
    form: str
    release: str
    strength: str
    salts: list[dict[str, str]]
    salt_key: str
    salts_complete: bool
    manufacturer: str
    pack_label: str
    pack_quantity: int | None
    pack_unit: str
    mrp_paise: int | None
    price_paise: int | None
    gst_bp: int
    hsn: str
    schedule: str
    schedule_known: bool
    prescription_required: bool
    image_url: str | None
    max_per_order: int
    popularity: int
    status: str
    version: int


_FULL: LiteralString = """
    SELECT id, sku, name, normalized_name, brand, form, release, strength, salts, salt_key, salts_complete, manufacturer, pack_label,
           pack_quantity, pack_unit, mrp_paise, price_paise, gst_bp, hsn, schedule, schedule_known, prescription_required, image_url, max_per_order, popularity, status,
           version
      FROM products"""


def list_products(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, Product]:
    """Give products by id; an unknown id is left out and so is one without a price, a discontinued product is there with its status."""
    query = """
        SELECT id, sku, name, brand, form, release, strength, salt_key, manufacturer, pack_label, pack_quantity, pack_unit, mrp_paise,
               price_paise, gst_bp, hsn, schedule, prescription_required, max_per_order, status, version
          FROM products WHERE id = ANY(%s) AND price_paise IS NOT NULL"""
    return {product.id: product for product in tx.rows(Product, query, (list(ids),))}


def get_product(tx: Tx, product_id: UUID) -> FullProduct:
    """Give a product, also a discontinued one. Raises NotFound."""
    product = tx.row(FullProduct, _FULL + " WHERE id = %s", (product_id,))
    if product is None:
        raise NotFound("No such product.")
    return product


def find_product(tx: Tx, product_id: UUID) -> FullProduct | None:
    """Give a product, or None."""
    return tx.row(FullProduct, _FULL + " WHERE id = %s", (product_id,))


def list_page(tx: Tx, query: ProductQuery, after: tuple[str, UUID] | None, count: int) -> list[FullProduct]:
    """Give active products by name, those that fit the filters."""
    where = """
         WHERE status = 'active' AND (%(form)s::TEXT IS NULL OR form = %(form)s)
           AND (%(manufacturer)s::TEXT IS NULL OR lower(manufacturer) = lower(%(manufacturer)s))
           AND (%(schedule)s::TEXT IS NULL OR schedule = %(schedule)s)
           AND (%(prescription_required)s::BOOL IS NULL OR prescription_required = %(prescription_required)s)
           AND (%(salt)s::TEXT IS NULL
                OR salt_names IN (SELECT salt_names FROM compositions WHERE salt_names LIKE '%%' || %(salt)s || '%%'))
           AND (%(name)s::TEXT IS NULL OR (normalized_name, id) > (%(name)s, %(id)s::UUID))
         ORDER BY normalized_name, id LIMIT %(count)s"""
    name, ident = after or (None, None)
    params = query.model_dump(exclude={"limit", "cursor"}) | {"name": name, "id": ident, "count": count}
    return tx.rows(FullProduct, _FULL + where, params)


def list_equals(tx: Tx, product: FullProduct, count: int) -> list[FullProduct]:
    """Give the active products of the same composition, form and release as `product`, itself left out."""
    where = """
         WHERE status = 'active' AND salt_key = %s AND form = %s AND release = %s AND id <> %s
         ORDER BY price_paise, id LIMIT %s"""
    return tx.rows(FullProduct, _FULL + where, (product.salt_key, product.form, product.release, product.id, count))


def list_after(tx: Tx, after: UUID, count: int) -> list[FullProduct]:
    """Give the products that follow an id, for a walk through all of them."""
    return tx.rows(FullProduct, _FULL + " WHERE id > %s ORDER BY id LIMIT %s", (after, count))


def list_full(tx: Tx, ids: Sequence[UUID]) -> list[FullProduct]:
    """Give products by id, in no order."""
    return tx.rows(FullProduct, _FULL + " WHERE id = ANY(%s)", (list(ids),))


def count_products(tx: Tx) -> int:
    """Count the products, discontinued ones too."""
    return int(tx.value("SELECT count(*) FROM products"))


def lock_by_sku(tx: Tx, skus: Sequence[str]) -> dict[str, FullProduct]:
    """Give products by sku and hold their rows until the transaction ends."""
    rows = tx.rows(FullProduct, _FULL + " WHERE sku = ANY(%s) ORDER BY id FOR UPDATE", (list(skus),))
    return {row.sku: row for row in rows}


class Versioned(NamedTuple):
    """A product's id and version."""

    id: UUID
    version: int


def list_versions(tx: Tx, after: UUID, last: UUID, count: int) -> list[Versioned]:
    """Give ids and versions of the products that follow an id, up to and with `last`."""
    query = "SELECT id, version FROM products WHERE id > %s AND id <= %s ORDER BY id LIMIT %s"
    return tx.rows(Versioned, query, (after, last, count))


def insert_product(tx: Tx, product_id: UUID, content: Content, at: datetime) -> None:
    """Write a new product as version 1."""
    query = """
        INSERT INTO products (id, sku, name, normalized_name, brand, form, release, strength, salts, salt_key, brand_key, brand_sound,
                              salt_names, salts_complete, manufacturer, pack_label, pack_quantity, pack_unit, mrp_paise, price_paise, gst_bp,
                              hsn, schedule, schedule_known, prescription_required, image_url, max_per_order, status, airtable_record_id, created_at, updated_at)
        VALUES (%(id)s, %(sku)s, %(name)s, %(normalized_name)s, %(brand)s, %(form)s, %(release)s, %(strength)s, %(salts)s, %(salt_key)s,
                %(brand_key)s, %(brand_sound)s, %(salt_names)s, %(salts_complete)s, %(manufacturer)s, %(pack_label)s, %(pack_quantity)s, %(pack_unit)s,
                %(mrp_paise)s, %(price_paise)s, %(gst_bp)s, %(hsn)s, %(schedule)s, %(schedule_known)s, %(prescription_required)s, %(image_url)s,
                %(max_per_order)s, %(status)s, %(airtable_record_id)s, %(at)s, %(at)s)"""
    tx.execute(query, _values(content) | {"id": product_id, "at": at})
    add_compositions(tx, [content.salt_names])


def set_product(tx: Tx, product_id: UUID, content: Content, at: datetime) -> None:
    """Write a product's new content as its next version; an Airtable id that is there stays."""
    query = """
        UPDATE products
           SET sku = %(sku)s, name = %(name)s, normalized_name = %(normalized_name)s, brand = %(brand)s, form = %(form)s, release = %(release)s,
               strength = %(strength)s, salts = %(salts)s, salt_key = %(salt_key)s, brand_key = %(brand_key)s, brand_sound = %(brand_sound)s,
               salt_names = %(salt_names)s, salts_complete = %(salts_complete)s, manufacturer = %(manufacturer)s, pack_label = %(pack_label)s, pack_quantity = %(pack_quantity)s,
               pack_unit = %(pack_unit)s, mrp_paise = %(mrp_paise)s, price_paise = %(price_paise)s, gst_bp = %(gst_bp)s, hsn = %(hsn)s,
               schedule = %(schedule)s, schedule_known = %(schedule_known)s, prescription_required = %(prescription_required)s, image_url = %(image_url)s,
               max_per_order = %(max_per_order)s, status = %(status)s,
               airtable_record_id = coalesce(%(airtable_record_id)s, airtable_record_id), version = version + 1, updated_at = %(at)s
         WHERE id = %(id)s"""
    tx.execute(query, _values(content) | {"id": product_id, "at": at})
    add_compositions(tx, [content.salt_names])


def list_popularities(tx: Tx, after: UUID, count: int) -> dict[UUID, int]:
    """Give the popularity of the products that follow an id and have any."""
    query = "SELECT id, popularity FROM products WHERE popularity > 0 AND id > %s ORDER BY id LIMIT %s"
    return {row.id: row.popularity for row in tx.rows(Popularity, query, (after, count))}


class Popularity(NamedTuple):
    """A product's popularity."""

    id: UUID
    popularity: int


def get_popularities(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, int]:
    """Give the popularity of products by id; an unknown id is left out."""
    query = "SELECT id, popularity FROM products WHERE id = ANY(%s)"
    return {row.id: row.popularity for row in tx.rows(Popularity, query, (list(ids),))}


def set_popularities(tx: Tx, changed: Sequence[Popularity], at: datetime) -> None:
    """Write new popularities as the products' next versions."""
    query = """
        UPDATE products AS p SET popularity = c.popularity, version = p.version + 1, updated_at = %s
          FROM unnest(%s::UUID[], %s::INT8[]) AS c (id, popularity) WHERE p.id = c.id"""
    tx.execute(query, (at, [one.id for one in changed], [one.popularity for one in changed]))


def _values(content: Content) -> dict[str, Any]:
    return content._asdict() | {"salts": Jsonb(content.salts)}
