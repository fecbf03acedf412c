"""What deliveries tell orders, inside the delivery's own transaction."""

from uuid import UUID

from plazza import clock
from plazza.data import outbox
from plazza.data.sql import Tx
from plazza.order.actions import moving
from plazza.order.models.orders import DeliveryStatus, Status
from plazza.order.rules.states import SYSTEM, Actor
from plazza.order.store import invoices, orders, stock


def ship(tx: Tx, order_id: UUID, by: Actor) -> None:
    """The parcel leaves the store: its packs leave the shelf and its invoice gets a number. Raises NotFound, Conflict.

    Source: CGST Act 2017, section 31: the invoice is issued before or when the goods are removed.
    """
    order = orders.lock_order(tx, order_id)
    order = moving.move(tx, order, Status.SHIPPED, by)
    stock.consume(tx, order_id, by.uid, order.updated_at, clock.today())
    invoices.issue(tx, order_id, order.store_id, order.updated_at)
    outbox.announce(tx, "order.shipped", order_id)


def deliver(tx: Tx, order_id: UUID, by: Actor) -> None:
    """The parcel is with its customer. Raises NotFound, Conflict."""
    order = orders.lock_order(tx, order_id)
    moving.move(tx, order, Status.DELIVERED, by)
    outbox.announce(tx, "order.delivered", order_id)


def set_delivery_status(tx: Tx, order_id: UUID, status: DeliveryStatus) -> None:
    """Note how far the delivery is, for those who read the order. Safe to repeat. Raises NotFound."""
    order = orders.lock_order(tx, order_id)
    if order.delivery_status != status:
        moving.change(tx, order, "delivery", SYSTEM, note=status, delivery_status=status)
        outbox.announce(tx, "order.changed", order_id)
