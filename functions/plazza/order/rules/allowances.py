"""What is given back of packs that stay with their customer: taken off each, with the tax inside of it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import floor

from plazza.money import share
from plazza.order.rules.shares import Unit

_AMOUNTS = Unit._fields[3:12]
"""From the taxable value of a pack to the taxes of its fee."""


def spread(units: Sequence[Unit], amount_paise: int) -> list[Unit]:
    """Share an amount out to packs and their delivery by what each still costs; gives of each pack the part that goes.

    The parts add up to the amount, and no part of a pack, of its tax or of its fee is more than there is of it; all of it gives all of
    the tax. The tax of a line, and that of the delivery, is rounded to the nearest paisa as one. `amount_paise` is at most what the packs
    and their fees come to.
    """
    parts = share(amount_paise, [unit.total_paise for unit in units] + [unit.fee_paise for unit in units])
    goods, fees = parts[: len(units)], parts[len(units) :]
    lines: dict[int, list[int]] = defaultdict(list)
    for at, unit in enumerate(units):
        lines[unit.line_no].append(at)
    taxes = dict[int, tuple[int, int, int]]()
    for places in lines.values():
        mine = [units[at] for at in places]
        held = [(unit.total_paise, unit.cgst_paise, unit.sgst_paise, unit.igst_paise) for unit in mine]
        taxes |= zip(places, _taxes([goods[at] for at in places], held), strict=True)
    held = [(unit.fee_paise, unit.fee_cgst_paise, unit.fee_sgst_paise, unit.fee_igst_paise) for unit in units]
    return [
        Unit(unit.line_no, unit.unit_no, 0, goods[at] - sum(taxes[at]), *taxes[at], goods[at], fees[at], *fee_taxes)
        for at, (unit, fee_taxes) in enumerate(zip(units, _taxes(fees, held), strict=True))
    ]


def less(units: Iterable[Unit], allowances: Iterable[Unit]) -> list[Unit]:
    """Give packs at what is left of each; what was allowed on it counts among its discount."""
    given: dict[tuple[int, int], list[Unit]] = defaultdict(list)
    for one in allowances:
        given[one.line_no, one.unit_no].append(one)
    return [_less(unit, given[unit.line_no, unit.unit_no]) for unit in units]


def _less(unit: Unit, given: Sequence[Unit]) -> Unit:
    for one in given:
        left = {name: getattr(unit, name) - getattr(one, name) for name in _AMOUNTS}
        unit = unit._replace(discount_paise=unit.discount_paise + one.total_paise, **left)
    return unit


def _taxes(parts: Sequence[int], held: Sequence[tuple[int, int, int, int]]) -> list[tuple[int, int, int]]:
    """Give CGST, SGST and IGST of parts of amounts that hold (amount, CGST, SGST, IGST)."""
    sums = [sum(taxes) for _, *taxes in held]
    taxes = _portions(parts, [amount for amount, *_ in held], sums)
    cgst = _portions(taxes, sums, [one[1] for one in held])
    igst = _portions(taxes, sums, [one[3] for one in held])
    return [(one, tax - one - other, other) for tax, one, other in zip(taxes, cgst, igst, strict=True)]


def _portions(parts: Sequence[int], wholes: Sequence[int], marked: Sequence[int]) -> list[int]:
    """Give how much of each part is marked, as it is of its whole: each rounded down or up, their sum to the nearest."""
    exact = [Fraction(part * mark, whole or 1) for part, whole, mark in zip(parts, wholes, marked, strict=True)]
    found = [floor(one) for one in exact]
    missing = floor(sum(exact) + Fraction(1, 2)) - sum(found)
    for at in sorted(range(len(exact)), key=lambda at: (found[at] - exact[at], at))[:missing]:
        found[at] += 1
    return found
