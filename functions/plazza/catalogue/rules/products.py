"""A product as staff or another system describes it → the row that is stored; what the name says fills what was not said."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from plazza.catalogue.models.products import SKU_PATTERN, PutProduct
from plazza.catalogue.rules import keys, names, salts
from plazza.catalogue.rules.strengths import label, read_strengths
from plazza.catalogue.rules.text import normalize
from plazza.errors import Invalid, NotFound


class Content(NamedTuple):
    """Every column of a product that its describer decides."""

    sku: str
    name: str
    normalized_name: str
    brand: str
    form: str
    release: str
    strength: str
    salts: list[dict[str, str]]
    salt_key: str
    brand_key: str
    brand_sound: str
    salt_names: str
    manufacturer: str
    pack_label: str
    pack_quantity: int | None
    pack_unit: str
    salts_complete: bool
    mrp_paise: int | None
    price_paise: int | None
    gst_bp: int
    hsn: str
    schedule: str
    schedule_known: bool
    prescription_required: bool
    image_url: str | None
    max_per_order: int
    status: str
    airtable_record_id: str | None


_COUNTED = frozenset({"tablet", "capsule", "sachet", "lozenge", "suppository", "pessary", "patch", "respules"})

_SAID = (
    "name", "brand", "form", "release", "strength", "salts", "salts_complete", "manufacturer", "pack_label", "mrp_paise", "price_paise",
    "gst_bp", "hsn", "schedule", "prescription_required", "image_url", "max_per_order", "status",
)  # fmt: skip


class _Made(NamedTuple):
    """A composition in every form in which it is stored."""

    salts: list[dict[str, str]]
    key: str
    names: str
    strength: str


def check_sku(sku: str) -> None:
    """Raise NotFound for a number that no product can have."""
    if not re.fullmatch(SKU_PATTERN, sku):
        raise NotFound("No product has such a number.")


def make_content(sku: str, described: PutProduct, airtable_record_id: str | None = None) -> Content:
    """Give the row of a described product. Raises Invalid for what no product may be."""
    named = names.read_name(described.name)
    made = _made_of(tuple((one.salt, one.strength, one.unit, one.per) for one in described.salts))
    normalized = normalize(described.name)
    if not normalized:
        raise Invalid("The name must hold a letter or a digit.", field="name")
    brand = described.brand or named.brand
    form = described.form or named.form
    pack = names.read_pack(described.pack_label)
    if pack is not None and pack.unit == "piece" and form in _COUNTED:
        pack = pack._replace(unit=form)  # the trade's "10's" says how many, the product says of what
    is_known = "schedule" in described.model_fields_set
    needs = described.prescription_required or described.schedule != "none"
    if described.prescription_required is None and not is_known:
        needs = True
    return Content(
        sku=sku,
        name=described.name,
        normalized_name=normalized,
        brand=brand,
        form=form,
        release=described.release or named.release,
        strength=described.strength or made.strength or label(named.strengths),
        salts=made.salts,
        salt_key=made.key if described.salts_complete else "",
        brand_key=keys.brand_key(brand, described.name),
        brand_sound=keys.brand_sound(brand, described.name),
        salt_names=made.names,
        manufacturer=described.manufacturer,
        pack_label=described.pack_label,
        pack_quantity=pack.quantity if pack else None,
        pack_unit=pack.unit if pack else "",
        salts_complete=described.salts_complete,
        mrp_paise=described.mrp_paise,
        price_paise=described.mrp_paise if described.price_paise is None else described.price_paise,
        gst_bp=described.gst_bp,
        hsn=described.hsn,
        schedule=described.schedule,
        schedule_known=is_known,
        prescription_required=needs,
        image_url=described.image_url,
        max_per_order=described.max_per_order,
        status=described.status,
        airtable_record_id=airtable_record_id,
    )


def describe(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Give what was said of a stored product, by its columns; what only followed from that is left out, so that it can follow anew."""
    named = names.read_name(stored["name"])
    shown = label([one.strength for one in salts.from_json(stored["salts"]) if one.strength]) or label(named.strengths)
    is_scheduled = not stored["schedule_known"] or stored["schedule"] != "none"
    followed: dict[str, Any] = {
        "brand": named.brand,
        "form": named.form,
        "release": named.release,
        "strength": shown,
        "price_paise": stored["mrp_paise"],
        "prescription_required": is_scheduled,
        "schedule": "none" if not stored["schedule_known"] else None,
    }
    return {
        name: stored[name]
        for name in _SAID
        if stored[name] not in (None, "", []) and stored[name] != followed.get(name)
    }


@lru_cache(maxsize=20_000)
def _made_of(described: tuple[tuple[str, str | None, str, str], ...]) -> _Made:
    """Read a composition; a catalogue of any size has a few thousand."""
    composition = [_salt(*one) for one in described]
    return _Made(
        salts.to_json(composition),
        salts.salt_key(composition),
        " ".join(salts.salt_name(one.name) for one in composition),
        label([one.strength for one in composition if one.strength]),
    )


def _salt(name: str, amount: str | None, unit: str, per: str) -> salts.Salt:
    if amount is None:
        return salts.Salt(name, None)
    read = read_strengths(f"{amount}{unit}{'/' + per if per else ''}")
    if len(read) != 1:
        raise Invalid(f"The strength of {name} cannot be read.", field="salts")
    return salts.Salt(name, read[0])
