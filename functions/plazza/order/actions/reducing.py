"""Taking packs out of an order before it is packed: stock, prescription, price and money change together or not at all."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from plazza import clock
from plazza.catalogue.store import prescriptions, products
from plazza.data import outbox
from plazza.data.once import Once
from plazza.data.sql import Tx, read
from plazza.errors import Conflict
from plazza.identity import Caller, Role
from plazza.order.actions import moving, terms, views
from plazza.order.models.changes import ReduceOrder
from plazza.order.models.orders import OrderView
from plazza.order.rules import allocation, shares, states
from plazza.order.rules.shares import Sums, Unit
from plazza.order.store import orders, stock, units
from plazza.order.store.orders import Item, Order


def reduce_order(caller: Caller, once: Once, order_id: UUID, body: ReduceOrder) -> OrderView:
    """Drop lines of an order, or take packs out of them; what stays keeps its price to the paisa.

    Its coupons and its payment are brought to the new sum by who hears of `order.reduced`. A customer may not take out what the order's
    coupons or its area's minimum need; what the store cannot give is not the customer's fault, and takes nothing off them. Raises NotFound,
    Unavailable, and Conflict when the order is too far on its way for the caller's role, a line would not become less, nothing would stay,
    or something needs what would go.
    """
    stored = once.answer(OrderView)
    if stored is not None:
        return stored
    checked = _check_terms(caller, order_id, body) if caller.role is Role.CUSTOMER else None

    def work(tx: Tx) -> OrderView:
        order = orders.lock_order(tx, order_id, caller)
        items = orders.list_items(tx, order_id)
        gone, rest = _choose(order, units.lock_units(tx, order, items), caller, body)
        if checked not in (None, rest):
            raise Conflict("This order changed meanwhile; read it again.", version=order.version)
        _free(tx, order, items, gone, caller.uid)
        units.set_dropped(tx, order_id, gone)
        units.set_items(tx, order_id, rest, {unit.line_no for unit in gone})
        return views.complete(tx, _write(tx, order, caller, shares.add_up(rest), body.reason, items, gone))

    return once.run(OrderView, work)


def _check_terms(caller: Caller, order_id: UUID, body: ReduceOrder) -> list[Unit]:
    """Give the packs that would stay, after coupons and area, which are in another database, have nothing against it."""

    def look(tx: Tx) -> tuple[Order, list[Item], list[Unit], dict[UUID, str]]:
        order = orders.get_order(tx, order_id, caller)
        items = orders.list_items(tx, order_id)
        _, rest = _choose(order, units.list_units(tx, order, items), caller, body)
        sold = products.list_products(tx, [item.product_id for item in items])
        return order, items, rest, {product_id: product.form for product_id, product in sold.items()}

    order, items, rest, forms = read(look)
    terms.check(order, items, rest, forms)
    return rest


def _choose(order: Order, packs: Sequence[Unit], caller: Caller, body: ReduceOrder) -> tuple[list[Unit], list[Unit]]:
    """Choose what goes and what stays. Raises NotFound, Conflict."""
    states.check_reducible(order.status, caller.role)
    kept = [unit for unit in packs if unit.state == "kept"]
    gone = shares.take_out(kept, {line.line_no: line.quantity for line in body.lines})
    rest = [unit for unit in kept if unit not in gone]
    shares.check_rest(order.payment_method, shares.add_up(gone), shares.add_up(rest))
    return gone, rest


def _free(tx: Tx, order: Order, items: Sequence[Item], gone: Sequence[Unit], by: str) -> None:
    """Give back the stock and the prescription's packs of what goes."""
    packs = Counter(unit.line_no for unit in gone)
    for item in items:
        if item.prescription_item_id is not None and packs[item.line_no]:
            prescriptions.give_back_packs(tx, item.prescription_item_id, packs[item.line_no])
    freed = allocation.give_back(stock.lock_held(tx, order.id), packs)
    stock.release_part(tx, order.id, freed, by, clock.now())


def _write(
    tx: Tx, order: Order, caller: Caller, sums: Sums, reason: str, items: Sequence[Item], gone: Sequence[Unit]
) -> Order:
    packs = Counter(unit.line_no for unit in gone)
    names = ", ".join(f"{packs[item.line_no]} x {item.name}" for item in items if packs[item.line_no])
    awaited = order.prescription_status == "awaited" and any(
        item.prescription_required and packs[item.line_no] < item.quantity for item in items
    )
    is_freed = order.prescription_status == "awaited" and not awaited
    order = moving.change(
        tx,
        order,
        "reduced",
        states.actor(caller),
        note=f"{reason}: {names}",
        items_paise=sums.goods_paise + sums.discount_paise,
        discount_paise=sums.discount_paise,
        delivery_paise=sums.fee_paise,
        tax_paise=sums.tax_paise,
        total_paise=sums.total_paise,
        delivery_gst_bp=units.delivery_rate(order, items),
        prescription_status="not_needed" if is_freed else order.prescription_status,
        expires_at=clock.now() + states.PAYMENT_WINDOW if is_freed else order.expires_at,
    )
    outbox.announce(tx, "order.reduced", order.id)
    return moving.confirm_if_settled(tx, order) if is_freed else order
