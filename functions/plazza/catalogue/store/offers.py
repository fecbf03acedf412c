"""What a store asks for products and whether it has them, of one moment."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from plazza.data.sql import Tx
from plazza.errors import NotFound


class Offer(NamedTuple):
    """A product at a store: its price there, None without one, and how many packs can be promised."""

    id: UUID
    price_paise: int | None
    free: int
    has_store: bool


def list_offers(tx: Tx, store_id: UUID, ids: Sequence[UUID], on: date) -> dict[UUID, Offer]:
    """Give what a store offers of the products that there are, by id: packs that do not expire by `on` and whose MRP covers the price.

    One statement. Raises NotFound for an unknown store, when it is asked about any product.
    """
    # As order/store/stock.py counts them: what is shown as there can be ordered.
    query = """
        SELECT p.id, coalesce(s.price_paise, p.price_paise) AS price_paise, coalesce(sum(f.free), 0)::INT8 AS free,
               EXISTS (SELECT 1 FROM known_stores WHERE id = %(store)s) AS has_store
          FROM products AS p
          LEFT JOIN store_prices AS s ON s.store_id = %(store)s AND s.product_id = p.id
          LEFT JOIN free_stock AS f ON f.store_id = %(store)s AND f.product_id = p.id AND f.expires_on > %(on)s
               AND f.mrp_paise >= coalesce(s.price_paise, p.price_paise)
         WHERE p.id = ANY(%(ids)s) GROUP BY p.id, p.price_paise, s.price_paise"""
    if not ids:
        return {}
    found = tx.rows(Offer, query, {"store": store_id, "on": on, "ids": list(ids)})
    if found and not found[0].has_store:
        raise NotFound("No such store.")
    return {offer.id: offer for offer in found}
