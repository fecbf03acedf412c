"""Giving money back: never more than came, once however often it is asked."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest

from plazza.money import MAX_PAISE
from plazza.payment.actions import reconcile
from plazza.providers import razorpay as client
from tests.integration.payment.conftest import TOTAL_PAISE, Till
from tests.support.auth import People
from tests.support.client import Answer
from tests.support.people import new_uid
from tests.support.razorpay import webhook_body


def refund(till: Till, support: dict[str, str], amount_paise: int = 10_000, **over: Any) -> Answer:
    body = {"payment_id": till.payment["id"], "amount_paise": amount_paise, "reason": "damaged strip"}
    who: dict[str, Any] = {"key": over.pop("key", str(uuid4())), **support}
    return till.api.post("/payments/refund", body | over, **who)


def test_a_refund_is_promised_then_done(till: Till, support: dict[str, str]) -> None:
    paid = till.settle()

    answer = refund(till, support)

    assert answer.status_code == 201
    assert answer.json["status"] == "requested"
    assert till.razorpay.refunds(paid["razorpay_payment_id"]) == []
    till.work()
    payment = till.read()
    assert payment["refunds"] == [answer.json | {"status": "processed"}]
    assert (payment["refunded_paise"], till.order_now()) == (10_000, ("confirmed", "partially_refunded"))
    there = till.razorpay.refunds(paid["razorpay_payment_id"])
    assert [(item["amount"], item["notes"]) for item in there] == [(10_000, {"refund_id": answer.json["id"]})]
    assert till.kinds() == ["created", "captured", "refund requested", "refund processed"]
    assert till.announced("refund.processed") == 1


def test_the_customer_sees_what_happened_and_not_who_of_the_staff_did_it(till: Till, support: dict[str, str]) -> None:
    till.settle()
    refund(till, support)
    till.work()

    seen = till.api.get(f"/payments/{till.payment['id']}", uid=till.uid)

    assert support["uid"] not in seen.content.decode()
    assert [event["source"] for event in seen.json["timeline"]] == ["customer", "checkout", "support", "razorpay"]
    assert seen.json == till.api.get(f"/payments/{till.payment['id']}", **support).json
    assert (
        till.db.value("SELECT requested_by FROM refunds WHERE payment_id = %s", UUID(till.payment["id"]))
        == support["uid"]
    )


def test_refunds_never_exceed_the_capture(till: Till, support: dict[str, str]) -> None:
    """Twenty people refund ₹100 of a ₹500 payment at once: exactly five succeed."""
    paid = till.settle()

    with ThreadPoolExecutor(20) as staff:
        answers = list(staff.map(lambda _: refund(till, support), range(20)))
    till.work()

    assert Counter(answer.status_code for answer in answers) == {201: 5, 409: 15}
    assert {answer.json["details"]["left_paise"] for answer in answers if answer.status_code == 409} == {0}
    assert sum(item["amount"] for item in till.razorpay.refunds(paid["razorpay_payment_id"])) == TOTAL_PAISE
    assert till.order_now() == ("confirmed", "refunded")


def test_the_same_key_ten_times_at_once_refunds_once(till: Till, support: dict[str, str]) -> None:
    till.settle()
    key = str(uuid4())

    with ThreadPoolExecutor(10) as staff:
        answers = list(staff.map(lambda _: refund(till, support, key=key), range(10)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json["id"] for answer in answers}) == 1
    assert till.read()["refunded_paise"] == 10_000
    assert refund(till, support, 10_001, key=key).status_code == 409


@pytest.mark.parametrize("kind", ["act_then_drop", "act_then_status", "act_then_hang"])
def test_a_refund_whose_answer_was_lost_is_one_refund(
    till: Till, support: dict[str, str], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "READ_SEC", 1)
    paid = till.settle()
    refund(till, support)
    more: dict[str, Any] = {"status": 504} if kind == "act_then_status" else {}
    till.razorpay.fails(kind, path="/v1/payments/*/refund", **more)

    till.work(rounds=1)
    assert till.read()["refunds"][0]["status"] == "requested"
    till.work()

    assert till.read()["refunds"][0]["status"] == "processed"
    assert len(till.razorpay.refunds(paid["razorpay_payment_id"])) == 1


def test_a_repeated_refund_carries_the_same_key(till: Till, support: dict[str, str]) -> None:
    paid = till.settle()
    ident = refund(till, support).json["id"]
    till.razorpay.fails("act_then_drop", path="/v1/payments/*/refund")

    till.work()

    asked = till.razorpay.calls(f"/v1/payments/{paid['razorpay_payment_id']}/refund")
    keys = [call["headers"].get("X-Refund-Idempotency") for call in asked if call["method"] == "POST"]
    assert keys == [UUID(ident).hex] * 2


def test_a_refund_whose_answer_was_lost_is_found_by_the_poller(
    till: Till, support: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "READ_SEC", 1)
    paid = till.settle()
    refund(till, support)
    till.razorpay.fails("act_then_hang", path="/v1/payments/*/refund")
    till.work(rounds=1)
    till.db.execute("UPDATE refunds SET updated_at = '2000-01-01' WHERE payment_id = %s", UUID(till.payment["id"]))

    reconcile.reconcile()

    assert till.read()["refunds"][0]["status"] == "processed"
    posts = [
        call
        for call in till.razorpay.calls(f"/v1/payments/{paid['razorpay_payment_id']}/refund")
        if call["method"] == "POST"
    ]
    assert len(posts) == 1
    assert len(till.razorpay.refunds(paid["razorpay_payment_id"])) == 1


def test_a_refund_that_ran_under_a_lost_key_is_found_by_its_note(till: Till, support: dict[str, str]) -> None:
    paid = till.settle()
    promised = refund(till, support, TOTAL_PAISE).json
    body = {"amount": TOTAL_PAISE, "notes": {"refund_id": promised["id"]}}
    till.razorpay.write(f"/payments/{paid['razorpay_payment_id']}/refund", body)

    till.work()

    assert till.read()["refunds"][0]["status"] == "processed"
    assert len(till.razorpay.refunds(paid["razorpay_payment_id"])) == 1


def test_a_refused_refund_fails_and_its_promise_is_taken_back(
    till: Till, support: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    paid = till.settle()
    till.razorpay.write(f"/payments/{paid['razorpay_payment_id']}/refund", {"amount": 45_000})
    refund(till, support)

    till.work()

    payment = till.read()
    assert (payment["refunds"][0]["status"], payment["refunded_paise"]) == ("failed", 0)
    assert till.kinds()[-1] == "refund failed"
    assert till.order_now() == ("confirmed", "captured")
    assert "refund failed: support must decide" in capsys.readouterr().out
    assert refund(till, support, 5_000).status_code == 201
    till.work()
    assert till.read()["refunded_paise"] == 5_000


def test_a_wrong_key_pair_fails_no_refund(till: Till, support: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    till.settle()
    refund(till, support)
    with monkeypatch.context() as wrong:
        wrong.setenv("RAZORPAY_KEY_SECRET", "wrong")
        till.work(rounds=1)
    assert till.read()["refunds"][0]["status"] == "requested"

    till.work()

    assert till.read()["refunds"][0]["status"] == "processed"


def test_a_pending_refund_is_finished_by_its_webhook(till: Till, support: dict[str, str]) -> None:
    paid = till.settle()
    till.razorpay.control("PUT", "/razorpay/settings", {"refund_status": "pending"})
    refund(till, support)
    till.work()
    assert till.read()["refunds"][0]["status"] == "requested"
    there = till.razorpay.refunds(paid["razorpay_payment_id"])[0]

    till.razorpay.control("POST", f"/razorpay/refunds/{there['id']}", {"status": "processed"})
    till.send_all("refund.created", "refund.processed")
    till.send_all("refund.processed")

    assert till.read()["refunds"][0]["status"] == "processed"
    assert till.kinds().count("refund processed") == 1
    assert till.order_now() == ("confirmed", "partially_refunded")


@pytest.mark.parametrize("names", [("refund.processed", "refund.failed"), ("refund.failed", "refund.processed")])
def test_a_refund_that_the_bank_sends_back_is_failed_in_the_end(
    till: Till, support: dict[str, str], names: tuple[str, ...]
) -> None:
    paid = till.settle()
    till.razorpay.control("PUT", "/razorpay/settings", {"refund_status": "pending"})
    refund(till, support)
    till.work()
    there = till.razorpay.refunds(paid["razorpay_payment_id"])[0]
    for status in ("processed", "failed"):
        till.razorpay.control("POST", f"/razorpay/refunds/{there['id']}", {"status": status})

    for name in names:
        till.send_all(name)

    payment = till.read()
    assert (payment["refunds"][0]["status"], payment["refunded_paise"]) == ("failed", 0)
    assert till.kinds().count("refund failed") == 1


def test_a_refund_webhook_that_overtakes_our_answer_is_understood(till: Till, support: dict[str, str]) -> None:
    paid = till.settle()
    promised = refund(till, support).json
    client.refund(paid["razorpay_payment_id"], 10_000, UUID(promised["id"]))  # and we die before the answer is written

    for event in till.razorpay.events(till.asked, "refund.created", "refund.processed"):
        till.send(event)
    till.work()

    assert till.read()["refunds"][0]["status"] == "processed"
    assert len(till.razorpay.refunds(paid["razorpay_payment_id"])) == 1


@pytest.mark.parametrize("change", [{"amount": 9_999}, {"payment_id": "pay_AAAAAAAAAAAAAA"}])
def test_a_refund_under_our_id_that_is_not_ours_changes_nothing(
    till: Till, support: dict[str, str], change: dict[str, Any]
) -> None:
    paid = till.settle()
    till.razorpay.fails("status", path="/v1/payments/*/refund", status=503, times="always")
    promised = refund(till, support).json
    answer = {"id": f"rfnd_{uuid4().hex[:14]}", "payment_id": paid["razorpay_payment_id"], "amount": 10_000}
    answer |= {"status": "processed", "notes": {"refund_id": promised["id"]}}

    till.post(webhook_body("refund.processed", refund=answer | change), f"evt_{uuid4().hex}")
    till.work(rounds=2)

    assert till.read()["refunds"][0]["status"] == "requested"


def test_a_refund_made_by_hand_is_told_and_set_aside(
    till: Till, support: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    paid = till.settle()
    till.razorpay.write(f"/payments/{paid['razorpay_payment_id']}/refund", {"amount": 1_000})

    till.send_all("refund.processed")
    till.send_all("refund.processed")

    assert till.read()["refunded_paise"] == 0
    assert till.kinds().count("refund processed by hand") == 1
    assert "a refund that Plazza did not ask for" in capsys.readouterr().out


def test_a_cancelled_order_gives_back_what_was_left_of_its_money_once(till: Till, support: dict[str, str]) -> None:
    paid = till.settle()
    refund(till, support)

    till.cancel()
    till.work()
    till.db.execute(
        "UPDATE outbox SET status = 'pending' WHERE lane = %s AND consumer LIKE 'payment.%%'", till.order["id"]
    )
    till.work()

    amounts = [item["amount"] for item in till.razorpay.refunds(paid["razorpay_payment_id"])]
    assert sorted(amounts) == [10_000, 40_000]
    assert till.read()["refunded_paise"] == TOTAL_PAISE
    assert till.order_now() == ("cancelled", "refunded")
    assert refund(till, support, 100).status_code == 409


def test_support_and_the_system_at_once_give_back_what_came_and_no_more(till: Till, support: dict[str, str]) -> None:
    paid = till.settle()

    with ThreadPoolExecutor(5) as everybody:
        asked = [everybody.submit(refund, till, support, 30_000) for _ in range(4)]
        everybody.submit(till.cancel).result()
        answers = [one.result() for one in asked]
    till.work()

    assert {answer.status_code for answer in answers} <= {201, 409}
    assert sum(item["amount"] for item in till.razorpay.refunds(paid["razorpay_payment_id"])) == TOTAL_PAISE
    assert (till.read()["refunded_paise"], till.order_now()) == (TOTAL_PAISE, ("cancelled", "refunded"))


def test_the_wrong_payment_can_be_given_back_whole_and_the_order_still_waits(
    till: Till, support: dict[str, str]
) -> None:
    paid = till.pay(amount=TOTAL_PAISE - 1)
    till.send_all()

    assert refund(till, support, TOTAL_PAISE - 1).status_code == 201
    till.work()

    assert [item["amount"] for item in till.razorpay.refunds(paid["razorpay_payment_id"])] == [TOTAL_PAISE - 1]
    assert till.order_now() == ("pending", "pending")


def test_what_was_not_paid_cannot_be_refunded(till: Till, support: dict[str, str]) -> None:
    till.create()

    nothing = refund(till, support)

    assert (nothing.status_code, nothing.json["details"]) == (409, {"left_paise": 0})


@pytest.mark.parametrize(
    "change",
    [
        {"amount_paise": 99},
        {"amount_paise": 0},
        {"amount_paise": -10_000},
        {"amount_paise": 100.0},
        {"amount_paise": "10000"},
        {"amount_paise": True},
        {"amount_paise": MAX_PAISE + 1},
        {"amount_paise": 2**63},
        {"amount_paise": 10**400},
        {"amount_paise": None},
        {"payment_id": "x"},
        {"reason": ""},
        {"reason": "  a "},
        {"reason": "x" * 201},
        {"reason": "a\u0000b"},
        {"speed": "optimum"},
    ],
)
def test_a_bad_body_is_refused(till: Till, support: dict[str, str], change: dict[str, Any]) -> None:
    till.payment = {"id": str(uuid4())}

    answer = refund(till, support, **({"amount_paise": 10_000} | change))

    assert (answer.status_code, answer.json["code"]) == (400, "VALIDATION_ERROR")


def test_who_may_refund(till: Till, people: People, support: dict[str, str]) -> None:
    till.settle()
    for role in ("customer", "rider", "pharmacist", "store_staff", "cashier"):
        store = till.shop.store if role in {"pharmacist", "store_staff", "cashier"} else None
        uid = people.sign_up(role, store=store)
        answer = till.api.post("/payments/refund", {}, role=role, uid=uid, store=store)

        assert (answer.status_code, answer.json["code"]) == (403, "FORBIDDEN")
    assert till.api.post("/payments/refund", {}, role=None).status_code == 401
    assert till.api.post("/payments/refund", {}, role="support", uid=new_uid()).status_code == 401
    assert refund(till, support, payment_id=str(uuid4())).status_code == 404
    assert till.read()["refunded_paise"] == 0
