"""SQL of what a product costs where and when: its price at a store, and the tax of a day."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from plazza.catalogue.models.prices import StorePriceView, TaxView
from plazza.catalogue.store.products import Product
from plazza.data.sql import Tx


class Priced(NamedTuple):
    """What a change of prices or taxes needs of a product: `gst_bp` and `hsn` hold where no dated rate does."""

    id: UUID
    mrp_paise: int | None
    price_paise: int | None
    gst_bp: int
    hsn: str


def list_for_sale(tx: Tx, ids: Sequence[UUID], store_id: UUID, on: date) -> dict[UUID, Product]:
    """Give products by id with the price of a store and the tax of a day; without an unknown id and one that has no price."""
    query = """
        SELECT p.id, p.sku, p.name, p.brand, p.form, p.release, p.strength, p.salt_key, p.manufacturer, p.pack_label, p.pack_quantity,
               p.pack_unit, p.mrp_paise, coalesce(s.price_paise, p.price_paise) AS price_paise,
               coalesce(t.gst_bp, p.gst_bp) AS gst_bp, coalesce(t.hsn, p.hsn) AS hsn, p.schedule, p.prescription_required, p.max_per_order,
               p.status, p.version
          FROM products AS p
          LEFT JOIN store_prices AS s ON s.store_id = %(store)s AND s.product_id = p.id
          LEFT JOIN LATERAL (SELECT d.gst_bp, d.hsn FROM product_taxes AS d WHERE d.product_id = p.id AND d.effective_from <= %(on)s
                              ORDER BY d.effective_from DESC LIMIT 1) AS t ON true
         WHERE p.id = ANY(%(ids)s) AND p.price_paise IS NOT NULL"""
    return {row.id: row for row in tx.rows(Product, query, {"ids": list(ids), "store": store_id, "on": on})}


def lock_product(tx: Tx, sku: str) -> Priced | None:
    """Give a product by sku and hold it, or None."""
    query = "SELECT id, mrp_paise, price_paise, gst_bp, hsn FROM products WHERE sku = %s FOR UPDATE"
    return tx.row(Priced, query, (sku,))


def has_store(tx: Tx, store_id: UUID) -> bool:
    """Tell whether there is such a store."""
    return tx.value("SELECT 1 FROM known_stores WHERE id = %s", (store_id,)) is not None


def get_tax(tx: Tx, product_id: UUID, on: date) -> TaxView | None:
    """Give the dated rate that holds on a day, or None."""
    query = """
        SELECT gst_bp, hsn, effective_from, set_by, set_at FROM product_taxes
         WHERE product_id = %s AND effective_from <= %s ORDER BY effective_from DESC LIMIT 1"""
    return tx.row(TaxView, query, (product_id, on))


def list_taxes(tx: Tx, product_id: UUID) -> list[TaxView]:
    """Give a product's dated rates, the latest first."""
    query = """
        SELECT gst_bp, hsn, effective_from, set_by, set_at FROM product_taxes WHERE product_id = %s ORDER BY effective_from DESC"""
    return tx.rows(TaxView, query, (product_id,))


def put_tax(tx: Tx, product_id: UUID, tax: TaxView) -> None:
    """Write the rate that holds from a day on."""
    query = """
        INSERT INTO product_taxes (product_id, effective_from, gst_bp, hsn, set_by, set_at) VALUES (%s, %s, %s, %s, %s, %s)
        ON CONFLICT (product_id, effective_from) DO UPDATE SET gst_bp = excluded.gst_bp, hsn = excluded.hsn, set_by = excluded.set_by,
           set_at = excluded.set_at"""
    tx.execute(query, (product_id, tax.effective_from, tax.gst_bp, tax.hsn, tax.set_by, tax.set_at))


def list_store_prices(tx: Tx, product_id: UUID) -> list[StorePriceView]:
    """Give the stores that have a price of their own for a product."""
    query = """
        SELECT store_id, mrp_paise, price_paise, updated_by, updated_at FROM store_prices WHERE product_id = %s ORDER BY store_id"""
    return tx.rows(StorePriceView, query, (product_id,))


def put_store_price(tx: Tx, product_id: UUID, price: StorePriceView) -> None:
    """Write a store's own price; the MRP is the product's, and follows it."""
    query = """
        INSERT INTO store_prices (store_id, product_id, mrp_paise, price_paise, updated_by, updated_at) VALUES (%s, %s, %s, %s, %s, %s)
        ON CONFLICT (store_id, product_id) DO UPDATE SET price_paise = excluded.price_paise, updated_by = excluded.updated_by,
           updated_at = excluded.updated_at"""
    tx.execute(
        query,
        (price.store_id, product_id, price.mrp_paise, price.price_paise, price.updated_by, price.updated_at),
    )


def delete_store_price(tx: Tx, product_id: UUID, store_id: UUID) -> int:
    """Take a store's own price away; gives how many there were."""
    query = "DELETE FROM store_prices WHERE product_id = %s AND store_id = %s"
    return tx.execute(query, (product_id, store_id))


def bound_store_prices(tx: Tx, product_id: UUID, mrp_paise: int | None, at: datetime) -> None:
    """Make room for a new MRP, before it is written: stores that ask more ask that much, and without an MRP none has a price."""
    if mrp_paise is None:
        tx.execute("DELETE FROM store_prices WHERE product_id = %s", (product_id,))
        return
    query = """
        UPDATE store_prices SET price_paise = %(mrp)s, updated_by = 'mrp', updated_at = %(at)s
         WHERE product_id = %(product)s AND price_paise > %(mrp)s"""
    tx.execute(query, {"mrp": mrp_paise, "at": at, "product": product_id})
