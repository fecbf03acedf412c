"""Search and suggestions over the engine: filters, orders, pages, a store's shelf, what is shown of a match, and any input."""

from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import uuid4

import pytest

from ops import mappings
from tests.support.catalogue import new_brand, sell
from tests.support.client import Client
from tests.support.database import Builders


class Range(NamedTuple):
    """One brand in the index: two strengths, a syrup, one on prescription that has no price."""

    brand: str
    store: str
    small: str
    large: str
    syrup: str
    unpriced: str


@pytest.fixture(scope="module")
def sold(engine: str, make: Builders) -> Range:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ELASTICSEARCH_URL", engine)
        mappings.create(engine)
        api, brand, store = Client(), new_brand(), make.store()
        salt = {"salt": f"{brand}ine", "strength": "500", "unit": "mg"}
        said = {"manufacturer": f"{brand} Labs", "schedule": "none", "pack_label": "strip of 10 tablets"}
        small = sell(api, f"{brand} 500mg Tablet", salts=[salt], price_paise=9_000, **said)
        large = sell(api, f"{brand} 650mg Tablet", salts=[salt | {"strength": "650"}], price_paise=5_000, **said)
        syrup = sell(api, f"{brand} Syrup", price_paise=7_000, schedule="none", pack_label="bottle of 100 ml")
        unpriced = sell(
            api, f"{brand} Injection", mrp_paise=None, price_paise=None, schedule="H", prescription_required=True
        )
        make.batch(store, small, 5)
        return Range(brand, store, small, large, syrup, unpriced)


@pytest.fixture
def found(engine: str, monkeypatch: pytest.MonkeyPatch, api: Client) -> Any:
    monkeypatch.setenv("ELASTICSEARCH_URL", engine)

    def ask(q: str, **more: Any) -> dict[str, Any]:
        answer = api.post("/products/search", {"q": q} | more, role=None)
        assert answer.status_code == 200, answer.json
        assert not answer.json["degraded"]
        return answer.json

    return ask


def ids(answer: dict[str, Any]) -> list[str]:
    return [item["id"] for item in answer["items"]]


def test_a_named_strength_stands_first_and_another_carries_its_mark(sold: Range, found: Any) -> None:
    items = found(f"{sold.brand} 650")["items"]

    assert (items[0]["id"], items[0]["strength_differs"]) == (sold.large, False)
    assert {item["id"]: item["strength_differs"] for item in items}[sold.small]


def test_filters_narrow_what_is_found(sold: Range, found: Any) -> None:
    brand = sold.brand

    assert set(ids(found(brand, form="syrup"))) == {sold.syrup}
    assert set(ids(found(brand, manufacturer=f"{brand} Labs"))) == {sold.small, sold.large}
    assert set(ids(found(brand, salt=f"{brand}ine"))) == {sold.small, sold.large}
    assert set(ids(found(brand, schedule="H"))) == {sold.unpriced}
    assert set(ids(found(brand, prescription_required=True))) == {sold.unpriced}
    assert set(ids(found(brand, min_price_paise=5_001, max_price_paise=8_999))) == {sold.syrup}


def test_orders_by_price_and_by_the_unit_put_what_has_none_last(sold: Range, found: Any) -> None:
    assert ids(found(sold.brand, sort="price")) == [sold.large, sold.syrup, sold.small, sold.unpriced]
    assert ids(found(sold.brand, sort="unit_price")) == [sold.syrup, sold.large, sold.small, sold.unpriced]


def test_pages_show_everything_once(sold: Range, found: Any) -> None:
    whole, seen, cursor = ids(found(sold.brand)), [], None
    while True:
        page = found(sold.brand, limit=3, **({"cursor": cursor} if cursor else {}))
        seen += ids(page)
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert seen == whole
    assert set(whole) == {sold.small, sold.large, sold.syrup, sold.unpriced}


