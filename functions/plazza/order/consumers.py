"""What follows from a change of an order: live projections, the operations team's table, its coupon, waiting orders."""

from decimal import Decimal
from uuid import UUID

from plazza.data import rtdb
from plazza.data.sql import read
from plazza.order.actions import coupons, coverage, invoicing, views
from plazza.order.models.orders import Status
from plazza.order.store import orders, stores
from plazza.order.store.orders import OPEN, Order
from plazza.providers import airtable


def project_order(key: str) -> None:
    """Show an order as it is now to its customer and, while it is open, on its store's board."""
    order = read(lambda tx: orders.find_order(tx, UUID(key)))
    while order is not None:
        _project(order)
        latest = read(lambda tx: orders.find_order(tx, UUID(key)))
        if latest is None or latest.version == order.version:
            return
        order = latest  # it changed meanwhile: a board entry that was just removed must not come back


def mirror_order(key: str) -> None:
    """Write an order's row of the operations team's table: what it is and where it stands, nothing about the person."""
    order = read(lambda tx: orders.find_order(tx, UUID(key)))
    if order is None:
        return
    items = read(lambda tx: orders.list_items(tx, order.id))
    store = read(lambda tx: stores.get_store(tx, order.store_id))
    row = {
        "Order Number": order.number,
        "Status": order.status,
        "Payment Method": order.payment_method,
        "Payment Status": order.payment_status,
        "Prescription Status": order.prescription_status,
        "Delivery Status": order.delivery_status,
        "Store": store.code,
        "Packs": sum(item.quantity for item in items),
        "Total": float(Decimal(order.total_paise) / 100),  # a currency field is a JSON number of rupees
        "Placed At": order.created_at.isoformat(),
        "Updated At": order.updated_at.isoformat(),
    }
    airtable.upsert("Orders", "Order Number", [row])


def keep_invoice(key: str) -> None:
    """Keep a shipped order's invoice as a file."""
    invoicing.keep(UUID(key))


def keep_credit_note(key: str) -> None:
    """Keep a credit note as a file."""
    invoicing.keep_credit_note(UUID(key))


def confirm_coupon(key: str) -> None:
    """Count a confirmed order's coupons as used."""
    _settle_coupons(key)


def lower_coupon(key: str) -> None:
    """Count what an order's coupons are still worth after packs were taken out of it."""
    coupons.lower(UUID(key))


def release_coupon(key: str) -> None:
    """Give back a cancelled order's coupons."""
    _settle_coupons(key)


def confirm_covered_orders(key: str) -> None:
    """Decide the orders that waited for a prescription which was reviewed."""
    coverage.confirm_covered(UUID(key))


def _settle_coupons(key: str) -> None:
    order = read(lambda tx: orders.find_order(tx, UUID(key)))
    if order is not None and order.coupon_codes:
        coupons.settle(order.id)


def _project(order: Order) -> None:
    promised_at, due_at = views.promised_at(order), views.stage_due_at(order)
    live = {
        "number": order.number,
        "status": order.status,
        "payment_status": order.payment_status,
        "prescription_status": order.prescription_status,
        "delivery_status": order.delivery_status,
        "total_paise": order.total_paise,
        "promised_at": promised_at.isoformat() if promised_at else None,
        "stage": order.stage,
        "stage_due_at": due_at.isoformat() if due_at else None,
        "updated_at": order.updated_at.isoformat(),
    }
    rtdb.put_newer(f"orders/{order.uid}/{order.id}", live, order.version)
    board = f"board/{order.store_id}/{order.id}"
    if order.status in OPEN:
        rtdb.put_newer(board, live, order.version)
    elif order.status in {Status.DELIVERED, Status.CANCELLED}:
        rtdb.put(board, None)
