"""A prescription from its upload to what the machines read: file → pages → lines → medicines → products.

Every step may run twice. Nothing read here allows anything: a pharmacist decides.
"""

import re
from datetime import date
from pathlib import PurePosixPath
from uuid import UUID, uuid4, uuid5

from plazza import clock, logs
from plazza.catalogue.actions.matching import match_medicine
from plazza.catalogue.actions.pages import split_pages
from plazza.catalogue.rules import prescriptions as rules
from plazza.catalogue.store import prescriptions as store
from plazza.data import files, outbox, tasks
from plazza.data.sql import Tx, run_transaction
from plazza.data.sql import read as read_sql
from plazza.errors import Invalid, NotFound, TooLarge
from plazza.identity import Caller, Role
from plazza.providers import claude, textract
from plazza.providers.errors import ProviderDown, ProviderRefused

MAX_BYTES = 10 * 1024 * 1024
MAX_TRIES = 5
LEAST_CONFIDENCE = 30.0
"""Below it a line is noise: a stamp, a fold, a shadow."""

_PATH = re.compile(r"prescriptions/([A-Za-z0-9_-]{1,128})/([A-Za-z0-9_-]{1,64})\.(jpg|png|pdf)")
_NAMESPACE = UUID("0d4b9a6c-8f53-4a3e-9d0e-5a9f5a1b7c2d")
_SYSTEM = Caller("system", Role.ADMIN)


def upload(caller: Caller, content: bytes) -> UUID:
    """Take a file over HTTP: keep it where clients also put theirs, and register it. Raises Invalid, TooLarge, Unavailable."""
    if len(content) > MAX_BYTES:
        raise TooLarge("A prescription may have up to 10 MiB.", limit_bytes=MAX_BYTES)
    content_type = rules.type_of(content)
    if content_type is None:
        raise Invalid("Send a JPEG, PNG or PDF.", field="body")
    prescription_id = uuid4()
    path = f"prescriptions/{caller.uid}/{prescription_id}.{rules.SUFFIXES[content_type]}"
    files.write_bytes(path, content, content_type)
    begin(path, content_type, len(content))
    return prescription_id


def begin(path: str, content_type: str, size_bytes: int) -> UUID | None:
    """Register a file that was put into Storage and have it read; None for a file that is no prescription."""
    named = _PATH.fullmatch(path)
    if named is None or content_type not in rules.SUFFIXES or not 1 <= size_bytes <= MAX_BYTES:
        logs.write(
            "WARNING", "a file among the prescriptions is none", content_type=content_type, size_bytes=size_bytes
        )
        return None
    prescription_id = _id_of(named[2], path)

    def work(tx: Tx) -> None:
        if store.insert_prescription(tx, prescription_id, named[1], path, content_type, size_bytes, clock.now()):
            outbox.announce(tx, "prescription.changed", prescription_id)

    run_transaction(work)
    tasks.enqueue("read_prescription", {"prescription_id": str(prescription_id)})
    return prescription_id


def read(prescription_id: UUID) -> None:
    """Read a prescription; raises ProviderDown so that the task comes again, at most MAX_TRIES times."""
    if not run_transaction(lambda tx: _start(tx, prescription_id)):
        return
    prescription = read_sql(lambda tx: store.get_prescription(tx, prescription_id, seen_by=_SYSTEM))
    try:
        pages = _pages(prescription)
        found = claude.structure("\n".join(_lines(pages)))
    except (Invalid, TooLarge, NotFound) as exc:
        _leave_to_people(prescription_id, str(exc.details.get("reason", exc.code)))
        return
    except ProviderRefused as exc:
        _leave_to_people(prescription_id, f"NOT_READ_{exc.provider_code or 'REFUSED'}".upper()[:60])
        return
    except ProviderDown:
        if prescription.version > MAX_TRIES:
            _leave_to_people(prescription_id, "READER_DOWN")
            return
        raise
    if not found.medicines or not found.legible:
        _leave_to_people(prescription_id, "NO_MEDICINES_READ", pages=len(pages))
        return
    items = [_item(medicine) for medicine in found.medicines]
    run_transaction(lambda tx: _keep(tx, prescription_id, found, items, len(pages)))


def _start(tx: Tx, prescription_id: UUID) -> bool:
    """Claim the reading; False when people have decided already, or the file was never registered."""
    try:
        prescription = store.lock_prescription(tx, prescription_id)
    except NotFound:
        return False
    if prescription.status not in {"uploaded", "reading"}:
        return False
    store.set_status(tx, prescription_id, "reading", None, clock.now())
    outbox.announce(tx, "prescription.changed", prescription_id)
    return True


def _pages(prescription: store.Prescription) -> list[bytes]:
    content = files.read_bytes(prescription.file_path, MAX_BYTES)
    content_type = rules.type_of(content)
    if content_type is None:
        raise Invalid("The file is no JPEG, PNG or PDF.", reason="WRONG_TYPE")
    return split_pages(content, content_type)


def _lines(pages: list[bytes]) -> list[str]:
    return [line.text for page in pages for line in textract.read_page(page) if line.confidence >= LEAST_CONFIDENCE]


def _item(medicine: claude.ReadMedicine) -> store.NewItem:
    matches = match_medicine(medicine.name, medicine.strength, medicine.form)
    candidates = [{"product_id": str(m.product_id), "sku": m.sku, "name": m.name, "score": m.score} for m in matches]
    return store.NewItem(
        medicine.written,
        medicine.name,
        medicine.strength,
        medicine.form,
        medicine.dose,
        medicine.duration_days,
        medicine.quantity,
        candidates,
    )


def _keep(
    tx: Tx, prescription_id: UUID, found: claude.ReadPrescription, items: list[store.NewItem], pages: int
) -> None:
    if store.lock_prescription(tx, prescription_id).status != "reading":
        return  # a pharmacist was quicker
    store.replace_items(tx, prescription_id, items)
    store.set_header(tx, prescription_id, found.prescriber_name, found.registration_number, _date(found.issued_on))
    store.set_status(tx, prescription_id, "read", None, clock.now(), pages=pages)
    outbox.announce(tx, "prescription.changed", prescription_id)


def _leave_to_people(prescription_id: UUID, problem: str, *, pages: int = 1) -> None:
    def work(tx: Tx) -> None:
        if store.lock_prescription(tx, prescription_id).status == "reading":
            store.set_status(tx, prescription_id, "unreadable", problem, clock.now(), pages=pages)
            outbox.announce(tx, "prescription.changed", prescription_id)

    run_transaction(work)


def _id_of(stem: str, path: str) -> UUID:
    try:
        return UUID(PurePosixPath(stem).name)
    except ValueError:
        return uuid5(_NAMESPACE, path)


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
