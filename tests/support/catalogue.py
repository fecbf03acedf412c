"""Products as the catalogue's staff write them: with everything that search looks at."""

import random
from typing import Any
from uuid import UUID

from plazza.catalogue.actions import index
from plazza.data import search
from tests.support.client import Client


def new_brand(seed: str | None = None, *, syllables: int = 8) -> str:
    """Make a brand so long that no other is like it or sounds alike; the same one each time for a `seed`."""
    dice = random.Random(seed)  # noqa: S311 -- no secret
    return "Zor" + "".join(dice.choice("bdfkptz") + dice.choice("aeou") for _ in range(syllables))


def sell(api: Client, name: str, **over: Any) -> str:
    """Write a product that needs no prescription (unless said), let search find it at once, and give its id."""
    body = {"name": name, "mrp_paise": 10_000, "price_paise": 9_000, "prescription_required": False} | over
    put = api.put(f"/admin/products/{name.replace(' ', '-')}", body, role="admin", uid="admin-1")
    assert put.status_code == 200, put.json
    index.write_product(UUID(put.json["product"]["id"]))
    search.call(lambda client: client.indices.refresh(index="products"))
    return put.json["product"]["id"]
