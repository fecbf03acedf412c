"""Packs of orders: what each cost, and whether it stayed, was taken out, or came back."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from plazza.data.sql import Tx
from plazza.money import Gst, split_gst
from plazza.order.rules import pricing, shares
from plazza.order.rules.shares import Sold, Unit
from plazza.order.store.orders import Item, Order


class LineDiscount(NamedTuple):
    """What a coupon takes off a line."""

    coupon_code: str | None
    discount_paise: int


def insert_units(tx: Tx, order_id: UUID, units: Sequence[Unit]) -> None:
    """Keep what each pack of an order cost, by one statement."""
    query = """
        INSERT INTO order_units (order_id, line_no, unit_no, discount_paise, taxable_paise, cgst_paise, sgst_paise, igst_paise,
                                 total_paise, fee_paise, fee_cgst_paise, fee_sgst_paise, fee_igst_paise)
        SELECT %s, line_no, unit_no, discount_paise, taxable_paise, cgst_paise, sgst_paise, igst_paise, total_paise, fee_paise,
               fee_cgst_paise, fee_sgst_paise, fee_igst_paise
          FROM unnest(%s::INT8[], %s::INT8[], %s::INT8[], %s::INT8[], %s::INT8[], %s::INT8[], %s::INT8[], %s::INT8[], %s::INT8[],
                      %s::INT8[], %s::INT8[], %s::INT8[])
               AS unit (line_no, unit_no, discount_paise, taxable_paise, cgst_paise, sgst_paise, igst_paise, total_paise,
                        fee_paise, fee_cgst_paise, fee_sgst_paise, fee_igst_paise)"""
    tx.send(query, (order_id, *[list(column) for column in list(zip(*units, strict=True))[:12]]))


def list_units(tx: Tx, order: Order, items: Sequence[Item]) -> list[Unit]:
    """Give an order's packs by line; those of an order placed before they were kept are shared out of its frozen lines."""
    query = """
        SELECT line_no, unit_no, discount_paise, taxable_paise, cgst_paise, sgst_paise, igst_paise, total_paise, fee_paise,
               fee_cgst_paise, fee_sgst_paise, fee_igst_paise, state, batch_id, credit_note_id
          FROM order_units WHERE order_id = %s ORDER BY line_no, unit_no"""
    return tx.rows(Unit, query, (order.id,)) or _share_out_late(order, items)


def lock_units(tx: Tx, order: Order, items: Sequence[Item]) -> list[Unit]:
    """Give the packs of a held order; from now on they are kept."""
    units = list_units(tx, order, items)
    if order.delivery_gst_bp is None and not tx.value(
        "SELECT count(*) FROM order_units WHERE order_id = %s", (order.id,)
    ):
        insert_units(tx, order.id, units)
    return units


def is_reduced(tx: Tx, order_id: UUID) -> bool:
    """Tell whether packs of an order were taken out."""
    query = "SELECT EXISTS (SELECT 1 FROM order_units WHERE order_id = %s AND state = 'dropped')"
    return bool(tx.value(query, (order_id,)))


def set_dropped(tx: Tx, order_id: UUID, units: Iterable[Unit]) -> None:
    """Note that packs were taken out."""
    query = """
        UPDATE order_units AS u SET state = 'dropped'
          FROM unnest(%s::INT8[], %s::INT8[]) AS gone (line_no, unit_no)
         WHERE u.order_id = %s AND u.line_no = gone.line_no AND u.unit_no = gone.unit_no AND u.state = 'kept'"""
    tx.send(query, (*_numbers(units), order_id))


def set_returned(tx: Tx, order_id: UUID, units: Iterable[Unit], batch_id: UUID, credit_note_id: UUID) -> None:
    """Note that packs of a batch came back, by which credit note."""
    query = """
        UPDATE order_units AS u SET state = 'returned', batch_id = %s, credit_note_id = %s
          FROM unnest(%s::INT8[], %s::INT8[]) AS back (line_no, unit_no)
         WHERE u.order_id = %s AND u.line_no = back.line_no AND u.unit_no = back.unit_no AND u.state = 'kept'"""
    tx.send(query, (batch_id, credit_note_id, *_numbers(units), order_id))


