"""SQL of vendors' products and their matches."""

from datetime import datetime
from typing import LiteralString, NamedTuple
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from plazza.catalogue.models.vendors import VendorProductView
from plazza.data.sql import Tx
from plazza.errors import NotFound

_FULL: LiteralString = """
    SELECT vendor, vendor_sku, vendor_name, pack_label, manufacturer, status, reason, product_id, confidence_score, candidates, decided_by,
           last_verified
      FROM vendor_products"""


class Decided(NamedTuple):
    """What people decided about a thing of this name: our product, or None for none of ours."""

    product_id: UUID | None


def get_vendor_product(tx: Tx, vendor: str, vendor_sku: str) -> VendorProductView | None:
    """Give a vendor's product, or None."""
    return tx.row(VendorProductView, _FULL + " WHERE vendor = %s AND vendor_sku = %s", (vendor, vendor_sku))


def put_vendor_product(tx: Tx, found: VendorProductView, match_key: str, at: datetime) -> None:
    """Write a match; what a person decided stays decided until the vendor calls the product otherwise."""
    query = """
        INSERT INTO vendor_products (id, vendor, vendor_sku, vendor_name, pack_label, manufacturer, match_key, product_id, confidence_score,
                                     status, reason, candidates, last_verified, created_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (vendor, vendor_sku) DO UPDATE SET vendor_name = excluded.vendor_name, pack_label = excluded.pack_label,
           manufacturer = excluded.manufacturer, match_key = excluded.match_key, product_id = excluded.product_id,
           confidence_score = excluded.confidence_score, status = excluded.status, reason = excluded.reason,
           candidates = excluded.candidates, decided_by = NULL, last_verified = excluded.last_verified
         WHERE vendor_products.decided_by IS NULL
            OR (vendor_products.match_key <> '' AND vendor_products.match_key <> excluded.match_key)"""
    candidates = Jsonb([candidate.model_dump(mode="json") for candidate in found.candidates])
    named = (found.vendor, found.vendor_sku, found.vendor_name, found.pack_label, found.manufacturer, match_key)
    values = (found.product_id, found.confidence_score, found.status, found.reason, candidates, found.last_verified, at)
    tx.execute(query, (uuid4(), *named, *values))


def list_decided(tx: Tx, match_key: str, since: datetime) -> list[Decided]:
    """Give what people decided since an instant about a thing of this name, at any vendor; each answer once."""
    query = """
        SELECT DISTINCT v.product_id FROM vendor_products AS v LEFT JOIN products AS p ON p.id = v.product_id
         WHERE v.match_key = %s AND v.decided_by IS NOT NULL AND v.last_verified >= %s AND v.status <> 'queued'
           AND (p.id IS NULL OR p.status = 'active')"""
    return tx.rows(Decided, query, (match_key, since))


def set_decision(tx: Tx, vendor: str, vendor_sku: str, product_id: UUID | None, by: str, at: datetime) -> None:
    """Write a person's decision. Raises NotFound."""
    query = """
        UPDATE vendor_products SET product_id = %s, status = %s, reason = 'decided', confidence_score = 100, decided_by = %s,
               last_verified = %s
         WHERE vendor = %s AND vendor_sku = %s"""
    status = "refused" if product_id is None else "matched"
    if tx.execute(query, (product_id, status, by, at, vendor, vendor_sku)) == 0:
        raise NotFound("This vendor has no such product.")


def queue_aged(tx: Tx, before: datetime) -> int:
    """Let matches that nobody verified since an instant wait for a person again; gives how many."""
    query = (
        "UPDATE vendor_products SET status = 'queued', reason = 'aged' WHERE status = 'matched' AND last_verified < %s"
    )
    return tx.execute(query, (before,))


def queue_discontinued(tx: Tx) -> int:
    """Let matches to products that are not sold any more wait for a person again; gives how many."""
    query = """
        UPDATE vendor_products SET status = 'queued', reason = 'discontinued'
         WHERE status = 'matched' AND product_id IN (SELECT id FROM products WHERE status <> 'active')"""
    return tx.execute(query)


def list_vendor_products(tx: Tx, vendor: str | None, status: str | None, limit: int) -> list[VendorProductView]:
    """Give vendors' products, those that wait for a person first."""
    where = """
         WHERE (%(vendor)s::TEXT IS NULL OR vendor = %(vendor)s) AND (%(status)s::TEXT IS NULL OR status = %(status)s)
         ORDER BY status = 'queued' DESC, vendor, vendor_sku LIMIT %(limit)s"""
    return tx.rows(VendorProductView, _FULL + where, {"vendor": vendor, "status": status, "limit": limit})
