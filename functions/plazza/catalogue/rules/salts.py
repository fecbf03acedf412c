"""What a product is made of, as values that compare: `[{salt, strength, unit, per}]` and the key that equal medicines share."""

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from plazza.catalogue.rules.strengths import Strength, plain, read_strengths, strip_strengths
from plazza.catalogue.rules.text import normalize, words


class Salt(NamedTuple):
    """One active ingredient and how much of it is in one piece, millilitre or gram; no strength when nobody knows it."""

    name: str
    strength: Strength | None


# One salt, several spellings of the trade: the international name and the one that India prints.
_SPELLINGS = {
    "amoxicillin": "amoxycillin", "acetaminophen": "paracetamol", "albuterol": "salbutamol", "levothyroxine": "thyroxine",
    "thyroxine sodium": "thyroxine", "levothyroxine sodium": "thyroxine", "aciclovir": "acyclovir", "glyceryl trinitrate": "nitroglycerin",
    "acetylsalicylic acid": "aspirin", "cholecalciferol": "vitamin d 3", "vitamin c": "ascorbic acid", "frusemide": "furosemide",
    "adrenaline": "epinephrine", "potassium clavulanate": "clavulanic acid", "clavulanate": "clavulanic acid",
    "mecobalamin": "methylcobalamin", "valproate sodium": "sodium valproate",
}  # fmt: skip
_HYDRATES = {
    "hydrochloride",
    "hcl",
    "sodium",
    "potassium",
    "maleate",
    "besylate",
    "besilate",
    "dihydrate",
    "trihydrate",
    "monohydrate",
    "ip",
}


@lru_cache(maxsize=20_000)
def salt_name(text: str) -> str:
    """Give a salt's name as it is compared: one spelling, without the acid or base it is bound to."""
    name = normalize(text)
    if name in _SPELLINGS:
        return _SPELLINGS[name]
    parts = name.split()
    while len(parts) > 1 and parts[-1] in _HYDRATES:
        parts.pop()
    name = " ".join(parts)
    return _SPELLINGS.get(name, name)


def read_salts(text: str) -> list[Salt]:
    """Read "Amoxycillin (500mg) + Clavulanic Acid (125mg)"."""
    return [salt for part in re.split(r"\s\+\s|;|\n", text) if (salt := _salt(part)) is not None]


def join(names: Sequence[str], strengths: Sequence[Strength]) -> list[Salt]:
    """Pair salts with strengths in their order. Raises ValueError when there are some, but not as many."""
    if strengths and len(strengths) != len(names):
        raise ValueError("There must be one strength for each salt, or none at all.")
    return [Salt(name, strengths[index] if strengths else None) for index, name in enumerate(names)]


def salt_key(salts: Sequence[Salt]) -> str:
    """Give the key that equal compositions share, in whatever order they are printed; empty when a strength is not known."""
    if not salts or any(salt.strength is None for salt in salts):
        return ""
    return "+".join(sorted(f"{salt_name(salt.name)}:{salt.strength.key}" for salt in salts if salt.strength))


def to_json(salts: Sequence[Salt]) -> list[dict[str, str]]:
    """Give the form in which salts are stored."""
    return [
        {"salt": salt.name}
        | (
            {"strength": plain(salt.strength.value), "unit": salt.strength.unit, "per": salt.strength.per}
            if salt.strength
            else {}
        )
        for salt in salts
    ]


def from_json(stored: Sequence[dict[str, str]]) -> list[Salt]:
    """Read the stored form."""
    return [
        Salt(
            one["salt"],
            Strength(Decimal(one["strength"]), one["unit"], one.get("per", "")) if one.get("strength") else None,
        )
        for one in stored
    ]


def _salt(part: str) -> Salt | None:
    found = read_strengths(part)
    name = " ".join(re.sub(r"[()\[\],]", " ", re.sub(r"\(.*", "", part)).split()) or part.strip()
    if found and not words(name):
        return None
    if found and read_strengths(name):
        name = " ".join(words(strip_strengths(part)))
    return Salt(name, found[0] if found else None) if words(name) else None