def insert_allowances(tx: Tx, order_id: UUID, credit_note_id: UUID, parts: Sequence[Unit]) -> None:
    """Keep what a credit note takes off each pack that stays."""
    query = """
        INSERT INTO unit_allowances (credit_note_id, order_id, line_no, unit_no, taxable_paise, cgst_paise, sgst_paise, igst_paise,
                                     total_paise, fee_paise, fee_cgst_paise, fee_sgst_paise, fee_igst_paise)
        SELECT %s, %s, line_no, unit_no, taxable_paise, cgst_paise, sgst_paise, igst_paise, total_paise, fee_paise, fee_cgst_paise,
               fee_sgst_paise, fee_igst_paise
          FROM unnest(%s::INT8[], %s::INT8[], %s::INT8[], %s::INT8[], %s::INT8[], %s::INT8[], %s::INT8[], %s::INT8[], %s::INT8[],
                      %s::INT8[], %s::INT8[])
               AS part (line_no, unit_no, taxable_paise, cgst_paise, sgst_paise, igst_paise, total_paise, fee_paise,
                        fee_cgst_paise, fee_sgst_paise, fee_igst_paise)"""
    columns = [list(column) for column in zip(*parts, strict=True)]
    tx.execute(query, (credit_note_id, order_id, *columns[:2], *columns[3:12]))


def list_allowances(tx: Tx, order_id: UUID) -> list[Unit]:
    """Give what was taken off each pack of an order, by which credit note."""
    query = """
        SELECT line_no, unit_no, 0 AS discount_paise, taxable_paise, cgst_paise, sgst_paise, igst_paise, total_paise, fee_paise,
               fee_cgst_paise, fee_sgst_paise, fee_igst_paise, credit_note_id
          FROM unit_allowances WHERE order_id = %s ORDER BY credit_note_id, line_no, unit_no"""
    return tx.rows(Unit, query, (order_id,))


def set_items(tx: Tx, order_id: UUID, units: Iterable[Unit], line_nos: Iterable[int]) -> None:
    """Write what the packs that stayed of some lines come to; a line without any stays with no packs."""
    query = """
        UPDATE order_items AS i
           SET quantity = s.quantity, discount_paise = s.discount_paise, taxable_paise = s.taxable_paise, cgst_paise = s.cgst_paise,
               sgst_paise = s.sgst_paise, igst_paise = s.igst_paise, total_paise = s.total_paise
          FROM unnest(%s::INT8[], %s::INT8[], %s::INT8[], %s::INT8[], %s::INT8[], %s::INT8[], %s::INT8[], %s::INT8[])
               AS s (line_no, quantity, discount_paise, taxable_paise, cgst_paise, sgst_paise, igst_paise, total_paise)
         WHERE i.order_id = %s AND i.line_no = s.line_no"""
    kept = list(units)
    rows: list[tuple[int, ...]] = []
    for line_no in line_nos:
        mine = [unit for unit in kept if unit.line_no == line_no]
        sums = shares.add_up(mine)
        rows.append((line_no, len(mine), sums.discount_paise, *sums.gst, sums.goods_paise))
    tx.send(query, (*[list(column) for column in zip(*rows, strict=True)], order_id))


def list_sold_lines(tx: Tx, order_id: UUID) -> list[LineDiscount]:
    """Give what is taken off each line that was ever sold; nothing off those that were taken out."""
    return tx.rows(LineDiscount, "SELECT coupon_code, discount_paise FROM order_items WHERE order_id = %s", (order_id,))


def sold(item: Item) -> Sold:
    """Give a line as its packs are shared out of it."""
    gst = Gst(item.taxable_paise, item.cgst_paise, item.sgst_paise, item.igst_paise)
    return Sold(item.line_no, item.quantity, item.price_paise, item.discount_paise, gst)


def delivery_rate(order: Order, items: Sequence[Item]) -> int:
    """Give the rate at which an order's delivery was taxed."""
    if order.delivery_gst_bp is not None:
        return order.delivery_gst_bp
    return pricing.principal_rate([(item.total_paise, item.gst_bp) for item in items])


def _numbers(units: Iterable[Unit]) -> list[list[int]]:
    return [list(column) for column in zip(*((unit.line_no, unit.unit_no) for unit in units), strict=True)]


def _share_out_late(order: Order, items: Sequence[Item]) -> list[Unit]:
    same_state = not any(item.igst_paise for item in items)
    fee = split_gst(order.delivery_paise, delivery_rate(order, items), same_state=same_state)
    return shares.share_out([sold(item) for item in items], fee)
