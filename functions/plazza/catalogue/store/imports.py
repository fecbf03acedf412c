"""SQL of bulk imports: a batch of rows goes into `products` in a few statements, whatever is there already."""

from datetime import datetime
from typing import LiteralString, NamedTuple
from uuid import UUID

from plazza.data.sql import Tx

_SOURCE, _DESTINATION = "file", "products"


class Run(NamedTuple):
    """An import that was begun: `cursor` is the digest of its file, and how many rows of it are done."""

    id: UUID
    cursor: str
    created: int
    updated: int
    unchanged: int
    refused: int


_ADD: LiteralString = """
    INSERT INTO products (id, sku, name, normalized_name, brand, form, release, strength, salts, salt_key, brand_key, brand_sound, salt_names,
                          salts_complete, manufacturer, pack_label, pack_quantity, pack_unit, mrp_paise, price_paise, gst_bp, hsn, schedule,
                          schedule_known, prescription_required, image_url, max_per_order, status, created_at, updated_at)
    SELECT gen_random_uuid(), sku, name, normalized_name, brand, form, release, strength, coalesce(salts, '[]'), salt_key, brand_key,
           brand_sound, salt_names, salts_complete, coalesce(manufacturer, ''), coalesce(pack_label, ''), pack_quantity, pack_unit, mrp_paise,
           coalesce(price_paise, mrp_paise), coalesce(gst_bp, 500), coalesce(hsn, ''), coalesce(schedule, 'none'), schedule IS NOT NULL,
           coalesce(schedule, 'none') <> 'none' OR coalesce(prescription_required, schedule IS NULL), image_url,
           coalesce(max_per_order, 10), coalesce(status, 'active'), %(at)s, %(at)s
      FROM json_to_recordset(%(rows)s::JSON) AS r (
           sku TEXT, name TEXT, normalized_name TEXT, brand TEXT, form TEXT, release TEXT, strength TEXT, salts JSONB, salt_key TEXT,
           brand_key TEXT, brand_sound TEXT, salt_names TEXT, salts_complete BOOL, manufacturer TEXT, pack_label TEXT, pack_quantity INT8,
           pack_unit TEXT, mrp_paise INT8, price_paise INT8, gst_bp INT8, hsn TEXT, schedule TEXT, prescription_required BOOL,
           image_url TEXT, max_per_order INT8, status TEXT)
        ON CONFLICT (sku) DO NOTHING"""

# What a row leaves out is null there and stays as stored, salts and pack with all that is made of them. A stored price stays below
# a new MRP, and a schedule that is there is never taken back by a row that does not speak of it.
_CHANGE: LiteralString = """
    UPDATE products AS p
       SET name = n.name, normalized_name = n.normalized_name, brand = n.brand, form = n.form, release = n.release, strength = n.strength,
           salts = n.salts, salt_key = n.salt_key, brand_key = n.brand_key, brand_sound = n.brand_sound, salt_names = n.salt_names,
           salts_complete = n.salts_complete, manufacturer = n.manufacturer, pack_label = n.pack_label, pack_quantity = n.pack_quantity,
           pack_unit = n.pack_unit, mrp_paise = n.mrp_paise, price_paise = n.price_paise, gst_bp = n.gst_bp, hsn = n.hsn,
           schedule = n.schedule, schedule_known = n.schedule_known, prescription_required = n.prescription_required,
           image_url = n.image_url, max_per_order = n.max_per_order, status = n.status, version = p.version + 1, updated_at = %(at)s
      FROM (SELECT o.id, r.name, r.normalized_name, r.brand, r.form, r.release, r.brand_key, r.brand_sound,
                   CASE WHEN r.salts IS NULL AND o.salt_names <> '' THEN o.strength ELSE r.strength END AS strength,
                   coalesce(r.salts, o.salts) AS salts,
                   CASE WHEN r.salts IS NULL THEN o.salt_key ELSE r.salt_key END AS salt_key,
                   CASE WHEN r.salts IS NULL THEN o.salt_names ELSE r.salt_names END AS salt_names,
                   CASE WHEN r.salts IS NULL THEN o.salts_complete ELSE r.salts_complete END AS salts_complete,
                   coalesce(r.manufacturer, o.manufacturer) AS manufacturer, coalesce(r.pack_label, o.pack_label) AS pack_label,
                   CASE WHEN r.pack_label IS NULL THEN o.pack_quantity ELSE r.pack_quantity END AS pack_quantity,
                   CASE WHEN r.pack_label IS NULL THEN o.pack_unit ELSE r.pack_unit END AS pack_unit,
                   coalesce(r.mrp_paise, o.mrp_paise) AS mrp_paise,
                   CASE WHEN r.mrp_paise IS NULL THEN o.price_paise
                        ELSE coalesce(r.price_paise, least(o.price_paise, r.mrp_paise)) END AS price_paise,
                   coalesce(r.gst_bp, o.gst_bp) AS gst_bp, coalesce(r.hsn, o.hsn) AS hsn, coalesce(r.schedule, o.schedule) AS schedule,
                   (o.schedule_known OR r.schedule IS NOT NULL) AS schedule_known,
                   (coalesce(r.schedule, o.schedule) <> 'none'
                    OR coalesce(r.prescription_required, r.schedule IS NULL AND o.prescription_required)) AS prescription_required,
                   coalesce(r.image_url, o.image_url) AS image_url, coalesce(r.max_per_order, o.max_per_order) AS max_per_order,
                   coalesce(r.status, o.status) AS status
              FROM json_to_recordset(%(rows)s::JSON) AS r (
                 sku TEXT, name TEXT, normalized_name TEXT, brand TEXT, form TEXT, release TEXT, strength TEXT, salts JSONB, salt_key TEXT,
                 brand_key TEXT, brand_sound TEXT, salt_names TEXT, salts_complete BOOL, manufacturer TEXT, pack_label TEXT, pack_quantity INT8,
                 pack_unit TEXT, mrp_paise INT8, price_paise INT8, gst_bp INT8, hsn TEXT, schedule TEXT, prescription_required BOOL,
                 image_url TEXT, max_per_order INT8, status TEXT) JOIN products AS o ON o.sku = r.sku) AS n
     WHERE p.id = n.id
       AND (p.name, p.normalized_name, p.brand, p.form, p.release, p.strength, p.salts, p.salt_key, p.brand_key, p.brand_sound, p.salt_names,
            p.salts_complete, p.manufacturer, p.pack_label, p.pack_quantity, p.pack_unit, p.mrp_paise, p.price_paise, p.gst_bp, p.hsn,
            p.schedule, p.schedule_known, p.prescription_required, p.image_url, p.max_per_order, p.status)
           IS DISTINCT FROM
           (n.name, n.normalized_name, n.brand, n.form, n.release, n.strength, n.salts, n.salt_key, n.brand_key, n.brand_sound, n.salt_names,
            n.salts_complete, n.manufacturer, n.pack_label, n.pack_quantity, n.pack_unit, n.mrp_paise, n.price_paise, n.gst_bp, n.hsn,
            n.schedule, n.schedule_known, n.prescription_required, n.image_url, n.max_per_order, n.status)"""


