"""Prescriptions over HTTP."""

from datetime import datetime
from uuid import UUID

from plazza.catalogue.actions import reading, review
from plazza.catalogue.models.prescriptions import (
    CartLine,
    PrescriptionCart,
    PrescriptionQuery,
    PrescriptionSummary,
    PrescriptionView,
    ReviewPrescription,
)
from plazza.catalogue.rules import prescriptions as rules
from plazza.catalogue.store import prescriptions as store
from plazza.catalogue.store import products
from plazza.data import files
from plazza.data.sql import Tx, read
from plazza.http import paging
from plazza.http.api import Api, File
from plazza.identity import Caller, Role
from plazza.schema import Page

api = Api("prescriptions")

SEERS = (Role.CUSTOMER, Role.PHARMACIST, Role.ADMIN)


@api.post("/prescriptions/upload", roles=[Role.CUSTOMER], status=201, max_bytes=reading.MAX_BYTES, per_minute=20)
def upload_prescription(caller: Caller, raw: bytes) -> PrescriptionView:
    """Upload a prescription (JPEG, PNG or PDF as the body); it is read in the background."""
    prescription_id = reading.upload(caller, raw)
    return read(lambda tx: review.view(tx, prescription_id, caller))


@api.get("/prescriptions", roles=SEERS)
def list_prescriptions(caller: Caller, query: PrescriptionQuery) -> Page[PrescriptionSummary]:
    """List the caller's own prescriptions, or for a pharmacist everybody's."""
    after = paging.decode(query.cursor, datetime.fromisoformat, UUID)
    uid = None if caller.role in store.REVIEWERS else caller.uid
    at = (after[0], after[1]) if after else None
    rows = read(lambda tx: store.list_prescriptions(tx, uid=uid, status=query.status, after=at, limit=query.limit + 1))
    return paging.page(rows, query.limit, lambda row: (row.created_at.isoformat(), str(row.id)))


@api.get("/prescriptions/<uuid:prescription_id>", roles=SEERS)
def get_prescription(caller: Caller, prescription_id: UUID) -> PrescriptionView:
    """Give one prescription with what was read and decided."""
    return read(lambda tx: review.view(tx, prescription_id, caller))


@api.get("/prescriptions/<uuid:prescription_id>/file", roles=SEERS)
def get_file(caller: Caller, prescription_id: UUID) -> File:
    """Give the file as it was uploaded."""
    found = read(lambda tx: store.get_prescription(tx, prescription_id, seen_by=caller))
    content = files.read_bytes(found.file_path, reading.MAX_BYTES)
    return File(content, found.content_type, f"prescription.{rules.SUFFIXES[found.content_type]}")


@api.post("/prescriptions/<uuid:prescription_id>/review", roles=[Role.PHARMACIST, Role.ADMIN], sensitive=True)
def review_prescription(caller: Caller, prescription_id: UUID, body: ReviewPrescription) -> PrescriptionView:
    """Approve a prescription with what it allows, or reject it."""
    return review.review(caller, prescription_id, body)


@api.get("/prescriptions/<uuid:prescription_id>/cart", roles=SEERS)
def get_cart(caller: Caller, prescription_id: UUID) -> PrescriptionCart:
    """Give what can be ordered on a prescription; before its review, what it seems to ask for."""
    return read(lambda tx: _cart(tx, caller, prescription_id))


def _cart(tx: Tx, caller: Caller, prescription_id: UUID) -> PrescriptionCart:
    found = store.get_prescription(tx, prescription_id, seen_by=caller)
    items = store.list_items(tx, prescription_id)
    wanted = {item.product_id or (item.candidates[0].product_id if item.candidates else None): item for item in items}
    known = products.list_products(tx, [product_id for product_id in wanted if product_id is not None])
    lines: list[CartLine] = []
    for product_id, product in known.items():
        item = wanted[product_id]
        if found.status == "approved" and item.decision != "approved":
            continue
        asked = rules.packs_for(item.quantity, product.pack_quantity)
        packs = item.allowed_packs - item.used_packs if item.decision == "approved" else asked
        score = next((candidate.score for candidate in item.candidates if candidate.product_id == product_id), None)
        if packs > 0 and product.status == "active":
            lines.append(
                CartLine(
                    product_id=product_id,
                    sku=product.sku,
                    name=product.name,
                    pack_label=product.pack_label,
                    price_paise=product.price_paise,
                    mrp_paise=product.mrp_paise,
                    packs=packs,
                    score=score,
                )
            )
    return PrescriptionCart.model_validate({"prescription_id": found.id, "status": found.status, "lines": lines})
