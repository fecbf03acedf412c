"""Cash on delivery."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

from plazza.data.sql import run_transaction
from plazza.payment.actions import cash
from tests.integration.payment.conftest import TOTAL_PAISE, Till
from tests.support.people import new_uid


def collect(till: Till, order: dict[str, Any]) -> None:
    run_transaction(lambda tx: cash.collect(tx, UUID(order["id"]), till.uid, by="rider-1"))


def payment_of(till: Till, order: dict[str, Any]) -> list[tuple[Any, ...]]:
    return till.db.rows(
        "SELECT id, method, status, captured_paise FROM payments WHERE order_id = %s", UUID(order["id"])
    )


def test_cash_is_taken_once_however_often_it_is_told(till: Till, support: dict[str, str]) -> None:
    order = till.place("cod")

    with ThreadPoolExecutor(5) as tellers:
        list(tellers.map(lambda _: collect(till, order), range(5)))

    ((payment_id, *rest),) = payment_of(till, order)
    assert rest == ["cod", "captured", TOTAL_PAISE]
    seen = till.api.get(f"/payments/{payment_id}", uid=till.uid).json
    assert [(event["kind"], event["source"]) for event in seen["timeline"]] == [("captured", "rider")]
    assert seen["razorpay_order_id"] is None
    assert till.api.get(f"/orders/{order['id']}", uid=till.uid).json["payment_status"] == "captured"
    assert till.api.get(f"/payments/{payment_id}", uid=new_uid()).status_code == 404


def test_cash_is_not_given_back_by_razorpay(till: Till, support: dict[str, str]) -> None:
    order = till.place("cod")
    collect(till, order)
    ((payment_id, *_),) = payment_of(till, order)
    body = {"payment_id": str(payment_id), "amount_paise": 100, "reason": "damaged strip"}

    answer = till.api.post("/payments/refund", body, key=str(uuid4()), **support)

    assert (answer.status_code, answer.json["code"]) == (409, "CONFLICT")
    assert "cash" in answer.json["message"]


def test_an_order_paid_online_is_left_alone(till: Till) -> None:
    till.settle()

    collect(till, till.order)

    assert till.kinds() == ["created", "captured"]
    assert till.read()["captured_paise"] == TOTAL_PAISE
