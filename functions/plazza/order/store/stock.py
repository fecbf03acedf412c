"""Stock by batch: promised, given back, taken away, set aside; every change leaves a movement.

Each function is a few set-based statements. The guards stand in the statements and in the table's CHECKs: what is promised never
exceeds what is there, whoever else is at it.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

from plazza.data.sql import Tx
from plazza.errors import Conflict
from plazza.order.rules.allocation import Batch, Held, Taken
from plazza.order.rules.pricing import CartLine
from plazza.order.rules.returning import SoldBatch


class Movement(NamedTuple):
    """What a movement row says beside its batch and its changes."""

    kind: str
    reference: str
    reason: str | None
    actor_uid: str
    at: datetime
    transfer_id: UUID | None = None


def count_free(tx: Tx, store_id: UUID, lines: Sequence[CartLine], on: date) -> dict[UUID, int]:
    """Give how many packs of each line's product can be promised on a day.

    Those do not expire before the line's course is over, were not recalled, and are printed with an MRP that covers the price.
    """
    query = """
        SELECT b.product_id, sum(b.on_hand - b.reserved)::INT8 AS quantity
          FROM unnest(%s::UUID[], %s::DATE[], %s::INT8[]) AS wanted (product_id, ends_on, price_paise)
          JOIN inventory_batches AS b ON b.product_id = wanted.product_id AND b.mrp_paise >= wanted.price_paise
         WHERE b.store_id = %s AND b.expires_on > wanted.ends_on AND NOT b.recalled
         GROUP BY b.product_id ORDER BY b.product_id"""
    prices = [line.price_paise for line in lines]
    rows = tx.rows(_Count, query, (*_courses(lines, on), prices, store_id))
    return {row.product_id: row.quantity for row in rows}


class _Count(NamedTuple):
    product_id: UUID
    quantity: int


def lock_free(tx: Tx, store_id: UUID, lines: Sequence[CartLine], on: date) -> list[Batch]:
    """Give the batches with free packs that outlast their line's course and were not recalled; hold them, always in the same order."""
    query = """
        SELECT b.id, b.product_id, b.expires_on, b.mrp_paise, b.on_hand - b.reserved AS free
          FROM unnest(%s::UUID[], %s::DATE[]) AS wanted (product_id, ends_on)
          JOIN inventory_batches AS b ON b.product_id = wanted.product_id
         WHERE b.store_id = %s AND b.expires_on > wanted.ends_on AND b.on_hand > b.reserved AND NOT b.recalled
         ORDER BY b.product_id, b.expires_on, b.id FOR UPDATE OF b"""
    return tx.rows(Batch, query, (*_courses(lines, on), store_id))


def reserve(tx: Tx, order_id: UUID, taken: Sequence[Taken], actor_uid: str, at: datetime) -> None:
    """Promise packs of held batches to an order whose lines are there; the table refuses more than a batch has."""
    held = [Held(part.line_no, part.batch.id, part.quantity) for part in taken]
    query = """
        UPDATE inventory_batches AS b SET reserved = b.reserved + t.quantity, updated_at = %s
          FROM unnest(%s::UUID[], %s::INT8[]) AS t (batch_id, quantity)
         WHERE b.id = t.batch_id"""
    ids, quantities = [part.batch_id for part in held], [part.quantity for part in held]
    tx.send(query, (at, ids, quantities))
    query = """
        INSERT INTO order_batches (order_id, line_no, batch_id, quantity, state)
        SELECT %s, line_no, batch_id, quantity, 'reserved'
          FROM unnest(%s::INT8[], %s::UUID[], %s::INT8[]) AS t (line_no, batch_id, quantity)"""
    tx.send(query, (order_id, [part.line_no for part in held], ids, quantities))
    _note(tx, held, Movement("reserve", f"order:{order_id}", None, actor_uid, at), on_hand=0, reserved=1)


def release(tx: Tx, order_id: UUID, actor_uid: str, at: datetime) -> int:
    """Give back what an order holds, recalled packs to the quarantine; gives their number, 0 when it holds none any more."""
    held = _end(tx, order_id, "released")
    _free(tx, held, Movement("release", f"order:{order_id}", None, actor_uid, at))
    return sum(part.quantity for part in held)


def list_sold(tx: Tx, order_id: UUID) -> list[SoldBatch]:
    """Give the batches that an order's lines took off the shelf, first expiring first."""
    query = """
        SELECT h.line_no, h.batch_id, b.batch_no, b.expires_on, b.recalled, h.quantity
          FROM order_batches AS h JOIN inventory_batches AS b ON b.id = h.batch_id
         WHERE h.order_id = %s AND h.state = 'consumed' ORDER BY h.line_no, b.expires_on, b.id"""
    return tx.rows(SoldBatch, query, (order_id,))


