"""A row of the operations team's table → what it says of a product, and who is right when both sides changed the same thing.

The rule: what Airtable changed since the last run goes in; what only our staff changed stays; where both changed the same field,
Airtable is right, and the run's log names the field.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from plazza.errors import Invalid

COLUMNS = {
    "Name": "name", "Manufacturer": "manufacturer", "Pack": "pack_label", "HSN": "hsn", "Schedule": "schedule", "Form": "form",
    "MRP": "mrp_paise", "Price": "price_paise",
}  # fmt: skip
"""Column of the table → field of a product. Money there is rupees with decimals."""

KEY = "SKU"
_MONEY = ("MRP", "Price")
_RUPEES = re.compile(r"-?[0-9]{1,10}(\.[0-9]{1,10})?")


class Said(NamedTuple):
    """What a record says: its sku, and a value for each field that is not empty."""

    record_id: str
    sku: str
    fields: dict[str, Any]


class Merged(NamedTuple):
    """The fields that hold now, and those that both sides had changed."""

    fields: dict[str, Any]
    conflicts: list[str]


def read_record(record_id: str, cells: Mapping[str, object]) -> Said:
    """Read a record's cells. Raises Invalid for one that cannot be what its column says."""
    fields: dict[str, Any] = {}
    for column, name in COLUMNS.items():
        value = cells.get(column)
        if isinstance(value, str):
            value = value.strip()
        if value is None or value == "":
            continue
        fields[name] = _paise(column, value) if column in _MONEY else _text(column, value)
    return Said(record_id, _text(KEY, cells.get(KEY, "")), fields)


def merge(before: Mapping[str, Any] | None, said: Mapping[str, Any], ours: Mapping[str, Any]) -> Merged:
    """Give a product's fields: `before` is what Airtable said last (None: never), `said` what it says, `ours` what is stored."""
    fields, conflicts = dict(ours), list[str]()
    for name in COLUMNS.values():
        is_changed = before is None or said.get(name) != before.get(name)
        if not is_changed:
            continue
        if before is not None and name in ours and ours[name] not in (before.get(name), said.get(name)):
            conflicts.append(name)
        fields.pop(name, None)
        if name in said:
            fields[name] = said[name]
    mrp_paise = fields.get("mrp_paise")
    if "price_paise" not in said and (mrp_paise is None or fields.get("price_paise", 0) > mrp_paise):
        fields.pop("price_paise", None)  # our own price gives way to a lower MRP
    return Merged(fields, conflicts)


def _text(column: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise Invalid(f"{column} is no text.", field=column)


def _paise(column: str, value: object) -> int:
    text = str(value)
    paise = Decimal(text) * 100 if _RUPEES.fullmatch(text) else None
    if paise is None or paise != int(paise):
        raise Invalid(f"{column} is no amount in rupees and whole paise.", field=column)
    return int(paise)
