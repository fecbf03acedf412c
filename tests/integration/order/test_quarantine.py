"""What may not be sold: set aside, sold to nobody, and counted until it has left."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from plazza.order.actions import repair
from tests.integration.order.conftest import Shop
from tests.integration.order.shelves import add_up, dispose, sell, set_aside, transfer
from tests.integration.order.test_returns import deliver, give_back, line
from tests.support.client import Client
from tests.support.database import Builders, Database


def shelf(shop: Shop, batch: str) -> tuple[int, int, int]:
    """Give a batch's packs on hand, reserved and in quarantine."""
    query = "SELECT on_hand, reserved, quarantined FROM inventory_batches WHERE id = %s"
    return shop.db.rows(query, UUID(batch))[0]  # pyright: ignore[reportReturnType] -- three columns


def moves(shop: Shop, batch: str) -> list[tuple[Any, ...]]:
    query = """
        SELECT kind, on_hand_change, quarantined_change, reason FROM stock_movements
         WHERE batch_id = %s AND quarantined_change <> 0 ORDER BY created_at"""
    return shop.db.rows(query, UUID(batch))


def listed(shop: Shop) -> dict[str, dict[str, Any]]:
    answer = shop.api.get("/inventory/quarantine", **shop.staff())
    assert answer.status_code == 200, answer.json
    return {item["id"]: item for item in answer.json["items"]}


def recall(shop: Shop, product: str, batch_no: str) -> Any:
    body = {"product_id": product, "batch_no": batch_no, "reason": "fails dissolution"}
    return shop.api.post("/inventory/recalls", body, role="admin").json


def test_what_is_set_aside_is_sold_to_nobody_and_leaves_with_its_note(shop: Shop, make: Builders) -> None:
    product = make.product()
    batch = make.batch(shop.store, product, 10)
    shop.place((product, 3))

    put = set_aside(shop, batch, 6, note="seal broken")
    sold_out, sold = sell(shop, product, 2), sell(shop, product, 1)
    back = dispose(shop, batch, 4, way="supplier_return", note="debit note 12")
    burnt = dispose(shop, batch, 2)

    assert (put.status_code, put.json["on_hand"], put.json["quarantined"]) == (201, 4, 6)
    assert (sold_out.json["details"]["reason"], sold.status_code) == ("OUT_OF_STOCK", 201)
    assert (back.json["quarantined"], burnt.json["quarantined"]) == (2, 0)
    assert shelf(shop, batch) == (3, 3, 0)
    assert moves(shop, batch) == [
        ("quarantine", -6, 6, "suspect: seal broken"),
        ("supplier_return", 0, -4, "debit note 12"),
        ("write_off", 0, -2, "burnt, certificate 4"),
    ]
    assert listed(shop) == {}
    add_up(shop)


def test_nobody_sets_aside_what_is_promised_or_disposes_of_what_is_not_there(shop: Shop, make: Builders) -> None:
    product = make.product()
    batch = make.batch(shop.store, product, 5)
    shop.place((product, 3))

    promised = set_aside(shop, batch, 3)
    set_aside(shop, batch, 2)
    gone = dispose(shop, batch, 3)

    assert (promised.status_code, promised.json["details"]["available"]) == (409, 2)
    assert (gone.status_code, gone.json["details"]["quarantined"]) == (409, 2)
    assert shelf(shop, batch) == (3, 3, 2)
    with pytest.raises(psycopg.errors.CheckViolation):
        shop.db.execute("UPDATE inventory_batches SET quarantined = -1 WHERE id = %s", UUID(batch))


def test_a_return_that_is_not_sold_again_is_set_aside(shop: Shop) -> None:
    strip = shop.product()
    order = deliver(shop, (strip, 3))["id"]

    give_back(shop, order, line(1, 1, resaleable=True))
    note = give_back(shop, order, line(1, 2, opened=True), reason="damaged").json["number"]

    [(batch, item)] = listed(shop).items()
    assert (item["product_id"], item["on_hand"], item["quarantined"]) == (strip, 98, 2)
    assert moves(shop, batch) == [("quarantine", -2, 2, f"damaged: {note}")]
    assert repair.report(UUID(shop.store)).differences == []


