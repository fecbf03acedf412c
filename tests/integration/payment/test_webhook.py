"""Razorpay's webhooks: whose they are, what they do, in whatever order they come."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from plazza.data import sql
from plazza.payment.actions import webhook
from tests.integration.payment.conftest import TOTAL_PAISE, Till
from tests.support.razorpay import OLD_WEBHOOK_SECRET, webhook_body, webhook_headers
from tests.support.servers import free_port


def stored(till: Till, event_id: str) -> str | None:
    return till.db.value("SELECT status FROM webhook_events WHERE provider = 'razorpay' AND event_id = %s", event_id)


def new_event() -> str:
    return f"evt_{uuid4().hex}"


def entity(till: Till, ident: str, status: str = "captured", **over: Any) -> dict[str, Any]:
    """Make a payment as a webhook shows it."""
    known = {"id": ident, "entity": "payment", "amount": TOTAL_PAISE, "currency": "INR", "order_id": till.asked}
    return known | {"status": status, "captured": status == "captured", "amount_refunded": 0, "method": "upi"} | over


def new_pay_id() -> str:
    return f"pay_{uuid4().hex[:14]}"


def tell(till: Till, name: str, payment: dict[str, Any]) -> str:
    """Send a webhook about a payment and let it be worked on; gives the event's id."""
    raw, event_id = webhook_body(name, payment=payment), new_event()
    assert till.post(raw, event_id).status_code == 200
    till.work()
    return event_id


def test_a_webhook_is_kept_first_and_worked_on_afterwards(till: Till) -> None:
    till.pay()
    event = till.razorpay.events(till.asked, "payment.captured")[0]

    answer = till.send(event)

    assert (answer.status_code, answer.json) == (200, {"received": True, "duplicate": False})
    assert (stored(till, event["id"]), till.order_now()) == ("stored", ("pending", "pending"))
    till.work()
    assert (stored(till, event["id"]), till.order_now()) == ("processed", ("confirmed", "captured"))
    assert till.kinds() == ["created", "captured"]


def test_all_webhooks_of_a_payment_settle_it_once(till: Till) -> None:
    till.pay()

    till.send_all()

    assert till.kinds() == ["created", "authorized", "captured"]
    assert (till.read()["captured_paise"], till.announced("order.confirmed")) == (TOTAL_PAISE, 1)


def test_a_repeated_webhook_is_known(till: Till) -> None:
    till.pay()
    event = till.razorpay.events(till.asked, "payment.captured")[0]

    answers = [till.send(event) for _ in range(3)]
    till.work()
    late = till.send(event)

    assert [answer.json["duplicate"] for answer in answers] == [False, True, True]
    assert (late.status_code, late.json["duplicate"]) == (200, True)
    assert till.db.value("SELECT count(*) FROM outbox WHERE key = %s", event["id"]) == 1


def test_ten_copies_at_once_are_one(till: Till) -> None:
    till.pay()
    event = till.razorpay.events(till.asked, "payment.captured")[0]

    with ThreadPoolExecutor(10) as senders:
        answers = list(senders.map(lambda _: till.send(event), range(10)))

    assert {answer.status_code for answer in answers} == {200}
    assert sorted(answer.json["duplicate"] for answer in answers) == [False] + [True] * 9


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (2, 0, 1)])
def test_the_order_of_webhooks_does_not_matter(till: Till, order: tuple[int, ...]) -> None:
    till.pay()
    events = till.razorpay.events(till.asked)
    assert [event["name"] for event in events] == ["payment.authorized", "payment.captured", "order.paid"]

    for position in order:
        till.send(events[position])
        till.work()

    payment = till.read()
    assert (payment["status"], payment["captured_paise"], till.kinds().count("captured")) == (
        "captured",
        TOTAL_PAISE,
        1,
    )
    assert till.order_now() == ("confirmed", "captured")


@pytest.mark.parametrize("case", ["wrong", "missing", "other body", "upper case", "not ascii", "key secret"])
def test_without_razorpays_signature_nothing_is_kept(till: Till, case: str) -> None:
    raw, event_id = webhook_body("payment.captured", payment=entity(till, new_pay_id())), new_event()
    headers = webhook_headers(raw, event_id)
    good = headers["X-Razorpay-Signature"]
    bad = {
        "wrong": "0" * 64,
        "other body": webhook_headers(raw + b" ", event_id)["X-Razorpay-Signature"],
        "upper case": good.upper(),
        "not ascii": "é" * 64,
        "key secret": webhook_headers(raw, event_id, "sandbox-razorpay-secret")["X-Razorpay-Signature"],
    }
    headers = {"X-Razorpay-Event-Id": event_id} | ({"X-Razorpay-Signature": bad[case]} if case in bad else {})

    answer = till.post(raw, event_id, headers)

    assert (answer.status_code, answer.json["code"]) == (401, "UNAUTHORIZED")
    assert stored(till, event_id) is None
    assert till.order_now() == ("pending", "pending")


