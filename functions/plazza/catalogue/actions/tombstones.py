"""Airtable → products: what was deleted there is discontinued here, and what came back is sold again.

Airtable tells of no deletion, so now and then every record's id is asked for. Its pages are no snapshot: a record that seems to be
gone is asked for once more by its id before anything is done.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from plazza import clock, settings
from plazza.catalogue.actions import changes
from plazza.catalogue.actions.sync import LONGEST_RUN, SOURCE, TABLE
from plazza.catalogue.rules.airtable import KEY
from plazza.catalogue.store import airtable as links
from plazza.catalogue.store import syncs
from plazza.catalogue.store.syncs import Counts
from plazza.data.sql import Tx, read, run_transaction
from plazza.providers import airtable
from plazza.providers.errors import ProviderDown, ProviderRefused

DESTINATION = "deletions"
EVERY = timedelta(hours=6)
MOST_GONE, MOST_GONE_SHARE = 20, 0.2
"""More than so many records and that share at once is a changed view or a wrong base, not a clean-up."""

_ASKED_AT_ONCE = 50
_FIRST = UUID(int=0)


def sweep_if_due() -> UUID | None:
    """Sweep when the last good sweep is long ago; give the run's id. Raises ProviderDown, ProviderRefused."""
    cursor = read(lambda tx: syncs.get_cursor(tx, SOURCE, DESTINATION))
    if cursor is not None and clock.now() - datetime.fromisoformat(cursor) < EVERY:
        return None
    return sweep_deleted()


def sweep_deleted() -> UUID:
    """Compare every record's id with ours; give the run's id. Raises ProviderDown, ProviderRefused: nothing is marked then."""
    run_id, at = uuid4(), clock.now()
    run_transaction(lambda tx: syncs.fail_dead_runs(tx, SOURCE, at - LONGEST_RUN, at))
    run_transaction(lambda tx: syncs.insert_run(tx, run_id, SOURCE, DESTINATION, at))
    try:
        known = list(_linked())  # before the list: what is linked meanwhile is not looked for in it
        there = {record.id for record in airtable.list_records(TABLE, [KEY])}
        gone = [one for one in known if not one.is_deleted and one.airtable_record_id not in there]
        back = [one for one in known if one.is_deleted and one.airtable_record_id in there]
        if len(gone) > max(MOST_GONE, MOST_GONE_SHARE * len(known)):
            problem = (
                f"{len(gone)} of {len(known)} records are gone at once; nothing was changed. Is the base the right one?"
            )
            run_transaction(lambda tx: syncs.finish_run(tx, run_id, "failed", None, problem, clock.now()))
            return run_id
        there = _still_there(gone)
        gone = [one for one in gone if one.airtable_record_id not in there]
    except (ProviderDown, ProviderRefused) as exc:
        failure = f"{type(exc).__name__}: {exc.details.get('operation')} {exc.details.get('providerStatus')}"
        run_transaction(lambda tx: syncs.finish_run(tx, run_id, "failed", None, failure, clock.now()))
        raise
    run_transaction(lambda tx: _mark(tx, run_id, gone, back, at))
    return run_id


def _linked() -> Iterator[links.Linked]:
    size, after = settings.number("BATCH_SIZE"), _FIRST
    while page := read(lambda tx, last=after: links.list_linked(tx, last, size)):
        yield from page
        after = page[-1].id


def _still_there(gone: Sequence[links.Linked]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(gone), _ASKED_AT_ONCE):
        asked = ", ".join(f"RECORD_ID() = '{one.airtable_record_id}'" for one in gone[start : start + _ASKED_AT_ONCE])
        found |= {record.id for record in airtable.list_records(TABLE, [KEY], formula=f"OR({asked})")}
    return found


def _mark(tx: Tx, run_id: UUID, gone: Sequence[links.Linked], back: Sequence[links.Linked], at: datetime) -> None:
    marked = [one for one in gone if links.set_deleted(tx, one.id, at)]
    restored = [one for one in back if links.set_restored(tx, one.id, at)]
    for one in [*marked, *restored]:
        changes.announce(tx, one.id)
    syncs.set_counts(tx, run_id, Counts(updated=len(marked) + len(restored)))
    syncs.finish_run(tx, run_id, "done", at.isoformat(), None, clock.now())
