"""An order's prices and credit notes, as `ops prove refunds` holds them against each other."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from plazza.data.sql import read
from plazza.identity import Caller
from plazza.order.actions import returns, views
from plazza.order.models.changes import CreditNoteView
from plazza.order.models.orders import LineView, OrderView

_PRICES = """
    SELECT md5(string_agg(concat_ws(' ', line_no, unit_no, discount_paise, taxable_paise, cgst_paise, sgst_paise, igst_paise, total_paise,
                                    fee_paise, fee_cgst_paise, fee_sgst_paise, fee_igst_paise), '|' ORDER BY line_no, unit_no))
      FROM order_units WHERE order_id = %s"""
_PACKS = """
    SELECT line_no, state, total_paise, fee_paise FROM order_units WHERE order_id = %s ORDER BY line_no, unit_no"""
_PARTS = ("taxable_paise", "cgst_paise", "sgst_paise", "igst_paise", "total_paise")


class Wrong(AssertionError):
    """Money or a price is not what it must be."""


class Pack(NamedTuple):
    """What a pack cost with its share of the delivery."""

    line_no: int
    state: str
    total_paise: int
    fee_paise: int


class Papers:
    """What an order was sold at."""

    def __init__(self, order_id: UUID, reader: Caller) -> None:
        """Note the price of every pack."""
        self._order_id, self._reader = order_id, reader
        self._prices = self._read_prices()

    def packs(self, line_no: int | None = None, state: str = "kept") -> list[Pack]:
        """Give the packs of a state, of one line or of all."""
        found = read(lambda tx: tx.rows(Pack, _PACKS, (self._order_id,)))
        return [pack for pack in found if pack.state == state and line_no in {None, pack.line_no}]

    def check(self, owed_paise: int, *, is_over: bool) -> None:
        """Hold prices and credit notes against the order; `is_over`: all that was invoiced must be credited. Raises Wrong."""
        order = views.read_order(self._order_id, self._reader)
        must(self._read_prices() == self._prices, "the price of a pack moved")
        sold = [*self.packs(), *self.packs(state="returned")]
        for item in order.items:
            paise = sum(pack.total_paise for pack in sold if pack.line_no == item.line_no)
            must(
                item.total_paise == paise, f"line {item.line_no} shows {item.total_paise} paise, its packs cost {paise}"
            )
        paise = sum(pack.total_paise + pack.fee_paise for pack in sold)
        must(order.total_paise == paise, f"the order shows {order.total_paise} paise, its packs cost {paise}")
        left = order.total_paise - order.credited_paise
        must(left == owed_paise, f"the order shows {left} paise as owed, not {owed_paise}")
        _check_notes(order, returns.list_credit_notes(self._order_id, self._reader).items, is_over=is_over)

    def _read_prices(self) -> str:
        return read(lambda tx: tx.value(_PRICES, (self._order_id,)))


def _check_notes(order: OrderView, notes: Sequence[CreditNoteView], *, is_over: bool) -> None:
    for note in notes:
        _check_note(note)
    _hold("the notes", sum(note.total_paise for note in notes), order.credited_paise, is_whole=True)
    _hold("the notes", order.credited_paise, order.total_paise, is_whole=is_over)
    _hold("the notes' tax", sum(note.tax_paise for note in notes), order.tax_paise, is_whole=is_over)
    _hold("the notes' delivery", sum(note.delivery_paise for note in notes), order.delivery_paise, is_whole=is_over)
    for item in order.items:
        _check_line(item, notes, is_over=is_over)


def _check_line(item: LineView, notes: Sequence[CreditNoteView], *, is_over: bool) -> None:
    lines = [line for note in notes for line in note.lines if line.line_no == item.line_no]
    for part in _PARTS:
        credited = sum(getattr(line, part) for line in lines)
        _hold(f"{part} of line {item.line_no}", credited, getattr(item, part), is_whole=is_over)


def _check_note(note: CreditNoteView) -> None:
    goods = sum(line.total_paise for line in note.lines)
    _hold(f"the lines of {note.number}", goods + note.delivery_paise, note.total_paise, is_whole=True)
    for line in note.lines:
        parts = line.taxable_paise + line.cgst_paise + line.sgst_paise + line.igst_paise
        _hold(f"value and tax of {note.number}", parts, line.total_paise, is_whole=True)
        if note.reason != "allowance":
            price = line.quantity * line.price_paise - line.discount_paise
            _hold(f"price and discount of {note.number}", price, line.total_paise, is_whole=True)


def _hold(what: str, found: int, of: int, *, is_whole: bool) -> None:
    must(found == of or (found < of and not is_whole), f"{what} come to {found} paise of {of}")


def must(is_so: bool, otherwise: str) -> None:  # noqa: FBT001 -- reads as a sentence
    """Raise Wrong unless it is so."""
    if not is_so:
        raise Wrong(otherwise)
