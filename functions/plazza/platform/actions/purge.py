"""Delete what is past its time, in small batches that hold no lock for long."""

from datetime import timedelta
from functools import partial

from plazza import clock, logs, settings
from plazza.data.sql import run_transaction
from plazza.platform import store

KEEP_DAYS = {
    "idempotency_keys": 3,
    "outbox": 7,
    "webhook_events": 90,
    "user_events": 180,
    "query_log": 90,
    "query_drains": 90,
}
"""Razorpay's events can be replayed for 7 days and disputed for longer; events feed popularity for far less than half a year."""


def purge() -> dict[str, int]:
    """Delete from every table that has a time limit; give the number of rows per table."""
    limit, deleted = settings.number("BATCH_SIZE"), dict.fromkeys(KEEP_DAYS, 0)
    for table, statement in store.PURGES:
        before = clock.now() - timedelta(days=KEEP_DAYS[table])

        batch = partial(store.purge_batch, statement=statement, before=before, limit=limit)
        while (count := run_transaction(batch)) > 0:
            deleted[table] += count
    logs.write("INFO", "purged", **deleted)
    return deleted