def take_back(tx: Tx, batch_id: UUID, packs: int, movement: Movement, *, for_sale: bool) -> None:
    """Note packs that came back; what is not for sale any more is set aside at once, and nobody is promised it."""
    held = [Held(0, batch_id, packs)]
    query = "UPDATE inventory_batches SET on_hand = on_hand + %s, updated_at = %s WHERE id = %s"
    tx.send(query, (packs, movement.at, batch_id))
    _note(tx, held, movement, on_hand=1, reserved=0)
    if not for_sale:
        set_aside(tx, held, movement._replace(kind="quarantine"))


def set_aside(tx: Tx, held: Sequence[Held], movement: Movement) -> None:
    """Take packs off the shelf into the quarantine. Raises Conflict when a batch has fewer that are not promised."""
    query = """
        UPDATE inventory_batches AS b
           SET on_hand = b.on_hand - t.quantity, quarantined = b.quarantined + t.quantity, updated_at = %s
          FROM unnest(%s::UUID[], %s::INT8[]) AS t (batch_id, quantity)
         WHERE b.id = t.batch_id AND b.on_hand - t.quantity >= b.reserved"""
    ids, quantities = [part.batch_id for part in held], [part.quantity for part in held]
    if held and tx.execute(query, (movement.at, ids, quantities)) != len(held):
        raise Conflict("The stock changed meanwhile; try again.", reason="OUT_OF_STOCK")
    _note(tx, held, movement, on_hand=-1, reserved=0, quarantined=1)


def dispose(tx: Tx, batch_id: UUID, packs: int, movement: Movement) -> bool:
    """Take packs out of the quarantine for good; False when there are fewer."""
    query = """
        UPDATE inventory_batches SET quarantined = quarantined - %s, updated_at = %s WHERE id = %s AND quarantined >= %s"""
    if tx.execute(query, (packs, movement.at, batch_id, packs)) == 0:
        return False
    _note(tx, [Held(0, batch_id, packs)], movement, on_hand=0, reserved=0, quarantined=-1)
    return True


def lock_held(tx: Tx, order_id: UUID) -> list[Held]:
    """Give what a held order has on the shelf, last expiring first: what may go back first."""
    query = """
        SELECT h.line_no, h.batch_id, h.quantity FROM order_batches AS h JOIN inventory_batches AS b ON b.id = h.batch_id
         WHERE h.order_id = %s AND h.state = 'reserved' ORDER BY h.line_no, b.expires_on DESC, b.id DESC FOR UPDATE OF h"""
    return tx.rows(Held, query, (order_id,))


def release_part(tx: Tx, order_id: UUID, freed: Sequence[Held], actor_uid: str, at: datetime) -> None:
    """Give back some of the packs that an order holds, recalled ones to the quarantine."""
    columns = [list(column) for column in zip(*freed, strict=True)]
    query = """
        UPDATE order_batches AS h
           SET state = CASE WHEN h.quantity = f.quantity THEN 'released' ELSE h.state END,
               quantity = CASE WHEN h.quantity = f.quantity THEN h.quantity ELSE h.quantity - f.quantity END
          FROM unnest(%s::INT8[], %s::UUID[], %s::INT8[]) AS f (line_no, batch_id, quantity)
         WHERE h.order_id = %s AND h.line_no = f.line_no AND h.batch_id = f.batch_id AND h.state = 'reserved'"""
    tx.send(query, (*columns, order_id))
    _free(tx, freed, Movement("release", f"order:{order_id}", None, actor_uid, at))


def consume(tx: Tx, order_id: UUID, actor_uid: str, at: datetime, on: date) -> int:
    """Take what an order holds off the shelf on a day; gives the number of packs, 0 when it holds none any more.

    Raises Conflict when a batch was recalled or has expired since it was promised.
    """
    query = """
        SELECT b.batch_no FROM order_batches AS o JOIN inventory_batches AS b ON b.id = o.batch_id
         WHERE o.order_id = %s AND o.state = 'reserved' AND (b.recalled OR b.expires_on <= %s) ORDER BY b.batch_no"""
    spoilt = tx.values(query, (order_id, on))
    if spoilt:
        text = "A batch of this order was recalled or has expired; cancel the order, so that it can be placed anew."
        raise Conflict(text, reason="BATCH_NOT_SALEABLE", batch_nos=spoilt)
    held = _end(tx, order_id, "consumed")
    _reduce(tx, held, at, on_hand=1)
    _note(tx, held, Movement("consume", f"order:{order_id}", None, actor_uid, at), on_hand=-1, reserved=-1)
    return sum(part.quantity for part in held)


