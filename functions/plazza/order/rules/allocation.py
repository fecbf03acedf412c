"""Which batches a line takes from, and on which day a sale counts."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID


class Batch(NamedTuple):
    """Free packs of one batch, which expires on a day."""

    id: UUID
    product_id: UUID
    expires_on: date
    mrp_paise: int
    free: int


class Taken(NamedTuple):
    """Packs of a batch that a line takes."""

    line_no: int
    batch: Batch
    quantity: int


def allocate(wanted: Sequence[tuple[UUID, int]], batches: Iterable[Batch]) -> tuple[list[Taken], dict[UUID, int]]:
    """Take packs for each (product, quantity), first expiring first; lines count from 1.

    Gives what was taken and, for products of which there are too few, how many there are.
    """
    shelves: dict[UUID, list[Batch]] = {}
    for batch in sorted(batches, key=lambda batch: (batch.expires_on, batch.id)):
        shelves.setdefault(batch.product_id, []).append(batch)
    taken: list[Taken] = []
    short: dict[UUID, int] = {}
    for line_no, (product_id, quantity) in enumerate(wanted, start=1):
        left = quantity
        for batch in shelves.get(product_id, []):
            packs = min(left, batch.free)
            if packs > 0:
                taken.append(Taken(line_no, batch, packs))
                left -= packs
        if left:
            short[product_id] = quantity - left
    return taken, short


class Held(NamedTuple):
    """Packs of a batch that an order holds."""

    line_no: int
    batch_id: UUID
    quantity: int


def give_back(held: Iterable[Held], packs: Mapping[int, int]) -> list[Held]:
    """Choose so many packs of each line out of what is held for it, in the order of `held`."""
    left, freed = dict(packs), list[Held]()
    for part in held:
        quantity = min(left.get(part.line_no, 0), part.quantity)
        if quantity > 0:
            freed.append(part._replace(quantity=quantity))
            left[part.line_no] -= quantity
    return freed


def booking_day(sold_on: date, closed_on: date | None) -> date:
    """Give the day that a sale counts to: its own, or the day after the last closed one. What was sold is never refused for it."""
    return sold_on if closed_on is None else max(sold_on, closed_on + timedelta(days=1))
