"""A described product → the record that a bulk import writes: what the row left out is null, so that what is stored stays."""

from typing import Any

from plazza.catalogue.rules.products import make_content
from plazza.catalogue.rules.rows import Row

_KEPT = (
    "manufacturer", "pack_label", "mrp_paise", "price_paise", "gst_bp", "hsn", "schedule", "prescription_required", "image_url",
    "max_per_order", "status",
)  # fmt: skip
_NOT_WRITTEN = ("airtable_record_id", "schedule_known")


def make_record(row: Row) -> dict[str, Any]:
    """Give the record. Raises Invalid for what no product may be."""
    record = make_content(row.sku, row.product)._asdict()
    for name in _NOT_WRITTEN:
        del record[name]
    said = row.product.model_fields_set
    for name in _KEPT:
        if name not in said:
            record[name] = None
    if not row.product.salts:
        record["salts"] = None
    return record
