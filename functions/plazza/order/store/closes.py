"""Closed days of a store's tills."""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from plazza.data.sql import Tx


class Close(NamedTuple):
    """A row of `pos_day_closes`."""

    store_id: UUID
    day: date
    sales_count: int
    expected_cash_paise: int
    expected_card_paise: int
    expected_upi_paise: int
    counted_cash_paise: int
    counted_card_paise: int
    counted_upi_paise: int
    reason: str | None
    closed_by: str
    closed_at: datetime


def get_last_day(tx: Tx, store_id: UUID) -> date | None:
    """Give the last day that a store closed, or None."""
    return tx.value("SELECT max(day) FROM pos_day_closes WHERE store_id = %s", (store_id,))


def insert_close(tx: Tx, close: Close) -> bool:
    """Keep a closed day; False when it is closed already."""
    query = """
        INSERT INTO pos_day_closes (store_id, day, sales_count, expected_cash_paise, expected_card_paise, expected_upi_paise,
                                    counted_cash_paise, counted_card_paise, counted_upi_paise, reason, closed_by, closed_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (store_id, day) DO NOTHING"""
    return tx.execute(query, close) == 1


def list_closes(tx: Tx, store_id: UUID, *, after: date | None, limit: int) -> list[Close]:
    """Give a store's closed days, latest first; `after` is the last one seen."""
    query = """
        SELECT store_id, day, sales_count, expected_cash_paise, expected_card_paise, expected_upi_paise, counted_cash_paise,
               counted_card_paise, counted_upi_paise, reason, closed_by, closed_at
          FROM pos_day_closes
         WHERE store_id = %(store)s AND (%(after)s::DATE IS NULL OR day < %(after)s) ORDER BY day DESC LIMIT %(limit)s"""
    return tx.rows(Close, query, {"store": store_id, "after": after, "limit": limit})
