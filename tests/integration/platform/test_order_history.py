"""What the order bench reads from is what it says: orders that the schema takes, in the shares that are promised."""

from uuid import UUID

import psycopg

from ops.bench.order_history import OF_THE_REGULAR, OPEN, fill
from tests.support.database import Builders, Database


def test_a_history_is_as_large_as_asked_and_ends_on_the_boards(db: Database, make: Builders) -> None:
    store, products = UUID(make.store()), [UUID(make.product()), UUID(make.product())]
    with psycopg.connect(db.url) as connection:  # what is inserted is never committed
        history = fill(connection, store, products, 1_000)
        counts = connection.execute(
            """SELECT count(*), count(*) FILTER (WHERE stage IS NOT NULL), count(*) FILTER (WHERE uid = %s),
                      count(*) FILTER (WHERE store_id = %s), count(DISTINCT created_at)
                 FROM orders WHERE tax_paise = 1000 AND items_paise = 18000""",
            (history.regular, store),
        ).fetchall()
        lines = connection.execute(
            "SELECT count(*), count(DISTINCT order_id) FROM order_items WHERE product_id = ANY(%s)", (products,)
        ).fetchall()
        events = connection.execute(
            "SELECT count(*), count(DISTINCT order_id) FROM order_events WHERE kind = 'moved'"
        ).fetchall()
        connection.rollback()

    assert counts == [(1_000, OPEN, OF_THE_REGULAR, 125, 1_000)]
    assert lines == [(2_000, 1_000)]
    assert events == [(5_000, 1_000)]
