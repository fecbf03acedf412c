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
from plazza.catalogue.models.prescriptions import Problem
from plazza.catalogue.rules import prescriptions as rules
from plazza.catalogue.store import prescriptions as store
from plazza.data import files, outbox
from plazza.data.sql import Tx, run_transaction
from plazza.errors import Conflict, Forbidden, Invalid, NotFound, TooLarge
from plazza.identity import Caller
from plazza.providers import claude, textract
from plazza.providers.errors import ProviderRefused

MAX_BYTES = 10 * 1024 * 1024
MAX_TRIES = 4
"""One less than the task queue makes: the last one only hands over to people, whatever the others died of."""
LEAST_CONFIDENCE = 30.0
"""Below it a line is noise: a stamp, a fold, a shadow."""

_PATH = re.compile(r"prescriptions/([A-Za-z0-9_-]{1,128})/([A-Za-z0-9_-]{1,64})\.(jpg|png|pdf)")
_NAMESPACE = UUID("0d4b9a6c-8f53-4a3e-9d0e-5a9f5a1b7c2d")
_PROBLEMS: dict[type[Exception], Problem] = {NotFound: Problem.FILE_MISSING, TooLarge: Problem.TOO_LARGE}


def upload(caller: Caller, content: bytes) -> UUID:
    """Take a file over HTTP: keep it where clients also put theirs, and register it. Raises Invalid, TooLarge, Unavailable."""
    if len(content) > MAX_BYTES:
        raise TooLarge("A prescription may have up to 10 MiB.", limit_bytes=MAX_BYTES)
    content_type = rules.type_of(content)
    if content_type is None:
        raise Invalid("Send a JPEG, PNG or PDF.", field="body")
    path = f"prescriptions/{caller.uid}/{uuid4()}.{rules.SUFFIXES[content_type]}"
    if not _PATH.fullmatch(path):
        raise Forbidden("This account cannot upload prescriptions.")
    files.write_bytes(path, content, content_type)
    return _register(path, caller.uid, content_type, len(content))


def begin(path: str, content_type: str, size_bytes: int) -> UUID | None:
    """Register a file that was put into Storage and have it read; None for a file that is no prescription."""
    named = _PATH.fullmatch(path)
    if named is None or content_type not in rules.SUFFIXES or not 1 <= size_bytes <= MAX_BYTES:
        logs.write(
            "WARNING", "a file among the prescriptions is none", content_type=content_type, size_bytes=size_bytes
        )
        return None
    return _register(path, named[1], content_type, size_bytes)


def _register(path: str, uid: str, content_type: str, size_bytes: int) -> UUID:
    """Register a file once, and announce it: the announcement's consumer asks for the reading, so that no outage loses it."""

    def work(tx: Tx) -> UUID:
        known = store.find_by_path(tx, path)
        if known is not None:
            return known
        # The client chose the name. One that is taken is no reason to lose the file, or to touch the other's.
        for prescription_id in (_id_of(path), uuid5(_NAMESPACE, path)):
            if store.insert_prescription(tx, prescription_id, uid, path, content_type, size_bytes, clock.now()):
                outbox.announce(tx, "prescription.changed", prescription_id)
                return prescription_id
        raise Conflict("This file cannot be registered; upload it under another name.")

    return run_transaction(work)


def read(prescription_id: UUID) -> None:
    """Read a prescription. Raises Unavailable so that the task comes again; after MAX_TRIES it is left to people."""
    found = run_transaction(lambda tx: _start(tx, prescription_id))
    if found is None:
        return
    try:
        pages, text = _text(found.file_path)
        read_out = claude.structure(text) if text else None
        items = [_item(medicine) for medicine in read_out.medicines if medicine.name] if read_out else []
    except (Invalid, TooLarge, NotFound) as exc:
        _leave_to_people(prescription_id, _PROBLEMS.get(type(exc)) or exc.details.get("reason", Problem.BROKEN))
        return
    except ProviderRefused as exc:
        logs.error("a provider refuses a prescription", exc, **exc.details)
        _leave_to_people(prescription_id, Problem.READER_REFUSED)
        return
    if read_out is None or not items or not read_out.legible:
        _leave_to_people(prescription_id, Problem.NO_MEDICINES_READ, pages=pages)
        return
    run_transaction(lambda tx: _keep(tx, prescription_id, read_out, items, pages))


def _start(tx: Tx, prescription_id: UUID) -> store.Prescription | None:
    """Claim the reading; None when it is gone, read or decided, or was tried too often."""
    try:
        found = store.lock_prescription(tx, prescription_id)
    except NotFound:
        return None
    if found.status not in {"uploaded", "reading"}:
        return None
    given_up = found.version > MAX_TRIES  # a try moves it once, and nothing else does before it is read
    if given_up:
        store.set_status(tx, prescription_id, "unreadable", clock.now(), problem=Problem.READER_DOWN)
    else:
        store.set_status(tx, prescription_id, "reading", clock.now())
    outbox.announce(tx, "prescription.changed", prescription_id)
    return None if given_up else found


def _text(path: str) -> tuple[int, str]:
    """Give the number of pages and their lines, page 1 first."""
    content = files.read_bytes(path, MAX_BYTES)
    content_type = rules.type_of(content)
    if content_type is None:
        raise Invalid("The file is no JPEG, PNG or PDF.", reason=Problem.WRONG_TYPE)
    texts = [_page_text(page) for page in split_pages(content, content_type)]
    return len(texts), "\n".join(text for text in texts if text)


def _page_text(page: bytes) -> str:
    return "\n".join(line.text for line in textract.read_page(page) if line.confidence >= LEAST_CONFIDENCE)


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
    store.set_status(tx, prescription_id, "read", clock.now(), pages=pages)
    outbox.announce(tx, "prescription.changed", prescription_id)


def _leave_to_people(prescription_id: UUID, problem: Problem, *, pages: int = 1) -> None:
    def work(tx: Tx) -> None:
        if store.lock_prescription(tx, prescription_id).status == "reading":
            store.set_status(tx, prescription_id, "unreadable", clock.now(), problem=problem, pages=pages)
            outbox.announce(tx, "prescription.changed", prescription_id)

    run_transaction(work)


def _id_of(path: str) -> UUID:
    try:
        return UUID(PurePosixPath(path).stem)
    except ValueError:
        return uuid5(_NAMESPACE, path)


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
