"""Stock that is set aside, over HTTP."""

from typing import Literal
from uuid import UUID

from plazza.order.models.inventory import Packs
from plazza.schema import LongText, Model


class SetAside(Model):
    """Packs of a batch that are taken off the shelf and kept apart, and why. Those promised to orders stay."""

    store_id: UUID | None = None
    batch_id: UUID
    quantity: Packs
    reason: Literal["recalled", "expired", "damaged", "suspect"]
    note: LongText | None = None


class Dispose(Model):
    """Packs that leave the quarantine: back to the supplier, or destroyed. The note says with which paper."""

    store_id: UUID | None = None
    batch_id: UUID
    quantity: Packs
    way: Literal["supplier_return", "write_off"]
    note: LongText
