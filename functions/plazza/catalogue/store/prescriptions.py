"""SQL of prescriptions and their lines."""

from datetime import date, datetime
from typing import Any, LiteralString, NamedTuple, TypeVar
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from plazza.catalogue.models.prescriptions import PrescriptionItemView, PrescriptionSummary
from plazza.catalogue.rules import prescriptions as rules
from plazza.data.sql import Tx
from plazza.errors import NotFound
from plazza.identity import Caller, Role

Found = TypeVar("Found")

REVIEWERS = frozenset({Role.PHARMACIST, Role.ADMIN})


class Prescription(NamedTuple):
    """A prescription's row."""

    id: UUID
    uid: str
    file_path: str
    content_type: str
    status: str
    problem: str | None
    pages: int
    prescriber_name: str | None
    prescriber_registration: str | None
    issued_on: date | None
    valid_until: date | None
    review_note: str | None
    version: int
    created_at: datetime


class Progress(NamedTuple):
    """What the owner watches: how far a prescription is, and how many medicines stand on it."""

    id: UUID
    uid: str
    status: str
    problem: str | None
    medicines: int
    version: int
    updated_at: datetime


class NewItem(NamedTuple):
    """A line as it was read."""

    written: str
    name: str
    strength: str | None
    form: str | None
    dose: str | None
    duration_days: int | None
    quantity: int | None
    candidates: list[dict[str, Any]]


class CoveredItem(NamedTuple):
    """A line that covers a product, the packs still left of it, and for how many days it is to be taken, where it says so."""

    item_id: UUID
    product_id: UUID
    left_packs: int
    duration_days: int | None


class Coverage(NamedTuple):
    """What a prescription allows now: `awaited` before its review, else `approved` with what is left by product."""

    status: str
    items: dict[UUID, CoveredItem]


_COVERED = """
        SELECT id AS item_id, product_id, allowed_packs - used_packs AS left_packs, duration_days FROM prescription_items
         WHERE prescription_id = (SELECT id FROM prescriptions WHERE id = %s AND uid = %s) AND decision = 'approved' ORDER BY id"""


def insert_prescription(
    tx: Tx, prescription_id: UUID, uid: str, path: str, content_type: str, size_bytes: int, at: datetime
) -> bool:
    """Insert an uploaded prescription; False when the file is registered already, or the id is another file's."""
    query = """
        INSERT INTO prescriptions (id, uid, file_path, content_type, size_bytes, status, created_at, updated_at)
        VALUES (%s, %s, %s, %s, %s, 'uploaded', %s, %s) ON CONFLICT DO NOTHING"""
    return tx.execute(query, (prescription_id, uid, path, content_type, size_bytes, at, at)) == 1


def find_by_path(tx: Tx, path: str) -> UUID | None:
    """Give the id of the prescription that a file is registered as."""
    return tx.value("SELECT id FROM prescriptions WHERE file_path = %s", (path,))


def get_prescription(tx: Tx, prescription_id: UUID, *, seen_by: Caller) -> Prescription:
    """Give a prescription to its owner, a pharmacist or an administrator. Raises NotFound."""
    query = """
        SELECT id, uid, file_path, content_type, status, problem, pages, prescriber_name, prescriber_registration, issued_on,
               valid_until, review_note, version, created_at
          FROM prescriptions WHERE id = %(id)s AND (%(all)s OR uid = %(uid)s)"""
    seen = {"id": prescription_id, "uid": seen_by.uid, "all": seen_by.role in REVIEWERS}
    return _found(tx.row(Prescription, query, seen))


def get_progress(tx: Tx, prescription_id: UUID) -> Progress:
    """Give how far a prescription is, in one statement and so of one moment. Raises NotFound."""
    query = """
        SELECT id, uid, status, problem, version, updated_at,
               (SELECT count(*) FROM prescription_items WHERE prescription_id = prescriptions.id)::INT8 AS medicines
          FROM prescriptions WHERE id = %s"""
    return _found(tx.row(Progress, query, (prescription_id,)))


