"""Airtable → products: what the operations team changed since the last run, by record, each run written down."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID, uuid4

from pydantic import ValidationError

from plazza import clock, settings
from plazza.catalogue.actions.products import put_all
from plazza.catalogue.models.products import ImportedProduct, PutProduct
from plazza.catalogue.rules.products import Content, make_content
from plazza.catalogue.store import syncs
from plazza.data.sql import read, run_transaction
from plazza.errors import Invalid
from plazza.providers import airtable
from plazza.providers.errors import ProviderDown, ProviderRefused

TABLE = "Products"
FIELDS = {
    "SKU": "sku", "Name": "name", "Manufacturer": "manufacturer", "Pack": "pack_label", "HSN": "hsn", "Schedule": "schedule", "Form": "form",
}  # fmt: skip
_MONEY = {"MRP": "mrp_paise", "Price": "price_paise"}
_OVERLAP = timedelta(minutes=2)
"""Airtable's clock and its list are no snapshot: each run looks a little further back than the last one ended."""
_MOST_PROBLEMS = 50


def sync_products() -> UUID:
    """Take in what changed in Airtable; give the run's id. Raises ProviderDown, ProviderRefused: the run is kept as failed."""
    run_id, at = uuid4(), clock.now()
    cursor = read(lambda tx: syncs.get_cursor(tx, "airtable", "products"))
    run_transaction(lambda tx: syncs.insert_run(tx, run_id, "airtable", "products", at))
    problems: list[str] = []
    count = 0
    try:
        for batch in _batches(_formula(cursor), problems):
            run_transaction(lambda tx, rows=batch: put_all(tx, rows))
            count += len(batch)
    except (ProviderDown, ProviderRefused) as exc:
        failure = f"{type(exc).__name__} {exc.details.get('operation')}"
        run_transaction(lambda tx: syncs.finish_run(tx, run_id, "failed", count, None, failure, clock.now()))
        raise
    log = "\n".join(problems[:_MOST_PROBLEMS]) or None
    run_transaction(lambda tx: syncs.finish_run(tx, run_id, "done", count, at.isoformat(), log, clock.now()))
    return run_id


def _formula(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    since = (datetime.fromisoformat(cursor) - _OVERLAP).astimezone(UTC)
    return f"IS_AFTER(LAST_MODIFIED_TIME(), '{since:%Y-%m-%dT%H:%M:%S}.000Z')"


def _batches(formula: str | None, problems: list[str]) -> Any:
    size, batch = settings.number("BATCH_SIZE"), dict[str, Content]()
    for record in airtable.list_records(TABLE, [*FIELDS, *_MONEY], formula=formula):
        try:
            content = _content(record)
        except (ValidationError, Invalid, InvalidOperation) as exc:
            problems.append(f"{record.id}: {type(exc).__name__}")
            continue
        batch[content.sku] = content
        if len(batch) >= size:
            yield list(batch.values())
            batch.clear()
    if batch:
        yield list(batch.values())


def _content(record: airtable.Record) -> Content:
    """Read a record; money there is rupees with decimals. Raises Invalid for a fraction of a paisa."""
    given: dict[str, Any] = {ours: record.fields[theirs] for theirs, ours in FIELDS.items() if theirs in record.fields}
    for theirs, ours in _MONEY.items():
        if theirs in record.fields:
            paise = Decimal(str(record.fields[theirs])) * 100
            if paise != int(paise):
                raise Invalid("An amount has a fraction of a paisa.", field=theirs)
            given[ours] = int(paise)
    product = ImportedProduct.model_validate(given)
    return make_content(product.sku, PutProduct.model_validate(product.model_dump(exclude={"sku"})), record.id)
