"""Orders, their lines and their events: reading them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from plazza.data.sql import Tx
from plazza.errors import NotFound
from plazza.identity import STORE_ROLES, Caller, Role
from plazza.order.models.orders import DeliveryStatus, PaymentMethod, PaymentStatus, PrescriptionStatus, Stage, Status
from plazza.order.rules import clocks

OPEN = [Status.CONFIRMED, Status.PROCESSING, Status.SHIPPED]
"""What a store's board shows."""


_ORDERS = """
        SELECT id, number, uid, store_id, status, payment_method, payment_status, prescription_status, delivery_status,
               prescription_id, items_paise, discount_paise, delivery_paise, tax_paise, total_paise, coupon_codes, address_id,
               address, place_of_supply, latitude, longitude, promised_minutes, expires_at, confirmed_at, cancelled_reason,
               version, created_at, updated_at, delivery_gst_bp, stage, stage_since, credited_paise
          FROM orders"""


class Order(NamedTuple):
    """A row of `orders`."""

    id: UUID
    number: str
    uid: str
    store_id: UUID
    status: Status
    payment_method: PaymentMethod
    payment_status: PaymentStatus
    prescription_status: PrescriptionStatus
    delivery_status: DeliveryStatus
    prescription_id: UUID | None
    items_paise: int
    discount_paise: int
    delivery_paise: int
    tax_paise: int
    total_paise: int
    coupon_codes: list[str]
    address_id: UUID
    address: dict[str, Any]
    place_of_supply: str
    latitude: float
    longitude: float
    promised_minutes: int
    expires_at: datetime | None
    confirmed_at: datetime | None
    cancelled_reason: str | None
    version: int
    created_at: datetime
    updated_at: datetime
    delivery_gst_bp: int | None
    stage: Stage | None
    stage_since: datetime | None
    credited_paise: int = 0


class Item(NamedTuple):
    """A row of `order_items`: a line as it was agreed."""

    line_no: int
    product_id: UUID
    prescription_item_id: UUID | None
    sku: str
    name: str
    manufacturer: str
    pack_label: str
    hsn: str
    schedule: str
    prescription_required: bool
    quantity: int
    mrp_paise: int
    price_paise: int
    discount_paise: int
    gst_bp: int
    taxable_paise: int
    cgst_paise: int
    sgst_paise: int
    igst_paise: int
    total_paise: int
    coupon_code: str | None


class Event(NamedTuple):
    """A row of `order_events`."""

    position: int
    kind: str
    from_status: Status | None
    to_status: Status | None
    actor_uid: str
    actor_role: str
    note: str | None
    created_at: datetime


class Payable(NamedTuple):
    """What a payment must know of an order; `owed_paise`: less all credit notes, `kept_paise`: less those for what came back."""

    order_id: UUID
    number: str
    uid: str
    total_paise: int
    status: Status
    payment_method: PaymentMethod
    expires_at: datetime | None
    owed_paise: int
    kept_paise: int


class Place(NamedTuple):
    """Where an earlier order went, at what charge."""

    store_id: UUID
    place_of_supply: str
    delivery_paise: int
    promised_minutes: int


def seen_by(caller: Caller) -> dict[str, str | None]:
    """Give the query parameters that keep a caller to their own: customers by uid, a store's people by store."""
    if caller.role in {Role.SUPPORT, Role.ADMIN}:
        return {"uid": None, "store_id": None}
    if caller.role in STORE_ROLES:
        return {"uid": None, "store_id": caller.store_id}
    return {"uid": caller.uid, "store_id": None}


def get_order(tx: Tx, order_id: UUID, caller: Caller) -> Order:
    """Give one of the orders that the caller may see. Raises NotFound."""
    query = (
        _ORDERS
        + """
         WHERE id = %(id)s AND (%(uid)s::TEXT IS NULL OR uid = %(uid)s)
           AND (%(store_id)s::UUID IS NULL OR store_id = %(store_id)s)"""
    )
    order = tx.row(Order, query, {"id": order_id, **seen_by(caller)})
    if order is None:
        raise NotFound("No such order.")
    return order


def lock_order(tx: Tx, order_id: UUID, caller: Caller | None = None) -> Order:
    """Give an order and hold its row until the transaction ends; without a caller, whosever it is. Raises NotFound."""
    query = (
        _ORDERS
        + """
         WHERE id = %(id)s AND (%(uid)s::TEXT IS NULL OR uid = %(uid)s)
           AND (%(store_id)s::UUID IS NULL OR store_id = %(store_id)s)
           FOR UPDATE"""
    )
    whose = {"uid": None, "store_id": None} if caller is None else seen_by(caller)
    order = tx.row(Order, query, {"id": order_id, **whose})
    if order is None:
        raise NotFound("No such order.")
    return order


def find_order(tx: Tx, order_id: UUID) -> Order | None:
    """Give an order whosever it is, or None: for the system's own work."""
    query = (
        _ORDERS
        + """
         WHERE id = %s"""
    )
    return tx.row(Order, query, (order_id,))