def test_a_recall_sets_aside_what_no_order_holds_in_every_store(api: Client, db: Database, make: Builders) -> None:
    here, there = Shop(api, db, make), Shop(api, db, make)
    product = make.product()
    near, far = (make.batch(shop.store, product, 9, 60, batch_no="AB-1") for shop in (here, there))
    order = here.place((product, 4)).json["id"]

    first, again = recall(here, product, "ab-1"), recall(here, product, "AB-1")

    assert first["id"] == again["id"]
    assert {one["id"]: one["quarantined"] for one in first["batches"]} == {near: 5, far: 9}
    assert (shelf(here, near), shelf(there, far)) == ((4, 4, 5), (0, 0, 9))
    assert moves(here, near) == [("quarantine", -5, 5, "fails dissolution")]
    assert listed(here)[near]["reserved"] == 4
    fewer = {"lines": [{"line_no": 1, "quantity": 3}], "reason": "proof"}
    assert api.post(f"/orders/{order}/lines", fewer, **here.staff()).status_code == 200
    assert shelf(here, near) == (3, 3, 6), "a pack that is dropped from an order does not stand on the shelf"
    api.post(f"/orders/{order}/cancel", {}, **here.staff())
    assert shelf(here, near) == (0, 0, 9), "nor do those of an order that is cancelled"
    assert [row[1:] for row in moves(here, near)[1:]] == [(-1, 1, "recalled"), (-3, 3, "recalled")]
    add_up(here, there)


def test_a_recall_that_races_orders_and_sales_loses_no_pack(shop: Shop, make: Builders) -> None:
    product = make.product()
    batch = make.batch(shop.store, product, 12, 60, batch_no="R-1")

    def act(at: int) -> Any:
        if at == 3:
            return recall(shop, product, "R-1")
        return shop.place(product, key=str(uuid4())) if at % 2 else sell(shop, product)

    with ThreadPoolExecutor(8) as people:
        list(people.map(act, range(8)))

    on_hand, reserved, quarantined = shelf(shop, batch)
    query = "SELECT coalesce(-sum(on_hand_change), 0)::INT8 FROM stock_movements WHERE batch_id = %s AND kind = 'sale'"
    assert on_hand == reserved
    assert on_hand + quarantined + shop.db.value(query, UUID(batch)) == 12
    add_up(shop)


def test_two_disposals_at_once_take_each_pack_once(shop: Shop, make: Builders) -> None:
    batch = make.batch(shop.store, make.product(), 5)
    set_aside(shop, batch, 5)

    with ThreadPoolExecutor(4) as people:
        statuses = sorted(answer.status_code for answer in people.map(lambda _: dispose(shop, batch, 2), range(4)))

    assert statuses == [201, 201, 409, 409]
    assert shelf(shop, batch) == (0, 0, 1)


def test_a_transfer_leaves_the_quarantine_where_it_is(api: Client, db: Database, make: Builders) -> None:
    here, there = Shop(api, db, make), Shop(api, db, make)
    batch = make.batch(here.store, make.product(), 10)
    set_aside(here, batch, 4)

    moved = transfer(here, there, batch, 6).json

    assert (moved["sent"]["quarantined"], moved["received"]["quarantined"]) == (4, 0)
    assert shelf(there, moved["received"]["id"]) == (6, 0, 0)


def test_the_quarantine_is_listed_in_pages(shop: Shop, make: Builders) -> None:
    batches = {make.batch(shop.store, make.product(), 5) for _ in range(3)}
    for batch in batches:
        set_aside(shop, batch, 1)

    first = shop.api.get("/inventory/quarantine?limit=2", **shop.staff()).json
    rest = shop.api.get(f"/inventory/quarantine?limit=2&cursor={first['next_cursor']}", **shop.staff()).json

    assert {item["id"] for item in first["items"] + rest["items"]} == batches
    assert (len(first["items"]), rest["next_cursor"]) == (2, None)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/inventory/quarantine", {"quantity": 1, "reason": "suspect"}),
        ("/inventory/disposals", {"quantity": 1, "way": "write_off", "note": "x"}),
    ],
)
def test_only_those_who_keep_the_stock_touch_the_quarantine(
    shop: Shop, make: Builders, path: str, body: dict[str, Any]
) -> None:
    batch = make.batch(shop.store, make.product(), 5)
    whole = body | {"batch_id": batch}
    stranger = shop.staff() | {"store": make.store()}

    assert [shop.api.post(path, whole, **shop.staff(role)).status_code for role in ("cashier", "rider")] == [403, 403]
    assert shop.api.post(path, whole, **stranger).status_code == 404
    for wrong in ({"quantity": 0}, {"quantity": 1.5}, {"reason": "old", "way": "sold"}, {"batch_id": "x"}):
        assert shop.api.post(path, whole | wrong, **shop.staff()).status_code == 400
    assert shelf(shop, batch) == (5, 0, 0)


def test_the_same_key_sets_aside_once(shop: Shop, make: Builders) -> None:
    batch, key = make.batch(shop.store, make.product(), 5), str(uuid4())
    body = {"batch_id": batch, "quantity": 2, "reason": "suspect"}

    answers = [shop.api.post("/inventory/quarantine", body, key=key, **shop.staff()) for _ in range(2)]

    assert answers[0].json == answers[1].json
    assert shelf(shop, batch) == (3, 0, 2)
