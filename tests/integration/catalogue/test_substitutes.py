"""Substitutes: the same medicine or none, compared by the unit, at a store, and never without the doctor where the doctor decides."""

import csv
from itertools import permutations
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from ops.seed import load
from ops.seed.products import products
from tests.support.client import Client
from tests.support.database import Builders, Database
from tests.support.servers import Servers

PAIRS = list(csv.DictReader(Path(__file__).with_name("substitute_pairs.csv").read_text().splitlines()))
IDS = {product.name: str(product.id) for product in products()}
NAMES = {ident: name for name, ident in IDS.items()}


class Shelf:
    """Medicines of one salt that nobody else sells."""

    def __init__(self, api: Client, make: Builders) -> None:
        self.api, self.make = api, make
        letters = uuid4().hex.translate(str.maketrans("0123456789", "ghijklmnop"))
        self.salt = f"Qu{letters[:12]}"

    def product(self, strength: str = "500", **said: Any) -> str:
        body = {
            "name": f"{self.salt} {strength}mg Tablet", "mrp_paise": 10_000, "schedule": "none", "pack_label": "strip of 10 tablets",
            "salts": [{"salt": self.salt, "strength": strength, "unit": "mg"}],
        } | said  # fmt: skip
        answer = self.api.put(f"/admin/products/S{uuid4().hex[:12]}", body, role="admin")
        assert answer.status_code == 200, answer.json
        return answer.json["product"]["id"]

    def ask(self, product: str, **query: Any) -> dict[str, Any]:
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        answer = self.api.get(f"/products/{product}/substitutes?{asked}", role=None)
        assert answer.status_code == 200, answer.json
        return answer.json

    def offered(self, product: str, **query: Any) -> list[str]:
        return [item["id"] for item in self.ask(product, **query)["items"]]


@pytest.fixture
def shelf(api: Client, make: Builders) -> Shelf:
    return Shelf(api, make)


@pytest.fixture(scope="module")
def offers(parts: Servers, pg: Database) -> set[tuple[str, str]]:
    """Every (product, substitute) of the sample catalogue, as the route offers them."""
    load.load(
        cockroach_url=parts.cockroach_url, postgres_url=parts.postgres_url, auth_host=None, project_id="demo-plazza"
    )
    # An area with an outline serves whatever lies in it: other tests' addresses do, and their shops are not the sample's.
    pg.execute("UPDATE serviceable_areas SET active = false WHERE polygon IS NOT NULL")
    found: set[tuple[str, str]] = set()
    for name, ident in IDS.items():
        # A client of its own each: the limit by address is not what is tested here.
        items = Client().get(f"/products/{ident}/substitutes", role=None).json["items"]
        found |= {(name, NAMES[item["id"]]) for item in items if item["id"] in NAMES}
    return found


def test_the_table_of_pairs_is_large_and_names_what_there_is() -> None:
    assert len({frozenset((pair["product"], pair["other"])) for pair in PAIRS}) == len(PAIRS) >= 200
    assert {pair[side] for pair in PAIRS for side in ("product", "other")} <= set(IDS)
    assert all(pair["why"] for pair in PAIRS)


def test_every_pair_is_offered_or_not_as_pharmacists_say_in_both_directions(offers: set[tuple[str, str]]) -> None:
    expected = {(pair["product"], pair["other"]): pair["offered"] == "yes" for pair in PAIRS}
    expected |= {(other, product): offered for (product, other), offered in expected.items()}

    assert {pair: pair in offers for pair in expected} == expected


def test_nothing_is_offered_in_the_sample_catalogue_beyond_the_pairs(offers: set[tuple[str, str]]) -> None:
    allowed = {
        order for pair in PAIRS if pair["offered"] == "yes" for order in permutations((pair["product"], pair["other"]))
    }

    assert offers == allowed


def test_the_order_of_a_combination_is_no_difference(shelf: Shelf) -> None:
    one = [
        {"salt": shelf.salt, "strength": "5", "unit": "mg"},
        {"salt": "Zz" + shelf.salt, "strength": "10", "unit": "mg"},
    ]
    first = shelf.product(name=f"{shelf.salt} AB Tablet", salts=one)
    second = shelf.product(name=f"{shelf.salt} BA Tablet", salts=one[::-1])
    crossed = [one[0] | {"strength": "10"}, one[1] | {"strength": "5"}]
    shelf.product(name=f"{shelf.salt} XX Tablet", salts=crossed)

    assert shelf.offered(first) == [second]


@pytest.mark.parametrize(
    "other",
    [
        {"form": "capsule"},
        {"release": "SR"},
        {"release": "DT"},
        {"salts_complete": False},
        {"status": "discontinued"},
        {"strength": "250"},
    ],
)
def test_what_differs_in_anything_is_not_offered(shelf: Shelf, other: dict[str, Any]) -> None:
    product = shelf.product()
    shelf.product(**other)

    assert shelf.offered(product) == []


