"""A reviewed prescription decides the orders that waited for it."""

from datetime import timedelta
from uuid import UUID

from plazza import clock
from plazza.catalogue.store import prescriptions
from plazza.data.sql import Tx, run_transaction
from plazza.errors import Conflict
from plazza.identity import Caller, Role
from plazza.order.actions import covering, moving
from plazza.order.models.orders import Status
from plazza.order.rules import states
from plazza.order.rules.states import SYSTEM
from plazza.order.store import changes, orders, stock

_EVERYTHING = Caller("system", Role.ADMIN)


def confirm_covered(prescription_id: UUID) -> None:
    """Approve or cancel each order that waits for this prescription, the oldest first. Safe to repeat."""
    for order_id in run_transaction(lambda tx: _list_awaiting(tx, prescription_id)):
        run_transaction(lambda tx, order_id=order_id: _decide(tx, order_id))


def _list_awaiting(tx: Tx, prescription_id: UUID) -> list[UUID]:
    # The review is read in the same transaction, so that an order which is being placed on the state before it conflicts with
    # this one and is run again, instead of waiting for a review that is over.
    prescriptions.get_prescription(tx, prescription_id, seen_by=_EVERYTHING)
    return orders.list_awaiting(tx, prescription_id)


def _decide(tx: Tx, order_id: UUID) -> None:
    order = orders.lock_order(tx, order_id)
    if order.status != Status.PENDING or order.prescription_status != "awaited" or order.prescription_id is None:
        return
    needing = [
        (item.product_id, item.quantity) for item in orders.list_items(tx, order_id) if item.prescription_required
    ]
    try:
        coverage = prescriptions.lock_coverage(tx, order.prescription_id, order.uid, clock.today())
        if coverage.status == "awaited":
            return
        _check_courses(tx, order_id, coverage)
        used = covering.use(tx, coverage, needing)
    except Conflict as exc:
        moving.cancel(tx, order, SYSTEM, exc.message)
        return
    changes.set_covered(tx, order_id, used)
    expires_at = order.expires_at if order.payment_status != "pending" else clock.now() + states.REVIEWED_WINDOW
    order = moving.change(
        tx, order, "prescription_approved", SYSTEM, prescription_status="approved", expires_at=expires_at
    )
    moving.confirm_if_settled(tx, order)


def _check_courses(tx: Tx, order_id: UUID, coverage: prescriptions.Coverage) -> None:
    """Raise Conflict when packs expire inside the course that the pharmacist has now read: they were taken before anybody knew it."""
    expiries = stock.list_first_expiries(tx, order_id)
    for product_id, item in coverage.items.items():
        ends_on = clock.today() + timedelta(days=item.duration_days or 0)
        if product_id in expiries and expiries[product_id] <= ends_on:
            raise Conflict(
                "The packs expire before the course is over; order again for later ones.", reason="OUT_OF_STOCK"
            )
