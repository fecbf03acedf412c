"""Packs of delivered orders that come back: each at what it had cost, with a credit note and its money."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from plazza import clock
from plazza.catalogue.store import prescriptions, products
from plazza.data import outbox
from plazza.data.once import Once
from plazza.data.sql import Tx, read
from plazza.identity import Caller
from plazza.order.actions import moving
from plazza.order.models.changes import CreditLine, CreditNotes, CreditNoteView, ReturnPacks
from plazza.order.models.orders import Status
from plazza.order.rules import allowances, returning, shares, states
from plazza.order.rules.returning import Return, SoldBatch
from plazza.order.rules.shares import Unit
from plazza.order.store import credit_notes, orders, stock, units
from plazza.order.store.credit_notes import CreditNote, NewNote
from plazza.order.store.orders import Item, Order
from plazza.order.store.stock import Movement


class Goods(NamedTuple):
    """What an order was: its lines, their packs at what is left of each, what was allowed on them, and the batches they were of."""

    items: Sequence[Item]
    units: Sequence[Unit]
    allowances: Sequence[Unit]
    batches: Sequence[SoldBatch]


def return_packs(caller: Caller, once: Once, order_id: UUID, body: ReturnPacks) -> CreditNoteView:
    """Take packs back and issue the credit note; the order and its invoice stay as they are.

    Raises NotFound, and Conflict (with a `reason`) for what the policy does not take back.
    """

    def work(tx: Tx) -> CreditNoteView:
        order, at = orders.lock_order(tx, order_id, caller), clock.now()
        returning.check_in_time(body.reason, _delivered_at(tx, order), at)
        items = orders.list_items(tx, order_id)
        goods = _goods(tx, order, items, units.lock_units(tx, order, items))
        back = [returning.choose(goods.units, goods.batches, line) for line in body.lines]
        _check_condition(tx, body, items, back)
        sums = shares.add_up(unit for one in back for unit in one.units)
        returning.check_amount(order.payment_method, sums.total_paise)
        new = NewNote(
            once.new_id("credit note"), order_id, order.store_id, body.reason, body.note, sums.tax_paise, sums.total_paise,
            caller.uid, at,
        )  # fmt: skip
        note = credit_notes.issue(tx, new)
        for one in back:
            _take(tx, order, items, one, note, body.reason, caller.uid)
        order = moving.change(
            tx, order, "returned", states.actor(caller), note=f"{body.reason}: credit note {note.number}",
            credited_paise=order.credited_paise + note.total_paise, delivery_gst_bp=units.delivery_rate(order, items),
        )  # fmt: skip
        outbox.announce(tx, "order.returned", order_id)
        outbox.announce(tx, "credit_note.issued", note.id, lane=order_id)
        return view(note, _goods(tx, order, items, units.list_units(tx, order, items)))

    return once.run(CreditNoteView, work)


def list_credit_notes(order_id: UUID, caller: Caller) -> CreditNotes:
    """Give the credit notes of an order that the caller may see. Raises NotFound."""

    def work(tx: Tx) -> CreditNotes:
        order = orders.get_order(tx, order_id, caller)
        goods = read_goods(tx, order)
        return CreditNotes(items=[view(note, goods) for note in credit_notes.list_notes(tx, order_id)])

    return read(work)


def read_goods(tx: Tx, order: Order) -> Goods:
    """Give what an order was."""
    items = orders.list_items(tx, order.id)
    return _goods(tx, order, items, units.list_units(tx, order, items))


def _goods(tx: Tx, order: Order, items: Sequence[Item], packs: Sequence[Unit]) -> Goods:
    allowed = units.list_allowances(tx, order.id)
    return Goods(items, allowances.less(packs, allowed), allowed, stock.list_sold(tx, order.id))


def units_of(note: CreditNote, goods: Goods) -> list[Unit]:
    """Give the packs that came back by a credit note, or what it takes off each."""
    return [unit for unit in (*goods.units, *goods.allowances) if unit.credit_note_id == note.id]


def view(note: CreditNote, goods: Goods) -> CreditNoteView:
    """Make the answer of a credit note."""
    mine = units_of(note, goods)
    return CreditNoteView(
        id=note.id,
        order_id=note.order_id,
        number=note.number,
        reason=note.reason,
        note=note.note,
        lines=_lines(mine, goods),
        delivery_paise=sum(unit.fee_paise for unit in mine),
        tax_paise=note.tax_paise,
        total_paise=note.total_paise,
        issued_at=note.issued_at,
    )


def _delivered_at(tx: Tx, order: Order) -> datetime | None:
    if order.status != Status.DELIVERED:
        return None
    return next(event.created_at for event in orders.list_events(tx, order.id) if event.to_status == Status.DELIVERED)


def _check_condition(tx: Tx, body: ReturnPacks, items: Sequence[Item], back: Sequence[Return]) -> None:
    forms = products.list_products(tx, [item.product_id for item in items])
    product_of = {item.line_no: item.product_id for item in items}
    for one in back:
        product = forms.get(product_of[one.asked.line_no])
        returning.check_condition(body.reason, one.asked, product.form if product else "", one.batch, clock.today())


def _take(tx: Tx, order: Order, items: Sequence[Item], one: Return, note: CreditNote, reason: str, by: str) -> None:
    """Book packs back: on the shelf only what may be sold again, the rest set aside; unopened ones also on the prescription."""
    movement = Movement("return", f"order:{order.id}", f"{reason}: {note.number}", by, note.issued_at)
    stock.take_back(tx, one.batch.batch_id, one.asked.quantity, movement, for_sale=one.asked.resaleable)
    units.set_returned(tx, order.id, one.units, one.batch.batch_id, note.id)
    item = next(item for item in items if item.line_no == one.asked.line_no)
    if item.prescription_item_id is not None and not one.asked.opened:
        prescriptions.give_back_packs(tx, item.prescription_item_id, one.asked.quantity)


def _lines(mine: Sequence[Unit], goods: Goods) -> list[CreditLine]:
    lines: list[CreditLine] = []
    for item in goods.items:
        part = [unit for unit in mine if unit.line_no == item.line_no]
        if not part:
            continue
        sums = shares.add_up(part)
        batch = next((batch for batch in goods.batches if batch.batch_id == part[0].batch_id), None)
        lines.append(
            CreditLine(
                line_no=item.line_no,
                product_id=item.product_id,
                name=item.name,
                hsn=item.hsn,
                batch_no=batch.batch_no if batch else None,
                quantity=len(part) if batch else 0,
                price_paise=item.price_paise,
                discount_paise=sums.discount_paise,
                gst_bp=item.gst_bp,
                **sums.gst._asdict(),
                total_paise=sums.goods_paise,
            )
        )
    return lines