def test_a_strength_is_compared_as_an_amount_not_as_text(shelf: Shelf) -> None:
    product = shelf.product("500")
    grams = shelf.product(
        salts=[{"salt": shelf.salt, "strength": "0.5", "unit": "g"}], name=f"{shelf.salt} 0.5g Tablet"
    )

    assert shelf.offered(product) == [grams]


def test_packs_are_scaled_and_savings_are_by_the_unit(shelf: Shelf) -> None:
    """₹100 for 10 against ₹90 for 15: for two strips of 10 it takes two of 15; a tablet is 40 % cheaper."""
    product = shelf.product()
    other = shelf.product(pack_label="strip of 15 tablets", mrp_paise=9_000)

    item = shelf.ask(product, quantity=2)["items"][0]

    assert (item["id"], item["packs"], item["cost_paise"]) == (other, 2, 18_000)
    assert (item["unit_price_paise"], item["saving_percent"]) == (600, 40)


def test_a_cheaper_unit_stands_before_a_cheaper_pack(shelf: Shelf) -> None:
    product = shelf.product()
    small = shelf.product(pack_label="strip of 2 tablets", mrp_paise=5_000)
    large = shelf.product(pack_label="strip of 100 tablets", mrp_paise=50_000)
    unpriced = shelf.product(mrp_paise=None)

    assert shelf.offered(product) == [large, small, unpriced]


def test_a_store_s_own_price_and_shelf_decide(shelf: Shelf, api: Client) -> None:
    product, gone, there = shelf.product(), shelf.product(mrp_paise=5_000), shelf.product(mrp_paise=8_000)
    store = shelf.make.store()
    shelf.make.batch(store, there, 3)
    shelf.make.batch(store, gone, 3, expires_in_days=-1)
    sku = api.get(f"/products/{there}", role=None).json["sku"]
    assert api.put(f"/admin/products/{sku}/stores/{store}", {"price_paise": 6_000}, role="admin").status_code == 200

    items = shelf.ask(product, store_id=store)["items"]
    four = shelf.ask(product, store_id=store, quantity=4)["items"]

    assert [(item["id"], item["in_stock"], item["price_paise"]) for item in items] == [
        (there, True, 6_000),
        (gone, False, 5_000),
    ]
    assert [item["in_stock"] for item in four] == [False, False]
    assert all(item["in_stock"] is None for item in shelf.ask(product)["items"])


@pytest.mark.parametrize("schedule", ["H", "H1", "X"])
def test_a_prescribed_medicine_s_substitute_needs_the_prescriber(shelf: Shelf, schedule: str) -> None:
    product, other = shelf.product(schedule=schedule), shelf.product(schedule=schedule)

    answer = shelf.ask(product)

    assert [item["id"] for item in answer["items"]] == [other]
    assert answer["needs_prescriber"]
    assert "doctor who prescribed" in answer["note"]


def test_one_that_nobody_prescribes_needs_nobody(shelf: Shelf) -> None:
    product = shelf.product()
    shelf.product()

    answer = shelf.ask(product)

    assert (answer["needs_prescriber"], answer["ask_doctor"], answer["note"]) == (False, False, None)


@pytest.mark.parametrize("salt", ["Warfarin", "Levothyroxine Sodium", "Insulin Glargine", "Lithium Carbonate"])
def test_a_narrow_medicine_is_asked_about_and_never_offered(shelf: Shelf, salt: str) -> None:
    composition = [{"salt": salt, "strength": "7.77", "unit": "mg"}]
    product = shelf.product(name=f"{shelf.salt} A Tablet", salts=composition, schedule="H")
    shelf.product(name=f"{shelf.salt} B Tablet", salts=composition, schedule="H")

    answer = shelf.ask(product)

    assert (answer["items"], answer["ask_doctor"]) == ([], True)
    assert answer["note"].startswith("Ask your doctor")


@pytest.mark.parametrize(
    "query", ["quantity=0", "quantity=101", "quantity=x", "store_id=1", "colour=red", "quantity=1&quantity=2"]
)
def test_a_bad_question_is_refused(shelf: Shelf, api: Client, query: str) -> None:
    answer = api.get(f"/products/{shelf.product()}/substitutes?{query}", role=None)

    assert (answer.status_code, answer.json["code"]) == (400, "VALIDATION_ERROR")


def test_an_unknown_product_or_store_is_not_found(shelf: Shelf, api: Client) -> None:
    assert api.get(f"/products/{uuid4()}/substitutes", role=None).status_code == 404
    assert api.get(f"/products/{shelf.product()}/substitutes?store_id={uuid4()}", role=None).status_code == 404