def test_the_secret_before_is_still_taken(till: Till) -> None:
    raw, event_id = webhook_body("payment.captured", payment=entity(till, new_pay_id())), new_event()

    answer = till.post(raw, event_id, webhook_headers(raw, event_id, OLD_WEBHOOK_SECRET))

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"7",
        b"{}",
        b'{"event": 7}',
        b'{"event": "\\u0000"}',
        b'{"event": "\\ud800"}',
        b'{"event": "payment.captured\\n"}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"event": "' + b"a" * 200 + b'"}',
    ],
)
def test_a_signed_body_that_is_no_event_is_refused(till: Till, raw: bytes) -> None:
    event_id = new_event()

    answer = till.post(raw, event_id)

    assert (answer.status_code, answer.json["code"]) == (400, "VALIDATION_ERROR")
    assert stored(till, event_id) is None


@pytest.mark.parametrize("event_id", ["", "x" * 101, "evt 1", "évt_1"])
def test_an_event_without_a_proper_id_is_refused(till: Till, event_id: str) -> None:
    raw = webhook_body("payment.captured", payment=entity(till, new_pay_id()))
    headers = webhook_headers(raw, event_id)

    assert till.post(raw, event_id, headers).status_code == 400
    del headers["X-Razorpay-Event-Id"]
    assert till.post(raw, event_id, headers).status_code == 400


def test_a_huge_body_is_refused_unread(till: Till) -> None:
    answer = till.post(b"x" * 1_048_577, new_event())

    assert (answer.status_code, answer.json["code"]) == (413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"payload": []},
        {"payload": {"payment": None}},
        {"payload": {"payment": {"entity": {"id": "../x", "amount": 1, "currency": "INR", "status": "captured"}}}},
        {
            "payload": {
                "payment": {
                    "entity": {"id": "pay_AAAAAAAAAAAAAA", "amount": 0, "currency": "INR", "status": "captured"}
                }
            }
        },
        {
            "payload": {
                "payment": {"entity": {"id": "pay_AAAAAAAAAAAAAA", "amount": 1, "currency": "INR", "status": "flying"}}
            }
        },
    ],
)
def test_an_event_of_another_form_is_set_aside(till: Till, body: dict[str, Any]) -> None:
    raw, event_id = json.dumps({"event": "payment.captured", **body}).encode(), new_event()
    assert till.create().status_code == 201

    assert till.post(raw, event_id).status_code == 200
    till.work()

    assert stored(till, event_id) == "ignored"


def test_events_we_have_no_use_for_are_set_aside(till: Till) -> None:
    event_id = tell(till, "invoice.paid", entity(till, new_pay_id()))
    no_order = tell(till, "payment.captured", entity(till, new_pay_id(), order_id=None))

    assert (stored(till, event_id), stored(till, no_order)) == ("ignored", "ignored")
    assert till.kinds() == ["created"]


def test_a_payment_of_an_unknown_order_waits_an_hour_and_is_set_aside(till: Till) -> None:
    event_id = tell(till, "payment.captured", entity(till, new_pay_id(), order_id="order_AAAAAAAAAAAAAA"))

    assert stored(till, event_id) == "stored"
    assert till.db.value("SELECT status FROM outbox WHERE key = %s", event_id) == "pending"
    till.db.execute(
        "UPDATE webhook_events SET received_at = received_at - interval '61 minutes' WHERE event_id = %s", event_id
    )
    till.work()
    assert stored(till, event_id) == "ignored"
    assert till.db.value("SELECT status FROM outbox WHERE key = %s", event_id) == "done"


