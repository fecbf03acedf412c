"""A recall: a batch leaves every shelf at once, and everybody whom it reached is told."""

from uuid import UUID, uuid4

from plazza import clock
from plazza.catalogue.store import products
from plazza.data import outbox
from plazza.data.once import Once
from plazza.data.sql import Tx, read
from plazza.errors import NotFound
from plazza.http import paging
from plazza.identity import Caller
from plazza.order.actions.inventory import view
from plazza.order.models.recalls import ReachQuery, RecallBatch, RecalledSale, RecallReach, RecallView
from plazza.order.store import batches, recalls, stock
from plazza.order.store.recalls import Recall
from plazza.order.store.stock import Held, Movement
from plazza.schema import Page


def recall_batch(caller: Caller, once: Once, body: RecallBatch) -> RecallView:
    """Block a maker's batch in all stores, set it aside, and let its customers be told; a batch that was recalled before is left as it is.

    A batch that no store has yet is blocked all the same: nobody can take it in. Raises NotFound for an unknown product.
    """

    def work(tx: Tx) -> RecallView:
        if body.product_id not in products.list_products(tx, [body.product_id]):
            raise NotFound("No such product.")
        fresh = Recall(uuid4(), body.product_id, body.batch_no, body.reason, caller.uid, clock.now())
        if recalls.insert_recall(tx, fresh):
            batches.block_by_number(tx, body.product_id, body.batch_no, fresh.created_at)
            _set_aside(tx, fresh)
            outbox.announce(tx, "batch.recalled", fresh.id)
        return _view(tx, recalls.get_recall_of(tx, body.product_id, body.batch_no))

    return once.run(RecallView, work)


def list_reach(recall_id: UUID, query: ReachQuery) -> RecallReach:
    """Give a recall with a page of the orders that it reached. Raises NotFound."""
    after = paging.decode(query.cursor, UUID)
    recall = read(lambda tx: recalls.get_recall(tx, recall_id))
    rows = read(lambda tx: recalls.list_orders(tx, recall, after=after[0] if after else None, limit=query.limit + 1))
    page = paging.page(rows, query.limit, lambda row: (str(row.order_id),))
    return RecallReach(items=page.items, next_cursor=page.next_cursor, recall=read(lambda tx: _view(tx, recall)))


def list_sales(recall_id: UUID, query: ReachQuery) -> Page[RecalledSale]:
    """Give a page of the counter sales that a recall reached. Raises NotFound."""
    after = paging.decode(query.cursor, UUID)
    recall = read(lambda tx: recalls.get_recall(tx, recall_id))
    rows = read(lambda tx: recalls.list_sales(tx, recall, after=after[0] if after else None, limit=query.limit + 1))
    return paging.page(rows, query.limit, lambda row: (str(row.sale_id),))


def _set_aside(tx: Tx, recall: Recall) -> None:
    """Put what no order was promised into each store's quarantine; what orders hold follows when they give it back."""
    held = [
        Held(0, batch.id, batch.on_hand - batch.reserved)
        for batch in batches.list_by_number(tx, recall.product_id, recall.batch_no)
        if batch.on_hand > batch.reserved
    ]
    movement = Movement("quarantine", f"recall:{recall.id}", recall.reason, recall.recalled_by, recall.created_at)
    stock.set_aside(tx, held, movement)


def _view(tx: Tx, recall: Recall) -> RecallView:
    found = batches.list_by_number(tx, recall.product_id, recall.batch_no)
    return RecallView(
        **recall._asdict(),
        **recalls.count_reach(tx, recall)._asdict(),
        **recalls.count_counter(tx, recall)._asdict(),
        **recalls.count_notices(tx, recall)._asdict(),
        batches=[view(batch) for batch in found],
    )
