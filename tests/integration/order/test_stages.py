"""Stages of open orders and what is late; carts made of earlier orders; history by day."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from plazza import clock
from plazza.data.sql import run_transaction
from plazza.order.actions import handover
from plazza.order.rules.states import SYSTEM
from tests.integration.order.conftest import Shop
from tests.support.client import Answer
from tests.support.people import new_uid


def step(shop: Shop, order: str, name: str, role: str = "store_staff") -> Answer:
    return shop.api.post(f"/orders/{order}/steps", {"step": name}, **shop.staff(role))


def test_each_stage_has_its_clock(shop: Shop) -> None:
    waiting = shop.place(shop.product(), payment_method="razorpay").json
    order = shop.place(shop.product()).json
    stages = [order["stage"]]
    assert (waiting["stage"], waiting["stage_due_at"]) == (None, None)

    early = step(shop, order["id"], "picked")
    stages.append(
        shop.api.post(f"/orders/{order['id']}/status", {"status": "processing"}, **shop.staff()).json["stage"]
    )
    stages.append(step(shop, order["id"], "picked").json["stage"])
    unchecked = step(shop, order["id"], "checked")
    stages.append(step(shop, order["id"], "checked", "pharmacist").json["stage"])
    run_transaction(lambda tx: handover.ship(tx, UUID(order["id"]), SYSTEM))
    riding = shop.api.get(f"/orders/{order['id']}", uid=shop.uid).json
    run_transaction(lambda tx: handover.deliver(tx, UUID(order["id"]), SYSTEM))

    assert (early.status_code, unchecked.status_code) == (409, 409)
    assert stages == ["accept", "pick", "check", "hand_over"]
    assert (riding["stage"], riding["stage_due_at"], riding["is_late"]) == ("ride", riding["promised_at"], False)
    assert shop.api.get(f"/orders/{order['id']}", uid=shop.uid).json["stage"] is None
    assert {"picked", "checked"} <= {event["kind"] for event in riding["events"]}
    assert step(shop, order["id"], "picked", "cashier").status_code == 403


def test_the_board_shows_what_is_late(shop: Shop) -> None:
    strip = shop.product()
    accept, ride, fresh = (shop.place(strip).json["id"] for _ in range(3))
    shop.api.post(f"/orders/{ride}/status", {"status": "processing"}, **shop.staff())
    run_transaction(lambda tx: handover.ship(tx, UUID(ride), SYSTEM))
    shop.db.execute(
        "UPDATE orders SET stage_since = %s WHERE id = %s", clock.now() - timedelta(minutes=3), UUID(accept)
    )
    shop.db.execute(
        "UPDATE orders SET confirmed_at = %s WHERE id = %s", clock.now() - timedelta(minutes=31), UUID(ride)
    )

    board = shop.api.get("/orders/board", **shop.staff()).json["items"]
    late = shop.api.get("/orders/board?late=true", **shop.staff()).json["items"]

    assert {one["id"]: one["is_late"] for one in board} == {accept: True, ride: True, fresh: False}
    assert [one["id"] for one in late] == [accept, ride]


def test_an_earlier_order_becomes_a_cart_of_what_is_still_sold(shop: Shop) -> None:
    kept, gone, many = shop.product(), shop.product(name="Gonesol"), shop.product()
    order = shop.place((kept, 2), gone, (many, 5)).json["id"]
    shop.db.execute("UPDATE products SET status = 'discontinued' WHERE id = %s", UUID(gone))
    shop.db.execute("UPDATE products SET max_per_order = 3 WHERE id = %s", UUID(many))

    again = shop.api.post(f"/orders/{order}/reorder", None, uid=shop.uid)

    assert again.status_code == 200
    assert [(one["product_id"], one["quantity"]) for one in again.json["cart"]["items"]] == [(kept, 2), (many, 3)]
    assert [(one["product_id"], one["quantity"], one["reason"]) for one in again.json["left_out"]] == [
        (gone, 1, "PRODUCT_UNAVAILABLE"),
        (many, 2, "OVER_LIMIT"),
    ]
    assert shop.api.post("/orders/quote", again.json["cart"], uid=shop.uid).json["can_be_ordered"]
    assert shop.api.post(f"/orders/{order}/reorder", None, uid=new_uid()).status_code == 404
    shop.db.execute("UPDATE products SET status = 'discontinued' WHERE id = ANY(%s)", [UUID(kept), UUID(many)])
    assert shop.api.post(f"/orders/{order}/reorder", None, uid=shop.uid).status_code == 409


def test_history_by_day(shop: Shop) -> None:
    """Placed on 31 March at 23:59 in India, and on 1 April at midnight."""
    strip = shop.product()
    first, second = (shop.place(strip).json["id"] for _ in range(2))
    for order, at in ((first, "2026-03-31T18:29:00Z"), (second, "2026-03-31T18:30:00Z")):
        shop.db.execute("UPDATE orders SET created_at = %s WHERE id = %s", at, UUID(order))

    def found(query: str) -> list[str]:
        return [one["id"] for one in shop.api.get(f"/orders/history?{query}", uid=shop.uid).json["items"]]

    assert found("to=2026-03-31") == [first]
    assert found("from=2026-04-01") == [second]
    assert found("from=2026-03-31&to=2026-04-01&status=confirmed") == [second, first]
    assert found("from=2026-04-02") == []
    assert found("to=9999-12-31") == [second, first]


@pytest.mark.parametrize(
    "query", ["from=yesterday", "to=2026-02-30", "from_=2026-04-01", "from=2026-04-01&from=2026-04-02"]
)
def test_bad_days(shop: Shop, query: str) -> None:
    assert shop.api.get(f"/orders/history?{query}", uid=shop.uid).status_code == 400


def test_a_step_sent_again_is_one_step(shop: Shop) -> None:
    order, key = shop.place(shop.product()).json["id"], str(uuid4())
    shop.api.post(f"/orders/{order}/status", {"status": "processing"}, **shop.staff())

    answers = [shop.api.post(f"/orders/{order}/steps", {"step": "picked"}, key=key, **shop.staff()) for _ in range(2)]

    assert answers[0].json == answers[1].json
