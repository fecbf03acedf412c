"""SQL of the runs that copy data between systems."""

from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from plazza.catalogue.models.products import SyncRunView
from plazza.data.sql import Tx


class Counts(NamedTuple):
    """What became of the records of a run."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0


def insert_run(tx: Tx, run_id: UUID, source: str, destination: str, at: datetime) -> None:
    """Begin a run."""
    query = "INSERT INTO sync_runs (id, source, destination, status, started_at) VALUES (%s, %s, %s, 'running', %s)"
    tx.execute(query, (run_id, source, destination, at))


def set_counts(tx: Tx, run_id: UUID, counts: Counts) -> None:
    """Write what a run has done so far."""
    query = """
        UPDATE sync_runs SET created = %(created)s, updated = %(updated)s, unchanged = %(unchanged)s, refused = %(refused)s,
               records_processed = %(created)s + %(updated)s + %(unchanged)s
         WHERE id = %(id)s"""
    tx.execute(query, counts._asdict() | {"id": run_id})


def finish_run(
    tx: Tx, run_id: UUID, status: Literal["done", "failed"], cursor: str | None, error: str | None, at: datetime
) -> None:
    """End a run; `cursor` is where the next one goes on."""
    query = "UPDATE sync_runs SET status = %s, cursor = %s, error_log = %s, finished_at = %s WHERE id = %s"
    tx.execute(query, (status, cursor, error, at, run_id))


def fail_dead_runs(tx: Tx, source: str, before: datetime, at: datetime) -> None:
    """End the runs that began before an instant and never ended: what did them is gone."""
    query = """
        UPDATE sync_runs SET status = 'failed', error_log = 'The run died.', finished_at = %s
         WHERE source = %s AND status = 'running' AND started_at < %s"""
    tx.execute(query, (at, source, before))


def get_cursor(tx: Tx, source: str, destination: str) -> str | None:
    """Give where the last good run ended."""
    query = """
        SELECT cursor FROM sync_runs WHERE source = %s AND destination = %s AND status = 'done' AND cursor IS NOT NULL
         ORDER BY started_at DESC, id LIMIT 1"""
    return tx.value(query, (source, destination))


def list_runs(tx: Tx, source: str | None, limit: int) -> list[SyncRunView]:
    """Give the latest runs."""
    query = """
        SELECT id, source, destination, status, records_processed, created, updated, unchanged, refused, cursor, error_log, started_at,
               finished_at
          FROM sync_runs
         WHERE (%(source)s::TEXT IS NULL OR source = %(source)s) ORDER BY started_at DESC, id LIMIT %(limit)s"""
    return tx.rows(SyncRunView, query, {"source": source, "limit": limit})
