"""Recalls of a maker's batch, and whom it reached."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from plazza.order.models.inventory import BatchNo, BatchView
from plazza.order.models.orders import Status
from plazza.schema import Instant, LongText, Model, Page


class RecallBatch(Model):
    """A maker's batch that nobody may sell any more, in any store; its number counts in capitals as in small letters."""

    product_id: UUID
    batch_no: BatchNo
    reason: LongText


class RecallView(Model):
    """A recall: where the batch is, whom it reached, and how far the notices to customers came.

    A customer has one notice for all their orders; `reached` were delivered or read, `failed` need a call.
    """

    id: UUID
    product_id: UUID
    batch_no: str
    reason: str
    recalled_by: str
    created_at: Instant
    batches: list[BatchView]
    orders: int
    customers: int
    riders: int
    packs: int
    counter_sales: int
    counter_packs: int
    notices: int
    notices_reached: int
    notices_failed: int


class RecalledOrder(Model):
    """An order with packs of the batch; those `on_shelf` have not left the store and cannot any more."""

    order_id: UUID
    number: str
    uid: str
    store_id: UUID
    status: Status
    packs: int
    on_shelf: bool
    rider_uid: str | None
    notice_status: str | None
    notice_at: Instant | None


class RecallReach(Page[RecalledOrder]):
    """A recall with the orders that it reached, by id."""

    recall: RecallView


class RecalledSale(Model):
    """A counter sale with packs of the batch: nobody knows the buyer, perhaps the prescriber or the cashier does."""

    sale_id: UUID
    store_id: UUID
    client_sale_id: str
    cashier_uid: str
    prescriber_registration: str | None
    packs: int
    sold_at: Instant


ReachLimit = Annotated[int, Field(ge=1, le=1000)]


class ReachQuery(Model):
    """Which part of a recall's reach to list: it is worked through as a whole, so its pages are long."""

    limit: ReachLimit = 200
    cursor: str | None = None
