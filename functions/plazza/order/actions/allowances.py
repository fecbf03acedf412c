"""Money that staff gave back of an invoiced order beyond what came back: credited, too, inside the payment's own transaction."""

from typing import NamedTuple
from uuid import UUID, uuid4

from plazza import clock
from plazza.data import outbox
from plazza.data.sql import Tx
from plazza.identity import Caller
from plazza.order.actions import moving
from plazza.order.rules import allowances, shares, states
from plazza.order.store import credit_notes, invoices, orders, units
from plazza.order.store.credit_notes import NewNote


class Given(NamedTuple):
    """What was given back, by whom and why; `refund_id` None when it was given before the invoice."""

    amount_paise: int
    refund_id: UUID | None
    note: str | None
    by: Caller


def credit(tx: Tx, order_id: UUID, given: Given) -> None:
    """Issue a credit note over an amount, taken off all packs that are still owed and their delivery, by what each still costs.

    An order without an invoice needs none yet. `amount_paise` is at most what is owed: the schema refuses more. Raises NotFound.

    Source: CGST Act 2017, sections 15(3)(b) and 34(1), as amended by the Finance Act 2026 (clauses 137 and 138 of its Bill): a reduction
    after the supply leaves the taxable value by a credit note. docs/decisions/0008 says how it is shared out, and why.
    """
    order, at = orders.lock_order(tx, order_id), clock.now()
    if invoices.get_invoice(tx, order_id) is None:
        return
    items = orders.list_items(tx, order_id)
    left = allowances.less(units.lock_units(tx, order, items), units.list_allowances(tx, order_id))
    parts = allowances.spread([unit for unit in left if unit.state == "kept"], given.amount_paise)
    sums = shares.add_up(parts)
    new = NewNote(
        uuid4(), order_id, order.store_id, "allowance", given.note, sums.tax_paise, sums.total_paise, given.by.uid, at,
        given.refund_id,
    )  # fmt: skip
    note = credit_notes.issue(tx, new)
    units.insert_allowances(tx, order_id, note.id, parts)
    moving.change(
        tx, order, "credited", states.actor(given.by), note=f"allowance: credit note {note.number}",
        credited_paise=order.credited_paise + note.total_paise, delivery_gst_bp=units.delivery_rate(order, items),
    )  # fmt: skip
    outbox.announce(tx, "order.changed", order_id)
    outbox.announce(tx, "credit_note.issued", note.id, lane=order_id)
