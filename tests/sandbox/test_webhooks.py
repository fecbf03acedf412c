"""Webhooks: signatures by our own computation, retries, duplicates, order, holding, replays, restarts."""

import base64
import hashlib
import hmac
import time
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.conftest import Delivered, Receiver, Sandbox, start_sandbox, wait_until

AUTH = ("rzp_test_sandbox", "sandbox-razorpay-secret")
WEBHOOK_SECRET = "sandbox-webhook-secret"


def signed(body: bytes, secret: str = WEBHOOK_SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def new_order(sandbox: Sandbox) -> str:
    answer = sandbox.http.post(
        f"{sandbox.url}/razorpay/v1/orders", json={"amount": 45950, "currency": "INR"}, auth=AUTH, timeout=20
    )
    return str(answer.json()["id"])


def pay(sandbox: Sandbox, outcome: str = "captured") -> str:
    order = new_order(sandbox)
    sandbox.call("POST", f"/razorpay/orders/{order}/pay", {"outcome": outcome})
    return order


def target(sandbox: Sandbox, receiver: Receiver, **more: Any) -> None:
    sandbox.call("PUT", "/webhooks/razorpay", {"url": receiver.url, **more})


def settled(sandbox: Sandbox, state: str) -> None:
    wait_until(lambda: {event["state"] for event in sandbox.events("razorpay")} == {state}, what=f"all events {state}")


def test_a_capture_sends_three_signed_events(sandbox: Sandbox, receiver: Receiver) -> None:
    target(sandbox, receiver)
    order = pay(sandbox)

    got = receiver.wait(3)

    assert receiver.names() == ["payment.authorized", "payment.captured", "order.paid"]
    assert len({delivered.headers["x-razorpay-event-id"] for delivered in got}) == 3
    for delivered in got:
        assert delivered.headers["X-Razorpay-Signature"] == signed(delivered.body)
        assert delivered.headers["Content-Type"] == "application/json"
    event = got[2].json
    assert (event["entity"], event["contains"], sorted(event)[0]) == ("event", ["payment", "order"], "account_id")
    assert event["payload"]["order"]["entity"]["id"] == order
    assert event["payload"]["order"]["entity"]["status"] == "paid"
    assert got[0].json["payload"]["payment"]["entity"]["status"] == "authorized"
    assert "_refunds" not in event["payload"]["payment"]["entity"]
    settled(sandbox, "delivered")


def test_refunds_send_created_and_processed(sandbox: Sandbox, receiver: Receiver) -> None:
    target(sandbox, receiver)
    pay(sandbox)
    payment = receiver.wait(3)[1].json["payload"]["payment"]["entity"]["id"]
    sandbox.http.post(
        f"{sandbox.url}/razorpay/v1/payments/{payment}/refund", json={"amount": 12000}, auth=AUTH, timeout=20
    )

    receiver.wait(5)

    assert receiver.names()[3:] == ["refund.created", "refund.processed"]
    assert receiver.got[4].json["contains"] == ["refund", "payment"]
    assert receiver.got[4].json["payload"]["payment"]["entity"]["amount_refunded"] == 12000


def test_a_refused_event_comes_again_with_the_same_id_and_body(sandbox: Sandbox, receiver: Receiver) -> None:
    receiver.statuses = [500, 503, 200]
    target(sandbox, receiver)
    pay(sandbox, "failed")

    wait_until(lambda: len(receiver.got) == 1)
    sandbox.advance(3)
    sandbox.advance(6)
    receiver.wait(3)

    assert len({delivered.headers["x-razorpay-event-id"] for delivered in receiver.got}) == 1
    assert len({delivered.body for delivered in receiver.got}) == 1
    settled(sandbox, "delivered")
    assert [attempt["status"] for attempt in sandbox.events("razorpay")[0]["attempts"]] == [500, 503, 200]


def test_the_gaps_grow_until_a_day_is_over_and_then_the_webhook_is_disabled(
    sandbox: Sandbox, receiver: Receiver
) -> None:
    receiver.statuses = [500] * 100
    target(sandbox, receiver)
    pay(sandbox, "failed")
    gaps: list[float] = []

    wait_until(lambda: sandbox.events("razorpay")[0]["state"] == "retrying")
    while (event := sandbox.events("razorpay")[0])["state"] == "retrying":
        gaps.append(round(event["next_at"] - event["attempts"][-1]["at"], 1))
        sandbox.advance(max(0, event["next_at"] - sandbox.get("/health")["now"]) + 1)

    assert event["state"] == "failed"
    assert gaps == sorted(gaps)
    assert gaps[0] < 5
    assert gaps[-1] > 7_200
    assert event["attempts"][-1]["at"] - event["attempts"][0]["at"] >= 86_400
    assert sandbox.get("/webhooks")["targets"]["razorpay"]["enabled"] is False
    receiver.statuses = []
    before = len(receiver.got)
    pay(sandbox, "failed")
    assert sandbox.events("razorpay")[-1]["state"] == "disabled"
    sandbox.call("PUT", "/webhooks/razorpay", {"enabled": True})
    pay(sandbox, "failed")
    receiver.wait(before + 1)


def test_an_answer_after_five_seconds_is_a_failure(sandbox: Sandbox, receiver: Receiver) -> None:
    receiver.pause = 5.5
    target(sandbox, receiver)
    pay(sandbox, "failed")

    wait_until(lambda: sandbox.events("razorpay")[0]["attempts"], 9)
    receiver.pause = 0

    attempt = sandbox.events("razorpay")[0]["attempts"][0]
    assert (attempt["taken"], attempt["error"]) == (False, "ReadTimeout")
    assert 4_900 <= attempt["ms"] <= 5_500


def test_duplicates_carry_the_same_event_id(sandbox: Sandbox, receiver: Receiver) -> None:
    target(sandbox, receiver, duplicate=2)
    pay(sandbox)

    got = receiver.wait(9)

    ids = [delivered.headers["x-razorpay-event-id"] for delivered in got]
    assert len(set(ids)) == 3
    assert all(ids.count(one) == 3 for one in ids)


def test_events_can_come_in_reverse(sandbox: Sandbox, receiver: Receiver) -> None:
    target(sandbox, receiver, order="reverse")
    order = new_order(sandbox)
    wait_until(lambda: time.time() % 0.5 < 0.1)  # the three events must fall into one half second
    sandbox.call("POST", f"/razorpay/orders/{order}/pay", {})

    receiver.wait(3)

    assert receiver.names() == ["order.paid", "payment.captured", "payment.authorized"]


def test_a_delay_holds_events_back_on_the_clock(sandbox: Sandbox, receiver: Receiver) -> None:
    target(sandbox, receiver, delay_ms=60_000)
    pay(sandbox, "failed")

    time.sleep(0.3)
    assert receiver.got == []
    sandbox.advance(61)

    receiver.wait(1)


def test_held_events_are_delivered_by_hand_in_the_order_given(sandbox: Sandbox, receiver: Receiver) -> None:
    target(sandbox, receiver, mode="hold")
    pay(sandbox)
    assert [event["state"] for event in sandbox.events("razorpay")] == ["held"] * 3
    ids = [event["id"] for event in sandbox.events("razorpay")]

    sandbox.call("POST", "/webhooks/deliver", {"ids": [ids[1], ids[0]]})
    sandbox.call("POST", "/webhooks/deliver", {"order": "reverse", "times": 2})

    assert [d.headers["x-razorpay-event-id"] for d in receiver.got] == [ids[1], ids[0], ids[2], ids[2]]
    again = sandbox.call("POST", "/webhooks/deliver", {"ids": [ids[0]], "times": 5, "parallel": True})["attempts"]
    assert [attempt["taken"] for attempt in again] == [True] * 5
    assert len(receiver.got) == 9


def test_signature_modes(sandbox: Sandbox, receiver: Receiver) -> None:
    target(sandbox, receiver, mode="hold")
    pay(sandbox, "failed")

    def sent(signature: str) -> Delivered:
        sandbox.call(
            "POST", "/webhooks/deliver", {"ids": [sandbox.events("razorpay")[0]["id"]], "signature": signature}
        )
        return receiver.got[-1]

    header = "X-Razorpay-Signature"
    assert sent("valid").headers[header] == signed(receiver.got[-1].body)
    assert header not in sent("missing").headers
    assert sent("old_secret").headers[header] == signed(receiver.got[-1].body, "sandbox-webhook-secret-old")
    for signature in ("wrong", "other_body"):
        given = sent(signature)
        assert len(given.headers[header]) == 64
        assert given.headers[header] not in (signed(given.body), signed(given.body, "sandbox-webhook-secret-old"))


def test_after_a_new_secret_old_events_keep_the_old_one_and_replays_take_the_new(
    sandbox: Sandbox, receiver: Receiver
) -> None:
    receiver.statuses = [500]
    target(sandbox, receiver)
    pay(sandbox, "failed")
    wait_until(lambda: sandbox.events("razorpay")[0]["state"] == "retrying")

    sandbox.call("PUT", "/webhooks/razorpay", {"secret": "a-new-secret"})
    sandbox.advance(5)
    sandbox.call("POST", "/webhooks/deliver", {"ids": [sandbox.events("razorpay")[0]["id"]]})

    secrets = [WEBHOOK_SECRET, WEBHOOK_SECRET, "a-new-secret"]
    assert [d.headers["X-Razorpay-Signature"] for d in receiver.got] == [
        signed(d.body, s) for d, s in zip(receiver.got, secrets, strict=True)
    ]


def test_undelivered_events_survive_a_restart(tmp_path: Path, receiver: Receiver) -> None:
    sandbox = start_sandbox("--data", str(tmp_path), "--razorpay-webhook", "http://127.0.0.1:9/nobody")
    pay(sandbox)
    wait_until(lambda: {event["state"] for event in sandbox.events("razorpay")} == {"retrying"})
    ids = [event["id"] for event in sandbox.events("razorpay")]
    sandbox.call("PUT", "/webhooks/razorpay", {"url": receiver.url})
    sandbox.process.kill()
    sandbox.process.wait(10)

    sandbox = start_sandbox("--data", str(tmp_path))

    try:
        sandbox.advance(10)
        assert {delivered.headers["x-razorpay-event-id"] for delivered in receiver.wait(3)} == set(ids)
    finally:
        sandbox.stop()


def test_whatsapp_signs_with_the_app_secret_and_asks_its_challenge_first(sandbox: Sandbox, receiver: Receiver) -> None:
    receiver.challenge = False
    assert "challenge" in sandbox.call("PUT", "/webhooks/whatsapp", {"url": receiver.url}, status=400)["error"]
    assert sandbox.get("/webhooks")["targets"]["whatsapp"]["url"] == ""
    receiver.challenge = True
    assert sandbox.call("PUT", "/webhooks/whatsapp", {"url": receiver.url})["verified"] is True

    sandbox.call("POST", "/whatsapp/inbound", {"from": "919812345678", "text": "où est ma commande ?", "name": "Asha"})

    got = receiver.wait(1)[0]
    assert got.headers["X-Hub-Signature-256"] == "sha256=" + signed(got.body, "sandbox-app-secret")
    assert b"o\\u00f9" in got.body


def test_a_receiver_that_was_not_there_at_the_start_is_challenged_before_the_first_message(receiver: Receiver) -> None:
    sandbox = start_sandbox("--whatsapp-webhook", receiver.url)
    try:
        receiver.challenge = False
        sandbox.call("POST", "/whatsapp/inbound", {"from": "919812345678", "text": "hello"})
        wait_until(lambda: sandbox.events("whatsapp")[0]["state"] == "retrying")
        assert sandbox.events("whatsapp")[0]["attempts"][0]["error"] == "ChallengeRefused"
        assert receiver.got == []
        receiver.challenge = True
        sandbox.advance(5)
        receiver.wait(1)
    finally:
        sandbox.stop()


def test_airtable_signs_with_the_decoded_secret(sandbox: Sandbox, receiver: Receiver) -> None:
    secret = base64.b64encode(b"mac secret").decode()
    sandbox.call("PUT", "/webhooks/airtable", {"url": receiver.url, "secret": secret})
    ping = {"base": {"id": "appSandbox0000001"}, "webhook": {"id": "ach00000000000001"}}
    sandbox.call("POST", "/webhooks/emit", {"provider": "airtable", "body": ping})

    got = receiver.wait(1)[0]

    assert got.json == ping
    expected = hmac.new(b"mac secret", got.body, hashlib.sha256).hexdigest()
    assert got.headers["X-Airtable-Content-MAC"] == f"hmac-sha256={expected}"


def test_an_event_of_any_kind_can_be_sent(sandbox: Sandbox, receiver: Receiver) -> None:
    target(sandbox, receiver)
    sandbox.call(
        "POST", "/webhooks/emit", {"provider": "razorpay", "name": "x", "body": {"event": "settlement.processed"}}
    )

    got = receiver.wait(1)[0]

    assert got.headers["X-Razorpay-Signature"] == signed(got.body)
    sandbox.call("POST", "/webhooks/emit", {"provider": "maps", "body": {}}, status=400)


@pytest.mark.parametrize(
    "wanted",
    [
        {"mode": "later"},
        {"order": "random"},
        {"signature": "none"},
        {"duplicate": 21},
        {"delay_ms": -1},
        {"url": "ftp://x"},
        {"colour": 1},
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(sandbox: Sandbox, wanted: dict[str, Any]) -> None:
    assert sandbox.call("PUT", "/webhooks/razorpay", wanted, status=400)["error"]


def test_delivering_an_unknown_event_is_refused(sandbox: Sandbox) -> None:
    assert "evt_x" in sandbox.call("POST", "/webhooks/deliver", {"ids": ["evt_x"]}, status=400)["error"]
    sandbox.call("PUT", "/webhooks/paypal", {}, status=404)
