"""What a store's people do to its stock."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from plazza import clock
from tests.integration.order.conftest import Shop
from tests.support.client import Client
from tests.support.database import Builders, Database

NEXT_YEAR = (clock.today() + timedelta(days=365)).isoformat()


def receipt(product: str, **over: Any) -> dict[str, Any]:
    """Make the body of ten packs that arrived."""
    return {
        "product_id": product, "batch_no": "AB-1", "expires_on": NEXT_YEAR, "mrp_paise": 10_000, "quantity": 10,
        "reference": "invoice 7",
    } | over  # fmt: skip


def test_stores_are_public_and_cacheable(shop: Shop) -> None:
    answer = shop.api.get("/stores", role=None)

    assert answer.status_code == 200
    assert "max-age=300" in answer.headers["Cache-Control"]
    mine = next(store for store in answer.json["items"] if store["id"] == shop.store)
    assert mine["drug_licence"] == "KA-B1-0001"


def test_a_batch_arrives_and_then_more_of_it(shop: Shop, make: Builders) -> None:
    product = make.product()

    first = shop.api.post("/inventory/batches", receipt(product), **shop.staff())
    more = shop.api.post("/inventory/batches", receipt(product, quantity=5), **shop.staff("pharmacist"))

    assert (first.status_code, first.json["on_hand"]) == (201, 10)
    assert (more.status_code, more.json["on_hand"], more.json["id"]) == (201, 15, first.json["id"])
    assert shop.stock(product) == (15, 0)
    query = "SELECT sum(on_hand_change)::INT8, count(*) FROM stock_movements WHERE batch_id = %s AND kind = 'receive'"
    assert shop.db.rows(query, UUID(first.json["id"])) == [(15, 2)]
    assert shop.quote(product).json["can_be_ordered"]


def test_one_receipt_sent_ten_times_is_one(shop: Shop, make: Builders) -> None:
    product, key = make.product(), str(uuid4())

    with ThreadPoolExecutor(10) as taps:
        answers = list(
            taps.map(
                lambda _: shop.api.post("/inventory/batches", receipt(product), key=key, **shop.staff()), range(10)
            )
        )

    assert {answer.status_code for answer in answers} == {201}
    assert shop.stock(product) == (10, 0)


def test_receipts_of_a_batch_at_once_add_up(shop: Shop, make: Builders) -> None:
    product = make.product()

    with ThreadPoolExecutor(8) as hands:
        statuses = list(
            hands.map(
                lambda _: shop.api.post("/inventory/batches", receipt(product), **shop.staff()).status_code, range(8)
            )
        )

    assert statuses == [201] * 8
    assert shop.stock(product) == (80, 0)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"expires_on": "2020-01-01"}, 409),
        ({"expires_on": "soon"}, 400),
        ({"quantity": 0}, 400),
        ({"quantity": 100_001}, 400),
        ({"mrp_paise": 0}, 400),
        ({"mrp_paise": 1.5}, 400),
        ({"batch_no": ""}, 400),
        ({"batch_no": "B\u0000"}, 400),
        ({"product_id": str(uuid4())}, 404),
        ({"store_id": str(uuid4())}, 404),
        ({"on_hand": 5}, 400),
    ],
)
def test_a_bad_receipt_changes_nothing(shop: Shop, make: Builders, change: dict[str, Any], status: int) -> None:
    product = make.product()

    assert shop.api.post("/inventory/batches", receipt(product, **change), **shop.staff()).status_code == status
    assert shop.stock(product) == (0, 0)


def test_one_batch_has_one_expiry_and_one_mrp(shop: Shop, make: Builders) -> None:
    product = make.product()
    shop.api.post("/inventory/batches", receipt(product), **shop.staff())

    other = shop.api.post("/inventory/batches", receipt(product, mrp_paise=9_999), **shop.staff())

    assert (other.status_code, other.json["details"]["mrp_paise"]) == (409, 10_000)
    assert shop.stock(product) == (10, 0)


def test_a_correction_never_touches_what_is_promised(shop: Shop, make: Builders) -> None:
    product = make.product()
    batch = make.batch(shop.store, product, 10)
    shop.place((product, 6))

    def adjust(change: int, reason: str) -> Any:
        return shop.api.post(
            "/inventory/adjustments", {"batch_id": batch, "change": change, "reason": reason}, **shop.staff()
        )

    too_much, enough, found = adjust(-5, "damaged"), adjust(-4, "damaged"), adjust(1, "found")

    assert (too_much.status_code, too_much.json["details"]["available"]) == (409, 4)
    assert (enough.status_code, enough.json["on_hand"]) == (201, 6)
    assert (found.status_code, found.json["on_hand"]) == (201, 7)
    query = "SELECT kind, on_hand_change FROM stock_movements WHERE batch_id = %s AND reason IS NOT NULL ORDER BY created_at"
    assert shop.db.rows(query, UUID(batch)) == [("write_off", -4), ("adjust", 1)]


def test_stock_is_its_stores(shop: Shop, api: Client, db: Database, make: Builders) -> None:
    product = make.product()
    batch = make.batch(shop.store, product, 10)
    other = Shop(api, db, make)
    body = {"batch_id": batch, "change": -1, "reason": "damaged"}

    assert api.post("/inventory/adjustments", body, **other.staff()).status_code == 404
    assert api.post("/inventory/adjustments", body, **shop.staff("cashier")).status_code == 403
    assert api.post("/inventory/adjustments", body, uid=shop.uid).status_code == 403
    assert api.post("/inventory/adjustments", body, role=None).status_code == 401
    assert api.post("/inventory/adjustments", body, role="admin").status_code == 400
    assert api.post("/inventory/adjustments", body | {"store_id": shop.store}, role="admin").status_code == 201
    assert api.get(f"/inventory/batches?store_id={shop.store}", **other.staff()).status_code == 404
    assert api.get("/inventory/batches", uid=shop.uid).status_code == 403
    assert shop.stock(product) == (9, 0)


def test_batches_are_listed_first_expiring_first(shop: Shop, make: Builders) -> None:
    product = make.product()
    late, early, middle = (make.batch(shop.store, product, 1, days) for days in (300, 10, 100))
    make.batch(shop.store, make.product(), 1)
    seen: list[str] = []
    cursor = ""

    while True:
        page = shop.api.get(f"/inventory/batches?product_id={product}&limit=2{cursor}", **shop.staff("cashier")).json
        seen += [batch["id"] for batch in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"

    assert seen == [early, middle, late]
    assert len(shop.api.get("/inventory/batches", **shop.staff()).json["items"]) == 4
