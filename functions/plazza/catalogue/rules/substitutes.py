"""Which products may stand for another: the same composition, form and release, decided by structure and never by a name."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from plazza.catalogue.rules.prices import unit_price
from plazza.catalogue.rules.salts import salt_name

NARROW = frozenset(
    {
        "warfarin", "digoxin", "lithium carbonate", "phenytoin", "carbamazepine", "thyroxine", "methotrexate", "cyclosporine", "tacrolimus",
        "theophylline", "sodium valproate",
    }
)  # fmt: skip
"""Salts whose right dose is so narrow that another maker's tablet is the doctor's decision."""

PRESCRIBER_NOTE = "A substitute for this medicine needs the agreement of the doctor who prescribed it."
NARROW_NOTE = "Ask your doctor: with this medicine even a change of brand can matter, so we offer no substitute."


class Priced(Protocol):
    """What is compared of a product."""

    @property
    def sku(self) -> str:
        """Give the sku."""
        ...

    @property
    def price_paise(self) -> int | None:
        """Give the price of a pack, None when it is not known."""
        ...

    @property
    def pack_quantity(self) -> int | None:
        """Give how many units a pack holds."""
        ...

    @property
    def pack_unit(self) -> str:
        """Give what those units are."""
        ...


Candidate = TypeVar("Candidate", bound=Priced)


def note_for(schedule: str, salts: Sequence[str]) -> str | None:
    """Give what must be said with a product's substitutes, None when nothing must."""
    if is_narrow(salts):
        return NARROW_NOTE
    return PRESCRIBER_NOTE if schedule != "none" else None


def is_narrow(salts: Sequence[str]) -> bool:
    """Tell whether one of the salts has a narrow therapeutic index: nothing is offered then."""
    return any(salt_name(salt) in NARROW for salt in salts)


def cheapest_first(candidates: Sequence[Candidate], pack_unit: str) -> list[Candidate]:
    """Order by the price of the unit; a pack that counts in other units, or in none, cannot be compared and stands last."""

    def key(one: Candidate) -> tuple[bool, bool, object, str]:
        price = unit_price(one.price_paise, one.pack_quantity) if one.pack_unit == pack_unit else None
        pack_price = one.price_paise
        return pack_price is None, price is None, (pack_price or 0) if price is None else price, one.sku

    return sorted(candidates, key=key)
