"""Bodies and answers of the prescription routes."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, model_validator

from plazza.money import Paise
from plazza.schema import Instant, LongText, Model, ShortText


class PrescriptionStatus(StrEnum):
    """uploaded → reading → read or unreadable → approved or rejected, by a pharmacist."""

    UPLOADED = "uploaded"
    READING = "reading"
    READ = "read"
    UNREADABLE = "unreadable"
    APPROVED = "approved"
    REJECTED = "rejected"


class Problem(StrEnum):
    """Why the machines could not read a prescription; a pharmacist looks at it all the same."""

    WRONG_TYPE = "WRONG_TYPE"
    BROKEN = "BROKEN"
    LOCKED = "LOCKED"
    TOO_MANY_PAGES = "TOO_MANY_PAGES"
    TOO_LARGE = "TOO_LARGE"
    FILE_MISSING = "FILE_MISSING"
    NO_MEDICINES_READ = "NO_MEDICINES_READ"
    READER_REFUSED = "READER_REFUSED"
    READER_DOWN = "READER_DOWN"


class Candidate(Model):
    """A product that a written medicine may mean; `score` from 0 to 100."""

    product_id: UUID
    sku: str
    name: str
    score: Annotated[int, Field(ge=0, le=100)]


class PrescriptionItemView(Model):
    """One medicine of a prescription: as written, as matched, and as decided. Packs are counted, not units."""

    id: UUID
    line_no: int
    written: str
    name: str
    strength: str | None
    form: str | None
    dose: str | None
    duration_days: int | None
    quantity: int | None
    candidates: list[Candidate]
    decision: Literal["pending", "approved", "rejected"]
    product_id: UUID | None
    allowed_packs: int
    used_packs: int


class PrescriptionView(Model):
    """A prescription as its owner and the pharmacist see it."""

    id: UUID
    status: PrescriptionStatus
    problem: Problem | None
    pages: int
    content_type: str
    prescriber_name: str | None
    prescriber_registration: str | None
    issued_on: date | None
    valid_until: date | None
    review_note: str | None
    created_at: Instant
    items: list[PrescriptionItemView]


class PrescriptionSummary(Model):
    """A prescription in a list."""

    id: UUID
    status: PrescriptionStatus
    problem: Problem | None
    created_at: Instant


class PrescriptionQuery(Model):
    """Which prescriptions to list."""

    status: PrescriptionStatus | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: str | None = None


class ApprovedItem(Model):
    """One line that the pharmacist allows: a line that was read (`item_id`), or one typed from the image (`written`)."""

    item_id: UUID | None = None
    written: ShortText | None = None
    product_id: UUID
    allowed_packs: Annotated[int, Field(ge=1, le=100, strict=True)]

    @model_validator(mode="after")
    def _names_its_line(self) -> "ApprovedItem":
        if (self.item_id is None) == (self.written is None):
            raise ValueError("give either item_id or written")
        return self


class ReviewPrescription(Model):
    """The pharmacist's decision. An approval names the prescriber, the validity and what is allowed; a rejection says why."""

    decision: Literal["approve", "reject"]
    prescriber_name: ShortText | None = None
    prescriber_registration: Annotated[ShortText, Field(max_length=60)] | None = None
    issued_on: date | None = None
    valid_until: date | None = None
    items: Annotated[list[ApprovedItem], Field(max_length=50)] = Field(default_factory=list[ApprovedItem])
    note: LongText | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> "ReviewPrescription":
        whole = (
            self.prescriber_name and self.prescriber_registration and self.issued_on and self.valid_until and self.items
        )
        if self.decision == "approve" and not whole:
            raise ValueError(
                "an approval needs prescriber_name, prescriber_registration, issued_on, valid_until and items"
            )
        if self.decision == "reject" and (self.items or self.note is None):
            raise ValueError("a rejection needs a note, and allows no items")
        named = [item.item_id for item in self.items if item.item_id is not None]
        if len(set(named)) != len(named) or len({item.product_id for item in self.items}) != len(self.items):
            raise ValueError("each line and each product may be named once")
        return self


class CartLine(Model):
    """A product that the prescription covers, for how many packs and a course of how many days (0: it does not say); prices in paise."""

    product_id: UUID
    sku: str
    name: str
    pack_label: str
    price_paise: Paise
    mrp_paise: Paise
    packs: int
    course_days: int
    score: int | None


class PrescriptionCart(Model):
    """What can be ordered on a prescription now; before a review, what it seems to ask for."""

    prescription_id: UUID
    status: PrescriptionStatus
    lines: list[CartLine]
