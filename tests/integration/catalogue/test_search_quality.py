"""Search over the sample catalogue, judged: the right medicine first however it is typed, never another strength of it."""

import json
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from ops.seed.products import SeedProduct, products
from plazza.catalogue.actions import index
from plazza.catalogue.rules.salts import salt_name, to_json
from tests.integration.catalogue.conftest import Lists
from tests.support.client import Client


class Asked(NamedTuple):
    """A query and what it means: a brand, or exactly some salts; with a strength or a form where it names one."""

    q: str
    brand: str = ""
    salts: str = ""
    strength: str = ""
    form: str = ""

    def is_answered_by(self, product: SeedProduct) -> bool:
        return self.is_named_by(product) and self.strength in {"", product.strength} and self.form in {"", product.form}

    def is_named_by(self, product: SeedProduct) -> bool:
        names = sorted(salt_name(salt.name) for salt in product.salts)
        return self.brand == product.brand if self.brand else self.salts in {"+".join(names), *names}


QUERIES = [
    Asked("Paravelon 650 tablet", "Paravelon", strength="650mg", form="tablet"), Asked("paravelon", "Paravelon"),
    Asked("paravelon 500", "Paravelon", strength="500mg"), Asked("parav", "Paravelon"), Asked("paravelun 650", "Paravelon", strength="650mg"),
    Asked("pravelon", "Paravelon"), Asked("paravelon-650mg", "Paravelon", strength="650mg"), Asked("paravelon650", "Paravelon", strength="650mg"),
    Asked("para velon 500", "Paravelon", strength="500mg"), Asked("paravelon suspension", "Paravelon", form="suspension"),
    Asked("paravelon syrup", "Paravelon", form="suspension"), Asked("paravelon drops", "Paravelon", form="drops"),
    Asked("acelomax", "Acelomax"), Asked("aselomax", "Acelomax"), Asked("acelomax 200", "Acelomax", strength="200mg"),
    Asked("lorafineks", "Lorafinex"), Asked("lorafinex 10 mg", "Lorafinex", strength="10mg"), Asked("doksofila", "Doxofila"),
    Asked("cefurelia 250", "Cefurelia", strength="250mg"), Asked("cefurella 500", "Cefurelia", strength="500mg"),
    Asked("itravena 100 capsule", "Itravena", strength="100mg"), Asked("itrvaena", "Itravena"), Asked("pantovira 40", "Pantovira", strength="40mg"),
    Asked("pantovra 20", "Pantovira", strength="20mg"), Asked("dicycolan strip of 10 tablets", "Dicycolan"), Asked("telmivane h", "Telmivane H"),
    Asked("telmivaneh", "Telmivane H"), Asked("telmivane-h", "Telmivane H"), Asked("spironil", "Spironyl"), Asked("metglucora 850", "Metglucora", strength="850mg"),
    Asked("metglukora 500", "Metglucora", strength="500mg"), Asked("vogliwin 0.3", "Vogliwin", strength="0.3mg"), Asked("escitavia 10", "Escitavia", strength="10mg"),
    Asked("esitavia 20", "Escitavia", strength="20mg"), Asked("gabavele 300", "Gabavelle", strength="300mg"), Asked("clobetaris cream", "Clobetaris"),
    Asked("tobravine eye drops", "Tobravine"), Asked("pcm", salts="paracetamol"), Asked("paracetamol 650", salts="paracetamol", strength="650mg"),
    Asked("parasitamol", salts="paracetamol"), Asked("metformin 500", salts="metformin", strength="500mg"), Asked("hcqs", salts="hydroxychloroquine"),
    Asked("ORS", salts="oral rehydration salts"), Asked("bukhar ki dawai", salts="paracetamol"), Asked("बुखार की दवा", salts="paracetamol"),
    Asked("ulti rokne ki dawa", salts="ondansetron"), Asked("kabz", salts="lactulose"), Asked("allergy ki goli", salts="cetirizine"),
    Asked("levocetirizine", salts="levocetirizine"), Asked("aceclofenac + paracetamol", salts="aceclofenac+paracetamol"),
]  # fmt: skip


@pytest.fixture(scope="module")
def seeded() -> dict[str, SeedProduct]:
    return {product.sku: product for product in products()}


@pytest.fixture
def catalogue(lists: Lists, seeded: dict[str, SeedProduct]) -> Iterator[dict[str, SeedProduct]]:
    """The sample catalogue in the database; it goes again, for other tests count what is there."""
    file = lists.folder / "sample.jsonl"
    rows = (
        {"sku": one.sku, "name": one.name, "brand": one.brand, "form": one.form, "release": one.release, "salts": to_json(one.salts),
         "manufacturer": one.manufacturer, "pack_label": one.pack_label, "mrp_paise": one.mrp_paise, "schedule": one.schedule,
         "prescription_required": one.schedule != "none"}
        for one in seeded.values()
    )  # fmt: skip
    file.write_text("\n".join(json.dumps(row) for row in rows) + "\n")
    assert lists.take(file, is_restart=True).refused == 0
    yield seeded
    # Those that another test's store has in stock stay: they were there before.
    unused = "DELETE FROM products WHERE sku = ANY(%s) AND NOT EXISTS (SELECT 1 FROM inventory_batches WHERE product_id = products.id)"
    lists.db.execute(unused, list(seeded))


def judge(api: Client, catalogue: dict[str, SeedProduct], *, is_degraded: bool) -> tuple[float, float]:
    """Ask everything; give success@1 and success@5, and fail when what stands first is another strength or form of the brand."""
    places: list[int | None] = []
    for asked in QUERIES:
        answer = api.post("/products/search", {"q": asked.q, "limit": 5}).json
        found = [catalogue[item["sku"]] for item in answer["items"] if item["sku"] in catalogue]
        assert answer["degraded"] is is_degraded
        places.append(next((at for at, product in enumerate(found, 1) if asked.is_answered_by(product)), None))
        if found:
            first = found[0]
            assert asked.is_answered_by(first) or not asked.is_named_by(first), (asked.q, first.name)
    return places.count(1) / len(places), sum(place is not None for place in places) / len(places)


def test_the_engine_finds_the_right_medicine(api: Client, engine: str, catalogue: dict[str, SeedProduct]) -> None:
    index.build()

    success1, success5 = judge(api, catalogue, is_degraded=False)

    assert success1 >= 0.9
    assert success5 >= 0.95


def test_the_database_finds_it_too_when_the_engine_is_away(
    api: Client, catalogue: dict[str, SeedProduct], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ELASTICSEARCH_URL", "http://127.0.0.1:9")

    success1, success5 = judge(api, catalogue, is_degraded=True)

    assert success1 >= 0.8
    assert success5 >= 0.85
