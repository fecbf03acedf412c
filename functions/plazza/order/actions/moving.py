"""Moving an order along its way: each move is a row in its events, a new version and an announcement."""

from typing import Any
from uuid import UUID

from plazza import clock
from plazza.catalogue.store import prescriptions
from plazza.data import outbox
from plazza.data.once import Once
from plazza.data.sql import Tx
from plazza.identity import Caller
from plazza.order.actions import views
from plazza.order.models.orders import CancelOrder, OrderView, SetStatus, Status, TakeStep
from plazza.order.rules import clocks, states
from plazza.order.rules.states import SYSTEM, Actor
from plazza.order.store import changes, orders, stock
from plazza.order.store.orders import Event, Order


def cancel_order(caller: Caller, once: Once, order_id: UUID, body: CancelOrder) -> OrderView:
    """Cancel an order. Raises NotFound, or Conflict when it is too far on its way for the caller's role."""

    def work(tx: Tx) -> OrderView:
        order = orders.lock_order(tx, order_id, caller)
        return views.complete(tx, cancel(tx, order, states.actor(caller), body.reason))

    return once.run(OrderView, work)


def set_status(caller: Caller, once: Once, order_id: UUID, body: SetStatus) -> OrderView:
    """Move an order by hand. Raises NotFound, or Conflict when the table of transitions has no such way."""

    def work(tx: Tx) -> OrderView:
        order = orders.lock_order(tx, order_id, caller)
        states.check_status_by_hand(body.status)
        if body.status == Status.CANCELLED:
            order = cancel(tx, order, states.actor(caller), body.note or "Cancelled by the store")
        else:
            order = move(tx, order, body.status, states.actor(caller), note=body.note)
            outbox.announce(tx, "order.changed", order.id)
        return views.complete(tx, order)

    return once.run(OrderView, work)


def move(tx: Tx, order: Order, to: Status, actor: Actor, *, note: str | None = None, **values: Any) -> Order:
    """Move a held order to another status, with other `values` of its row. Raises Conflict."""
    states.check_transition(order.status, to, actor.role)
    stage = clocks.stage_of(to)
    since = clock.now() if stage else None
    return change(tx, order, str(to), actor, note=note, status=to, stage=stage, stage_since=since, **values)


def take_step(caller: Caller, once: Once, order_id: UUID, body: TakeStep) -> OrderView:
    """Note that an order in preparation was picked or checked. Raises NotFound, or Conflict out of turn."""

    def work(tx: Tx) -> OrderView:
        order = orders.lock_order(tx, order_id, caller)
        stage = clocks.next_stage(order.stage, body.step, caller.role)
        order = change(tx, order, body.step, states.actor(caller), stage=stage, stage_since=clock.now())
        outbox.announce(tx, "order.changed", order.id)
        return views.complete(tx, order)

    return once.run(OrderView, work)


def change(tx: Tx, order: Order, kind: str, actor: Actor, *, note: str | None = None, **values: Any) -> Order:
    """Change `values` of a held order's row, and note it as an event of this kind."""
    at = clock.now()
    after = order._replace(version=order.version + 1, updated_at=at, **values)
    changes.set_order(tx, after, before=order.version)
    status = (order.status, after.status) if order.status != after.status else (None, None)
    changes.insert_event(tx, order.id, Event(0, kind, *status, actor.uid, actor.role, note, at))
    return after


def confirm_if_settled(tx: Tx, order: Order) -> Order:
    """Confirm a held pending order once its money is settled and no prescription is awaited; announces what became of it."""
    is_due = order.payment_status != "pending" and order.prescription_status != "awaited"
    if order.status != Status.PENDING or not is_due:
        outbox.announce(tx, "order.changed", order.id)
        return order
    order = move(tx, order, Status.CONFIRMED, SYSTEM, confirmed_at=clock.now(), expires_at=None)
    outbox.announce(tx, "order.confirmed", order.id)
    return order


def cancel(tx: Tx, order: Order, actor: Actor, reason: str) -> Order:
    """Cancel a held order: its stock and its prescription's packs are free again. Raises Conflict."""
    order = move(tx, order, Status.CANCELLED, actor, note=reason, cancelled_reason=reason)
    for item in orders.list_items(tx, order.id):
        if item.prescription_item_id is not None:
            prescriptions.give_back_packs(tx, item.prescription_item_id, item.quantity)
    stock.release(tx, order.id, actor.uid, order.updated_at)
    outbox.announce(tx, "order.cancelled", order.id)
    return order
