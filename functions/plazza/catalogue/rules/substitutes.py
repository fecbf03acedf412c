"""Which products may stand for another: the same salts, strengths, form and release, decided by structure and never by a name."""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from plazza.catalogue.rules.salts import Salt, salt_key, salt_name
from plazza.catalogue.rules.text import normalize, words

NARROW = frozenset(
    {
        "warfarin", "acenocoumarol", "nicoumalone", "digoxin", "lithium carbonate", "lithium", "phenytoin", "fosphenytoin", "carbamazepine",
        "oxcarbazepine", "phenobarbitone", "phenobarbital", "primidone", "ethosuximide", "lamotrigine", "sodium valproate", "valproic acid",
        "valproate", "divalproex", "thyroxine", "liothyronine", "methotrexate", "cyclosporine", "ciclosporin", "cyclosporin", "tacrolimus",
        "sirolimus", "everolimus", "mycophenolate mofetil", "mycophenolate", "mycophenolic acid", "theophylline", "aminophylline",
        "amiodarone", "flecainide", "quinidine", "procainamide", "clozapine",
    }
)  # fmt: skip
"""Salts whose right dose is so narrow that another maker's product is the doctor's decision (FDA product guidances, MHRA categories 1 and 2)."""
_BIOLOGIC = re.compile(r"^insulin\b")
"""Insulins are grown, not synthesized, and measured with their own pens: a brand is changed under a doctor's eye."""

PRESCRIBER_NOTE = "A substitute for this medicine needs the agreement of the doctor who prescribed it."
NARROW_NOTE = "Ask your doctor: with this medicine even a change of brand can matter, so we offer no substitute."

_BASE_MATTERS = frozenset({"diclofenac"})
"""The base changes how fast it acts: diclofenac potassium is for now, diclofenac sodium for the day."""
_VAGUE_UNITS = frozenset({"", "piece", "strip"})
_CONTAINERS = frozenset(
    {"vial", "pen", "pens", "cartridge", "cartridges", "ampoule", "ampoules", "rotacaps", "rotacap", "respules"}
)


class Medicine(NamedTuple):
    """What decides whether two products are the same medicine."""

    salts: Sequence[Salt]
    form: str
    release: str
    pack_unit: str
    pack_label: str


def can_replace(medicine: Medicine, other: Medicine) -> bool:
    """Tell whether `other` is the same medicine: equal salts and strengths in any order, form, release and way of taking it.

    What is not known of either is never taken for equal. A narrow therapeutic index is asked about by itself.
    """
    key = salt_key(medicine.salts)
    return (
        bool(key and medicine.form)
        and key == salt_key(other.salts)
        and _bases(medicine) == _bases(other)
        and medicine.form == other.form
        and medicine.release.casefold() == other.release.casefold()
        and _is_taken_alike(medicine, other)
    )


def is_narrow(salts: Sequence[str]) -> bool:
    """Tell whether one of the salts has a narrow therapeutic index: nothing is offered then."""
    return any((name := salt_name(salt)) in NARROW or _BIOLOGIC.search(name) is not None for salt in salts)


def note_for(*, narrow: bool, prescriber: bool) -> str | None:
    """Give what must be said with a product's substitutes, None when nothing must."""
    if narrow:
        return NARROW_NOTE
    return PRESCRIBER_NOTE if prescriber else None


def packs_for(quantity: int, pack_quantity: int | None, other_pack_quantity: int | None) -> int | None:
    """Give how many packs of another hold the units of `quantity` packs, rounded up; None when a pack's size is not known."""
    if not pack_quantity or not other_pack_quantity:
        return None
    return -(-quantity * pack_quantity // other_pack_quantity)


def order_key(
    *, in_stock: bool | None, price_paise: int | None, unit_price: Fraction | None, sku: str
) -> tuple[bool, bool, bool, Fraction, str]:
    """Give the place among substitutes: what the store has, then the cheapest unit; no unit price stands behind, no price last."""
    cost = unit_price if unit_price is not None else Fraction(price_paise or 0)
    return in_stock is False, price_paise is None, unit_price is None, cost, sku


def _bases(medicine: Medicine) -> list[str]:
    return sorted(normalize(salt.name) for salt in medicine.salts if salt_name(salt.name) in _BASE_MATTERS)


def _is_taken_alike(medicine: Medicine, other: Medicine) -> bool:
    """Tell a metered inhaler from rotacaps, and a vial from a pen; a pack that says neither is no difference."""
    units = {medicine.pack_unit, other.pack_unit} - _VAGUE_UNITS
    mine, others = (_CONTAINERS.intersection(words(one.pack_label)) for one in (medicine, other))
    return len(units) < 2 and (not mine or not others or mine == others)