def lock_prescription(tx: Tx, prescription_id: UUID) -> Prescription:
    """Give a prescription and hold it until the transaction ends. Raises NotFound."""
    query = """
        SELECT id, uid, file_path, content_type, status, problem, pages, prescriber_name, prescriber_registration, issued_on,
               valid_until, review_note, version, created_at
          FROM prescriptions WHERE id = %s FOR UPDATE"""
    return _found(tx.row(Prescription, query, (prescription_id,)))


def list_prescriptions(
    tx: Tx, *, uid: str | None, status: str | None, after: tuple[datetime, UUID] | None, limit: int
) -> list[PrescriptionSummary]:
    """Give prescriptions, newest first: one person's, or everybody's for the reviewers (`uid` None)."""
    query = """
        SELECT id, status, problem, created_at FROM prescriptions
         WHERE (%(uid)s::TEXT IS NULL OR uid = %(uid)s) AND (%(status)s::TEXT IS NULL OR status = %(status)s)
           AND (%(at)s::TIMESTAMPTZ IS NULL OR (created_at, id) < (%(at)s, %(id)s))
         ORDER BY created_at DESC, id DESC LIMIT %(limit)s"""
    at, last = after or (None, None)
    return tx.rows(PrescriptionSummary, query, {"uid": uid, "status": status, "at": at, "id": last, "limit": limit})


def list_items(tx: Tx, prescription_id: UUID) -> list[PrescriptionItemView]:
    """Give a prescription's lines in order."""
    query = """
        SELECT id, line_no, written, name, strength, form, dose, duration_days, quantity, candidates, decision, product_id,
               allowed_packs, used_packs
          FROM prescription_items WHERE prescription_id = %s ORDER BY line_no"""
    return tx.rows(PrescriptionItemView, query, (prescription_id,))


def count_items(tx: Tx, prescription_id: UUID) -> int:
    """Count a prescription's lines."""
    return tx.value("SELECT count(*)::INT8 FROM prescription_items WHERE prescription_id = %s", (prescription_id,))


def set_status(
    tx: Tx, prescription_id: UUID, status: str, at: datetime, *, problem: str | None = None, pages: int = 1
) -> None:
    """Move a prescription."""
    query = """
        UPDATE prescriptions SET status = %s, problem = %s, pages = %s, version = version + 1, updated_at = %s WHERE id = %s"""
    tx.execute(query, (status, problem, pages, at, prescription_id))


def set_header(
    tx: Tx, prescription_id: UUID, prescriber: str | None, registration: str | None, issued_on: date | None
) -> None:
    """Write what was read of the prescriber."""
    query = "UPDATE prescriptions SET prescriber_name = %s, prescriber_registration = %s, issued_on = %s WHERE id = %s"
    tx.execute(query, (prescriber, registration, issued_on, prescription_id))


def replace_items(tx: Tx, prescription_id: UUID, items: list[NewItem]) -> None:
    """Put newly read lines in place of those read before; decided lines are never touched, because their status is guarded."""
    tx.execute("DELETE FROM prescription_items WHERE prescription_id = %s AND decision = 'pending'", (prescription_id,))
    query = """
        INSERT INTO prescription_items (id, prescription_id, line_no, written, name, strength, form, dose, duration_days, quantity, candidates)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""
    for line_no, item in enumerate(items, start=1):
        tx.execute(query, (uuid4(), prescription_id, line_no, *item[:-1], Jsonb(item.candidates)))


def approve_item(tx: Tx, item_id: UUID, prescription_id: UUID, product_id: UUID, packs: int) -> None:
    """Allow packs of a product on a line. Raises NotFound for another prescription's line."""
    query = """
        UPDATE prescription_items SET decision = 'approved', product_id = %s, allowed_packs = %s
         WHERE id = %s AND prescription_id = %s AND decision = 'pending'"""
    if tx.execute(query, (product_id, packs, item_id, prescription_id)) == 0:
        raise NotFound("No such line of this prescription.", item_id=str(item_id))


