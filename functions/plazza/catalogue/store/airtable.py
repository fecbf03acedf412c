"""SQL of the link between products and the records of the operations team's table."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.types.json import Jsonb

from plazza.data.sql import Tx


class Link(NamedTuple):
    """A product and its record: `airtable_fields` is what the record said last."""

    id: UUID
    sku: str
    airtable_record_id: str | None
    airtable_fields: dict[str, Any] | None
    airtable_deleted_at: datetime | None


class Linked(NamedTuple):
    """A product that has a record."""

    id: UUID
    airtable_record_id: str
    is_deleted: bool


def lock_links(tx: Tx, record_ids: Sequence[str], skus: Sequence[str]) -> list[Link]:
    """Give the products that have one of the records or skus, and hold their rows until the transaction ends."""
    query = """
        SELECT id, sku, airtable_record_id, airtable_fields, airtable_deleted_at FROM products
         WHERE airtable_record_id = ANY(%s) OR sku = ANY(%s) ORDER BY id FOR UPDATE"""
    return tx.rows(Link, query, (list(record_ids), list(skus)))


def set_link(tx: Tx, product_id: UUID, record_id: str, fields: dict[str, Any]) -> None:
    """Write which record a product has and what it says; a mark of deletion goes."""
    query = (
        "UPDATE products SET airtable_record_id = %s, airtable_fields = %s, airtable_deleted_at = NULL WHERE id = %s"
    )
    tx.execute(query, (record_id, Jsonb(fields), product_id))


def list_linked(tx: Tx, after: UUID, count: int) -> list[Linked]:
    """Give the products with a record that follow an id."""
    query = """
        SELECT id, airtable_record_id, airtable_deleted_at IS NOT NULL AS is_deleted FROM products
         WHERE airtable_record_id IS NOT NULL AND id > %s ORDER BY id LIMIT %s"""
    return tx.rows(Linked, query, (after, count))


def set_deleted(tx: Tx, product_id: UUID, at: datetime) -> bool:
    """Mark a product whose record is gone: it is discontinued from now on. Tells whether it was not marked before."""
    query = """
        UPDATE products SET status = 'discontinued', airtable_deleted_at = %s, version = version + 1, updated_at = %s
         WHERE id = %s AND airtable_deleted_at IS NULL"""
    return tx.execute(query, (at, at, product_id)) > 0


def set_restored(tx: Tx, product_id: UUID, at: datetime) -> bool:
    """Take back the mark of a product whose record is there again. Tells whether it was marked."""
    query = """
        UPDATE products SET status = 'active', airtable_deleted_at = NULL, version = version + 1, updated_at = %s
         WHERE id = %s AND airtable_deleted_at IS NOT NULL"""
    return tx.execute(query, (at, product_id)) > 0
