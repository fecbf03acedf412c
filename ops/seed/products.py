"""The sample catalogue: `formulary.csv` (invented brands and makers around common salts) → one product per strength."""

import csv
import zlib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple
from uuid import UUID, uuid5

from plazza.catalogue.rules.names import read_pack
from plazza.catalogue.rules.salts import Salt, join, salt_key
from plazza.catalogue.rules.strengths import read_strengths

NAMESPACE = UUID("5c1f1a2e-6f0a-4d0e-9b7e-0f6f3a9d2c41")
_FORMULARY = Path(__file__).with_name("formulary.csv")
_MOST_AT_ONCE = {"none": 10, "H": 10, "H1": 5, "X": 1}


class SeedProduct(NamedTuple):
    """One product of the sample catalogue."""

    id: UUID
    sku: str
    name: str
    brand: str
    form: str
    release: str
    salts: list[Salt]
    strength: str
    salt_key: str
    manufacturer: str
    pack_label: str
    pack_quantity: int | None
    pack_unit: str
    mrp_paise: int
    price_paise: int
    gst_bp: int
    hsn: str
    schedule: str
    max_per_order: int


def products() -> Iterator[SeedProduct]:
    """Give the sample catalogue, always the same and in the same order."""
    with _FORMULARY.open(newline="") as file:
        for row in csv.DictReader(file):
            for strengths, mrp in zip(row["strengths"].split(";"), row["mrp_rupees"].split(";"), strict=True):
                yield _product(row, strengths, int(Decimal(mrp) * 100))


def seed_id(kind: str, *parts: str) -> UUID:
    """Give the id of a sample thing: the same at every seeding."""
    return uuid5(NAMESPACE, "\n".join([kind, *parts]))


def _product(row: dict[str, str], printed: str, mrp_paise: int) -> SeedProduct:
    brand, release, form, schedule = row["brand"], row["release"], row["form"], row["schedule"]
    strengths = read_strengths(printed)
    salts = join([name for name in row["salts"].split(" + ") if name], strengths)
    number = "/".join(part.strip() for part in printed.split(" + "))
    shown_form = "" if form == "device" else form.title()
    name = " ".join(part for part in (brand, release, number, shown_form) if part)
    ident = seed_id("product", name, row["maker"])
    chance = zlib.crc32(ident.bytes)
    pack = read_pack(row["pack"])
    return SeedProduct(
        id=ident,
        sku=f"PLZ{chance % 10_000_000:07d}",
        name=name,
        brand=brand,
        form=form,
        release=release,
        salts=salts,
        strength=printed,
        salt_key=salt_key(salts),
        manufacturer=row["maker"],
        pack_label=row["pack"],
        pack_quantity=pack.quantity if pack else None,
        pack_unit=pack.unit if pack else "",
        mrp_paise=mrp_paise,
        price_paise=_price(mrp_paise, chance),
        gst_bp=int(row["gst_bp"] or 500),
        hsn=row["hsn"] or ("30049099" if salts else "30059090"),
        schedule=schedule,
        max_per_order=_MOST_AT_ONCE[schedule],
    )


def _price(mrp_paise: int, chance: int) -> int:
    """Take 0, 5, 10 or 15 per cent off, down to whole ten paise."""
    return max(10, mrp_paise * (100 - 5 * (chance % 4)) // 1000 * 10)
