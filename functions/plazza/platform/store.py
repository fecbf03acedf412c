"""What backups and purges ask of the databases as a whole."""

from collections.abc import Iterator
from datetime import datetime
from typing import LiteralString

from psycopg import sql

from plazza.data.sql import Tx

PURGES: tuple[tuple[str, LiteralString], ...] = (
    (
        "idempotency_keys",
        """DELETE FROM idempotency_keys WHERE (uid, key) IN
           (SELECT uid, key FROM idempotency_keys WHERE created_at < %(before)s ORDER BY created_at LIMIT %(limit)s)""",
    ),
    (
        "outbox",
        """DELETE FROM outbox WHERE id IN
           (SELECT id FROM outbox WHERE status = 'done' AND delivered_at < %(before)s ORDER BY delivered_at LIMIT %(limit)s)""",
    ),
    (
        "webhook_events",
        """DELETE FROM webhook_events WHERE (provider, event_id) IN
           (SELECT provider, event_id FROM webhook_events
             WHERE status <> 'stored' AND received_at < %(before)s ORDER BY received_at LIMIT %(limit)s)""",
    ),
    (
        "user_events",
        """DELETE FROM user_events WHERE (uid, id) IN
           (SELECT uid, id FROM user_events WHERE received_at < %(before)s ORDER BY received_at LIMIT %(limit)s)""",
    ),
    (
        "query_log",
        """DELETE FROM query_log WHERE (day, query) IN
           (SELECT day, query FROM query_log WHERE day < %(before)s::DATE ORDER BY day, query LIMIT %(limit)s)""",
    ),
    (
        "query_drains",
        """DELETE FROM query_drains WHERE id IN
           (SELECT id FROM query_drains WHERE drained_at < %(before)s ORDER BY drained_at LIMIT %(limit)s)""",
    ),
)
"""Table and statement: each deletes up to `limit` rows that are older than `before`."""


def purge_batch(tx: Tx, statement: LiteralString, before: datetime, limit: int) -> int:
    """Delete one batch and give its size."""
    return tx.execute(statement, {"before": before, "limit": limit})


def is_cockroach(tx: Tx) -> bool:
    """Tell the vendor: only CockroachDB has BACKUP."""
    return "CockroachDB" in tx.value("SELECT version()")


def back_up_cluster(tx: Tx, uri: str) -> None:
    """Start CockroachDB's own backup into a URI; it goes on as a job of the cluster."""
    tx.execute("BACKUP DATABASE plazza INTO %s AS OF SYSTEM TIME '-10s' WITH DETACHED", (uri,))


def list_tables(tx: Tx) -> list[str]:
    """Name the tables of the database."""
    query = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1"
    return tx.values(query)


def copy_table(tx: Tx, table: str) -> Iterator[bytes]:
    """Give a table as CSV with a header, piece by piece."""
    yield from tx.copy_out(sql.SQL("COPY {} TO STDOUT WITH (FORMAT csv, HEADER)").format(sql.Identifier(table)))
