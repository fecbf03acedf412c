"""Movements that nobody changes, and books that always add up."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plazza import clock
from tests.integration.order.conftest import Shop
from tests.integration.order.shelves import add_up, count, dispose, report, sell, set_aside, transfer, write_off
from tests.support.client import Client
from tests.support.database import Builders, Database


@pytest.fixture
def other(api: Client, db: Database, make: Builders) -> Shop:
    return Shop(api, db, make)


def test_nobody_changes_a_movement(shop: Shop, make: Builders) -> None:
    batch = make.batch(shop.store, make.product(), 5)

    for statement in ("UPDATE stock_movements SET on_hand_change = 9", "DELETE FROM stock_movements"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            shop.db.execute(f"{statement} WHERE batch_id = %s", UUID(batch))


def test_a_movement_is_of_a_known_kind_and_a_transfers_names_it(shop: Shop, make: Builders) -> None:
    batch = UUID(make.batch(shop.store, make.product(), 5))
    row: dict[str, Any] = {
        "batch_id": batch, "on_hand_change": 1, "reserved_change": 0, "reference": "x", "actor_uid": "x",
        "created_at": datetime.now(UTC),
    }  # fmt: skip

    for kind in ("borrowed", "transfer_in", "quarantine", "supplier_return"):
        with pytest.raises(psycopg.errors.CheckViolation):
            shop.db.insert("stock_movements", id=uuid4(), kind=kind, **row)


def test_the_report_finds_what_does_not_add_up(shop: Shop, make: Builders) -> None:
    product = make.product()
    batch, promised = make.batch(shop.store, product, 5, 30), make.batch(shop.store, product, 5, 60)
    order = shop.place((product, 7)).json["id"]
    shelved = make.batch(shop.store, make.product(), 5)
    set_aside(shop, shelved, 2)
    add_up(shop)
    shop.db.execute("UPDATE inventory_batches SET quarantined = 3 WHERE id = %s", UUID(shelved))
    shop.db.execute("UPDATE inventory_batches SET on_hand = 6 WHERE id = %s", UUID(batch))
    shop.db.execute("UPDATE order_batches SET state = 'released' WHERE order_id = %s AND batch_id = %s", UUID(order), UUID(promised))  # fmt: skip

    found = {one["batch_id"]: one for one in report(shop)["differences"]}

    assert set(found) == {batch, promised, shelved}
    assert (found[shelved]["quarantined"], found[shelved]["quarantined_by_movements"]) == (3, 2)
    assert (found[batch]["on_hand"], found[batch]["on_hand_by_movements"]) == (6, 5)
    assert (found[promised]["reserved"], found[promised]["reserved_by_orders"]) == (2, 0)
    assert shop.api.get("/inventory/report", **shop.staff()).status_code == 403


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "receive",
                "place",
                "cancel",
                "sell",
                "adjust",
                "count",
                "send",
                "bring back",
                "write off",
                "set aside",
                "dispose",
            ]
        ),
        st.integers(1, 9),
    ),
    min_size=3,
    max_size=12,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_movements_always_add_up(shop: Shop, other: Shop, make: Builders, steps: list[tuple[str, int]]) -> None:
    """Whatever people do, in whatever order, and whether it is refused or not."""
    product = make.product(max_per_order=100)
    batch = make.batch(shop.store, product, 12, 60)
    placed: list[str] = []
    for what, packs in steps:
        _step(shop, other, product, batch, placed, what, packs)

    add_up(shop, other)
    for one in (shop, other):
        on_hand, reserved = one.stock(product)
        assert on_hand >= reserved >= 0


def _step(shop: Shop, other: Shop, product: str, batch: str, placed: list[str], what: str, packs: int) -> None:
    if what == "receive":
        expires = (clock.today() + timedelta(days=90)).isoformat()
        body = {"product_id": product, "batch_no": "R-1", "expires_on": expires, "mrp_paise": 10_000, "quantity": packs}
        answer = shop.api.post("/inventory/batches", body | {"reference": "x"}, **shop.staff())
    elif what == "place":
        answer = shop.place((product, packs))
        if answer.status_code == 201:
            placed.append(answer.json["id"])
    elif what == "cancel":
        answer = shop.api.post(f"/orders/{placed.pop() if placed else uuid4()}/cancel", {}, uid=shop.uid)
    elif what == "sell":
        answer = sell(shop, product, packs)
    elif what == "adjust":
        body = {"batch_id": batch, "change": -packs, "reason": "damaged"}
        answer = shop.api.post("/inventory/adjustments", body, **shop.staff())
    elif what == "count":
        answer = count(shop, batch, packs)
    elif what == "send":
        answer = transfer(shop, other, batch, packs)
    elif what == "bring back":
        theirs = other.db.value("SELECT id::TEXT FROM inventory_batches WHERE store_id = %s AND product_id = %s", UUID(other.store), UUID(product))  # fmt: skip
        answer = transfer(other, shop, theirs or batch, packs)
    elif what == "set aside":
        answer = set_aside(shop, batch, packs)
    elif what == "dispose":
        answer = dispose(shop, batch, packs)
    else:
        answer = write_off(shop)
    assert answer.status_code in {200, 201, 404, 409}, (what, answer.json)
