"""What payments tell orders, inside the payment's own transaction."""

from typing import Literal
from uuid import UUID

from plazza.data import outbox
from plazza.data.sql import Tx
from plazza.order.actions import moving
from plazza.order.models.orders import Status
from plazza.order.rules.states import Actor
from plazza.order.store import orders, units


def settle(tx: Tx, order_id: UUID, *, by: str) -> Literal["settled", "cancelled"]:
    """Note that an order's money is there, and confirm it unless its prescription is awaited. Safe to repeat.

    A pending order whose time is over still takes the money: its stock is held until the sweep cancels it. "cancelled": the
    order is gone, give the money back. Raises NotFound.
    """
    order = orders.lock_order(tx, order_id)
    if order.status == Status.CANCELLED:
        return "cancelled"
    if order.payment_status in {"pending", "cod_due"}:
        order = moving.change(tx, order, "paid", Actor(by, "system", None), payment_status="captured")
        moving.confirm_if_settled(tx, order)
        if units.is_reduced(tx, order_id):
            outbox.announce(tx, "order.reduced", order_id)  # more may have been asked for than is owed now
    return "settled"


def record_refund(tx: Tx, order_id: UUID, *, refunded_paise: int, paid_paise: int) -> None:
    """Note how much of what was paid for an order went back in all. Safe to repeat. Raises NotFound."""
    order = orders.lock_order(tx, order_id)
    status = "refunded" if refunded_paise >= paid_paise else "partially_refunded"
    if order.payment_status != status:
        moving.change(tx, order, "refunded", Actor("payment", "system", None), payment_status=status)
        outbox.announce(tx, "order.changed", order_id)
