"""Stock that changes place, is counted, or has expired."""

from uuid import uuid4

from plazza import clock
from plazza.data.once import Once
from plazza.data.sql import Tx
from plazza.errors import Conflict, Invalid
from plazza.identity import Caller
from plazza.order.actions.inventory import put, view
from plazza.order.models.inventory import (
    CountBatch,
    CountView,
    TransferStock,
    TransferView,
    WriteOffExpired,
    WriteOffView,
    WrittenOff,
)
from plazza.order.rules import states
from plazza.order.store import batches, stock, stores
from plazza.order.store.batches import StoredBatch
from plazza.order.store.stock import Held, Movement


def transfer_stock(caller: Caller, once: Once, body: TransferStock) -> TransferView:
    """Bring packs of a batch to another store: off one shelf and onto the other in one transaction.

    Raises NotFound, Invalid for the same store, Conflict for too few packs that are not promised, and for an expired or recalled
    batch.
    """
    store_id = states.store_of(caller, body.store_id)
    if body.to_store_id == store_id:
        raise Invalid("Name another store than the one it comes from.", field="to_store_id")

    def work(tx: Tx) -> TransferView:
        stores.get_store(tx, body.to_store_id)
        batch = batches.get_batch(tx, store_id, body.batch_id)
        held = batches.lock_in_stores(tx, batch.product_id, batch.batch_no, [store_id, body.to_store_id])
        batch = next(one for one in held if one.store_id == store_id)
        _check_transfer(batch, body.quantity)
        at, transfer_id = clock.now(), uuid4()
        sent = batch._replace(on_hand=batch.on_hand - body.quantity, updated_at=at)
        arrived = batch._replace(
            id=uuid4(), store_id=body.to_store_id, on_hand=body.quantity, reserved=0, quarantined=0, updated_at=at
        )
        batches.insert_transfer(tx, transfer_id, batch, body.to_store_id, body.quantity, body.note, caller.uid, at)
        reference = f"transfer:{transfer_id}"
        movement = Movement("transfer_out", reference, body.note, caller.uid, at, transfer_id)
        stock.take_off(tx, [Held(0, batch.id, body.quantity)], movement)
        received = put(tx, arrived)
        stock.insert_movement(tx, received.id, body.quantity, movement._replace(kind="transfer_in"))
        return TransferView(id=transfer_id, quantity=body.quantity, sent=view(sent), received=view(received))

    return once.run(TransferView, work)


def count_batch(caller: Caller, once: Once, body: CountBatch) -> CountView:
    """Make what was counted of a batch its stock; the difference is a movement.

    Raises NotFound, Conflict when fewer than the promised packs were counted, or something else is on hand than was expected.
    """
    store_id = states.store_of(caller, body.store_id)

    def work(tx: Tx) -> CountView:
        batch = batches.lock_batch(tx, store_id, body.batch_id)
        _check_count(batch, body)
        at, count_id, change = clock.now(), uuid4(), body.counted - batch.on_hand
        batches.insert_count(tx, count_id, batch, body.counted, body.reason, caller.uid, at)
        if change:
            batches.change_on_hand(tx, batch.id, change, at)
            movement = Movement("count", f"count:{count_id}", body.reason, caller.uid, at)
            stock.insert_movement(tx, batch.id, change, movement)
            batch = batch._replace(on_hand=body.counted, updated_at=at)
        return CountView(id=count_id, change=change, batch=view(batch))

    return once.run(CountView, work)


def write_off_expired(caller: Caller, once: Once, body: WriteOffExpired) -> WriteOffView:
    """Take all packs off a store's shelves that had expired by a day and are not promised. Raises NotFound, Conflict."""
    store_id = states.store_of(caller, body.store_id)
    day = body.day or clock.today()
    if day > clock.today():
        raise Conflict("That day has not come yet; what expires until then can still be sold.", reason="NOT_YET")

    def work(tx: Tx) -> WriteOffView:
        stores.get_store(tx, store_id)
        at, write_off_id = clock.now(), uuid4()
        expired = [batch for batch in batches.lock_expired(tx, store_id, day) if batch.on_hand > batch.reserved]
        held = [Held(0, batch.id, batch.on_hand - batch.reserved) for batch in expired]
        stock.take_off(tx, held, Movement("write_off", f"write_off:{write_off_id}", "expired", caller.uid, at))
        items = [
            WrittenOff(
                batch_id=batch.id,
                product_id=batch.product_id,
                batch_no=batch.batch_no,
                expires_on=batch.expires_on,
                quantity=batch.on_hand - batch.reserved,
                still_reserved=batch.reserved,
            )
            for batch in expired
        ]
        return WriteOffView(id=write_off_id, store_id=store_id, day=day, items=items)

    return once.run(WriteOffView, work)


def _check_transfer(batch: StoredBatch, quantity: int) -> None:
    free = batch.on_hand - batch.reserved
    if quantity > free:
        raise Conflict(f"Only {free} packs of this batch are not promised to orders.", available=free)
    if batch.recalled:
        raise Conflict("This batch was recalled; it stays where it is.", reason="RECALLED")
    if batch.expires_on <= clock.today():
        raise Conflict("This batch has expired; write it off.", reason="EXPIRED")


def _check_count(batch: StoredBatch, body: CountBatch) -> None:
    if body.expected_on_hand not in {None, batch.on_hand}:
        raise Conflict("The stock moved since it was read; count again.", reason="STOCK_MOVED", on_hand=batch.on_hand)
    if body.counted < batch.reserved:
        raise Conflict(
            f"{batch.reserved} packs are promised to orders; cancel those that cannot be served, then count again.",
            reason="BELOW_RESERVED",
            reserved=batch.reserved,
        )