def list_orders(
    tx: Tx,
    caller: Caller,
    *,
    status: Status | None,
    number: str | None,
    placed: tuple[datetime | None, datetime | None],
    after: tuple[Any, ...] | None,
    limit: int,
) -> list[Order]:
    """Give orders that the caller may see, placed from one instant until before another, latest first.

    `after` is (created_at, id) of the last one seen.
    """
    # The bound on created_at alone is what an index can begin at: an OR of both would be read from the newest order on.
    query = (
        _ORDERS
        + """
         WHERE (%(uid)s::TEXT IS NULL OR uid = %(uid)s) AND (%(store_id)s::UUID IS NULL OR store_id = %(store_id)s)
           AND (%(status)s::TEXT IS NULL OR status = %(status)s) AND (%(number)s::TEXT IS NULL OR number = %(number)s)
           AND (%(from)s::TIMESTAMPTZ IS NULL OR created_at >= %(from)s)
           AND (%(until)s::TIMESTAMPTZ IS NULL OR created_at < %(until)s)
           AND (%(at)s::TIMESTAMPTZ IS NULL OR (created_at <= %(at)s AND (created_at < %(at)s OR id > %(id)s::UUID)))
         ORDER BY created_at DESC, id LIMIT %(limit)s"""
    )
    at, ident = after or (None, None)
    params = {**seen_by(caller), "status": status, "number": number, "at": at, "id": ident, "limit": limit}
    params |= {"from": placed[0], "until": placed[1]}
    return tx.rows(Order, query, params)


def list_open(
    tx: Tx, store_id: UUID, *, late_at: datetime | None, after: tuple[Any, ...] | None, limit: int
) -> list[Order]:
    """Give a store's open orders, oldest first, or only those late at an instant; `after` is (created_at, id) of the last one seen."""
    query = (
        _ORDERS
        + """
         WHERE store_id = %(store_id)s AND status = ANY(%(open)s)
           AND (%(now)s::TIMESTAMPTZ IS NULL
                OR (stage = 'ride' AND confirmed_at + promised_minutes * INTERVAL '1 minute' < %(now)s)
                OR stage_since < (%(sinces)s::TIMESTAMPTZ[])[array_position(%(stages)s::TEXT[], stage)])
           AND (%(at)s::TIMESTAMPTZ IS NULL OR (created_at >= %(at)s AND (created_at > %(at)s OR id > %(id)s::UUID)))
         ORDER BY created_at, id LIMIT %(limit)s"""
    )
    at, ident = after or (None, None)
    late = clocks.late_since(late_at) if late_at else {}
    params = {"store_id": store_id, "open": list(OPEN), "at": at, "id": ident, "limit": limit}
    params |= {"now": late_at, "stages": list(late), "sinces": list(late.values())}
    return tx.rows(Order, query, params)


def list_items(tx: Tx, order_id: UUID) -> list[Item]:
    """Give an order's lines, without those that were taken out."""
    query = """
        SELECT line_no, product_id, prescription_item_id, sku, name, manufacturer, pack_label, hsn, schedule,
               prescription_required, quantity, mrp_paise, price_paise, discount_paise, gst_bp, taxable_paise, cgst_paise,
               sgst_paise, igst_paise, total_paise, coupon_code
          FROM order_items WHERE order_id = %s AND quantity > 0 ORDER BY line_no"""
    return tx.rows(Item, query, (order_id,))


def list_events(tx: Tx, order_id: UUID) -> list[Event]:
    """Give what happened to an order, in order."""
    query = """
        SELECT position, kind, from_status, to_status, actor_uid, actor_role, note, created_at
          FROM order_events WHERE order_id = %s ORDER BY position"""
    return tx.rows(Event, query, (order_id,))


def get_payable(tx: Tx, order_id: UUID, uid: str) -> Payable:
    """Give what a payment must know of a customer's order. Raises NotFound."""
    query = """
        SELECT id AS order_id, number, uid, total_paise, status, payment_method, expires_at,
               total_paise - credited_paise AS owed_paise,
               (total_paise - credited_paise + coalesce((SELECT sum(n.total_paise) FROM credit_notes AS n
                 WHERE n.order_id = orders.id AND n.reason = 'allowance'), 0))::INT8 AS kept_paise
          FROM orders WHERE id = %s AND uid = %s"""
    payable = tx.row(Payable, query, (order_id, uid))
    if payable is None:
        raise NotFound("No such order.")
    return payable


def find_latest(tx: Tx, uid: str) -> tuple[str, str] | None:
    """Give number and status of a customer's last order, or None."""
    query = "SELECT number, status FROM orders WHERE uid = %s ORDER BY created_at DESC, id LIMIT 1"
    latest = tx.row(Latest, query, (uid,))
    return (latest.number, latest.status) if latest else None


class Latest(NamedTuple):
    """A customer's last order, for a word about it."""

    number: str
    status: str


def ask_first(tx: Tx, uid: str) -> Callable[[], bool]:
    """Ask along with what is read next whether all of a customer's orders, if any, were cancelled; what this gives then tells."""
    query = "SELECT 1 AS found FROM orders WHERE uid = %s AND status <> 'cancelled' LIMIT 1"
    asked = tx.ask(_Found, query, (uid,))
    return lambda: not asked()


class _Found(NamedTuple):
    found: int


def get_known_place(tx: Tx, uid: str, address_id: UUID) -> Place | None:
    """Give where and at what charge the customer's last order to this address went; one without a coupon says the charge."""
    query = """
        SELECT store_id, place_of_supply, delivery_paise, promised_minutes
          FROM orders WHERE uid = %s AND address_id = %s
         ORDER BY (coupon_codes = '{}') DESC, created_at DESC, id LIMIT 1"""
    return tx.row(Place, query, (uid, address_id))


def list_awaiting(tx: Tx, prescription_id: UUID) -> list[UUID]:
    """Give the pending orders that wait for a prescription, oldest first."""
    query = """
        SELECT id FROM orders
         WHERE prescription_id = %s AND status = 'pending' AND prescription_status = 'awaited' ORDER BY created_at, id"""
    return tx.values(query, (prescription_id,))


def list_expired(tx: Tx, at: datetime, limit: int) -> list[UUID]:
    """Give pending orders whose time is over."""
    query = "SELECT id FROM orders WHERE status = 'pending' AND expires_at <= %s ORDER BY expires_at, id LIMIT %s"
    return tx.values(query, (at, limit))
