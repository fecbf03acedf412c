"""The parts of a product's name and pack label: form, release, pack, brand. What cannot be read stays empty."""

import re
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from plazza.catalogue.rules import strengths
from plazza.catalogue.rules.text import fold, is_number, words

_FORM_WORDS = {
    "tablet": "tablet tablets tab tabs tabl goli",
    "capsule": "capsule capsules cap caps softgel softgels",
    "syrup": "syrup syrups syp syr sirap",
    "suspension": "suspension susp",
    "solution": "solution soln sol",
    "injection": "injection injections inj",
    "cream": "cream crm",
    "ointment": "ointment oint",
    "gel": "gel gels",
    "lotion": "lotion lot",
    "drops": "drops drop",
    "inhaler": "inhaler inhalers rotacap rotacaps transcaps",
    "respules": "respules respule nebules",
    "spray": "spray",
    "powder": "powder pwd dusting",
    "sachet": "sachet sachets",
    "granules": "granules",
    "lozenge": "lozenge lozenges",
    "mouthwash": "mouthwash gargle",
    "shampoo": "shampoo",
    "soap": "soap",
    "suppository": "suppository suppositories",
    "patch": "patch patches",
    "infusion": "infusion infusions",
    "pessary": "pessary pessaries",
    "enema": "enema",
    "device": "device kit",
}
FORM_OF_WORD = {word: form for form, spelled in _FORM_WORDS.items() for word in spelled.split()}
_PLACES = {"eye": "eye drops", "ear": "ear drops", "nasal": "nasal drops", "ophthalmic": "eye drops", "oral": ""}
FORMS = frozenset(_FORM_WORDS) | {"eye drops", "ear drops", "nasal drops", "nasal spray"}
LIQUIDS = frozenset({"syrup", "suspension", "solution"})
"""Liquids for swallowing: people say "syrup" for all of them."""

_RELEASE_WORDS = {
    "SR": "sr", "XR": "xr", "ER": "er", "MR": "mr", "CR": "cr", "PR": "pr", "XL": "xl", "LA": "la", "TR": "tr", "OD": "od", "EC": "ec",
    "DT": "dt dispersible", "MD": "md odt", "DR": "dr",
}  # fmt: skip
RELEASE_OF_WORD = {word: release for release, spelled in _RELEASE_WORDS.items() for word in spelled.split()}

NOISE = frozenset(
    [
        "strip",
        "strips",
        "of",
        "pack",
        "packs",
        "box",
        "bottle",
        "tube",
        "vial",
        "sachet",
        "piece",
        "pieces",
        "unit",
        "units",
        "mg",
        "mcg",
        "ml",
        "gm",
        "g",
        "iu",
        "w",
        "v",
        "medicine",
        "dawai",
        "dawa",
        "ki",
        "ka",
        "ke",
        "liye",
        "for",
        "the",
        "and",
        "with",
        "chahiye",
        "buy",
        "online",
        "price",
    ]
)
"""Words that say nothing about which medicine is meant; `strip of 10 tablets` is no name."""


_MOST_IN_A_PACK = 100_000


class Pack(NamedTuple):
    """How many of what: 15 tablets, 60 ml."""

    quantity: int
    unit: str


class Named(NamedTuple):
    """What a name says of a product."""

    name: str
    brand: str
    form: str
    release: str

    @property
    def strengths(self) -> tuple[strengths.Strength, ...]:
        """Every strength in the name; read when asked for, because the salts mostly say it already."""
        return tuple(strengths.read_strengths(self.name))


_PACK_UNITS = {
    "ml": "ml", "gm": "g", "g": "g", "gms": "g", "piece": "piece", "pieces": "piece", "pc": "piece", "pcs": "piece", "strips": "strip",
    "puffs": "dose", "puff": "dose", "doses": "dose", "sprays": "dose", "mdi": "dose", "md": "dose", "pen": "pen", "respules": "respule",
    "respule": "respule", "sachets": "sachet", "sachet": "sachet", "gum": "gum", "gums": "gum",
}  # fmt: skip
# Between the number and what is counted: "10 soft gelatin capsules", "1 eye/ear drops", "5 ophthalmic solution".
_HOW = r"(?:(?:soft|hard|gelatin|film|coated|uncoated|chewable|sublingual|effervescent|dispersible|mouth|oral|nasal|eye|ear|ophthalmic|inhalation|vaginal|dry|prefilled)[\s/]+)*"
_PACK_NUMBER = re.compile(rf"(?<![\d.])(\d{{1,5}}(?:\.\d{{1,3}})?)(?![\d.])\s*{_HOW}([a-z]+)")
_COUNTED = re.compile(r"(?:(\d{1,3})\s*[x*]\s*)?(\d{1,4})\s*\*?\s*s?", re.ASCII)
"""The trade's short form: 10's, 15 s, 10*s, 1x10, 10*10. A number alone says nothing."""

_MULTIPLIED = re.compile(r"(\d{1,3})\s*(?:strips?|packs?|pens?|vials?|x)\s*(?:of|x)?\s*(?=\d)")


@lru_cache(maxsize=4096)
def read_pack(label: str) -> Pack | None:
    """Read "strip of 15 tablets", "bottle of 60 ml", "pack of 1 pen of 3 ml", "10 x 10 tablets"; None when it says no amount.

    A pack of part units (21.8 gm) has no whole quantity and gives None as well.
    """
    text = fold(label).strip()
    short = _COUNTED.fullmatch(text)
    if short is not None and not text.isdecimal():
        counted = int(short[1] or 1) * int(short[2])
        return Pack(counted, "piece") if 0 < counted <= _MOST_IN_A_PACK else None
    times = 1
    several = _MULTIPLIED.search(text)
    if several is not None:
        times, text = int(several.group(1)), text[several.end() :]
    for number, word in _PACK_NUMBER.findall(text):
        unit = _PACK_UNITS.get(word) or FORM_OF_WORD.get(word)
        quantity = Decimal(number) * times
        if unit and quantity == quantity.to_integral_value() and 0 < quantity <= _MOST_IN_A_PACK:
            return Pack(int(quantity), unit)
    return None


def read_form(given: list[str]) -> str:
    """Give the form that words name, the empty text for none: `eye drop` is a form of its own."""
    found = next((FORM_OF_WORD[word] for word in given if word in FORM_OF_WORD), "")
    place = next((word for word in given if word in _PLACES), "")
    if place == "nasal" and found == "spray":
        return "nasal spray"
    if place and found in {"drops", "solution"}:
        return _PLACES[place] or found
    return found


def read_release(given: list[str]) -> str:
    """Give the release that words name (SR, XR, DT …), the empty text for plain."""
    return next((RELEASE_OF_WORD[word] for word in given if word in RELEASE_OF_WORD), "")


def read_name(name: str) -> Named:
    """Read a product's name; the brand is what stands before the first number, form or release word."""
    parts = words(name)
    brand: list[str] = []
    for position, word in enumerate(parts):
        if is_number(word) or word in RELEASE_OF_WORD or (word in FORM_OF_WORD and position > 0):
            break
        brand.append(word)
    if len(brand) < len(parts) and parts[len(brand)] in FORM_OF_WORD:
        while len(brand) > 1 and brand[-1] in _PLACES:
            brand.pop()  # "Otrivin Nasal Spray": where it goes, not what it is called
    return Named(name, " ".join(brand), read_form(parts), read_release(parts))
