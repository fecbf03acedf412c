"""Products by hand: what staff may write, who may, what is refused, prices at stores, taxes by day, what could not be read."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from plazza import clock
from tests.integration.catalogue.conftest import Lists
from tests.support.client import Answer, Client
from tests.support.database import Builders, Database, new_pincode
from tests.support.people import new_uid


class Desk:
    """An administrator with one product of their own."""

    def __init__(self, api: Client, db: Database) -> None:
        self.api, self.db = api, db
        self.sku = f"D{uuid4().hex[:12]}"
        self.path = f"/api/v1/admin/products/{self.sku}"

    def put(self, role: str | None = "admin", **said: Any) -> Answer:
        body = {
            "name": "Deskol 10 mg Tablet",
            "mrp_paise": 10_000,
            "schedule": "none",
            "pack_label": "strip of 10 tablets",
        } | said
        return self.api.put(self.path, body, role=role, store=str(uuid4()))

    def stored(self) -> dict[str, Any]:
        rows = self.db.rows("SELECT row_to_json(p) FROM products AS p WHERE sku = %s", self.sku)
        return rows[0][0] if rows else {}


@pytest.fixture
def desk(api: Client, db: Database) -> Desk:
    return Desk(api, db)


def test_a_product_is_written_announced_and_left_alone_when_nothing_changes(desk: Desk) -> None:
    first, again, changed = desk.put().json, desk.put().json, desk.put(price_paise=9_000).json

    assert [answer["version"] for answer in (first, again, changed)] == [1, 1, 2]
    assert [answer["changed"] for answer in (first, again, changed)] == [True, False, True]
    assert changed["product"]["unit_price_paise"] == 900
    announced = "SELECT count(*) FROM outbox WHERE event = 'product.changed' AND key = %s"
    assert desk.db.value(announced, first["product"]["id"]) == 2


@pytest.mark.parametrize("role", [None, "customer", "cashier", "store_staff", "pharmacist", "rider", "support"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/admin/products/X1"),
        ("POST", "/admin/products/import"),
        ("PUT", "/admin/products/X1/taxes"),
        ("PUT", "/admin/products/X1/stores/7b1f6c0e-0000-4000-8000-000000000001"),
        ("DELETE", "/admin/products/X1/stores/7b1f6c0e-0000-4000-8000-000000000001"),
        ("POST", "/admin/vendor-products"),
        ("POST", "/admin/vendor-products/decide"),
    ],
)
def test_only_administrators_change_the_catalogue(api: Client, method: str, path: str, role: str | None) -> None:
    answer = api.call(method, f"/api/v1{path}", {"nonsense": 1}, role=role, store=str(uuid4()))

    assert answer.status_code == (401 if role is None else 403)


@pytest.mark.parametrize("role", ["customer", "cashier", "store_staff", "pharmacist", "rider"])
@pytest.mark.parametrize(
    "path", ["/admin/products/unread", "/admin/products/X1/prices", "/admin/vendor-products?vendor=v"]
)
def test_only_support_and_administrators_look_behind_it(api: Client, path: str, role: str) -> None:
    assert api.get(f"/api/v1{path}", role=role, store=str(uuid4())).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"price_paise": 10_001},
        {"mrp_paise": None, "price_paise": 5},
        {"mrp_paise": -1},
        {"mrp_paise": "100"},
        {"mrp_paise": 1e300},
        {"salts": [{"salt": "A", "strength": "-5", "unit": "mg"}]},
        {"salts": [{"salt": "A", "strength": "5", "unit": "bananas"}]},
        {"salts": [{"salt": "A", "colour": "red"}]},
        {"name": ""},
        {"name": "a\u0000b"},
        {"name": "\ud800"},
        {"name": "!!!"},
        {"hsn": "abc"},
        {"schedule": "Z"},
        {"colour": "red"},
        {"sku": "other"},
    ],
)
def test_what_no_product_may_be_changes_nothing(desk: Desk, wrong: dict[str, Any]) -> None:
    answer = desk.put(**wrong)

    assert (answer.status_code, answer.json["code"]) == (400, "VALIDATION_ERROR")
    assert desk.stored() == {}


@pytest.mark.parametrize("sku", ["%00", "a%20b", "-x", "%F0%9F%92%8A", "x" * 65, "a%2Fb"])
def test_a_number_that_no_product_can_have_is_not_found(api: Client, sku: str) -> None:
    body = {"name": "Oddol", "mrp_paise": 100}

    assert api.put(f"/api/v1/admin/products/{sku}", body, role="admin").status_code == 404
    assert api.get(f"/api/v1/admin/products/{sku}/prices", role="admin").status_code == 404


def test_a_batch_takes_the_good_rows_and_names_the_others(desk: Desk, api: Client) -> None:
    rows = [
        {"sku": desk.sku, "name": "Deskol", "mrp_paise": 100},
        {"sku": desk.sku, "name": "Deskol again", "mrp_paise": 100},
        {"sku": f"{desk.sku}-2", "name": "Dearol", "mrp_paise": 100, "price_paise": 101},
        {"sku": f"{desk.sku}-3", "name": "Redol", "mrp_paise": 100, "colour": "red"},
        {"name": "Nosku"},
        {"sku": {"a": 1}, "name": "Listol"},
        {},
    ]

    answer = api.post("/api/v1/admin/products/import", {"products": rows}, role="admin")

    assert (answer.status_code, answer.json["created"]) == (200, 1)
    assert [row["row"] for row in answer.json["refused"]] == [2, 3, 4, 5, 6, 7]
    assert (desk.stored()["name"], desk.stored()["schedule_known"], desk.stored()["prescription_required"]) == (
        "Deskol",
        False,
        True,
    )


@pytest.mark.parametrize(
    "body", [{}, {"products": []}, {"products": [1]}, {"products": [{}] * 501}, {"products": [{}], "x": 1}]
)
def test_a_batch_that_is_none_is_refused(api: Client, body: dict[str, Any]) -> None:
    assert api.post("/api/v1/admin/products/import", body, role="admin").status_code == 400


def test_a_stores_own_price_is_what_its_orders_cost(desk: Desk, api: Client, make: Builders) -> None:
    product = desk.put(price_paise=9_500).json["product"]["id"]
    pincode = new_pincode()
    shops = [make.store(pincode=pincode) for _ in range(2)]
    for shop in shops:
        make.batch(shop, product)
    area = make.area(shops[0], pincode=pincode)
    uid = new_uid()
    address = make.address(uid, pincode=pincode)
    cart = {"items": [{"product_id": product, "quantity": 2}], "address_id": address}

    set_to = api.put(f"{desk.path}/stores/{shops[0]}", {"price_paise": 8_000}, role="admin")
    here = api.post("/api/v1/orders/quote", cart, uid=uid).json
    order = api.post("/api/v1/orders", cart | {"payment_method": "cod"}, uid=uid, key=str(uuid4())).json
    gone = api.delete(f"{desk.path}/stores/{shops[0]}", role="admin")
    after = api.post("/api/v1/orders/quote", cart, uid=uid).json

    assert area
    assert (set_to.status_code, set_to.json["stores"][0]["price_paise"], gone.status_code) == (200, 8_000, 204)
    assert (here["items_paise"], order["items_paise"], after["items_paise"]) == (16_000, 16_000, 19_000)
    assert api.delete(f"{desk.path}/stores/{shops[0]}", role="admin").status_code == 404


def test_a_stores_price_never_exceeds_the_mrp(desk: Desk, api: Client, make: Builders, db: Database) -> None:
    product, shop = desk.put().json["product"]["id"], make.store()

    above = api.put(f"{desk.path}/stores/{shop}", {"price_paise": 10_001}, role="admin")
    nowhere = api.put(f"{desk.path}/stores/{uuid4()}", {"price_paise": 1}, role="admin")
    api.put(f"{desk.path}/stores/{shop}", {"price_paise": 9_000}, role="admin")
    with pytest.raises(psycopg.errors.CheckViolation):
        db.execute("UPDATE store_prices SET price_paise = 10001 WHERE product_id = %s", product)
    with pytest.raises(psycopg.errors.CheckViolation):
        db.execute("UPDATE products SET mrp_paise = 8999, price_paise = 1 WHERE id = %s", product)
    desk.put(mrp_paise=7_000)

    assert (above.status_code, nowhere.status_code) == (400, 404)
    assert db.rows("SELECT mrp_paise, price_paise FROM store_prices WHERE product_id = %s", product) == [(7_000, 7_000)]
    assert desk.put(mrp_paise=None).status_code == 200
    assert db.rows("SELECT mrp_paise, price_paise FROM store_prices WHERE product_id = %s", product) == []
    assert api.put(f"{desk.path}/stores/{shop}", {"price_paise": 1}, role="admin").status_code == 409


def test_an_import_with_a_lower_mrp_lowers_the_stores_prices(
    desk: Desk, api: Client, make: Builders, lists: Lists
) -> None:
    desk.put()
    api.put(f"{desk.path}/stores/{make.store()}", {"price_paise": 9_000}, role="admin")

    run = lists.take(lists.csv({"sku": desk.sku, "name": "Deskol 10 mg Tablet", "mrp_paise": 6_000}))

    prices = api.get(f"{desk.path}/prices", role="support").json
    assert (run.updated, prices["mrp_paise"], prices["stores"][0]["price_paise"]) == (1, 6_000, 6_000)


def test_a_tax_holds_from_its_day_on(desk: Desk, api: Client, make: Builders, db: Database) -> None:
    product = desk.put(gst_bp=1200, hsn="3004").json["product"]["id"]
    today, pincode, uid = clock.today(), str(uuid4().int % 900_000 + 100_000), new_uid()
    shop = make.store(pincode=pincode)
    make.area(shop, pincode=pincode)
    make.batch(shop, product)
    cart = {"items": [{"product_id": product, "quantity": 1}], "address_id": make.address(uid, pincode=pincode)}
    rate = {"gst_bp": 500, "hsn": "30049099"}

    def line() -> tuple[int, str]:
        item = api.post("/api/v1/orders/quote", cart, uid=uid).json["items"][0]
        return item["gst_bp"], item["hsn"]

    before = line()
    api.put(f"{desk.path}/taxes", rate | {"effective_from": str(today + timedelta(days=1))}, role="admin")
    announced = line()
    api.put(f"{desk.path}/taxes", rate | {"effective_from": str(today)}, role="admin")
    holds = line()
    past = api.put(f"{desk.path}/taxes", rate | {"effective_from": str(today - timedelta(days=1))}, role="admin")

    assert (before, announced, holds) == ((1200, "3004"), (1200, "3004"), (500, "30049099"))
    assert past.status_code == 400
    assert len(api.get(f"{desk.path}/prices", role="support").json["taxes"]) == 2
    assert desk.put(gst_bp=1200).json["details"]["reason"] == "DATED_TAX"
    assert desk.put(name="Deskol Forte").status_code == 200
    assert db.value("SELECT count(*) FROM product_taxes WHERE product_id = %s", product) == 2


def test_a_sale_of_an_offline_till_is_taxed_by_its_own_day(desk: Desk, api: Client, make: Builders) -> None:
    product, shop = desk.put(gst_bp=1200).json["product"]["id"], make.store()
    make.batch(shop, product)
    api.put(f"{desk.path}/taxes", {"gst_bp": 500, "hsn": "3004", "effective_from": str(clock.today())}, role="admin")
    sale = {"items": [{"product_id": product, "quantity": 1}], "payment_method": "cash"}

    def sell(days_ago: int) -> int:
        sold_at = (clock.now() - timedelta(days=days_ago)).isoformat()
        body = sale | {"client_sale_id": str(uuid4()), "sold_at": sold_at}
        answer = api.post("/api/v1/pos/transactions", body, role="cashier", store=shop, key=str(uuid4()))
        assert answer.status_code == 201, answer.json
        return answer.json["items"][0]["gst_bp"]

    assert (sell(0), sell(2)) == (500, 1200)


def test_what_could_not_be_read_is_listed_for_a_person(desk: Desk, api: Client) -> None:
    desk.put(name="Oddol", pack_label="some of it", mrp_paise=None)

    def listed(what: str) -> dict[str, Any] | None:
        cursor, after = "", "00000000-0000-0000-0000-000000000000"
        while True:
            page = api.get(f"/api/v1/admin/products/unread?what={what}&limit=100{cursor}", role="support").json
            for item in page["items"]:
                assert item["id"] > after
                after = item["id"]
                if item["sku"] == desk.sku:
                    return item
            if page["next_cursor"] is None:
                return None
            cursor = f"&cursor={page['next_cursor']}"

    found = listed("pack")
    assert found is not None
    assert found["missing"] == ["pack", "form", "composition", "price"]
    assert listed("schedule") is None
    desk.put(salts=[{"salt": "Deskol", "strength": "10", "unit": "mg"}])
    assert listed("pack") is None


@pytest.mark.parametrize(
    "query", ["what=everything", "limit=0", "limit=101", "cursor=%25%25", "cursor=eyJh", "colour=red"]
)
def test_a_wrong_question_is_refused(api: Client, query: str) -> None:
    assert api.get(f"/api/v1/admin/products/unread?{query}", role="admin").status_code == 400
