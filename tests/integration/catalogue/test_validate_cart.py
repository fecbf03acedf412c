"""The cart check: what is sold, for how much, how many, and what must not go together unseen."""

from typing import Any
from uuid import uuid4

import pytest

from tests.support.client import Client
from tests.support.database import Builders, Database

COMPOSITION = [{"salt": "Paracetamol", "strength": "500", "unit": "mg", "per": ""}]


def check(api: Client, *items: tuple[str, int], **more: Any) -> dict[str, Any]:
    lines = [{"product_id": product, "quantity": quantity} for product, quantity in items]
    answer = api.post("/products/validate", {"items": lines} | more, role=None)
    assert answer.status_code == 200, answer.json
    return answer.json


def test_a_good_cart_says_prices_limits_and_whether_a_prescription_is_needed(api: Client, make: Builders) -> None:
    plain, prescribed = make.product(max_per_order=3), make.product(schedule="H", prescription_required=True)

    cart = check(api, (plain, 3), (prescribed, 1))

    assert (cart["valid"], cart["prescription_required"]) == (True, True)
    first = cart["items"][0]
    assert (first["price_paise"], first["mrp_paise"], first["max_per_order"], first["prescription_required"]) == (
        9_000,
        10_000,
        3,
        False,
    )


def test_each_line_says_what_stands_against_it(api: Client, make: Builders) -> None:
    few, gone, free = make.product(max_per_order=2), make.product(status="discontinued"), make.product()
    unpriced = make.product(mrp_paise=None, price_paise=None)

    cart = check(api, (few, 3), (gone, 1), (str(uuid4()), 1), (unpriced, 1), (free, 1))

    assert [item["problems"] for item in cart["items"]] == [
        ["TOO_MANY"],
        ["DISCONTINUED"],
        ["NOT_FOUND"],
        ["NOT_PRICED"],
        [],
    ]
    assert not cart["valid"]


def test_two_lines_of_one_product_count_together(api: Client, make: Builders) -> None:
    product = make.product(max_per_order=3)

    cart = check(api, (product, 2), (product, 2))

    assert [item["problems"] for item in cart["items"]] == [["TOO_MANY"], ["TOO_MANY"]]


def test_the_same_salt_under_two_brands_is_warned_of_and_not_forbidden(api: Client, make: Builders) -> None:
    caffeine = {"salt": "Caffeine", "strength": "30", "unit": "mg", "per": ""}
    one, both = make.product(salts=COMPOSITION), make.product(salts=[*COMPOSITION, caffeine])
    other_name = make.product(salts=[COMPOSITION[0] | {"salt": "Acetaminophen"}])

    cart = check(api, (one, 1), (both, 1), (other_name, 1))

    assert cart["duplicate_salts"] == [{"salt": "paracetamol", "product_ids": [one, both, other_name]}]
    assert cart["valid"]


def test_two_lines_of_one_product_are_no_duplicate_salt(api: Client, make: Builders) -> None:
    product = make.product(salts=COMPOSITION)

    assert check(api, (product, 1), (product, 1))["duplicate_salts"] == []


def test_a_store_answers_with_its_own_price_and_what_can_still_be_promised(
    api: Client, db: Database, make: Builders
) -> None:
    store, product, absent = make.store(), make.product(), make.product()
    make.batch(store, product, 5)
    make.batch(store, product, 50, expires_in_days=0)
    make.batch(make.store(), absent, 5)
    sku = db.value("SELECT sku FROM products WHERE id = %s", product)
    assert api.put(f"/admin/products/{sku}/stores/{store}", {"price_paise": 8_500}, role="admin").status_code == 200

    enough, more = check(api, (product, 5), store_id=store), check(api, (product, 6), (absent, 1), store_id=store)

    assert (enough["valid"], enough["items"][0]["price_paise"]) == (True, 8_500)
    assert [item["problems"] for item in more["items"]] == [["OUT_OF_STOCK"], ["OUT_OF_STOCK"]]


def test_what_is_promised_to_an_order_is_not_there(api: Client, make: Builders) -> None:
    store, product = make.store(), make.product()
    make.batch(store, product, 5, reserved=4)

    assert check(api, (product, 1), store_id=store)["valid"]
    assert check(api, (product, 2), store_id=store)["items"][0]["problems"] == ["OUT_OF_STOCK"]


def test_a_batch_printed_with_a_lower_mrp_than_the_price_cannot_be_sold(api: Client, make: Builders) -> None:
    store, product = make.store(), make.product(mrp_paise=10_000, price_paise=9_000)
    make.batch(store, product, 5, mrp_paise=8_000)

    assert check(api, (product, 1), store_id=store)["items"][0]["problems"] == ["OUT_OF_STOCK"]


def test_an_unknown_store_is_not_found(api: Client, make: Builders) -> None:
    body = {"items": [{"product_id": make.product(), "quantity": 1}], "store_id": str(uuid4())}

    assert api.post("/products/validate", body, role=None).status_code == 404


LINE = {"product_id": "5c1f1a2e-6f0a-4d0e-9b7e-0f6f3a9d2c41", "quantity": 1}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"items": []},
        {"items": [LINE] * 51},
        {"items": [LINE | {"quantity": 0}]},
        {"items": [LINE | {"quantity": -1}]},
        {"items": [LINE | {"quantity": 101}]},
        {"items": [LINE | {"quantity": 1.5}]},
        {"items": [LINE | {"quantity": "2"}]},
        {"items": [LINE | {"price_paise": 1}]},
        {"items": [LINE | {"product_id": "1 OR 1=1"}]},
        {"items": [LINE], "store_id": "x"},
        {"items": {"0": LINE}},
        [],
    ],
)
def test_a_bad_cart_is_refused(api: Client, body: Any) -> None:
    answer = api.post("/products/validate", body, role=None)

    assert (answer.status_code, answer.json["code"]) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize("raw", [b"", b"{", b'{"items": [{"quantity": NaN}]}', b"\xff\xfe", b"[" * 50_000])
def test_what_is_no_json_is_refused(api: Client, raw: bytes) -> None:
    answer = api.post("/products/validate", None, role=None, raw=raw)

    assert (answer.status_code, answer.json["code"]) == (400, "VALIDATION_ERROR")