def list_first_expiries(tx: Tx, order_id: UUID) -> dict[UUID, date]:
    """Give the day on which the first of the packs that an order holds expires, by product."""
    query = """
        SELECT b.product_id, min(b.expires_on) AS expires_on FROM order_batches AS h JOIN inventory_batches AS b ON b.id = h.batch_id
         WHERE h.order_id = %s AND h.state = 'reserved' GROUP BY b.product_id ORDER BY b.product_id"""
    return {row.product_id: row.expires_on for row in tx.rows(_Expiry, query, (order_id,))}


class _Expiry(NamedTuple):
    product_id: UUID
    expires_on: date


def sell(tx: Tx, taken: Sequence[Taken], sale_id: UUID, actor_uid: str, at: datetime) -> None:
    """Take packs off the shelf for a counter sale. Raises Conflict when a batch has fewer that are not promised."""
    held = [Held(part.line_no, part.batch.id, part.quantity) for part in taken]
    take_off(tx, held, Movement("sale", f"sale:{sale_id}", None, actor_uid, at))


def take_off(tx: Tx, held: Sequence[Held], movement: Movement) -> None:
    """Take packs off the shelf. Raises Conflict when a batch has fewer that are not promised."""
    query = """
        UPDATE inventory_batches AS b SET on_hand = b.on_hand - t.quantity, updated_at = %s
          FROM unnest(%s::UUID[], %s::INT8[]) AS t (batch_id, quantity)
         WHERE b.id = t.batch_id AND b.on_hand - t.quantity >= b.reserved"""
    ids, quantities = [part.batch_id for part in held], [part.quantity for part in held]
    if held and tx.execute(query, (movement.at, ids, quantities)) != len(held):
        raise Conflict("The stock changed meanwhile; try again.", reason="OUT_OF_STOCK")
    _note(tx, held, movement, on_hand=-1, reserved=0)


def insert_movement(tx: Tx, batch_id: UUID, change: int, movement: Movement) -> None:
    """Note one change of what is on hand."""
    _note(tx, [Held(0, batch_id, abs(change))], movement, on_hand=1 if change > 0 else -1, reserved=0)


def _courses(lines: Sequence[CartLine], on: date) -> tuple[list[UUID], list[date]]:
    return [line.product_id for line in lines], [on + timedelta(days=line.course_days) for line in lines]


def _end(tx: Tx, order_id: UUID, state: str) -> list[Held]:
    query = """
        UPDATE order_batches SET state = %s WHERE order_id = %s AND state = 'reserved'
        RETURNING line_no, batch_id, quantity"""
    return tx.rows(Held, query, (state, order_id))


def _free(tx: Tx, held: Sequence[Held], movement: Movement) -> None:
    """Promise packs to nobody any more; those of a recalled batch leave the shelf at once."""
    _reduce(tx, held, movement.at, on_hand=0)
    _note(tx, held, movement, on_hand=0, reserved=-1)
    query = "SELECT id FROM inventory_batches WHERE id = ANY(%s) AND recalled ORDER BY id"
    recalled = tx.values(query, ([part.batch_id for part in held],))
    parts = [part for part in held if part.batch_id in recalled]
    set_aside(tx, parts, movement._replace(kind="quarantine", reason="recalled"))


def _reduce(tx: Tx, held: Sequence[Held], at: datetime, *, on_hand: int) -> None:
    """Take packs out of what is reserved, and (`on_hand` 1) out of what is there as well."""
    query = """
        UPDATE inventory_batches AS b
           SET reserved = b.reserved - t.quantity, on_hand = b.on_hand - t.quantity * %s::INT8, updated_at = %s
          FROM unnest(%s::UUID[], %s::INT8[]) AS t (batch_id, quantity)
         WHERE b.id = t.batch_id"""
    if held:
        ids, quantities = [part.batch_id for part in held], [part.quantity for part in held]
        tx.send(query, (on_hand, at, ids, quantities))


def _note(
    tx: Tx, held: Sequence[Held], movement: Movement, *, on_hand: int, reserved: int, quarantined: int = 0
) -> None:
    query = """
        INSERT INTO stock_movements (id, batch_id, kind, on_hand_change, reserved_change, quarantined_change, reference, reason,
                                     actor_uid, created_at, transfer_id)
        SELECT id, batch_id, %s, quantity * %s::INT8, quantity * %s::INT8, quantity * %s::INT8, %s, %s, %s, %s, %s::UUID
          FROM unnest(%s::UUID[], %s::UUID[], %s::INT8[]) AS t (id, batch_id, quantity)"""
    if held:
        kind, reference, reason, actor_uid, at, transfer_id = movement
        ids = [uuid4() for _ in held]
        parts = ([part.batch_id for part in held], [part.quantity for part in held])
        params = (kind, on_hand, reserved, quarantined, reference, reason, actor_uid, at, transfer_id, ids, *parts)
        tx.send(query, params)
