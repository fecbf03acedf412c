"""Reading, cancelling and moving orders; what payments and deliveries tell them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from plazza import clock
from plazza.data.sql import read, run_transaction
from plazza.errors import Conflict, NotFound
from plazza.order.actions import expiry, handover, money
from plazza.order.rules.states import SYSTEM, Actor
from plazza.order.store import orders
from tests.integration.order.conftest import Shop
from tests.support.client import Client
from tests.support.database import Builders, Database
from tests.support.people import new_uid

RIDER = Actor("rider-1", "rider", None)


def test_a_customer_cancels_and_the_stock_is_free(shop: Shop) -> None:
    strip = shop.product()
    order = shop.place((strip, 3)).json["id"]

    answer = shop.api.post(f"/orders/{order}/cancel", {"reason": "Ordered twice"}, uid=shop.uid)

    assert answer.status_code == 200
    assert (answer.json["status"], answer.json["cancelled_reason"], answer.json["version"]) == (
        "cancelled",
        "Ordered twice",
        3,
    )
    assert answer.json["events"][-1] | {"created_at": None} == {
        "position": 3, "kind": "cancelled", "from_status": "confirmed", "to_status": "cancelled", "actor_role": "customer",
        "note": "Ordered twice", "created_at": None,
    }  # fmt: skip
    assert shop.stock(strip) == (100, 0)
    assert "order.cancelled" in shop.outbox(order)
    assert shop.api.post(f"/orders/{order}/cancel", {}, uid=shop.uid).status_code == 409


def test_a_cancel_sent_again_with_its_key_has_its_answer(shop: Shop) -> None:
    order = shop.place(shop.product()).json["id"]
    key = str(uuid4())

    answers = [shop.api.post(f"/orders/{order}/cancel", {}, uid=shop.uid, key=key) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json == answers[1].json


def test_the_store_prepares_and_from_then_on_the_customer_cannot_cancel(shop: Shop) -> None:
    strip = shop.product()
    order = shop.place(strip).json["id"]

    moved = shop.api.post(f"/orders/{order}/status", {"status": "processing"}, **shop.staff())
    refused = shop.api.post(f"/orders/{order}/cancel", {}, uid=shop.uid)
    again = shop.api.post(f"/orders/{order}/status", {"status": "processing"}, **shop.staff())
    stopped = shop.api.post(f"/orders/{order}/status", {"status": "cancelled", "note": "Leaking"}, **shop.staff())

    assert (moved.status_code, moved.json["status"]) == (200, "processing")
    assert (refused.status_code, refused.json["details"]["reason"]) == (409, "NOT_ALLOWED_FOR_ROLE")
    assert again.status_code == 409
    assert (stopped.status_code, stopped.json["cancelled_reason"]) == (200, "Leaking")
    assert shop.stock(strip) == (100, 0)


@pytest.mark.parametrize("status", ["pending", "confirmed", "shipped", "delivered"])
def test_no_hand_sets_what_must_happen(shop: Shop, status: str) -> None:
    order = shop.place(shop.product()).json["id"]

    assert shop.api.post(f"/orders/{order}/status", {"status": status}, **shop.staff()).status_code == 409
    assert shop.api.post(f"/orders/{order}/status", {"status": status}, role="admin").status_code == 409


def test_an_order_is_its_owners_and_its_stores(shop: Shop, api: Client, db: Database, make: Builders) -> None:
    order = shop.place(shop.product()).json["id"]
    other = Shop(api, db, make)

    for path, body in (("", None), ("/cancel", {}), ("/status", {"status": "processing"}), ("/invoice", None)):
        call = api.get if body is None else lambda path, body=body, **who: api.post(path, body, **who)
        assert call(f"/orders/{order}{path}", **other.staff()).status_code == 404
        assert call(f"/orders/{order}{path}", role=None).status_code == 401
        if path != "/status":
            assert call(f"/orders/{order}{path}", uid=new_uid()).status_code == 404
    assert api.post(f"/orders/{order}/status", {"status": "processing"}, uid=shop.uid).status_code == 403
    assert api.get(f"/orders/{order}", role="rider").status_code == 403
    assert api.get(f"/orders/{order}", role="support").status_code == 200
    assert api.get(f"/orders/{order}", **shop.staff("cashier")).status_code == 200
    assert api.get(f"/orders/{uuid4()}", role="admin").status_code == 404
    assert api.get("/orders/x", role="admin").status_code == 404
    assert shop.api.get(f"/orders/{order}", uid=shop.uid).json["status"] == "confirmed"


def test_history_pages_and_filters(shop: Shop) -> None:
    strip = shop.product()
    placed = [shop.place(strip).json for _ in range(5)]
    shop.api.post(f"/orders/{placed[0]['id']}/cancel", {}, uid=shop.uid)
    numbers: list[str] = []
    cursor = ""

    while True:
        page = shop.api.get(f"/orders/history?limit=2{cursor}", uid=shop.uid).json
        numbers += [order["number"] for order in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"

    assert numbers == [order["number"] for order in reversed(placed)]
    only = shop.api.get("/orders/history?status=cancelled", uid=shop.uid).json["items"]
    assert [order["id"] for order in only] == [placed[0]["id"]]
    assert len(shop.api.get("/orders/history", **shop.staff()).json["items"]) == 5
    found = shop.api.get(f"/orders/history?number={numbers[0]}", role="support").json["items"]
    assert [order["number"] for order in found] == numbers[:1]
    assert shop.api.get("/orders/history", uid=new_uid()).json == {"items": [], "next_cursor": None}


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "status=gone", "cursor=%00", "cursor=WyJ4IiwieSJd", "number=1", "page=2", "limit=1&limit=2"]
)  # fmt: skip
def test_bad_history_queries(shop: Shop, query: str) -> None:
    assert shop.api.get(f"/orders/history?{query}", uid=shop.uid).status_code == 400


def test_the_board_lists_open_orders_oldest_first(shop: Shop) -> None:
    strip = shop.product()
    placed = [shop.place(strip).json["id"] for _ in range(3)]
    shop.place(strip, payment_method="razorpay")
    shop.api.post(f"/orders/{placed[1]}/cancel", {}, uid=shop.uid)

    board = shop.api.get("/orders/board", **shop.staff())
    office = shop.api.get(f"/orders/board?store_id={shop.store}", role="support")

    assert [order["id"] for order in board.json["items"]] == [placed[0], placed[2]]
    assert office.json == board.json
    assert shop.api.get("/orders/board", role="support").status_code == 400
    assert shop.api.get(f"/orders/board?store_id={uuid4()}", **shop.staff()).status_code == 404
    assert shop.api.get("/orders/board", uid=shop.uid).status_code == 403


def test_money_that_comes_confirms_once(shop: Shop) -> None:
    order = UUID(shop.place(shop.product(), payment_method="razorpay").json["id"])

    def settle(_: int) -> str:
        return run_transaction(lambda tx: money.settle(tx, order, by="webhook"))

    with ThreadPoolExecutor(8) as webhooks:
        outcomes = list(webhooks.map(settle, range(8)))

    view = shop.api.get(f"/orders/{order}", uid=shop.uid).json
    assert set(outcomes) == {"settled"}
    assert (view["status"], view["payment_status"], view["expires_at"]) == ("confirmed", "captured", None)
    assert [event["kind"] for event in view["events"]] == ["placed", "paid", "confirmed"]
    query = "SELECT count(*) FROM outbox WHERE key = %s AND consumer = 'whatsapp.tell_order_confirmed'"
    assert shop.db.value(query, str(order)) == 1


def test_money_for_a_cancelled_order_is_sent_back(shop: Shop) -> None:
    order = UUID(shop.place(shop.product(), payment_method="razorpay").json["id"])
    shop.api.post(f"/orders/{order}/cancel", {}, uid=shop.uid)

    assert run_transaction(lambda tx: money.settle(tx, order, by="webhook")) == "cancelled"
    assert shop.api.get(f"/orders/{order}", uid=shop.uid).json["payment_status"] == "pending"


def test_refunds_show_on_the_order(shop: Shop) -> None:
    order = UUID(shop.place(shop.product(), payment_method="razorpay").json["id"])
    run_transaction(lambda tx: money.settle(tx, order, by="webhook"))
    total = shop.api.get(f"/orders/{order}", uid=shop.uid).json["total_paise"]

    for refunded, status in ((1, "partially_refunded"), (1, "partially_refunded"), (total, "refunded")):
        run_transaction(
            lambda tx, refunded=refunded: money.record_refund(tx, order, refunded_paise=refunded, paid_paise=total)
        )
        assert shop.api.get(f"/orders/{order}", uid=shop.uid).json["payment_status"] == status
    assert run_transaction(lambda tx: money.settle(tx, order, by="webhook")) == "settled"


def test_a_payment_reads_its_order(shop: Shop) -> None:
    order = shop.place(shop.product(), payment_method="razorpay").json

    payable = read(lambda tx: orders.get_payable(tx, UUID(order["id"]), shop.uid))

    assert (payable.number, payable.total_paise, payable.status) == (order["number"], order["total_paise"], "pending")
    with pytest.raises(NotFound):
        read(lambda tx: orders.get_payable(tx, UUID(order["id"]), "somebody"))


def test_what_is_not_paid_in_time_is_cancelled(shop: Shop) -> None:
    strip = shop.product()
    late, waiting, paid = (shop.place(strip, payment_method="razorpay").json["id"] for _ in range(3))
    for order in (late, paid):
        past = clock.now() - timedelta(minutes=1)
        shop.db.execute("UPDATE orders SET expires_at = %s WHERE id = %s", past, UUID(order))
    run_transaction(lambda tx: money.settle(tx, UUID(paid), by="webhook"))

    with ThreadPoolExecutor(4) as sweeps:
        cancelled = sum(sweeps.map(lambda _: expiry.expire_pending(), range(4)))

    assert cancelled >= 1
    statuses = [shop.api.get(f"/orders/{order}", uid=shop.uid).json["status"] for order in (late, waiting, paid)]
    assert statuses == ["cancelled", "pending", "confirmed"]
    assert shop.stock(strip) == (100, 2)
    query = "SELECT count(*) FROM outbox WHERE key = %s AND consumer = 'order.release_coupon'"
    assert shop.db.value(query, late) == 1


def test_a_parcel_that_leaves_takes_its_packs_along(shop: Shop) -> None:
    strip = shop.product()
    order = shop.place((strip, 3)).json["id"]
    shop.api.post(f"/orders/{order}/status", {"status": "processing"}, **shop.staff())

    run_transaction(lambda tx: handover.ship(tx, UUID(order), RIDER))
    run_transaction(lambda tx: handover.set_delivery_status(tx, UUID(order), "picked_up"))
    run_transaction(lambda tx: handover.set_delivery_status(tx, UUID(order), "picked_up"))

    view = shop.api.get(f"/orders/{order}", uid=shop.uid).json
    assert (view["status"], view["delivery_status"]) == ("shipped", "picked_up")
    assert [event["kind"] for event in view["events"]][-2:] == ["shipped", "delivery"]
    assert shop.stock(strip) == (97, 0)
    moved = "SELECT sum(on_hand_change)::INT8, sum(reserved_change)::INT8 FROM stock_movements WHERE reference = %s"
    assert shop.db.rows(moved, f"order:{order}") == [(-3, 0)]
    run_transaction(lambda tx: handover.deliver(tx, UUID(order), RIDER))
    run_transaction(lambda tx: money.settle(tx, UUID(order), by="rider-1"))
    done = shop.api.get(f"/orders/{order}", uid=shop.uid).json
    assert (done["status"], done["payment_status"]) == ("delivered", "captured")
    assert shop.api.post(f"/orders/{order}/cancel", {}, role="admin").status_code == 409


def test_nothing_leaves_before_it_is_prepared(shop: Shop) -> None:
    strip = shop.product()
    order = UUID(shop.place(strip).json["id"])

    for actor in (RIDER, SYSTEM):
        with pytest.raises(Conflict):
            run_transaction(lambda tx, actor=actor: handover.ship(tx, order, actor))
        with pytest.raises(Conflict):
            run_transaction(lambda tx, actor=actor: handover.deliver(tx, order, actor))
    with pytest.raises(NotFound):
        run_transaction(lambda tx: handover.ship(tx, uuid4(), RIDER))
    assert shop.stock(strip) == (100, 1)
