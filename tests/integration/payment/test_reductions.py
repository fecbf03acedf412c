"""Orders that become less: what was paid too much goes back, once, and only that."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from plazza.data.sql import run_transaction
from plazza.order.actions import handover
from plazza.order.rules.states import SYSTEM
from plazza.payment.actions import cash
from tests.integration.payment.conftest import Till
from tests.support.client import Answer

PACK_PAISE = 47_500


@pytest.fixture
def three(till: Till) -> Till:
    """A till with an order of three packs, ₹1,450 with the delivery."""
    till.order = till.shop.place((till.product, 3), payment_method="razorpay").json
    return till


def reduce(till: Till, quantity: int) -> Answer:
    body = {"lines": [{"line_no": 1, "quantity": quantity}]}
    return till.api.post(f"/orders/{till.order['id']}/lines", body, uid=till.uid, key=str(uuid4()))


def returned(till: Till, paid: dict[str, Any]) -> list[int]:
    """Give the amounts that Razorpay gave back."""
    return [item["amount"] for item in till.razorpay.refunds(paid["razorpay_payment_id"])]


def test_what_is_taken_out_of_a_paid_order_is_refunded(three: Till) -> None:
    paid, total = three.settle(), three.order["total_paise"]

    first = reduce(three, 2).json["total_paise"]
    three.work()
    second = reduce(three, 1).json["total_paise"]
    three.work()
    three.work()

    assert returned(three, paid) == [total - first, first - second]
    assert three.order_now() == ("confirmed", "partially_refunded")
    payment = three.read()
    assert payment["captured_paise"] - payment["refunded_paise"] == second
    assert payment["timeline"][2]["detail"] == "the order became less"


def test_two_changes_before_the_payment_hears_of_them_are_one_refund(three: Till) -> None:
    paid, total = three.settle(), three.order["total_paise"]
    reduce(three, 2)

    left = reduce(three, 1).json["total_paise"]
    three.work()

    assert returned(three, paid) == [total - left]


def test_what_was_asked_before_the_change_and_paid_after_it_is_refunded(three: Till) -> None:
    assert three.create().status_code == 201
    left = reduce(three, 1).json["total_paise"]
    three.work()

    paid = three.settle()
    three.work()

    assert returned(three, paid) == [three.order["total_paise"] - left]
    assert three.order_now() == ("confirmed", "partially_refunded")


def test_what_is_asked_after_the_change_is_owed(three: Till) -> None:
    left = reduce(three, 1).json["total_paise"]

    paid = three.settle()
    three.work()

    assert (three.read()["amount_paise"], returned(three, paid)) == (left, [])


@pytest.mark.parametrize("worked", [True, False])
def test_an_order_cancelled_after_the_change_gives_all_of_it_back(three: Till, worked: bool) -> None:
    paid = three.settle()
    reduce(three, 1)
    if worked:
        three.work()

    three.cancel()
    three.work()

    assert sum(returned(three, paid)) == three.order["total_paise"]
    assert three.order_now() == ("cancelled", "refunded")


def test_less_is_left_of_a_payment_that_staff_refunded_before(three: Till, support: dict[str, str]) -> None:
    paid, total = three.settle(), three.order["total_paise"]
    body = {"payment_id": three.payment["id"], "amount_paise": total - 10_000, "reason": "damaged strip"}
    assert three.api.post("/payments/refund", body, key=str(uuid4()), **support).status_code == 201

    reduce(three, 1)
    three.work()

    assert sorted(returned(three, paid)) == [10_000, total - 10_000]


def test_cash_is_asked_for_what_stays(three: Till) -> None:
    three.order = three.shop.place((three.product, 3)).json
    left = reduce(three, 1).json

    assert (left["payment_status"], left["total_paise"]) == ("cod_due", PACK_PAISE + left["delivery_paise"])


def bring_back(till: Till, quantity: int) -> Answer:
    body = {"lines": [{"line_no": 1, "quantity": quantity, "opened": False}], "reason": "unwanted"}
    return till.api.post(f"/orders/{till.order['id']}/returns", body, role="support", key=str(uuid4()))


def deliver(till: Till) -> None:
    order = UUID(till.order["id"])
    till.api.post(f"/orders/{order}/status", {"status": "processing"}, **till.shop.staff())
    run_transaction(lambda tx: handover.ship(tx, order, SYSTEM))
    run_transaction(lambda tx: handover.deliver(tx, order, SYSTEM))


def test_taken_out_and_brought_back_add_up_to_what_was_paid(three: Till) -> None:
    paid = three.settle()
    reduce(three, 2)
    deliver(three)

    notes = [bring_back(three, 1).json["total_paise"] for _ in range(2)]
    three.work()

    assert sum(returned(three, paid)) == three.order["total_paise"]
    assert sum(notes) < three.order["total_paise"]
    assert three.order_now() == ("delivered", "refunded")


def test_cash_is_given_back_in_cash_by_whoever_takes_the_packs(three: Till) -> None:
    three.order = three.shop.place((three.product, 3)).json
    deliver(three)
    run_transaction(lambda tx: cash.collect(tx, UUID(three.order["id"]), three.uid, by="rider-1"))
    three.payment = {"id": str(three.db.value("SELECT id FROM payments WHERE order_id = %s", UUID(three.order["id"])))}

    note = bring_back(three, 2).json
    three.work()
    three.work()

    payment = three.read()
    assert [(one["amount_paise"], one["status"]) for one in payment["refunds"]] == [(note["total_paise"], "processed")]
    assert payment["refunded_paise"] == note["total_paise"]
    assert three.order_now() == ("delivered", "partially_refunded")
