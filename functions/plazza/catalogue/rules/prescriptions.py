"""What a prescription allows, and when."""

from datetime import date, timedelta
from uuid import UUID

from plazza.catalogue.models.prescriptions import PrescriptionItemView
from plazza.errors import Conflict, Invalid

REVIEWABLE = frozenset({"uploaded", "reading", "read", "unreadable"})
LONGEST_VALIDITY = timedelta(days=180)
OLDEST_AT_REVIEW = timedelta(days=180)
"""How long a prescription is good is the pharmacist's word; these only stop slips of the pen."""

_MAGIC = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"%PDF-", "application/pdf"))
SUFFIXES = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}


def type_of(content: bytes) -> str | None:
    """Give a file's type by its first bytes, whatever its name says; None for any other type."""
    return next((kind for magic, kind in _MAGIC if content.startswith(magic)), None)


def check_validity(issued_on: date, valid_until: date, today: date) -> None:
    """Raise Invalid for dates that no approval can have."""
    if issued_on > today:
        raise Invalid("The prescription is dated in the future.", field="issued_on")
    if issued_on < today - OLDEST_AT_REVIEW:
        raise Invalid("The prescription is too old.", field="issued_on")
    if not today <= valid_until <= issued_on + LONGEST_VALIDITY:
        raise Invalid("valid_until must lie between today and 180 days after the issue.", field="valid_until")


def check_usable(status: str, valid_until: date | None, today: date) -> None:
    """Raise Conflict for a prescription that no order may wait for or use."""
    if status in {"rejected", "unreadable"}:
        raise Conflict("This prescription cannot be used; upload another.", reason="PRESCRIPTION_" + status.upper())
    if status == "approved" and (valid_until is None or valid_until < today):
        raise Conflict("This prescription is no longer valid; upload a newer one.", reason="PRESCRIPTION_EXPIRED")


def offered(item: PrescriptionItemView) -> UUID | None:
    """Give the product that a line may be ordered as: the pharmacist's, before the review the best match, None when refused."""
    if item.decision == "pending":
        return item.candidates[0].product_id if item.candidates else None
    return item.product_id if item.decision == "approved" else None


def packs_left(item: PrescriptionItemView, pack_quantity: int | None) -> int:
    """Give the packs that may be ordered of a line; before the review, those that hold what is written."""
    if item.decision == "approved":
        return item.allowed_packs - item.used_packs
    return packs_for(item.quantity, pack_quantity)


def packs_for(units: int | None, pack_quantity: int | None) -> int:
    """Give the packs that hold so many units, at least one; unknown counts are one pack for the pharmacist to change."""
    if not units or not pack_quantity:
        return 1
    return min(100, -(-units // pack_quantity))
