"""What people at a store do to its stock."""

from uuid import uuid4

from plazza import clock
from plazza.catalogue.store import products
from plazza.data.once import Once
from plazza.data.sql import Tx
from plazza.errors import Conflict, NotFound
from plazza.identity import Caller
from plazza.order.models.inventory import AdjustStock, BatchView, ReceiveBatch
from plazza.order.rules import states
from plazza.order.store import batches, recalls, stock, stores
from plazza.order.store.batches import StoredBatch
from plazza.order.store.stock import Movement

_WRITTEN_OFF = {"damaged", "expired", "lost", "recalled"}


def receive_batch(caller: Caller, once: Once, body: ReceiveBatch) -> BatchView:
    """Put packs that arrived on the shelf: a new batch, or more of a known one.

    Raises NotFound for an unknown product or store, Conflict for an expired or recalled batch or one that is known with another
    expiry or MRP.
    """
    store_id = states.store_of(caller, body.store_id)
    if body.expires_on <= clock.today():
        raise Conflict("This batch has expired; do not take it in.", reason="EXPIRED")

    def work(tx: Tx) -> BatchView:
        stores.get_store(tx, store_id)
        if body.product_id not in products.list_products(tx, [body.product_id]):
            raise NotFound("No such product.")
        if recalls.is_recalled(tx, body.product_id, body.batch_no):
            raise Conflict("This batch was recalled; do not take it in.", reason="RECALLED")
        at = clock.now()
        fresh = StoredBatch(
            uuid4(), store_id, body.product_id, body.batch_no, body.expires_on, body.mrp_paise, body.quantity, 0, at
        )
        batch = put(tx, fresh)
        movement = Movement("receive", f"receipt:{body.reference}", None, caller.uid, at)
        stock.insert_movement(tx, batch.id, body.quantity, movement)
        return view(batch)

    return once.run(BatchView, work)


def adjust_stock(caller: Caller, once: Once, body: AdjustStock) -> BatchView:
    """Correct what is on hand of a batch. Raises NotFound, or Conflict when fewer than the promised packs would be left."""
    store_id = states.store_of(caller, body.store_id)

    def work(tx: Tx) -> BatchView:
        batch = batches.lock_batch(tx, store_id, body.batch_id)
        at = clock.now()
        if not batches.change_on_hand(tx, batch.id, body.change, at):
            free = batch.on_hand - batch.reserved
            raise Conflict(f"Only {free} packs of this batch are not promised to orders.", available=free)
        kind = "write_off" if body.reason in _WRITTEN_OFF else "return" if body.reason == "returned" else "adjust"
        reason = f"{body.reason}: {body.note}" if body.note else body.reason
        stock.insert_movement(
            tx, batch.id, body.change, Movement(kind, f"adjustment:{uuid4()}", reason, caller.uid, at)
        )
        return view(batch._replace(on_hand=batch.on_hand + body.change, updated_at=at))

    return once.run(BatchView, work)


def view(batch: StoredBatch) -> BatchView:
    """Make the answer of a batch's row."""
    return BatchView(**batch._asdict())


def put(tx: Tx, more: StoredBatch) -> StoredBatch:
    """Put packs on a store's shelf: a new batch, or more of a known one. Raises Conflict for another expiry or MRP."""
    if batches.insert_batch(tx, more):
        return more
    known = batches.find_batch(tx, more.store_id, more.product_id, more.batch_no)
    if known is None:
        raise Conflict("This batch changed meanwhile; try again.")
    if (known.expires_on, known.mrp_paise) != (more.expires_on, more.mrp_paise):
        raise Conflict(
            "This batch is known with another expiry or MRP; check the label.",
            expires_on=known.expires_on.isoformat(),
            mrp_paise=known.mrp_paise,
        )
    batches.change_on_hand(tx, known.id, more.on_hand, more.updated_at)
    return known._replace(on_hand=known.on_hand + more.on_hand, updated_at=more.updated_at)
