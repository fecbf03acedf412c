"""Airtable → products: what the operations team changed since the last run, by record, each run written down.

A run may die anywhere: a batch is one transaction, a record taken twice changes nothing, and only a run that came to its end moves
the place from which the next one asks.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

from pydantic import ValidationError

from plazza import clock, settings
from plazza.catalogue.actions.products import Outcome, put_one
from plazza.catalogue.models.products import ImportedProduct
from plazza.catalogue.rules.airtable import COLUMNS, KEY, Said, merge, read_record
from plazza.catalogue.rules.products import describe, make_content
from plazza.catalogue.store import airtable as links
from plazza.catalogue.store import products, syncs
from plazza.catalogue.store.syncs import Counts
from plazza.data.sql import Tx, read, run_transaction
from plazza.errors import Invalid
from plazza.providers import airtable
from plazza.providers.errors import ProviderDown, ProviderRefused

TABLE, SOURCE = "Products", "airtable"
OVERLAP = timedelta(minutes=2)
"""Airtable's clock and its list are no snapshot: each run looks a little further back than the last one began."""
LONGEST_RUN = timedelta(minutes=10)
"""A function lives nine minutes: what runs longer is dead."""
MOST_PROBLEMS = 50


class _Batch(NamedTuple):
    """What became of one batch: an outcome for each record, and what is to be told about some."""

    counts: Counts
    problems: list[str]


def sync_products() -> UUID:
    """Take in what changed in Airtable; give the run's id. Raises ProviderDown, ProviderRefused: the run is kept as failed."""
    run_id, at = uuid4(), clock.now()
    cursor = read(lambda tx: syncs.get_cursor(tx, SOURCE, "products"))
    run_transaction(lambda tx: syncs.fail_dead_runs(tx, SOURCE, at - LONGEST_RUN, at))
    run_transaction(lambda tx: syncs.insert_run(tx, run_id, SOURCE, "products", at))
    counts, problems = Counts(), list[str]()
    try:
        for records in _batches(_formula(cursor)):
            taken = _take(run_id, counts, records)
            counts = taken.counts
            problems = [*problems, *taken.problems][:MOST_PROBLEMS]
    except (ProviderDown, ProviderRefused) as exc:
        problems.append(f"{type(exc).__name__}: {exc.details.get('operation')} {exc.details.get('providerStatus')}")
        run_transaction(lambda tx: syncs.finish_run(tx, run_id, "failed", None, "\n".join(problems), clock.now()))
        raise
    log = "\n".join(problems) or None
    run_transaction(lambda tx: syncs.finish_run(tx, run_id, "done", at.isoformat(), log, clock.now()))
    return run_id


def _formula(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    since = (datetime.fromisoformat(cursor) - OVERLAP).astimezone(UTC)
    return f"IS_AFTER(LAST_MODIFIED_TIME(), '{since:%Y-%m-%dT%H:%M:%S}.000Z')"


def _batches(formula: str | None) -> Iterator[list[airtable.Record]]:
    size, batch = settings.number("BATCH_SIZE"), dict[str, airtable.Record]()
    for record in airtable.list_records(TABLE, [KEY, *COLUMNS], formula=formula):
        batch[record.id] = record  # a record that comes twice, because it moved between pages, counts as it came last
        if len(batch) >= size:
            yield list(batch.values())
            batch.clear()
    if batch:
        yield list(batch.values())


def _take(run_id: UUID, before: Counts, records: Sequence[airtable.Record]) -> _Batch:
    """Write a batch and the run's counts after it, in one transaction."""
    said: list[Said] = []
    unread: list[str] = []
    for record in records:
        try:
            said.append(read_record(record.id, record.fields))
        except Invalid as exc:
            unread.append(f"{record.id}: {exc.message}")

    def work(tx: Tx) -> _Batch:
        problems, outcomes = list(unread), list[Outcome]()
        locked = links.lock_links(tx, [one.record_id for one in said], [one.sku for one in said])
        known = {product.id: product for product in products.list_full(tx, [link.id for link in locked])}
        by_record = {link.airtable_record_id: link for link in locked if link.airtable_record_id}
        by_sku = {link.sku: link for link in locked}
        for one in said:
            try:
                link = _link_of(one, by_record, by_sku)
                outcome, conflicts, written = _write(tx, one, link, known.get(link.id) if link else None)
            except (ValidationError, Invalid) as exc:
                problems.append(f"{one.record_id}: {_reason(exc)}")
                continue
            if link is not None:
                by_sku.pop(link.sku, None)  # a number that it gave up is free for another
            by_record[one.record_id] = by_sku[one.sku] = written
            outcomes.append(outcome)
            problems += [f"{one.record_id}: {name} was changed on both sides; Airtable's is kept" for name in conflicts]
        refused = len(records) - len(outcomes)
        counts = Counts(
            before.created + outcomes.count("created"),
            before.updated + outcomes.count("updated"),
            before.unchanged + outcomes.count("unchanged"),
            before.refused + refused,
        )
        syncs.set_counts(tx, run_id, counts)
        return _Batch(counts, problems)

    return run_transaction(work)


def _link_of(said: Said, by_record: dict[str, links.Link], by_sku: dict[str, links.Link]) -> links.Link | None:
    """Give the product a record is about: its own, else the one with its sku that has no record. Raises Invalid."""
    own, same = by_record.get(said.record_id), by_sku.get(said.sku)
    if own is None and (same is None or same.airtable_record_id is None or same.airtable_deleted_at is not None):
        return same
    if own is None or (same is not None and same.id != own.id):
        raise Invalid(f"SKU {said.sku} belongs to another product.")
    return own


def _write(
    tx: Tx, said: Said, link: links.Link | None, old: products.FullProduct | None
) -> tuple[Outcome, list[str], links.Link]:
    ours = describe(old._asdict()) if old is not None else {}
    if link is not None and link.airtable_deleted_at is not None:
        ours.pop("status", None)
    merged = merge(link.airtable_fields if link else None, said.fields, ours)
    product = ImportedProduct.model_validate({"sku": said.sku, **merged.fields})
    product_id = old.id if old is not None else uuid4()
    outcome = put_one(tx, old, product_id, make_content(product.sku, product, said.record_id), clock.now())
    links.set_link(tx, product_id, said.record_id, said.fields)
    return outcome, merged.conflicts, links.Link(product_id, said.sku, said.record_id, said.fields, None)


def _reason(exc: ValidationError | Invalid) -> str:
    if isinstance(exc, Invalid):
        return exc.message
    first = exc.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(map(str, first['loc'])) or 'price_paise'}: {first['msg']}"
