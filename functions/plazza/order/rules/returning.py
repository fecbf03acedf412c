"""What is taken back after the delivery, and what of it may be sold again.

The policy: what the customer only does not want comes back within a week, unopened, and never when it may need the cold: nobody can
tell how warm it was. What was damaged or wrong comes back within a week as it is; what was recalled at any time.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from plazza.errors import Conflict, NotFound
from plazza.order.models.changes import ReturnedPacks, ReturnReason
from plazza.order.models.orders import PaymentMethod
from plazza.order.rules.pricing import RAZORPAY_MINIMUM_PAISE
from plazza.order.rules.shares import Unit

RETURN_WINDOW = timedelta(days=7)
COLD_FORMS = frozenset({"injection", "vial", "pen", "cartridge", "ampoule", "eye drops"})
"""Forms that are often kept in the cold; a tablet is not."""


class SoldBatch(NamedTuple):
    """Packs of a batch that an order's line took."""

    line_no: int
    batch_id: UUID
    batch_no: str
    expires_on: date
    recalled: bool
    quantity: int


class Return(NamedTuple):
    """Packs that come back, all of one batch."""

    batch: SoldBatch
    units: list[Unit]
    asked: ReturnedPacks


def check_in_time(reason: ReturnReason, delivered_at: datetime | None, at: datetime) -> None:
    """Raise Conflict for an order that was not delivered, or longer ago than this reason allows."""
    if delivered_at is None:
        raise Conflict("Only what was delivered can come back.", reason="NOT_DELIVERED")
    if reason != "recalled" and at > delivered_at + RETURN_WINDOW:
        until = (delivered_at + RETURN_WINDOW).isoformat()
        raise Conflict("The time to return this order is over.", reason="TOO_LATE", until=until)


def check_condition(reason: ReturnReason, asked: ReturnedPacks, form: str, batch: SoldBatch, on: date) -> None:
    """Raise Conflict for packs that are not taken back, or not to be sold again."""
    is_cold, text = form in COLD_FORMS, None
    if reason == "unwanted" and asked.opened:
        text = "Opened packs are not taken back."
    elif reason == "unwanted" and is_cold:
        text = "What may need the cold is not taken back."
    if text:
        raise Conflict(text, reason="NOT_RETURNABLE", line_no=asked.line_no)
    is_sound = reason in {"unwanted", "wrong_item"} and not asked.opened and not is_cold
    if asked.resaleable and (not is_sound or batch.recalled or batch.expires_on <= on):
        raise Conflict("These packs cannot be sold again.", reason="NOT_RESALEABLE", line_no=asked.line_no)


def choose(units: Sequence[Unit], batches: Sequence[SoldBatch], asked: ReturnedPacks) -> Return:
    """Choose the packs of a line that come back; the last ones first.

    Raises NotFound for a line that is not there, Conflict for more packs than are left of it or of the batch, and when the label must say
    which batch it is.
    """
    mine = [batch for batch in batches if batch.line_no == asked.line_no]
    kept = [unit for unit in units if unit.line_no == asked.line_no and unit.state == "kept"]
    if not mine or not kept:
        raise NotFound("The order has no such line.", line_no=asked.line_no)
    back: Mapping[UUID, int] = {
        batch.batch_id: sum(unit.line_no == asked.line_no and unit.batch_id == batch.batch_id for unit in units)
        for batch in mine
    }
    left = [batch for batch in mine if batch.quantity > back[batch.batch_id]]
    if asked.batch_no is not None:
        left = [batch for batch in left if batch.batch_no.upper() == asked.batch_no.upper()]
    elif len(left) > 1:
        numbers = [batch.batch_no for batch in left]
        raise Conflict("Say which batch it is, from the label.", reason="BATCH_NEEDED", batch_nos=numbers)
    if not left:
        raise Conflict(
            "This line has no packs of this batch.", reason="WRONG_BATCH", batch_nos=[one.batch_no for one in mine]
        )
    most = min(len(kept), left[0].quantity - back[left[0].batch_id])
    if asked.quantity > most:
        text = f"Only {most} packs of this can come back."
        raise Conflict(text, reason="TOO_MANY", line_no=asked.line_no, quantity=most)
    return Return(left[0], kept[len(kept) - asked.quantity :], asked)


def check_amount(method: PaymentMethod, amount_paise: int) -> None:
    """Raise Conflict for an amount that cannot be given back."""
    if method == "razorpay" and 0 < amount_paise < RAZORPAY_MINIMUM_PAISE:
        raise Conflict("Less than one rupee cannot be given back online.", reason="BELOW_REFUND_MINIMUM")
