"""A pharmacist's decision on a prescription."""

from uuid import UUID

from plazza import clock
from plazza.catalogue.models.prescriptions import PrescriptionView, ReviewPrescription
from plazza.catalogue.rules import prescriptions as rules
from plazza.catalogue.store import prescriptions as store
from plazza.catalogue.store import products
from plazza.data import outbox
from plazza.data.sql import Tx, run_transaction
from plazza.errors import Conflict, Invalid
from plazza.identity import Caller

MAX_LINES = 50


def review(caller: Caller, prescription_id: UUID, body: ReviewPrescription) -> PrescriptionView:
    """Approve or reject. Raises NotFound, Invalid (dates, unknown product), Conflict when it was decided before."""

    def work(tx: Tx) -> PrescriptionView:
        found = store.lock_prescription(tx, prescription_id)
        if found.status not in rules.REVIEWABLE:
            raise Conflict("This prescription was decided before.", prescription_status=found.status)
        if body.decision == "approve":
            _allow(tx, prescription_id, body)
        store.reject_pending_items(tx, prescription_id)
        store.set_review(
            tx,
            prescription_id,
            "approved" if body.decision == "approve" else "rejected",
            prescriber=body.prescriber_name,
            registration=body.prescriber_registration,
            issued_on=body.issued_on,
            valid_until=body.valid_until,
            note=body.note,
            by=caller.uid,
            at=clock.now(),
        )
        outbox.announce(tx, "prescription.reviewed", prescription_id)
        return view(tx, prescription_id, caller)

    return run_transaction(work)


def _allow(tx: Tx, prescription_id: UUID, body: ReviewPrescription) -> None:
    if body.issued_on is None or body.valid_until is None:
        raise Invalid("An approval needs its dates.")
    rules.check_validity(body.issued_on, body.valid_until, clock.today())
    known = products.list_products(tx, [item.product_id for item in body.items])
    unknown = [str(item.product_id) for item in body.items if item.product_id not in known]
    if unknown:
        raise Invalid("These products do not exist.", product_ids=unknown)
    line_no = store.count_items(tx, prescription_id)
    for item in body.items:
        if item.item_id is not None:
            store.approve_item(tx, item.item_id, prescription_id, item.product_id, item.allowed_packs)
        elif item.written is not None:
            line_no += 1
            if line_no > MAX_LINES:
                raise Invalid(f"A prescription has up to {MAX_LINES} lines.")
            store.insert_approved_item(tx, prescription_id, line_no, item.written, item.product_id, item.allowed_packs)


def view(tx: Tx, prescription_id: UUID, caller: Caller) -> PrescriptionView:
    """Give a prescription with its lines. Raises NotFound."""
    found = store.get_prescription(tx, prescription_id, seen_by=caller)
    return PrescriptionView.model_validate(
        {name: getattr(found, name) for name in PrescriptionView.model_fields if name != "items"}
        | {"items": store.list_items(tx, prescription_id)}
    )
