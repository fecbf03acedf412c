"""A delivery's way from the shelf to the door; each step moves the order's delivery status with it."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID, uuid4

from plazza import clock
from plazza.data import outbox
from plazza.data.sql import Tx, run_transaction
from plazza.delivery import rules, store
from plazza.delivery.actions import code, people
from plazza.delivery.models import DeliveryView, JobsView, JobView, Status
from plazza.delivery.rules import Move
from plazza.delivery.store import Row
from plazza.errors import Conflict
from plazza.identity import Caller, Role
from plazza.order.actions import handover
from plazza.order.models.orders import Status as OrderStatus
from plazza.order.rules.states import Actor
from plazza.order.store import orders

SYSTEM = Caller("system", Role.ADMIN)


def actor(caller: Caller) -> Actor:
    """Say to the order who moves it."""
    return Actor(caller.uid, caller.role, caller.store_id)


def create(order_id: UUID) -> None:
    """Give a confirmed order its delivery, once."""

    def work(tx: Tx) -> None:
        order = orders.find_order(tx, order_id)
        if order is None or order.status not in {OrderStatus.CONFIRMED, OrderStatus.PROCESSING}:
            return
        if store.insert_delivery(tx, uuid4(), order_id, order.store_id, order.uid, clock.now()):
            _tell(tx, order_id, Status.UNASSIGNED)

    run_transaction(work)


def cancel(order_id: UUID) -> None:
    """End the delivery of a cancelled order; the rider's list loses it."""

    def work(tx: Tx) -> None:
        order = orders.find_order(
            tx, order_id
        )  # read here too: a delivery created at this moment then conflicts with this
        delivery = store.find_delivery(tx, order_id)
        if order is None or order.status != OrderStatus.CANCELLED or delivery is None:
            return
        if store.lock_delivery(tx, order_id, seen_by=SYSTEM).state in rules.MOVES[Move.CANCEL]:
            store.set_cancelled(tx, delivery.id, clock.now())
            _tell(tx, order_id, Status.CANCELLED)

    run_transaction(work)


def assign(order_id: UUID, rider_uid: str, by: Caller) -> DeliveryView:
    """Give a delivery to a rider, or to another one while the parcel is still in the store. Raises NotFound, Conflict."""
    people.check_rider(rider_uid)

    def work(tx: Tx, delivery: Row, at: datetime) -> None:
        rules.check_move(Move.ASSIGN, delivery.state)
        if delivery.rider_uid != rider_uid or delivery.state is Status.UNASSIGNED:
            store.set_rider(tx, delivery.id, rider_uid, at)
            _tell(tx, order_id, Status.ASSIGNED)

    return _step(order_id, by, work)


def pick_up(order_id: UUID, rider: Caller) -> DeliveryView:
    """Take the parcel: its stock is consumed, the order is shipped, the customer gets a code. All of it or nothing.

    A parcel that went out before (an earlier attempt failed) is shipped already; only its code is new. Raises NotFound, Conflict.
    """

    def work(tx: Tx, delivery: Row, at: datetime) -> None:
        if delivery.state is Status.PICKED_UP:
            return
        rules.check_move(Move.PICK_UP, delivery.state)
        order = orders.lock_order(tx, order_id)
        code.issue(tx, delivery, at)
        store.set_picked_up(tx, delivery.id, at)
        if order.status == OrderStatus.SHIPPED:
            outbox.announce(tx, "delivery.code_issued", order_id)
        else:
            handover.ship(tx, order_id, actor(rider))
        _tell(tx, order_id, Status.PICKED_UP)

    return _step(order_id, rider, work)


def arrive(order_id: UUID, rider: Caller) -> DeliveryView:
    """Stand at the door. A code that has run out on a long way, or nearly, is issued anew; a locked one stays locked."""

    def work(tx: Tx, delivery: Row, at: datetime) -> None:
        if delivery.state is Status.ARRIVED:
            return
        rules.check_move(Move.ARRIVE, delivery.state)
        if not delivery.issued.is_locked and not delivery.issued.is_good(at + rules.FRESH_AT_THE_DOOR):
            code.issue(tx, delivery, at)
            outbox.announce(tx, "delivery.code_issued", order_id)
        store.set_arrived(tx, delivery.id, at)
        _tell(tx, order_id, Status.ARRIVED)

    return _step(order_id, rider, work)


def fail(order_id: UUID, reason: str, by: Caller) -> DeliveryView:
    """Note that the parcel could not be handed over. Raises NotFound, Conflict."""

    def work(tx: Tx, delivery: Row, at: datetime) -> None:
        if delivery.state is Status.FAILED:
            return
        rules.check_move(Move.FAIL, delivery.state)
        store.set_failed(tx, delivery.id, reason, at)
        _tell(tx, order_id, Status.FAILED)

    return _step(order_id, by, work)


def reattempt(order_id: UUID, by: Caller) -> DeliveryView:
    """Let a failed delivery be tried again, by the same rider unless staff assign another. Raises NotFound, Conflict."""

    def work(tx: Tx, delivery: Row, at: datetime) -> None:
        rules.check_move(Move.REATTEMPT, delivery.state)
        if delivery.attempt_no >= rules.MAX_ATTEMPTS:
            raise Conflict(
                "It was tried often enough; support must call the customer.",
                reason="TOO_OFTEN",
                attempts=delivery.attempt_no,
            )
        store.set_next_attempt(tx, delivery.id, at)
        _tell(tx, order_id, Status.ASSIGNED)

    return _step(order_id, by, work)


def list_jobs(tx: Tx, rider_uid: str) -> JobsView:
    """Give a rider's open jobs with their addresses."""
    items: list[JobView] = []
    for job in store.list_jobs(tx, rider_uid):
        order = orders.find_order(tx, job.order_id)
        if order is not None:
            is_due = order.payment_method == "cod" and order.payment_status == "cod_due"
            view = JobView(
                order_id=job.order_id,
                number=order.number,
                store_id=job.store_id,
                status=job.state,
                attempt_no=job.attempt_no,
                address=order.address,
                latitude=order.latitude,
                longitude=order.longitude,
                cash_paise=order.total_paise if is_due else 0,
            )
            items.append(view)
    return JobsView(items=items)


def _step(order_id: UUID, by: Caller, take: Callable[[Tx, Row, datetime], None]) -> DeliveryView:
    def work(tx: Tx) -> DeliveryView:
        take(tx, store.lock_delivery(tx, order_id, seen_by=by), clock.now())
        return store.view(store.get_delivery(tx, order_id, seen_by=by))

    return run_transaction(work)


def _tell(tx: Tx, order_id: UUID, status: Status) -> None:
    handover.set_delivery_status(tx, order_id, status.value)
    outbox.announce(tx, "delivery.changed", order_id)
