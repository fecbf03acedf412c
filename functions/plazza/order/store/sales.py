"""Counter sales."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from plazza.data.sql import Tx


class Sale(NamedTuple):
    """A row of `pos_sales`."""

    id: UUID
    store_id: UUID
    client_sale_id: str
    cashier_uid: str
    payment_method: str
    prescriber_registration: str | None
    pharmacist_registration: str | None
    total_paise: int
    tax_paise: int
    sold_at: datetime
    booked_on: date


class SoldItem(NamedTuple):
    """A row of `pos_sale_items`."""

    sale_id: UUID
    line_no: int
    product_id: UUID
    batch_id: UUID
    name: str
    quantity: int
    mrp_paise: int
    price_paise: int
    gst_bp: int
    total_paise: int
    tax_paise: int


class DayTotals(NamedTuple):
    """What a store sold over the counter in some days."""

    sales_count: int
    total_paise: int
    tax_paise: int
    cash_paise: int
    card_paise: int
    upi_paise: int


_SALES = """
        SELECT id, store_id, client_sale_id, cashier_uid, payment_method, prescriber_registration, pharmacist_registration,
               total_paise, tax_paise, sold_at, booked_on
          FROM pos_sales"""


def find_sale(tx: Tx, store_id: UUID, client_sale_id: str) -> Sale | None:
    """Give the sale that a till made under its own id, or None."""
    return tx.row(Sale, _SALES + " WHERE store_id = %s AND client_sale_id = %s", (store_id, client_sale_id))


def list_sales(tx: Tx, store_id: UUID, day: date, *, after: tuple[Any, ...] | None, limit: int) -> list[Sale]:
    """Give a store's sales that count to a day, latest first; `after` is (sold_at, id) of the last one seen."""
    query = (
        _SALES
        + """
         WHERE store_id = %(store_id)s AND booked_on = %(day)s
           AND (%(at)s::TIMESTAMPTZ IS NULL OR sold_at < %(at)s OR (sold_at = %(at)s AND id > %(id)s::UUID))
         ORDER BY sold_at DESC, id LIMIT %(limit)s"""
    )
    at, ident = after or (None, None)
    params = {"store_id": store_id, "day": day, "at": at, "id": ident, "limit": limit}
    return tx.rows(Sale, query, params)


def list_sold(tx: Tx, sale_ids: Sequence[UUID]) -> dict[UUID, list[SoldItem]]:
    """Give the lines of sales, by sale."""
    query = """
        SELECT sale_id, line_no, product_id, batch_id, name, quantity, mrp_paise, price_paise, gst_bp, total_paise, tax_paise
          FROM pos_sale_items WHERE sale_id = ANY(%s) ORDER BY sale_id, line_no"""
    sold: dict[UUID, list[SoldItem]] = {sale_id: [] for sale_id in sale_ids}
    for item in tx.rows(SoldItem, query, (list(sale_ids),)):
        sold[item.sale_id].append(item)
    return sold


def sum_sales(tx: Tx, store_id: UUID, first: date, last: date) -> DayTotals:
    """Add up a store's sales that count to the days from `first` to `last`."""
    query = """
        SELECT count(*)::INT8 AS sales_count, coalesce(sum(total_paise), 0)::INT8 AS total_paise,
               coalesce(sum(tax_paise), 0)::INT8 AS tax_paise,
               coalesce(sum(CASE WHEN payment_method = 'cash' THEN total_paise END), 0)::INT8 AS cash_paise,
               coalesce(sum(CASE WHEN payment_method = 'card' THEN total_paise END), 0)::INT8 AS card_paise,
               coalesce(sum(CASE WHEN payment_method = 'upi' THEN total_paise END), 0)::INT8 AS upi_paise
          FROM pos_sales WHERE store_id = %s AND booked_on >= %s AND booked_on <= %s"""
    totals = tx.row(DayTotals, query, (store_id, first, last))
    return totals or DayTotals(0, 0, 0, 0, 0, 0)


def insert_sale(tx: Tx, sale: Sale, items: Sequence[SoldItem], at: datetime) -> bool:
    """Insert a sale with its lines; False when the till's id is there already."""
    query = """
        INSERT INTO pos_sales (id, store_id, client_sale_id, cashier_uid, payment_method, prescriber_registration,
                               pharmacist_registration, total_paise, tax_paise, sold_at, booked_on, created_at)
        VALUES (%(id)s, %(store_id)s, %(client_sale_id)s, %(cashier_uid)s, %(payment_method)s, %(prescriber_registration)s,
                %(pharmacist_registration)s, %(total_paise)s, %(tax_paise)s, %(sold_at)s, %(booked_on)s, %(at)s)
        ON CONFLICT (store_id, client_sale_id) DO NOTHING"""
    if tx.execute(query, {**sale._asdict(), "at": at}) == 0:
        return False
    query = """
        INSERT INTO pos_sale_items (sale_id, line_no, product_id, batch_id, name, quantity, mrp_paise, price_paise, gst_bp,
                                    total_paise, tax_paise)
        SELECT sale_id, line_no, product_id, batch_id, name, quantity, mrp_paise, price_paise, gst_bp, total_paise, tax_paise
          FROM unnest(%s::UUID[], %s::INT8[], %s::UUID[], %s::UUID[], %s::TEXT[], %s::INT8[], %s::INT8[], %s::INT8[], %s::INT8[],
                      %s::INT8[], %s::INT8[])
               AS item (sale_id, line_no, product_id, batch_id, name, quantity, mrp_paise, price_paise, gst_bp, total_paise,
                        tax_paise)"""
    tx.send(query, [list(column) for column in zip(*items, strict=True)])
    return True
