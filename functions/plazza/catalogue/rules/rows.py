"""A row of a file (CSV or JSON Lines) → a described product. Every cell is judged; what cannot be read is refused, never guessed."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from plazza.catalogue.models.products import PutProduct, SaltView, Sku
from plazza.catalogue.rules import salts
from plazza.errors import Invalid

COLUMNS = {
    "sku": "the product's own number, by which it is found again (required; `id` is taken as well)",
    "name": "as printed on the pack (required)",
    "brand": "brand; empty: what stands before the first number, form or release word of the name",
    "form": "tablet, capsule, syrup …; empty: read from the name",
    "release": "SR, XR, MR, CR, DT …; empty: read from the name",
    "strength": "as shown to people; empty: written from the salts or the name",
    "salts": '"Amoxycillin (500mg) + Clavulanic Acid (125mg)", a JSON list of such texts, or of {"salt","strength","unit","per"}',
    "salts_complete": "0 when salts may be missing from the list: such a product is never offered as a substitute",
    "manufacturer": "who makes it",
    "pack_label": '"strip of 15 tablets", "bottle of 60 ml"',
    "mrp_paise": "MRP in whole paise; empty: not known, the product cannot be ordered",
    "price_paise": "price in whole paise, at most the MRP; empty: the MRP",
    "gst_bp": "GST in hundredths of a per cent (500 is 5 %)",
    "hsn": "HSN code, 4 to 8 digits",
    "schedule": "none, H, H1 or X; empty: not known, the product needs a prescription",
    "prescription_required": "true or false",
    "image_url": "https://…",
    "max_per_order": "1 to 100",
    "status": "active or discontinued",
    "discontinued": "true or false, instead of status",
    "origin": "where the row comes from; not stored",
}
"""Every column a file may have, and what it holds. An empty cell says nothing: what is stored stays, and a new product gets the default."""

_SAME = {"id": "sku"}
_NOT_STORED = frozenset({"origin"})
_TRUE, _FALSE = frozenset({"true", "1", "yes"}), frozenset({"false", "0", "no"})
_SKU: TypeAdapter[str] = TypeAdapter(Sku)
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_NEGATIVE = re.compile(r"\(\s*-\s*[0-9]")
_MOST_SALTS = 20


class Row(NamedTuple):
    """A row that may go in: its sku, and what it says."""

    sku: str
    product: PutProduct


def check_columns(names: Sequence[str]) -> list[str]:
    """Give the columns under our names. Raises Invalid for one that is unknown, stands there twice, or is missing."""
    ours = [_SAME.get(name, name) for name in names]
    unknown = [name for name in ours if name not in COLUMNS]
    if unknown:
        raise Invalid(f"Unknown column {', '.join(map(repr, unknown))[:200]}.", columns=sorted(COLUMNS))
    twice = sorted({name for name in ours if ours.count(name) > 1})
    if twice:
        raise Invalid(f"Column {', '.join(twice)} stands there twice.")
    missing = [name for name in ("sku", "name") if name not in ours]
    if missing:
        raise Invalid(f"Column {', '.join(missing)} is missing.")
    return ours


def read_row(cells: Mapping[str, object]) -> Row:
    """Read a row by our column names; a cell may be text or what JSON holds. Raises Invalid with what is wrong."""
    given: dict[str, Any] = {}
    for name, cell in cells.items():
        value = cell.strip() if isinstance(cell, str) else cell
        if value is None or value == "" or name in _NOT_STORED:
            continue
        read = _READERS.get(name)
        given[name] = value if read is None else read(name, value)
    if "salts" in given:
        given["salts"], is_whole = given["salts"]
        given["salts_complete"] = is_whole and given.get("salts_complete", True)
    else:
        given.pop("salts_complete", None)  # nothing is said of no salts
    if given.pop("discontinued", False):
        given["status"] = "discontinued"
    try:
        return Row(_SKU.validate_python(given.pop("sku", "")), PutProduct.model_validate(given))
    except ValidationError as exc:
        first = exc.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or ("sku" if exc.title != PutProduct.__name__ else "")
        said = "holds bytes that are not UTF-8" if first["type"] == "string_unicode" else first["msg"]
        raise Invalid(f"{where}: {said}".removeprefix(": ")) from exc


def _text(name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise Invalid(f"{name}: must be text.")


def _whole(name: str, value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    raise Invalid(f"{name}: must be a whole number.")


def _truth(name: str, value: object) -> bool:
    word = str(value).lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise Invalid(f"{name}: must be true or false.")


def _salts(name: str, value: object) -> tuple[list[object], bool]:
    """Read a list of salts, and tell whether every one of them could be read."""
    return _salts_of_text(name, value) if isinstance(value, str) else _salts_of(name, value)


@lru_cache(maxsize=20_000)
def _salts_of_text(name: str, value: str) -> tuple[list[object], bool]:
    """Read a cell; a catalogue of any size has a few thousand compositions."""
    if not value.startswith("["):
        return _salts_of(name, [value])
    try:
        return _salts_of(name, json.loads(value))
    except (ValueError, RecursionError) as exc:
        raise Invalid(f"{name}: begins like a JSON list and is none.") from exc


def _salts_of(name: str, listed: object) -> tuple[list[object], bool]:
    if not isinstance(listed, list) or len(listed) > _MOST_SALTS:
        raise Invalid(f"{name}: must be a list of at most {_MOST_SALTS} salts.")
    found: list[object] = []
    is_whole = True
    for one in listed:
        if isinstance(one, dict):
            found.append(one)
        elif isinstance(one, str):
            read = _read_salts(one)
            is_whole = is_whole and bool(read)
            found += read
        else:
            raise Invalid(f"{name}: must hold texts or objects.")
    return found, is_whole


@lru_cache(maxsize=20_000)
def _read_salts(text: str) -> list[SaltView]:
    """Read one text; the same few thousand salts make up a whole catalogue."""
    if "-" in text and _NEGATIVE.search(text):
        raise Invalid("salts: a strength must not be negative.")
    return [SaltView.model_validate(one) for one in salts.to_json(salts.read_salts(text))]


_READERS: dict[str, Callable[[str, Any], Any]] = {
    **dict.fromkeys(("sku", "hsn"), _text),
    **dict.fromkeys(("mrp_paise", "price_paise", "gst_bp", "max_per_order"), _whole),
    **dict.fromkeys(("salts_complete", "prescription_required", "discontinued"), _truth),
    "salts": _salts,
}