def insert_approved_item(
    tx: Tx, prescription_id: UUID, line_no: int, written: str, product_id: UUID, packs: int
) -> None:
    """Add a line that the pharmacist read with their own eyes."""
    query = """
        INSERT INTO prescription_items (id, prescription_id, line_no, written, name, decision, product_id, allowed_packs)
        VALUES (%s, %s, %s, %s, %s, 'approved', %s, %s)"""
    tx.execute(query, (uuid4(), prescription_id, line_no, written, written, product_id, packs))


def reject_pending_items(tx: Tx, prescription_id: UUID) -> None:
    """Refuse every line that was not allowed."""
    query = "UPDATE prescription_items SET decision = 'rejected' WHERE prescription_id = %s AND decision = 'pending'"
    tx.execute(query, (prescription_id,))


def set_review(
    tx: Tx,
    prescription_id: UUID,
    status: str,
    *,
    prescriber: str | None,
    registration: str | None,
    issued_on: date | None,
    valid_until: date | None,
    note: str | None,
    by: str,
    at: datetime,
) -> None:
    """Write the pharmacist's decision; a rejection leaves what was read of the prescriber."""
    query = """
        UPDATE prescriptions
           SET status = %s, problem = NULL, prescriber_name = COALESCE(%s, prescriber_name),
               prescriber_registration = COALESCE(%s, prescriber_registration), issued_on = COALESCE(%s, issued_on),
               valid_until = %s, review_note = %s, reviewed_by = %s, reviewed_at = %s, version = version + 1, updated_at = %s
         WHERE id = %s"""
    tx.execute(query, (status, prescriber, registration, issued_on, valid_until, note, by, at, at, prescription_id))


def lock_coverage(tx: Tx, prescription_id: UUID, uid: str, on: date) -> Coverage:
    """Give what `get_coverage` does, and hold the prescription's lines until the transaction ends."""
    return _coverage(tx, prescription_id, uid, on, _COVERED + " FOR UPDATE")


def get_coverage(tx: Tx, prescription_id: UUID, uid: str, on: date) -> Coverage:
    """Give what a person's prescription allows on a day.

    Raises NotFound for another person's, Conflict (with a `reason`) for one that was rejected, could not be read, or has run out.
    """
    return _coverage(tx, prescription_id, uid, on, _COVERED)


def _coverage(tx: Tx, prescription_id: UUID, uid: str, on: date, covered: LiteralString) -> Coverage:
    query = "SELECT status, valid_until FROM prescriptions WHERE id = %s AND uid = %s"
    asked = tx.ask(_State, query, (prescription_id, uid))
    items = tx.rows(CoveredItem, covered, (prescription_id, uid))
    found = asked()
    if not found:
        raise NotFound("No such prescription.")
    rules.check_usable(found[0].status, found[0].valid_until, on)
    if found[0].status != "approved":
        return Coverage("awaited", {})
    return Coverage("approved", {item.product_id: item for item in items})


class _State(NamedTuple):
    status: str
    valid_until: date | None


def use_packs(tx: Tx, item_id: UUID, packs: int) -> None:
    """Use packs of the allowance of a line that is held and has as many left; the schema refuses more."""
    tx.send("UPDATE prescription_items SET used_packs = used_packs + %s WHERE id = %s", (packs, item_id))


def give_back_packs(tx: Tx, item_id: UUID, packs: int) -> None:
    """Give packs back to a line's allowance; the schema refuses more than were used."""
    tx.send("UPDATE prescription_items SET used_packs = used_packs - %s WHERE id = %s", (packs, item_id))


def _found(prescription: Found | None) -> Found:
    if prescription is None:
        raise NotFound("No such prescription.")
    return prescription
