"""What may not be sold: set aside, and counted until it has gone back to its supplier or is destroyed."""

from uuid import uuid4

from plazza import clock
from plazza.data.once import Once
from plazza.data.sql import Tx
from plazza.errors import Conflict
from plazza.identity import Caller
from plazza.order.actions.inventory import view
from plazza.order.models.inventory import BatchView
from plazza.order.models.quarantine import Dispose, SetAside
from plazza.order.rules import states
from plazza.order.store import batches, stock
from plazza.order.store.stock import Held, Movement


def set_aside(caller: Caller, once: Once, body: SetAside) -> BatchView:
    """Take packs of a batch off the shelf into the quarantine. Raises NotFound, Conflict for more than are not promised to orders."""
    store_id = states.store_of(caller, body.store_id)

    def work(tx: Tx) -> BatchView:
        batch = batches.lock_batch(tx, store_id, body.batch_id)
        free = batch.on_hand - batch.reserved
        if body.quantity > free:
            raise Conflict(f"Only {free} packs of this batch are not promised to orders.", available=free)
        reason = f"{body.reason}: {body.note}" if body.note else body.reason
        movement = Movement("quarantine", f"quarantine:{uuid4()}", reason, caller.uid, clock.now())
        stock.set_aside(tx, [Held(0, batch.id, body.quantity)], movement)
        return view(batches.get_batch(tx, store_id, batch.id))

    return once.run(BatchView, work)


def dispose(caller: Caller, once: Once, body: Dispose) -> BatchView:
    """Let packs leave the quarantine for good. Raises NotFound, Conflict for more than are there."""
    store_id = states.store_of(caller, body.store_id)

    def work(tx: Tx) -> BatchView:
        batch = batches.lock_batch(tx, store_id, body.batch_id)
        movement = Movement(body.way, f"disposal:{uuid4()}", body.note, caller.uid, clock.now())
        if not stock.dispose(tx, batch.id, body.quantity, movement):
            text = f"Only {batch.quarantined} packs of this batch are in quarantine."
            raise Conflict(text, quarantined=batch.quarantined)
        return view(batches.get_batch(tx, store_id, batch.id))

    return once.run(BatchView, work)
