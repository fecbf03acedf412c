"""SQL of the products of which something could not be read."""

from typing import Any, NamedTuple
from uuid import UUID

from plazza.data.sql import Tx


class Unread(NamedTuple):
    """A product, and for each part of it whether that is missing."""

    id: UUID
    sku: str
    name: str
    pack_label: str
    pack: bool
    form: bool
    composition: bool
    price: bool
    schedule: bool


def list_unread(tx: Tx, what: str | None, after: UUID, count: int) -> list[Unread]:
    """Give active products that lack something, those that follow an id."""
    # The second line is the predicate of the index `products_unread`.
    query = """
        SELECT id, sku, name, pack_label, pack_quantity IS NULL AS pack, form = '' AS form, salt_key = '' AS composition,
               mrp_paise IS NULL AS price, NOT schedule_known AS schedule
          FROM products
         WHERE (pack_quantity IS NULL OR form = '' OR salt_key = '' OR mrp_paise IS NULL OR NOT schedule_known)
           AND status = 'active' AND id > %(after)s
           AND CASE %(what)s::TEXT WHEN 'pack' THEN pack_quantity IS NULL WHEN 'form' THEN form = '' WHEN 'composition' THEN salt_key = ''
                                   WHEN 'price' THEN mrp_paise IS NULL WHEN 'schedule' THEN NOT schedule_known ELSE true END
         ORDER BY id LIMIT %(count)s"""
    params: dict[str, Any] = {"what": what, "after": after, "count": count}
    return tx.rows(Unread, query, params)
