"""A recalled batch: sold by nobody, and everybody whom it reached is found and told once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from plazza import clock
from plazza.data import sql
from plazza.data.sql import read, run_transaction
from plazza.delivery import consumers as deliveries
from plazza.order.actions import handover
from plazza.order.rules.states import Actor
from plazza.order.store import recalls
from plazza.whatsapp import consumers
from tests.integration.order.conftest import Shop
from tests.support.client import Answer, Client
from tests.support.database import Builders, Database
from tests.support.people import new_uid


class Recalled:
    """A product whose batch `ab-1` lies in two stores."""

    def __init__(self, api: Client, db: Database, make: Builders) -> None:
        self.api, self.db, self.make = api, db, make
        self.shops = [Shop(api, db, make), Shop(api, db, make)]
        self.product = make.product()
        self.batches = [
            make.batch(shop.store, self.product, 20, 60, batch_no=number)
            for shop, number in zip(self.shops, ("ab-1", "AB-1"), strict=True)
        ]

    def recall(self, **over: Any) -> Answer:
        body = {"product_id": self.product, "batch_no": "Ab-1", "reason": "fails dissolution"} | over
        return self.api.post("/inventory/recalls", body, role="admin", uid="admin-1")

    def reach(self, recall: str, query: str = "") -> dict[str, Any]:
        return self.api.get(f"/inventory/recalls/{recall}{query}", role="support").json

    def ship(self, order: str, rider: str) -> None:
        """Let a rider take an order out of its store."""
        deliveries.create_delivery(order)
        self.db.execute("UPDATE orders SET status = 'processing' WHERE id = %s", UUID(order))
        query = "UPDATE deliveries SET rider_uid = %s, status = 'picked_up' WHERE order_id = %s"
        self.db.execute(query, rider, UUID(order))
        run_transaction(lambda tx: handover.ship(tx, UUID(order), Actor(rider, "rider", None)))


@pytest.fixture
def batch(api: Client, db: Database, make: Builders) -> Recalled:
    return Recalled(api, db, make)


def test_a_recall_finds_every_order_customer_rider_and_message(batch: Recalled) -> None:
    here, there = batch.shops
    rider = new_uid("rider")
    first, second, elsewhere, given_up = (
        shop.place((batch.product, packs)).json["id"] for shop, packs in ((here, 2), (here, 1), (there, 3), (there, 4))
    )
    batch.ship(first, rider)
    batch.ship(elsewhere, rider)
    there.api.post(f"/orders/{given_up}/cancel", {}, uid=there.uid)
    sale = {"client_sale_id": "s1", "payment_method": "cash", "items": [{"product_id": batch.product, "quantity": 5}]}
    sold = here.api.post("/pos/transactions", sale, **here.staff("cashier")).json["id"]

    recall = batch.recall()
    consumers.tell_batch_recalled(recall.json["id"])
    found = batch.reach(recall.json["id"])
    sales = batch.api.get(f"/inventory/recalls/{recall.json['id']}/sales", role="admin").json["items"]

    assert recall.status_code == 201
    assert {one["id"] for one in recall.json["batches"]} == set(batch.batches)
    counts = {name: found["recall"][name] for name in ("orders", "customers", "riders", "packs", "notices")}
    assert counts == {"orders": 3, "customers": 2, "riders": 1, "packs": 6, "notices": 2}
    assert (found["recall"]["counter_sales"], found["recall"]["counter_packs"]) == (1, 5)
    rows = {row["order_id"]: row for row in found["items"]}
    assert set(rows) == {first, second, elsewhere}
    assert (rows[first]["uid"], rows[first]["rider_uid"], rows[first]["on_shelf"]) == (here.uid, rider, False)
    assert (rows[second]["rider_uid"], rows[second]["on_shelf"]) == (None, True)
    assert {row["notice_status"] for row in rows.values()} == {"queued"}
    assert [(one["sale_id"], one["packs"]) for one in sales] == [(sold, 5)]


def test_a_recalled_batch_is_sold_and_handed_over_by_nobody(batch: Recalled) -> None:
    shop = batch.shops[0]
    waiting = shop.place((batch.product, 2)).json["id"]
    other = batch.make.batch(shop.store, batch.product, 1, 90)

    batch.recall()
    quote = shop.quote((batch.product, 2)).json
    sale = {"client_sale_id": "s1", "payment_method": "cash", "items": [{"product_id": batch.product, "quantity": 2}]}
    sold = shop.api.post("/pos/transactions", sale, **shop.staff("cashier"))
    placed = shop.place(batch.product)

    assert [(problem["code"], problem["available"]) for problem in quote["problems"]] == [("OUT_OF_STOCK", 1)]
    assert sold.json["details"]["available"] == {batch.product: 1}
    query = "SELECT batch_id::TEXT FROM order_batches WHERE order_id = %s"
    assert batch.db.value(query, UUID(placed.json["id"])) == other
    body = {"items": [{"product_id": batch.product, "quantity": 1}], "store_id": shop.store}
    assert shop.api.post("/products/validate", body, role=None).json["items"][0]["problems"] == ["OUT_OF_STOCK"]
    with pytest.raises(Exception, match="recalled or has expired"):
        batch.ship(waiting, "rider-1")
    assert shop.api.post(f"/orders/{waiting}/cancel", {}, uid=shop.uid).status_code == 409  # it was being packed
    assert shop.api.post(f"/orders/{waiting}/cancel", {}, **shop.staff()).status_code == 200


def test_a_recalled_batch_is_not_taken_in_and_leaves_with_its_reason(batch: Recalled) -> None:
    shop, late = batch.shops[0], Shop(batch.api, batch.db, batch.make)
    batch.recall()
    body = {
        "product_id": batch.product, "batch_no": "AB-1", "mrp_paise": 10_000, "quantity": 1, "reference": "x",
        "expires_on": (clock.today() + timedelta(days=60)).isoformat(),
    }  # fmt: skip
    disposal = {"batch_id": batch.batches[0], "quantity": 20, "way": "supplier_return", "note": "debit note 7"}

    refused = late.api.post("/inventory/batches", body, **late.staff())
    returned = shop.api.post("/inventory/disposals", disposal, **shop.staff())

    assert (refused.status_code, refused.json["details"]["reason"]) == (409, "RECALLED")
    assert (returned.status_code, returned.json["on_hand"], returned.json["recalled"]) == (201, 0, True)
    assert returned.json["quarantined"] == 0


def test_asking_twice_is_one_recall_and_one_notice_each(batch: Recalled) -> None:
    shop = batch.shops[0]
    for _ in range(3):
        shop.place(batch.product)

    with ThreadPoolExecutor(6) as people:
        answers = list(people.map(lambda at: batch.recall(reason=f"reason {at}"), range(6)))
    recall = answers[0].json["id"]
    with ThreadPoolExecutor(3) as runs:
        list(runs.map(lambda _: consumers.tell_batch_recalled(recall), range(3)))

    assert {(answer.status_code, answer.json["id"]) for answer in answers} == {(201, recall)}
    assert batch.db.value("SELECT count(*) FROM outbox WHERE event = 'batch.recalled' AND key = %s", recall) == 1
    assert batch.db.value("SELECT count(*) FROM notifications WHERE subject = %s", f"recall:{recall}") == 1
    query = "SELECT count(*) FROM outbox WHERE event = 'notification.queued' AND lane = %s"
    assert batch.db.value(query, f"recall:{recall}:{shop.uid}") == 1


def test_an_order_that_races_a_recall_is_either_found_or_takes_another_batch(batch: Recalled) -> None:
    shop = batch.shops[0]

    def act(at: int) -> Answer:
        return batch.recall() if at == 6 else shop.place(batch.product, key=str(uuid4()))

    with ThreadPoolExecutor(12) as crowd:
        answers = list(crowd.map(act, range(12)))
    recall = answers.pop(6).json["id"]

    placed = {answer.json["id"] for answer in answers if answer.status_code == 201}
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert {row["order_id"] for row in batch.reach(recall)["items"]} == placed


def test_a_recalls_reach_is_paged(batch: Recalled) -> None:
    shop = batch.shops[0]
    orders = {shop.place(batch.product).json["id"] for _ in range(3)}
    recall = batch.recall().json["id"]

    first = batch.reach(recall, "?limit=2")
    rest = batch.reach(recall, f"?limit=2&cursor={first['next_cursor']}")

    assert [len(page["items"]) for page in (first, rest)] == [2, 1]
    assert {row["order_id"] for page in (first, rest) for row in page["items"]} == orders
    assert rest["next_cursor"] is None


def test_only_administrators_recall(batch: Recalled) -> None:
    body = {"product_id": batch.product, "batch_no": "AB-1", "reason": "x"}
    recall = batch.recall(batch_no="nobody has it").json

    for role in ("customer", "cashier", "store_staff", "pharmacist", "rider", "support"):
        assert batch.api.post("/inventory/recalls", body, role=role, store=batch.shops[0].store).status_code == 403
    assert batch.api.get(f"/inventory/recalls/{recall['id']}", **batch.shops[0].staff()).status_code == 403
    assert batch.api.get(f"/inventory/recalls/{uuid4()}", role="admin").status_code == 404
    assert batch.recall(product_id=str(uuid4())).status_code == 404
    assert batch.recall(batch_no="").status_code == 400
    assert (recall["batches"], recall["orders"]) == ([], 0)


def test_a_recall_looks_everything_up(batch: Recalled, db: Database) -> None:
    """Every step has its index: with scans forbidden none is left, and nothing is refused for it."""
    batch.shops[0].place(batch.product)
    recall = read(lambda tx: recalls.get_recall(tx, UUID(batch.recall().json["id"])))
    seen: list[str] = []
    sql.statements.set(seen)
    read(lambda tx: recalls.list_orders(tx, recall, after=None, limit=10))
    read(lambda tx: recalls.list_sales(tx, recall, after=None, limit=10))
    read(lambda tx: recalls.count_reach(tx, recall))
    read(lambda tx: recalls.count_notices(tx, recall))
    read(lambda tx: recalls.list_customers(tx, recall))
    sql.statements.set(None)
    named = {
        "product": recall.product_id, "batch_no": recall.batch_no, "after": None, "limit": 10,
        "template": recalls.TEMPLATE, "subject": recalls.subject(recall.id),
    }  # fmt: skip
    placed = [recall.product_id, recall.batch_no, recalls.TEMPLATE, recalls.subject(recall.id)]

    for query in seen:
        params = named if "%(" in query else placed[: query.count("%s")]
        with psycopg.connect(db.url) as connection:
            connection.execute("SET enable_seqscan = off")
            plan = connection.execute(f"EXPLAIN {query}".encode(), params).fetchall()
        assert not [line for (line,) in plan if "Seq Scan" in line], plan
    assert len(seen) == 5
