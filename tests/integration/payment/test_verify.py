"""Checkout's word for a payment, checked."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest

from plazza.data import rtdb
from tests.integration.payment.conftest import TOTAL_PAISE, Till
from tests.support.people import new_uid
from tests.support.razorpay import checkout_signature


def test_a_good_signature_settles_and_confirms_the_order(till: Till) -> None:
    paid = till.pay()

    answer = till.verify(paid)

    assert answer.status_code == 200
    assert (answer.json["status"], answer.json["captured_paise"], answer.json["refunded_paise"]) == (
        "captured",
        TOTAL_PAISE,
        0,
    )
    assert till.order_now() == ("confirmed", "captured")
    assert till.kinds() == ["created", "captured"]
    assert till.announced("order.confirmed") == 1


def test_verified_again_it_is_settled_once(till: Till) -> None:
    paid = till.settle()

    again = till.verify(paid)

    assert (again.status_code, again.json["status"]) == (200, "captured")
    assert again.json["captured_paise"] == TOTAL_PAISE
    assert till.kinds() == ["created", "captured"]


def test_the_customer_watches_the_payment_live(till: Till) -> None:
    till.settle()
    till.work()

    live = rtdb.get(f"payments/{till.uid}/{till.payment['id']}")

    assert (live["status"], live["captured_paise"], live["order_id"]) == ("captured", TOTAL_PAISE, till.order["id"])


def test_a_bad_signature_changes_nothing(till: Till) -> None:
    paid = till.pay()
    signed_by_another = checkout_signature(paid["razorpay_order_id"], paid["razorpay_payment_id"], "guess")

    for signature in ("0" * 64, signed_by_another):
        answer = till.verify(paid | {"razorpay_signature": signature})

        assert (answer.status_code, answer.json["details"]["field"]) == (400, "razorpay_signature")
    assert till.order_now() == ("pending", "pending")


def test_a_payment_of_another_order_does_not_pay_this_one(till: Till, other: Till) -> None:
    theirs, mine = other.pay(), till.asked

    mixed = {"razorpay_order_id": mine, "razorpay_payment_id": theirs["razorpay_payment_id"]}
    answers = [
        till.verify(mixed | {"razorpay_signature": theirs["razorpay_signature"]}),
        till.verify(mixed | {"razorpay_signature": checkout_signature(mine, theirs["razorpay_payment_id"])}),
    ]

    assert [answer.status_code for answer in answers] == [400, 409]
    assert till.order_now() == ("pending", "pending")


def test_another_persons_payment_is_not_there(till: Till) -> None:
    paid = till.pay()

    assert till.verify(paid, uid=new_uid()).status_code == 404
    assert till.verify(paid | {"razorpay_order_id": "order_AAAAAAAAAAAAAA"}).status_code == 404


def test_with_razorpay_down_it_can_be_verified_later(till: Till) -> None:
    paid = till.pay()
    till.razorpay.fails("status", status=503)

    down, later = till.verify(paid), till.verify(paid)

    assert (down.status_code, down.json["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert later.json["status"] == "captured"


def test_an_authorised_payment_is_not_money_yet(till: Till) -> None:
    paid = till.pay(outcome="authorized")

    answer = till.verify(paid)

    assert (answer.status_code, answer.json["status"], answer.json["captured_paise"]) == (200, "created", 0)
    assert till.kinds() == ["created", "authorized"]
    assert till.order_now() == ("pending", "pending")


def test_callback_and_webhooks_at_once_settle_once(till: Till) -> None:
    paid = till.pay()
    till.send_all(work=False)

    with ThreadPoolExecutor(8) as everybody:
        verified = [everybody.submit(till.verify, paid) for _ in range(4)]
        worked = [everybody.submit(till.work) for _ in range(4)]
        answers = [one.result() for one in verified]
        for one in worked:
            one.result()
    till.work()

    assert [answer.json["status"] for answer in answers] == ["captured"] * 4
    assert till.read()["captured_paise"] == TOTAL_PAISE
    assert till.kinds().count("captured") == 1
    assert till.order_now() == ("confirmed", "captured")
    assert till.announced("order.confirmed") == 1
    assert (
        till.db.value("SELECT count(*) FROM order_events WHERE order_id = %s AND kind = 'paid'", UUID(till.order["id"]))
        == 1
    )


@pytest.mark.parametrize(
    "change",
    [
        {"razorpay_order_id": "pay_AAAAAAAAAAAAAA"},
        {"razorpay_payment_id": "order_AAAAAAAAAAAAAA"},
        {"razorpay_payment_id": "../orders/order_AAAA"},
        {"razorpay_payment_id": "pay_AAAAAAAAAAAAA'"},
        {"razorpay_signature": "A" * 64},
        {"razorpay_signature": "0" * 63},
        {"razorpay_signature": None},
        {"amount_paise": 1},
    ],
)
def test_a_bad_body_is_refused(till: Till, change: dict[str, Any]) -> None:
    good = {
        "razorpay_order_id": "order_AAAAAAAAAAAAAA",
        "razorpay_payment_id": "pay_AAAAAAAAAAAAAA",
        "razorpay_signature": "0" * 64,
    }

    answer = till.verify(good | change)

    assert (answer.status_code, answer.json["code"]) == (400, "VALIDATION_ERROR")


def test_who_may_verify_and_read(till: Till) -> None:
    paid = till.settle()

    assert till.verify(paid, role=None).status_code == 401
    assert till.verify(paid, role="support").status_code == 403
    path = f"/payments/{till.payment['id']}"
    assert till.api.get(path, uid=new_uid()).status_code == 404
    assert till.api.get(path, role="rider").status_code == 403
    assert till.api.get("/payments/not-an-id", uid=till.uid).status_code == 404
    seen = till.api.get(path, role="support", uid=new_uid())
    assert (seen.status_code, seen.json) == (200, till.read())
    assert {event["source"] for event in seen.json["timeline"]} == {"customer", "checkout"}
