"""The products of a proof: made up from a seed, or a list; some are asked for, some changed, some mended."""

import csv
import random
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from ops.importing import products
from ops.prove.searching import WELL, ask
from plazza import settings
from plazza.catalogue.store import products as store
from plazza.data.sql import read

_EACH = 40
_LONGEST = 200
_DRAWS, _DRAWN_AT_ONCE = 40, 10
_FORMS = ("Tablet", "Capsule", "Syrup", "Injection", "Cream")


class Parts(NamedTuple):
    """Products that nobody else touches: one part each for the searches, the changes, and the stages."""

    asked: list[store.FullProduct]
    changed: list[store.FullProduct]
    mended: list[store.FullProduct]


def write_list(file: Path, count: int, dice: random.Random) -> None:
    """Write a list of made-up products."""
    with file.open("w", newline="") as opened:
        rows = csv.writer(opened)
        rows.writerow(("sku", "name", "manufacturer", "pack_label", "mrp_paise", "schedule"))
        for number in range(count):
            brand = "".join(dice.choice("bdfgklmnprstvz") + dice.choice("aeiou") for _ in range(5)).title()
            name = f"{brand} {dice.choice((5, 10, 50, 250, 500))}mg {dice.choice(_FORMS)}"
            price = dice.randrange(1_000, 90_000)
            rows.writerow((f"PROOF-{number:07d}", name, f"{brand[:4]} Labs", "strip of 10 tablets", price, "none"))


def take(file: Path, folder: Path) -> int:
    """Import a list as `ops import products` does, and give how many products there are."""
    batch = settings.number("BATCH_SIZE")
    wanted = products.Settings(file, folder / "refused.csv", batch, products.processes())
    products.import_products(wanted, lambda done, rows: None)
    return read(store.count_products)


def asked_by(product: store.FullProduct) -> str:
    """Give what somebody types who wants a product: its name, as much of it as a search takes."""
    return product.name[:_LONGEST]


def share_out(dice: random.Random) -> Parts:
    """Draw products from anywhere in the catalogue; those to be asked for are found by their names as it is."""
    drawn: dict[UUID, store.FullProduct] = {}
    for _ in range(_DRAWS):
        start = UUID(int=dice.getrandbits(128))
        for product in read(lambda tx, start=start: store.list_after(tx, start, _DRAWN_AT_ONCE)):
            if product.status == "active":
                drawn[product.id] = product
    found = list(drawn.values())
    dice.shuffle(found)
    asked = [product for product in found if ask(asked_by(product), product.sku).verdict == WELL][:_EACH]
    others = [product for product in found if product not in asked]
    return Parts(asked, others[:_EACH], others[_EACH : 2 * _EACH])
