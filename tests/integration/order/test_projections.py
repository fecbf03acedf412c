"""What customers, stores and the operations team see of an order."""

from typing import Any
from uuid import UUID

import pytest

from plazza.data import rtdb
from plazza.data.sql import run_transaction
from plazza.order import consumers
from plazza.order.actions import handover
from plazza.order.rules.states import SYSTEM
from plazza.providers import airtable
from plazza.providers.errors import ProviderDown, ProviderRefused
from tests.integration.order.conftest import Shop

FIELDS = {"number", "status", "payment_status", "prescription_status", "delivery_status", "total_paise", "updated_at", "version"}  # fmt: skip


def live(shop: Shop, order: str) -> tuple[Any, Any]:
    """Give what the customer and the board have."""
    return rtdb.get(f"orders/{shop.uid}/{order}"), rtdb.get(f"board/{shop.store}/{order}")


def test_customer_and_board_follow_the_order(shop: Shop) -> None:
    order = shop.place(shop.product()).json

    consumers.project_order(order["id"])
    mine, board = live(shop, order["id"])

    assert set(mine) == FIELDS | {"promised_at", "stage", "stage_due_at"}
    assert mine == board
    assert (mine["status"], mine["number"], mine["total_paise"]) == ("confirmed", order["number"], order["total_paise"])
    shop.api.post(f"/orders/{order['id']}/status", {"status": "processing"}, **shop.staff())
    consumers.project_order(order["id"])
    consumers.project_order(order["id"])
    assert [part["status"] for part in live(shop, order["id"])] == ["processing", "processing"]
    run_transaction(lambda tx: handover.ship(tx, UUID(order["id"]), SYSTEM))
    run_transaction(lambda tx: handover.deliver(tx, UUID(order["id"]), SYSTEM))
    consumers.project_order(order["id"])
    mine, board = live(shop, order["id"])
    assert (mine["status"], board) == ("delivered", None)


def test_an_unpaid_order_is_not_on_the_board(shop: Shop) -> None:
    order = shop.place(shop.product(), payment_method="razorpay").json["id"]

    consumers.project_order(order)

    mine, board = live(shop, order)
    assert (mine["status"], board) == ("pending", None)


def test_an_older_state_never_comes_back(shop: Shop) -> None:
    order = shop.place(shop.product()).json["id"]
    rtdb.put(f"orders/{shop.uid}/{order}", {"status": "delivered", "version": 99})

    consumers.project_order(order)

    assert live(shop, order)[0]["status"] == "delivered"


def test_an_order_that_never_came_is_nothing(shop: Shop) -> None:
    for consume in (
        consumers.project_order,
        consumers.mirror_order,
        consumers.confirm_coupon,
        consumers.release_coupon,
    ):
        consume("00000000-0000-0000-0000-000000000000")


def test_the_operations_table_has_one_row_without_the_person(shop: Shop) -> None:
    order = shop.place((shop.product(), 3)).json

    consumers.mirror_order(order["id"])
    shop.api.post(f"/orders/{order['id']}/cancel", {}, uid=shop.uid)
    consumers.mirror_order(order["id"])

    fields = ["Order Number", "Status", "Packs", "Total", "Store"]
    rows = list(airtable.list_records("Orders", fields, formula=f"{{Order Number}} = '{order['number']}'"))
    assert len(rows) == 1
    assert (rows[0].fields["Status"], rows[0].fields["Packs"], rows[0].fields["Total"]) == ("cancelled", 3, 295)
    everything = next(iter(airtable.list_records("Orders", [], formula=f"{{Order Number}} = '{order['number']}'")))
    for secret in (shop.uid, "Test Person", "Test Street", "9812345678"):
        assert secret not in str(everything.fields)


def test_airtable_down_or_refusing_is_told_apart(monkeypatch: pytest.MonkeyPatch, shop: Shop) -> None:
    monkeypatch.setenv("AIRTABLE_BASE_URL", "http://127.0.0.1:9")
    with pytest.raises(ProviderDown):
        airtable.upsert("Orders", "Order Number", [{"Order Number": "x"}])
    monkeypatch.undo()
    monkeypatch.setenv("AIRTABLE_API_KEY", "patWrong.token")
    with pytest.raises(ProviderRefused) as refused:
        airtable.upsert("Orders", "Order Number", [{"Order Number": "x"}])
    assert refused.value.details["providerStatus"] == 401
