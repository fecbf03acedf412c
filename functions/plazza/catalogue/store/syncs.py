"""SQL of the runs that copy data between systems."""

from datetime import datetime
from uuid import UUID

from plazza.catalogue.models.products import SyncRunView
from plazza.data.sql import Tx


def insert_run(tx: Tx, run_id: UUID, source: str, destination: str, at: datetime) -> None:
    """Begin a run."""
    query = "INSERT INTO sync_runs (id, source, destination, status, started_at) VALUES (%s, %s, %s, 'running', %s)"
    tx.execute(query, (run_id, source, destination, at))


def finish_run(
    tx: Tx, run_id: UUID, status: str, count: int, cursor: str | None, error: str | None, at: datetime
) -> None:
    """End a run with what it did; `cursor` is where the next one goes on."""
    query = "UPDATE sync_runs SET status = %s, records_processed = %s, cursor = %s, error_log = %s, finished_at = %s WHERE id = %s"
    tx.execute(query, (status, count, cursor, error, at, run_id))


def get_cursor(tx: Tx, source: str, destination: str) -> str | None:
    """Give where the last good run ended."""
    query = """
        SELECT cursor FROM sync_runs WHERE source = %s AND destination = %s AND status = 'done' AND cursor IS NOT NULL
         ORDER BY started_at DESC, id LIMIT 1"""
    return tx.value(query, (source, destination))


def list_runs(tx: Tx, source: str | None, limit: int) -> list[SyncRunView]:
    """Give the latest runs."""
    query = """
        SELECT id, source, destination, status, records_processed, cursor, error_log, started_at, finished_at FROM sync_runs
         WHERE (%(source)s::TEXT IS NULL OR source = %(source)s) ORDER BY started_at DESC, id LIMIT %(limit)s"""
    return tx.rows(SyncRunView, query, {"source": source, "limit": limit})