def test_a_store_says_what_it_has_and_filters_by_it(sold: Range, found: Any) -> None:
    everything = found(sold.brand, store_id=sold.store)
    there = found(sold.brand, store_id=sold.store, in_stock=True)
    absent = found(sold.brand, store_id=sold.store, in_stock=False)

    assert {item["id"] for item in everything["items"] if item["in_stock"]} == {sold.small}
    assert ids(there) == [sold.small]
    assert set(ids(absent)) == {sold.large, sold.syrup, sold.unpriced}
    assert all(item["in_stock"] is None for item in found(sold.brand)["items"])


def test_facets_count_what_was_found(sold: Range, found: Any) -> None:
    facets = found(sold.brand, facets=True, limit=1)["facets"]

    assert {one["value"]: one["count"] for one in facets["form"]} == {"tablet": 2, "syrup": 1, "injection": 1}
    assert {one["value"]: one["count"] for one in facets["schedule"]} == {"none": 3, "H": 1}
    assert found(sold.brand)["facets"] is None


def test_matched_parts_of_the_name_are_marked(sold: Range, found: Any) -> None:
    item = found(f"{sold.brand[:6].lower()} 500")["items"][0]

    assert [item["name"][start:end] for start, end in item["highlights"]] == [sold.brand[:6], "500"]


def test_a_misspelt_name_is_asked_about_and_its_number_kept(sold: Range, found: Any) -> None:
    brand = sold.brand.lower()
    misspelt = brand[:6] + brand[7:]

    assert found(f"{misspelt} 650")["did_you_mean"] == f"{brand} 650"
    assert found(f"{brand} 650")["did_you_mean"] is None


def test_look_alikes_of_other_salts_are_shown_as_a_choice(engine: str, found: Any, api: Client) -> None:
    """Two brands a letter apart, on different salts; a third strength of the first is no look-alike of it."""
    mappings.create(engine)
    brand = new_brand()
    other = f"{brand[:-1]}{'a' if brand[-1] != 'a' else 'o'}"
    said = {"schedule": "none", "pack_label": "strip of 10 tablets"}
    salts = [{"salt": f"{name}ine", "strength": "10", "unit": "mg"} for name in (brand, f"Non{brand[::-1]}")]
    first = sell(api, f"{brand} 10mg Tablet", salts=[salts[0]], **said)
    strong = sell(api, f"{brand} 20mg Tablet", salts=[salts[0] | {"strength": "20"}], **said)
    alike = sell(api, f"{other} 10mg Tablet", salts=[salts[1]], **said)

    choice = {item["id"]: item["confusable_with"] for item in found(brand)["items"]}

    assert choice[first] == choice[strong] == [{"product_id": alike, "name": f"{other} 10mg Tablet"}]
    assert [one["product_id"] for one in choice[alike]] == [first], "one of each brand, the best first"
    assert found(brand)["items"][0]["id"] in {first, strong}, "none is put in another's place"


def test_a_misspelling_of_two_medicines_is_asked_about_and_neither_put_first(
    engine: str, found: Any, api: Client
) -> None:
    mappings.create(engine)
    brand = new_brand("two medicines")  # always the same: of random ones, some sound as they are typed
    typed, names = brand[:5] + brand[6:], [brand, f"{brand[:5]}l{brand[6:]}"]
    for name, salt in zip(names, ("Onevanine", "Twovanine"), strict=True):
        sell(api, f"{name} 10mg Tablet", salts=[{"salt": salt, "strength": "10", "unit": "mg"}])

    answer = found(f"{typed} 10", facets=True)
    choices = {one["name"].lower(): one for one in answer["choices"]}
    explained = api.post("/products/search/explain", {"q": f"{typed} 10"}, role="support").json

    assert (answer["items"], answer["total"], answer["did_you_mean"], answer["next_cursor"]) == ([], 0, None, None)
    assert {name: one["salts"] for name, one in choices.items()} == {
        names[0].lower(): ["Onevanine"], names[1].lower(): ["Twovanine"],
    }  # fmt: skip
    assert found(choices[brand.lower()]["q"])["items"][0]["name"] == f"{brand} 10mg Tablet"
    assert len(explained["choices"]) == 2
    assert {one["matched"][0]["field"] for one in explained["reasons"]} <= {"sounds", "shapes"}


