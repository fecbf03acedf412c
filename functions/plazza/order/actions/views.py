"""Rows → answers."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from plazza import clock
from plazza.data.sql import Tx, read
from plazza.identity import Caller
from plazza.order.models.orders import EventView, LineView, OrderSummary, OrderView
from plazza.order.rules import clocks
from plazza.order.rules.pricing import Price, PricedLine
from plazza.order.store import orders
from plazza.order.store.orders import Event, Item, Order


def read_order(order_id: UUID, caller: Caller) -> OrderView:
    """Give one of the orders that the caller may see. Raises NotFound."""

    def work(tx: Tx) -> OrderView:
        return complete(tx, orders.get_order(tx, order_id, caller))

    return read(work)


def complete(tx: Tx, order: Order) -> OrderView:
    """Give an order with its lines and events."""
    return view(order, orders.list_items(tx, order.id), orders.list_events(tx, order.id))


def view(order: Order, items: Sequence[Item], events: Sequence[Event]) -> OrderView:
    """Make the answer of an order's rows."""
    return OrderView(
        **summary(order).model_dump(),
        prescription_id=order.prescription_id,
        items=[_line(item) for item in items],
        items_paise=order.items_paise,
        discount_paise=order.discount_paise,
        delivery_paise=order.delivery_paise,
        tax_paise=order.tax_paise,
        credited_paise=order.credited_paise,
        coupon_codes=order.coupon_codes,
        address=order.address,
        latitude=order.latitude,
        longitude=order.longitude,
        promised_minutes=order.promised_minutes,
        expires_at=order.expires_at,
        confirmed_at=order.confirmed_at,
        cancelled_reason=order.cancelled_reason,
        events=[_event(event) for event in events],
    )


def summary(order: Order) -> OrderSummary:
    """Make an order's entry in a list."""
    return OrderSummary(
        id=order.id,
        number=order.number,
        status=order.status,
        payment_method=order.payment_method,
        payment_status=order.payment_status,
        prescription_status=order.prescription_status,
        delivery_status=order.delivery_status,
        store_id=order.store_id,
        total_paise=order.total_paise,
        promised_at=promised_at(order),
        stage=order.stage,
        stage_due_at=stage_due_at(order),
        is_late=is_late(order),
        version=order.version,
        created_at=order.created_at,
        updated_at=order.updated_at,
    )


def promised_at(order: Order) -> datetime | None:
    """Give when the parcel should be there: the promise counts from the confirmation."""
    return order.confirmed_at + timedelta(minutes=order.promised_minutes) if order.confirmed_at else None


def stage_due_at(order: Order) -> datetime | None:
    """Give when the stage that an open order is in should be over."""
    return clocks.due_at(order.stage, order.stage_since, promised_at(order))


def is_late(order: Order) -> bool:
    """Tell whether an order's stage takes longer than it may."""
    due_at = stage_due_at(order)
    return due_at is not None and due_at < clock.now()


def items_of(price: Price, covering: dict[UUID, UUID]) -> list[Item]:
    """Freeze the lines of a priced cart; `covering` names the prescription line of a product."""
    return [_item(line, covering.get(line.cart.product_id)) for line in price.lines]


def lines_of(price: Price) -> list[LineView]:
    """Show the lines of a priced cart."""
    return [_line(item) for item in items_of(price, {})]


def _item(line: PricedLine, prescription_item_id: UUID | None) -> Item:
    cart, gst = line.cart, line.gst
    return Item(
        line_no=line.line_no,
        product_id=cart.product_id,
        prescription_item_id=prescription_item_id,
        sku=cart.sku,
        name=cart.name,
        manufacturer=cart.manufacturer,
        pack_label=cart.pack_label,
        hsn=cart.hsn,
        schedule=cart.schedule,
        prescription_required=cart.prescription_required,
        quantity=cart.quantity,
        mrp_paise=cart.mrp_paise,
        price_paise=cart.price_paise,
        discount_paise=line.discount_paise,
        gst_bp=cart.gst_bp,
        taxable_paise=gst.taxable_paise,
        cgst_paise=gst.cgst_paise,
        sgst_paise=gst.sgst_paise,
        igst_paise=gst.igst_paise,
        total_paise=line.total_paise,
        coupon_code=line.coupon_code,
    )


def _line(item: Item) -> LineView:
    values = item._asdict()
    del values["prescription_item_id"]
    return LineView(**values)


def _event(event: Event) -> EventView:
    values = event._asdict()
    del values["actor_uid"]  # the role is enough for whoever reads an order
    return EventView(**values)
