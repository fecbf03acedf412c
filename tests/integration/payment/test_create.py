"""Starting a payment."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from plazza.providers import razorpay as client
from tests.integration.payment.conftest import TOTAL_PAISE, Till
from tests.support.people import new_uid


def test_the_amount_is_the_orders(till: Till) -> None:
    answer = till.create()

    assert answer.status_code == 201
    payment = answer.json
    there = till.razorpay.read(f"/orders/{payment['razorpay_order_id']}")
    assert (there["amount"], there["currency"], there["receipt"]) == (TOTAL_PAISE, "INR", till.order["number"])
    assert (payment["status"], payment["amount_paise"], payment["captured_paise"]) == ("created", TOTAL_PAISE, 0)
    assert payment["razorpay_key_id"] == "rzp_test_sandbox"
    assert [event["kind"] for event in payment["timeline"]] == ["created"]


def test_asked_again_it_is_the_same_payment(till: Till) -> None:
    key = str(uuid4())

    first, same_key, no_key, other_key = (
        till.create(key=key),
        till.create(key=key),
        till.create(),
        till.create(key=str(uuid4())),
    )

    assert first.json == same_key.json
    assert same_key.headers["Idempotent-Replayed"] == "true"
    for again in (no_key, other_key):
        assert (again.status_code, again.json["id"]) == (201, first.json["id"])
        assert again.json["razorpay_order_id"] == first.json["razorpay_order_id"]
    assert len(till.razorpay.orders(till.order["number"])) == 1


def test_ten_at_once_are_given_one_payment(till: Till) -> None:
    with ThreadPoolExecutor(10) as people:
        answers = list(people.map(lambda _: till.create(key=str(uuid4())), range(10)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({(answer.json["id"], answer.json["razorpay_order_id"]) for answer in answers}) == 1
    assert till.kinds() == ["created"]


def test_a_key_used_for_another_order_is_a_conflict(till: Till) -> None:
    key = str(uuid4())
    till.create(key=key)

    answer = till.create(order_id=str(uuid4()), key=key)

    assert (answer.status_code, answer.json["code"]) == (409, "CONFLICT")


@pytest.mark.parametrize("kind", ["act_then_drop", "act_then_status"])
def test_after_a_lost_answer_the_order_is_found_by_its_number(till: Till, kind: str) -> None:
    more: dict[str, Any] = {"status": 502} if kind == "act_then_status" else {}
    till.razorpay.fails(kind, path="/v1/orders", method="POST", **more)
    key = str(uuid4())

    lost, again = till.create(key=key), till.create(key=key)

    assert (lost.status_code, lost.json["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert "Retry-After" in lost.headers
    assert again.status_code == 201
    made = till.razorpay.orders(till.order["number"])
    assert [order["id"] for order in made] == [again.json["razorpay_order_id"]]


def test_with_razorpay_down_the_order_stays_pending_and_can_be_paid_later(till: Till) -> None:
    till.razorpay.fails("status", status=503, times=1)

    assert till.create().status_code == 503
    assert till.order_now() == ("pending", "pending")
    assert till.create().status_code == 201


def test_a_razorpay_that_hangs_does_not_hang_us(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "READ_SEC", 0.5)
    till.razorpay.fails("hang", path="/v1/orders")

    assert till.create().status_code == 503


def test_another_persons_order_is_not_there(till: Till) -> None:
    for order_id, uid in ((till.order["id"], new_uid()), (str(uuid4()), till.uid)):
        answer = till.create(order_id=order_id, uid=uid)

        assert (answer.status_code, answer.json["code"]) == (404, "RESOURCE_NOT_FOUND")
    assert till.razorpay.orders(till.order["number"]) == []


def test_an_order_that_is_paid_cancelled_expired_or_for_cash_cannot_be_paid(till: Till, other: Till) -> None:
    till.settle()
    cash = other.place("cod")
    expired = other.place("razorpay")
    other.db.execute("UPDATE orders SET expires_at = now() + interval '20 seconds' WHERE id = %s", expired["id"])
    other.cancel()

    refused = [till.create(), other.create(), other.create(order_id=cash["id"]), other.create(order_id=expired["id"])]

    assert [answer.status_code for answer in refused] == [409] * 4
    assert other.razorpay.orders(expired["number"]) == other.razorpay.orders(other.order["number"]) == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"order_id": "x"},
        {"order_id": 7},
        {"order_id": None},
        {"order_id": str(uuid4()), "amount_paise": 1},
        [],
        "x",
        {"order_id": "\ud800"},
    ],
)
def test_a_bad_body_is_refused(till: Till, body: Any) -> None:
    answer = till.api.post("/payments/create", body, uid=till.uid)

    assert (answer.status_code, answer.json["code"]) == (400, "VALIDATION_ERROR")


def test_who_may_create(till: Till) -> None:
    assert till.create(role=None).status_code == 401
    for role in ("support", "admin", "rider"):
        assert till.create(role=role).status_code == 403
    assert till.create(key="short").status_code == 400
    huge = till.api.call("POST", "/payments/create", None, raw=b"x" * 1_048_577, uid=till.uid)
    assert (huge.status_code, huge.json["code"]) == (413, "PAYLOAD_TOO_LARGE")