def test_why_an_answer_stands_where_it_stands_is_for_staff(sold: Range, found: Any, api: Client) -> None:
    answer = api.post("/products/search/explain", {"q": f"{sold.brand} 650"}, role="support")

    assert answer.status_code == 200, answer.json
    assert answer.json["numbers"] == ["650"]
    first = answer.json["reasons"][0]
    assert (first["place"], first["name"], first["strength_differs"]) == (1, f"{sold.brand} 650mg Tablet", False)
    assert first["matched"] == [{"term": sold.brand.lower(), "field": "whole", "words": [sold.brand.lower()]}]
    for role, status in (("customer", 403), ("rider", 403), (None, 401)):
        assert api.post("/products/search/explain", {"q": "x"}, role=role).status_code == status


def test_suggestions_go_on_from_what_was_typed(sold: Range, found: Any, api: Client) -> None:
    items = api.get(f"/products/suggest?q={sold.brand[:8]}", role=None).json["items"]

    assert {item["kind"] for item in items} == {"product", "salt", "maker"}
    assert {item["product_id"] for item in items if item["kind"] == "product"} >= {sold.small, sold.large}


STRANGE = [
    "🙂💊", "(a+)+$", "name:* AND price:[0 TO *]", '"', "\\", "a~2^9", "*", "?", "'; DROP TABLE products; --", "{{#toJson}}q{{/toJson}}",
    "%", "_", "--", "1e999", "-5", "९९९", "\uff41\uff42\uff43", "dolo " * 39, "<script>alert(1)</script>", "0", "\u202e650",
]  # fmt: skip


@pytest.mark.parametrize("q", STRANGE)
def test_whatever_is_typed_gets_an_answer(sold: Range, found: Any, api: Client, q: str) -> None:
    assert found(q, facets=True)["total"] <= 100
    assert api.get(f"/products/suggest?q={quote(q[:100])}", role=None).status_code == 200


@pytest.mark.parametrize(
    "bad",
    [
        {"q": ""}, {"q": "   "}, {"q": "x" * 10_000}, {"q": "a\x00b"}, {"q": "a\x1bb"}, {"q": None}, {"q": 5}, {"colour": "red"},
        {"min_price_paise": -1}, {"min_price_paise": 2, "max_price_paise": 1}, {"max_price_paise": 1.5}, {"min_price_paise": 10**19},
        {"schedule": "Z"}, {"sort": "random"}, {"limit": 0}, {"limit": 51}, {"limit": True}, {"cursor": "x"}, {"cursor": "W10"},
        {"cursor": "WzEwMDAwMDAsImFiYyJd"}, {"cursor": "A" * 501}, {"in_stock": True}, {"store_id": "x"}, {"facets": "many"},
    ],
)  # fmt: skip
def test_a_bad_search_is_refused_with_the_documented_error(api: Client, bad: dict[str, Any]) -> None:
    answer = api.post("/products/search", {"q": "dolo"} | bad, role=None)

    assert (answer.status_code, answer.json["code"]) == (400, "VALIDATION_ERROR")


def test_prices_that_are_no_numbers_are_refused(api: Client) -> None:
    for value in (b"NaN", b"Infinity", b"-Infinity", b'"9"'):
        answer = api.post("/products/search", None, role=None, raw=b'{"q": "dolo", "min_price_paise": ' + value + b"}")
        assert answer.status_code == 400


def test_a_cursor_of_another_search_is_refused(sold: Range, found: Any, api: Client) -> None:
    cursor = found(sold.brand, limit=1)["next_cursor"]

    answer = api.post("/products/search", {"q": sold.brand, "sort": "price", "cursor": cursor}, role=None)

    assert (answer.status_code, answer.json["details"]["field"]) == (400, "cursor")


def test_an_unknown_store_is_not_found(sold: Range, found: Any, api: Client) -> None:
    assert api.post("/products/search", {"q": sold.brand, "store_id": str(uuid4())}, role=None).status_code == 404