# Stores that ask more than a new MRP ask that much: the schema would refuse the row otherwise.
_BOUND: LiteralString = """
    UPDATE store_prices AS s SET price_paise = r.mrp_paise, updated_by = 'mrp', updated_at = %(at)s
      FROM json_to_recordset(%(rows)s::JSON) AS r (sku TEXT, mrp_paise INT8) JOIN products AS p ON p.sku = r.sku
     WHERE s.product_id = p.id AND s.price_paise > r.mrp_paise"""


_COMPOSE: LiteralString = """
    INSERT INTO compositions (salt_names)
    SELECT DISTINCT salt_names FROM json_to_recordset(%(rows)s::JSON) AS r (salt_names TEXT) WHERE salt_names <> ''
        ON CONFLICT (salt_names) DO NOTHING"""


def put_rows(tx: Tx, rows: str, count: int, at: datetime) -> tuple[int, int]:
    """Write `count` rows, a JSON list of objects with the columns above and no sku twice. Gives how many were made, how many changed."""
    params = {"rows": rows, "at": at}
    tx.execute(_COMPOSE, params)
    made = tx.execute(_ADD, params)
    if made == count:
        return made, 0
    # What was made just now is what the row says, so that the last statement leaves it alone.
    tx.execute(_BOUND, params, prepare=False)
    return made, tx.execute(_CHANGE, params, prepare=False)


def find_run(tx: Tx, digest: str) -> Run | None:
    """Give the unfinished import of a file, or None."""
    query = """
        SELECT id, cursor, created, updated, unchanged, refused FROM sync_runs
         WHERE source = %s AND destination = %s AND status = 'running' AND cursor LIKE %s ORDER BY started_at DESC, id LIMIT 1"""
    return tx.row(Run, query, (_SOURCE, _DESTINATION, f"{digest}:%"))


def insert_run(tx: Tx, run: Run, at: datetime) -> None:
    """Begin an import of a file, with no row done."""
    query = """
        INSERT INTO sync_runs (id, source, destination, status, cursor, started_at) VALUES (%s, %s, %s, 'running', %s, %s)"""
    tx.execute(query, (run.id, _SOURCE, _DESTINATION, run.cursor, at))


def set_run(tx: Tx, run: Run) -> None:
    """Write how far an import is."""
    query = """
        UPDATE sync_runs SET cursor = %(cursor)s, created = %(created)s, updated = %(updated)s, unchanged = %(unchanged)s,
               refused = %(refused)s, records_processed = %(created)s + %(updated)s + %(unchanged)s
         WHERE id = %(id)s"""
    tx.execute(query, run._asdict())


def finish_run(tx: Tx, run_id: UUID, error: str | None, at: datetime) -> None:
    """End an import; `error` says why rows were refused, None when none was."""
    query = "UPDATE sync_runs SET status = 'done', finished_at = %s, error_log = %s WHERE id = %s"
    tx.execute(query, (at, error, run_id))
