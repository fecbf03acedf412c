"""SQL of vendors' products and their matches."""

from datetime import datetime
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from plazza.catalogue.models.vendors import VendorProductView
from plazza.data.sql import Tx
from plazza.errors import NotFound


def get_vendor_product(tx: Tx, vendor: str, vendor_sku: str) -> VendorProductView | None:
    """Give a vendor's product, or None."""
    query = """
        SELECT vendor, vendor_sku, vendor_name, status, product_id, confidence_score, candidates, decided_by, last_verified
          FROM vendor_products WHERE vendor = %s AND vendor_sku = %s"""
    return tx.row(VendorProductView, query, (vendor, vendor_sku))


def put_vendor_product(tx: Tx, found: VendorProductView, at: datetime) -> None:
    """Write a match; what a person decided stays decided."""
    query = """
        INSERT INTO vendor_products (id, vendor, vendor_sku, vendor_name, product_id, confidence_score, status, candidates, last_verified,
                                     created_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (vendor, vendor_sku) DO UPDATE SET vendor_name = excluded.vendor_name, product_id = excluded.product_id,
           confidence_score = excluded.confidence_score, status = excluded.status, candidates = excluded.candidates,
           last_verified = excluded.last_verified
         WHERE vendor_products.decided_by IS NULL"""
    candidates = Jsonb([candidate.model_dump(mode="json") for candidate in found.candidates])
    values = (found.vendor, found.vendor_sku, found.vendor_name, found.product_id, found.confidence_score, found.status)
    tx.execute(query, (uuid4(), *values, candidates, found.last_verified, at))


def set_decision(tx: Tx, vendor: str, vendor_sku: str, product_id: UUID | None, by: str, at: datetime) -> None:
    """Write a person's decision. Raises NotFound."""
    query = """
        UPDATE vendor_products SET product_id = %s, status = %s, confidence_score = 100, decided_by = %s, last_verified = %s
         WHERE vendor = %s AND vendor_sku = %s"""
    status = "refused" if product_id is None else "matched"
    if tx.execute(query, (product_id, status, by, at, vendor, vendor_sku)) == 0:
        raise NotFound("This vendor has no such product.")


def list_vendor_products(tx: Tx, vendor: str, status: str | None, limit: int) -> list[VendorProductView]:
    """Give a vendor's products, those that wait for a person first."""
    query = """
        SELECT vendor, vendor_sku, vendor_name, status, product_id, confidence_score, candidates, decided_by, last_verified
          FROM vendor_products WHERE vendor = %(vendor)s AND (%(status)s::TEXT IS NULL OR status = %(status)s)
         ORDER BY status = 'queued' DESC, vendor_sku LIMIT %(limit)s"""
    return tx.rows(VendorProductView, query, {"vendor": vendor, "status": status, "limit": limit})
