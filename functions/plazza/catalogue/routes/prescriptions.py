"""Prescriptions over HTTP."""

from datetime import datetime
from uuid import UUID

from plazza import clock
from plazza.catalogue.actions import reading, review
from plazza.catalogue.models.prescriptions import (
    CartLine,
    PrescriptionCart,
    PrescriptionItemView,
    PrescriptionQuery,
    PrescriptionStatus,
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
    rules.check_usable(found.status, found.valid_until, clock.today())
    offers: dict[UUID, PrescriptionItemView] = {}
    for item in store.list_items(tx, prescription_id):
        product_id = rules.offered(item)
        if product_id is not None:
            offers.setdefault(product_id, item)
    known = products.list_products(tx, list(offers))
    active = [product_id for product_id in offers if product_id in known and known[product_id].status == "active"]
    lines = [_line(offers[product_id], known[product_id]) for product_id in active]
    status = PrescriptionStatus(found.status)
    return PrescriptionCart(prescription_id=found.id, status=status, lines=[line for line in lines if line.packs > 0])


def _line(item: PrescriptionItemView, product: products.Product) -> CartLine:
    score = next((candidate.score for candidate in item.candidates if candidate.product_id == product.id), None)
    return CartLine(
        product_id=product.id,
        sku=product.sku,
        name=product.name,
        pack_label=product.pack_label,
        price_paise=product.price_paise,
        mrp_paise=product.mrp_paise,
        packs=rules.packs_left(item, product.pack_quantity),
        course_days=item.duration_days or 0,
        score=score,
    )