def test_with_the_database_down_razorpay_is_asked_to_come_again(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    till.pay()
    event = till.razorpay.events(till.asked, "payment.captured")[0]
    with monkeypatch.context() as down:
        down.setenv("COCKROACH_DB_URL", f"postgresql://nobody@127.0.0.1:{free_port()}/plazza")
        started = time.monotonic()
        refused = till.send(event)
        took = time.monotonic() - started
    sql.close_pools()

    assert (refused.status_code, refused.json["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert took < 5
    assert till.send(event).json == {"received": True, "duplicate": False}


def test_a_failed_payment_leaves_the_order_to_be_paid(till: Till) -> None:
    till.pay(outcome="failed")
    till.send_all()

    assert till.read()["status"] == "created"
    assert till.kinds() == ["created", "failed"]
    assert till.settle()
    assert till.order_now() == ("confirmed", "captured")


def test_a_late_authorisation_after_failed_settles(till: Till) -> None:
    till.pay(outcome="late_authorized", failed_after_s=0, authorized_after_s=1)
    deadline = time.monotonic() + 20
    while not till.razorpay.events(till.asked, "order.paid") and time.monotonic() < deadline:
        time.sleep(0.1)

    till.send_all()

    assert till.kinds() == ["created", "failed", "authorized", "captured"]
    assert till.order_now() == ("confirmed", "captured")


def test_what_was_never_captured_and_goes_back_settles_nothing(till: Till) -> None:
    ident = new_pay_id()
    tell(till, "payment.authorized", entity(till, ident, "authorized"))
    tell(till, "payment.authorized", entity(till, ident, "refunded", captured=False, amount_refunded=TOTAL_PAISE))

    assert (till.read()["status"], till.read()["captured_paise"]) == ("created", 0)
    assert till.order_now() == ("pending", "pending")


def test_money_that_went_back_before_we_knew_of_it_waits_for_a_person(till: Till) -> None:
    tell(till, "payment.captured", entity(till, new_pay_id(), "refunded", captured=True, amount_refunded=TOTAL_PAISE))

    assert till.read()["status"] == "conflicted"
    assert till.order_now() == ("pending", "pending")


def test_a_wrong_amount_waits_for_a_person(till: Till, capsys: pytest.CaptureFixture[str]) -> None:
    till.pay(amount=TOTAL_PAISE - 1)
    till.send_all()

    assert (till.read()["status"], till.read()["captured_paise"]) == ("conflicted", TOTAL_PAISE - 1)
    assert till.order_now() == ("pending", "pending")
    assert till.read()["refunds"] == []
    assert "what was captured is not what was asked" in capsys.readouterr().out


def test_another_currency_is_no_paise(till: Till) -> None:
    tell(till, "payment.captured", entity(till, new_pay_id(), currency="USD"))

    assert (till.read()["status"], till.read()["captured_paise"]) == ("conflicted", 0)


def test_a_second_payment_goes_back_and_the_order_stays_paid(till: Till) -> None:
    twice = till.razorpay.pay(till.asked, outcome="captured_twice")
    till.send_all()
    till.send_all()

    payment = till.read()
    assert (payment["status"], payment["captured_paise"], payment["refunded_paise"]) == (
        "captured",
        2 * TOTAL_PAISE,
        TOTAL_PAISE,
    )
    assert [(refund["status"], refund["amount_paise"]) for refund in payment["refunds"]] == [("processed", TOTAL_PAISE)]
    there = [len(till.razorpay.refunds(twice[name])) for name in ("razorpay_payment_id", "second_payment_id")]
    assert sum(there) == 1
    assert till.order_now() == ("confirmed", "captured")


@pytest.mark.parametrize("how", ["cancelled", "expired"])
def test_a_capture_for_an_order_that_is_gone_goes_back_once(till: Till, how: str) -> None:
    till.create()
    if how == "expired":
        from plazza.order.actions import expiry

        till.db.execute("UPDATE orders SET expires_at = now() - interval '1 second' WHERE id = %s", till.order["id"])
        expiry.expire_pending()
    else:
        till.cancel()
    till.work()
    assert till.read()["status"] == "cancelled"

    paid = till.pay()
    till.send_all()
    till.send_all()
    assert till.verify(paid).json["status"] == "captured"
    till.work()

    assert till.order_now() == ("cancelled", "refunded")
    assert [refund["amount"] for refund in till.razorpay.refunds(paid["razorpay_payment_id"])] == [TOTAL_PAISE]
    assert till.kinds().count("refund processed") == 1
    assert till.announced("refund.processed") == 1


def test_cancelling_and_capturing_at_once_ends_with_the_money_back(till: Till) -> None:
    paid = till.pay()

    with ThreadPoolExecutor(2) as both:
        done = [both.submit(till.verify, paid), both.submit(till.cancel)]
        for one in done:
            one.result()
    till.send_all()
    till.work()

    assert till.order_now() == ("cancelled", "refunded")
    assert [refund["amount"] for refund in till.razorpay.refunds(paid["razorpay_payment_id"])] == [TOTAL_PAISE]
    assert till.read()["refunded_paise"] == TOTAL_PAISE


def test_a_dispute_is_told_once(till: Till, capsys: pytest.CaptureFixture[str]) -> None:
    paid = till.settle()
    till.razorpay.control("POST", f"/razorpay/payments/{paid['razorpay_payment_id']}/dispute", {})
    event = till.razorpay.events(till.asked, "payment.dispute.created")[0]

    till.send(event)
    with ThreadPoolExecutor(8) as workers:
        list(workers.map(lambda _: webhook.process(event["id"]), range(8)))
    till.work()

    assert till.kinds() == ["created", "captured", "payment.dispute.created"]
    assert "a payment is disputed" in capsys.readouterr().out
