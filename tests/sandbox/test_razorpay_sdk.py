"""Razorpay's own SDK against the sandbox: every call, every refusal, every way to fail."""

import hashlib
import hmac
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import razorpay
import requests
from razorpay.errors import BadRequestError, GatewayError, ServerError

from tests.sandbox.conftest import Sandbox, wait_until

SECRET = "sandbox-razorpay-secret"


class StatusSession(requests.Session):
    """A session that keeps the last status and gives every call a time limit."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.status = 0
        self.hooks["response"].append(self.keep)

    def keep(self, response: requests.Response, *_: Any, **__: Any) -> None:
        self.status = response.status_code


@pytest.fixture
def session() -> StatusSession:
    return StatusSession()


@pytest.fixture
def client(sandbox: Sandbox, session: StatusSession) -> Any:
    return razorpay.Client(session=session, auth=("rzp_test_sandbox", SECRET), base_url=f"{sandbox.url}/razorpay")


def new_order(client: Any, amount: int = 45950, **more: Any) -> str:
    return str(client.order.create({"amount": amount, "currency": "INR", **more})["id"])


def pay(sandbox: Sandbox, order: str, outcome: str = "captured", **more: Any) -> str:
    return str(
        sandbox.call("POST", f"/razorpay/orders/{order}/pay", {"outcome": outcome, **more})["razorpay_payment_id"]
    )


def test_an_order_has_the_documented_form(client: Any) -> None:
    order = client.order.create({"amount": 45950, "currency": "INR", "receipt": "PLZ-1", "notes": {"order_id": "8d0c"}})

    assert re.fullmatch(r"order_[A-Za-z0-9]{14}", order.pop("id"))
    assert order.pop("created_at") > 1_700_000_000
    assert order == {
        "entity": "order",
        "amount": 45950,
        "amount_paid": 0,
        "amount_due": 45950,
        "currency": "INR",
        "receipt": "PLZ-1",
        "offer_id": None,
        "status": "created",
        "attempts": 0,
        "notes": {"order_id": "8d0c"},
    }


def test_orders_are_found_by_receipt_and_listed_in_pages(client: Any) -> None:
    ids = [new_order(client, receipt=f"R{number % 3}") for number in range(15)]

    assert [o["id"] for o in client.order.all()["items"]] == ids[:4:-1]
    assert [o["id"] for o in client.order.all({"count": 4, "skip": 10})["items"]] == ids[4:0:-1]
    assert [o["id"] for o in client.order.all({"receipt": "R1"})["items"]] == ids[13::-3]
    assert client.order.all({"receipt": "R9"}) == {"entity": "collection", "count": 0, "items": []}
    for query in ({"count": 101}, {"count": 0}, {"skip": "x"}):
        with pytest.raises(BadRequestError):
            client.order.all(query)


def test_lists_keep_to_their_time_window(client: Any, sandbox: Sandbox) -> None:
    early = new_order(client)
    pay(sandbox, early)
    sandbox.advance(3_600)
    now = sandbox.get("/health")["now"]
    late = new_order(client)
    payment = pay(sandbox, late)
    client.payment.refund(payment, {"amount": 100})

    assert [o["id"] for o in client.order.all({"from": now - 60})["items"]] == [late]
    assert [o["id"] for o in client.order.all({"to": now - 60})["items"]] == [early]
    assert [p["id"] for p in client.payment.all({"from": now - 60, "to": now + 60})["items"]] == [payment]
    assert client.refund.all({"from": now - 60})["count"] == 1
    assert client.refund.all({"to": now - 60})["count"] == 0


@pytest.mark.parametrize(
    "body",
    [
        {"amount": 99, "currency": "INR"},
        {"amount": "45950", "currency": "INR"},
        {"amount": 459.5, "currency": "INR"},
        {"amount": True, "currency": "INR"},
        {"amount": 50_000_001, "currency": "INR"},
        {"currency": "INR"},
        {"amount": 100},
        {"amount": 100, "currency": "USD"},
        {"amount": 100, "currency": "INR", "receipt": "r" * 41},
        {"amount": 100, "currency": "INR", "receipt": 7},
        {"amount": 100, "currency": "INR", "notes": {str(n): "x" for n in range(16)}},
        {"amount": 100, "currency": "INR", "notes": {"a": "x" * 257}},
        {"amount": 100, "currency": "INR", "notes": ["x"]},
        {"amount": 100, "currency": "INR", "colour": "green"},
        {"amount": 100, "currency": "INR", "payment": {"capture": "later"}},
        {
            "amount": 100,
            "currency": "INR",
            "payment": {"capture": "automatic", "capture_options": {"automatic_expiry_period": 5}},
        },
    ],
)
def test_an_order_that_breaks_a_rule_is_refused(client: Any, session: StatusSession, body: dict[str, Any]) -> None:
    with pytest.raises(BadRequestError, match=r"."):
        client.order.create(body)

    assert session.status == 400
    assert client.order.all()["count"] == 0


def test_unknown_and_malformed_ids_are_400(client: Any, session: StatusSession) -> None:
    calls: list[Callable[[], Any]] = [
        lambda: client.order.fetch("order_AAAAAAAAAAAAAA"),
        lambda: client.payment.fetch("order_AAAAAAAAAAAAAA"),
        lambda: client.payment.fetch("pay_1"),
        lambda: client.order.payments("order_AAAAAAAAAAAAAA"),
        lambda: client.payment.refund("pay_AAAAAAAAAAAAAA", {}),
        lambda: client.refund.fetch("rfnd_AAAAAAAAAAAAAA"),
        lambda: client.dispute.fetch("disp_AAAAAAAAAAAAAA"),
    ]
    for call in calls:
        with pytest.raises(BadRequestError):
            call()
        assert session.status == 400


def test_a_wrong_key_pair_is_401(sandbox: Sandbox) -> None:
    for auth in (("rzp_test_sandbox", "wrong"), ("rzp_test_other", SECRET)):
        session = StatusSession()
        client: Any = razorpay.Client(session=session, auth=auth, base_url=f"{sandbox.url}/razorpay")
        with pytest.raises(BadRequestError, match="Authentication failed"):
            client.order.create({"amount": 100, "currency": "INR"})
        assert session.status == 401


def test_a_payment_captures_and_pays_its_order(client: Any, sandbox: Sandbox) -> None:
    order = new_order(client)
    paid = sandbox.call("POST", f"/razorpay/orders/{order}/pay", {"method": "upi"})

    payment = client.payment.fetch(paid["razorpay_payment_id"])

    assert (payment["status"], payment["captured"], payment["amount"], payment["order_id"]) == (
        "captured",
        True,
        45950,
        order,
    )
    assert (payment["fee"], payment["tax"], payment["vpa"], payment["notes"]) == (1084, 166, "success@razorpay", [])
    assert client.order.fetch(order)["status"] == "paid"
    assert client.order.fetch(order)["amount_due"] == 0
    assert [p["id"] for p in client.order.payments(order)["items"]] == [payment["id"]]
    client.utility.verify_payment_signature(paid)
    message = f"{order}|{payment['id']}".encode()
    assert paid["razorpay_signature"] == hmac.new(SECRET.encode(), message, hashlib.sha256).hexdigest()
    with pytest.raises(AssertionError, match="already been paid"):
        pay(sandbox, order)


def test_a_failed_attempt_leaves_the_order_attempted(client: Any, sandbox: Sandbox) -> None:
    order = new_order(client)

    payment = client.payment.fetch(pay(sandbox, order, "failed"))

    assert (payment["status"], payment["error_code"]) == ("failed", "BAD_REQUEST_ERROR")
    assert (client.order.fetch(order)["status"], client.order.fetch(order)["attempts"]) == ("attempted", 1)
    answer = sandbox.call("POST", f"/razorpay/orders/{order}/pay", {"vpa": "failure@razorpay"})
    assert answer["razorpay_signature"] is None
    pay(sandbox, order)
    assert client.order.fetch(order)["attempts"] == 3


def test_capture_takes_exactly_what_was_authorised_once(client: Any, sandbox: Sandbox) -> None:
    payment = pay(sandbox, new_order(client), "authorized", method="card")

    assert client.payment.fetch(payment)["status"] == "authorized"
    with pytest.raises(BadRequestError, match="equal"):
        client.payment.capture(payment, 45000, {"currency": "INR"})
    assert client.payment.capture(payment, 45950, {"currency": "INR"})["status"] == "captured"
    with pytest.raises(BadRequestError, match="already been captured"):
        client.payment.capture(payment, 45950, {"currency": "INR"})


def test_an_order_with_manual_capture_is_only_authorised(client: Any, sandbox: Sandbox) -> None:
    order = new_order(client, payment={"capture": "manual", "capture_options": {"manual_expiry_period": 30}})
    payment = sandbox.call("POST", f"/razorpay/orders/{order}/pay", {})["razorpay_payment_id"]

    assert client.payment.fetch(payment)["status"] == "authorized"
    with pytest.raises(BadRequestError, match="captured"):
        client.payment.refund(payment, {})
    sandbox.advance(1_801)

    assert client.payment.fetch(payment)["status"] == "refunded"
    assert client.payment.fetch(payment)["captured"] is False


def test_a_late_authorisation_comes_after_the_failure(client: Any, sandbox: Sandbox) -> None:
    order = new_order(client)
    payment = pay(sandbox, order, "late_authorized")

    seen = [client.payment.fetch(payment)["status"]]
    for seconds in (601, 601):
        sandbox.advance(seconds)
        seen.append(client.payment.fetch(payment)["status"])

    assert seen == ["created", "failed", "captured"]
    assert client.order.fetch(order)["status"] == "paid"


def test_too_late_an_authorisation_is_not_captured(client: Any, sandbox: Sandbox) -> None:
    options = {"automatic_expiry_period": 12, "manual_expiry_period": 7200, "refund_speed": "normal"}
    order = new_order(client, payment={"capture": "automatic", "capture_options": options})
    payment = pay(sandbox, order, "late_authorized", failed_after_s=600, authorized_after_s=900)

    sandbox.advance(901)

    assert client.payment.fetch(payment)["status"] == "authorized"


def test_an_order_can_be_captured_twice(client: Any, sandbox: Sandbox) -> None:
    order = new_order(client)
    pay(sandbox, order, "captured_twice")

    payments = client.order.payments(order)["items"]

    assert [p["status"] for p in payments] == ["captured", "captured"]
    assert client.order.fetch(order)["amount_paid"] == 2 * 45950


def test_a_partial_refund_then_the_rest(client: Any, sandbox: Sandbox) -> None:
    payment = pay(sandbox, new_order(client))

    first = client.payment.refund(payment, {"amount": 12000, "notes": {"refund_id": "r1"}, "receipt": "RF-1"})
    assert (first["status"], first["amount"], first["notes"], first["payment_id"]) == (
        "processed",
        12000,
        {"refund_id": "r1"},
        payment,
    )
    assert "speed_requested" not in first
    assert client.payment.fetch(payment)["refund_status"] == "partial"
    with pytest.raises(BadRequestError, match="greater than"):
        client.payment.refund(payment, {"amount": 33951})
    with pytest.raises(BadRequestError):
        client.payment.refund(payment, {"amount": 99})
    with pytest.raises(BadRequestError, match="should not be sent"):
        client.payment.refund(payment, {"amount": 100, "reason": "damaged"})
    rest = client.payment.refund(payment, {"speed": "optimum"})

    assert (rest["amount"], rest["speed_requested"]) == (33950, "optimum")
    fetched = client.payment.fetch(payment)
    assert (fetched["status"], fetched["refund_status"], fetched["amount_refunded"]) == ("refunded", "full", 45950)
    with pytest.raises(BadRequestError, match="fully refunded already"):
        client.payment.refund(payment, {})
    assert [r["id"] for r in client.payment.fetch_multiple_refund(payment)["items"]] == [rest["id"], first["id"]]
    assert client.refund.fetch(first["id"])["amount"] == 12000


def test_an_idempotency_key_gives_one_refund(client: Any, sandbox: Sandbox, session: StatusSession) -> None:
    payment = pay(sandbox, new_order(client))
    headers = {"X-Refund-Idempotency": "0a1b2c3d4e-key"}

    first = client.payment.refund(payment, {"amount": 5000}, headers=headers)
    again = client.payment.refund(payment, {"amount": 5000}, headers=headers)

    assert first == again
    with pytest.raises(BadRequestError, match="Different request body"):
        client.payment.refund(payment, {"amount": 6000}, headers=headers)
    assert session.status == 400
    with pytest.raises(BadRequestError, match="10 characters"):
        client.payment.refund(payment, {"amount": 6000}, headers={"X-Refund-Idempotency": "short"})
    assert client.payment.fetch(payment)["amount_refunded"] == 5000


def test_the_same_key_while_the_first_runs_is_409(client: Any, sandbox: Sandbox) -> None:
    payment = pay(sandbox, new_order(client))
    sandbox.call("PUT", "/razorpay/settings", {"refund_ms": 800})
    url = f"{sandbox.url}/razorpay/v1/payments/{payment}/refund"

    def ask(_: int) -> int:
        return requests.post(
            url,
            json={"amount": 5000},
            auth=("rzp_test_sandbox", SECRET),
            headers={"X-Refund-Idempotency": "same-key-0001"},
            timeout=20,
        ).status_code

    with ThreadPoolExecutor(6) as pool:
        statuses = sorted(pool.map(ask, range(6)))

    assert statuses == [200, 409, 409, 409, 409, 409]
    assert ask(0) == 200
    assert client.payment.fetch(payment)["amount_refunded"] == 5000


def test_parallel_refunds_never_exceed_what_was_captured(client: Any, sandbox: Sandbox) -> None:
    payment = pay(sandbox, new_order(client, 10_000))
    sandbox.call("PUT", "/razorpay/settings", {"refund_ms": 50})
    url = f"{sandbox.url}/razorpay/v1/payments/{payment}/refund"

    def ask(_: int) -> int:
        return requests.post(url, json={"amount": 3000}, auth=("rzp_test_sandbox", SECRET), timeout=20).status_code

    with ThreadPoolExecutor(12) as pool:
        statuses = list(pool.map(ask, range(12)))

    assert statuses.count(200) == 3
    assert client.payment.fetch(payment)["amount_refunded"] == 9000


def test_a_pending_refund_ends_on_the_clock_or_by_hand(client: Any, sandbox: Sandbox) -> None:
    sandbox.call("PUT", "/razorpay/settings", {"refund_status": "pending", "refund_after_s": 600})
    payment = pay(sandbox, new_order(client))
    first = client.payment.refund(payment, {"amount": 1000})["id"]
    second = client.payment.refund(payment, {"amount": 2000})["id"]

    sandbox.call("POST", f"/razorpay/refunds/{second}", {"status": "failed"})
    assert client.refund.fetch(first)["status"] == "pending"
    sandbox.advance(601)

    assert client.refund.fetch(first)["status"] == "processed"
    assert client.refund.fetch(first)["acquirer_data"]["arn"]
    assert client.refund.fetch(second)["status"] == "failed"
    assert client.payment.fetch(payment)["amount_refunded"] == 1000


def test_a_refund_of_an_old_payment_fails(client: Any, sandbox: Sandbox) -> None:
    payment = pay(sandbox, new_order(client))
    sandbox.advance(190 * 86_400)

    assert client.payment.refund(payment, {})["status"] == "failed"
    assert client.payment.fetch(payment)["status"] == "captured"


def test_disputes_are_raised_contested_and_accepted(client: Any, sandbox: Sandbox) -> None:
    payment = pay(sandbox, new_order(client))
    raised = sandbox.call(
        "POST", f"/razorpay/payments/{payment}/dispute", {"event": "created", "phase": "fraud", "amount": 1000}
    )

    assert client.dispute.fetch(raised["id"])["status"] == "open"
    assert (
        client.dispute.contest(raised["id"], {"summary": "delivered", "action": "submit"})["status"] == "under_review"
    )
    with pytest.raises(BadRequestError):
        client.dispute.accept(raised["id"])
    sandbox.call("POST", f"/razorpay/payments/{payment}/dispute", {"event": "action_required"})
    lost = client.dispute.accept(raised["id"])

    assert (lost["status"], lost["amount_deducted"]) == ("lost", 1000)
    names = [event["name"] for event in sandbox.events("razorpay") if "dispute" in event["name"]]
    assert [name.rpartition(".")[2] for name in names] == ["created", "under_review", "action_required", "lost"]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (429, BadRequestError),
        (409, BadRequestError),
        (500, ServerError),
        (503, ServerError),
        (502, GatewayError),
        (504, GatewayError),
    ],
)
def test_provider_errors_reach_the_sdk(
    client: Any, sandbox: Sandbox, session: StatusSession, status: int, error: type[Exception]
) -> None:
    sandbox.fault("razorpay", "status", status=status)

    with pytest.raises(error):
        client.order.create({"amount": 100, "currency": "INR"})

    assert session.status == status


@pytest.mark.parametrize("form", ["html", "truncated", "empty"])
def test_what_is_not_json_is_a_decode_error(client: Any, sandbox: Sandbox, form: str) -> None:
    sandbox.fault("razorpay", "malformed", form=form, status=502)

    with pytest.raises(requests.exceptions.JSONDecodeError):
        client.order.create({"amount": 100, "currency": "INR"})


def test_lost_answers_and_time_limits_reach_the_sdk(client: Any, sandbox: Sandbox) -> None:
    order = {"amount": 100, "currency": "INR", "receipt": "lost"}
    faults = [("drop", requests.ConnectionError, 0), ("act_then_drop", requests.ConnectionError, 1)]
    faults += [("hang", requests.ReadTimeout, 1), ("act_then_hang", requests.ReadTimeout, 2)]
    for kind, error, stored in faults:
        fault = sandbox.fault("razorpay", kind)
        with pytest.raises(error):
            client.order.create(order, timeout=(2, 0.5))
        sandbox.call("DELETE", f"/faults/{fault}")
        assert client.order.all({"receipt": "lost"})["count"] == stored
    sandbox.fault("razorpay", "latency", ms=900)
    with pytest.raises(requests.ReadTimeout):
        client.order.create(order, timeout=(2, 0.3))


def test_the_page_pays_fails_and_shows_the_signature(client: Any, sandbox: Sandbox) -> None:
    order = new_order(client, 12_345_600, receipt="<b>PLZ</b>")
    url = f"{sandbox.url}/razorpay/pay/{order}?callback_url=http://127.0.0.1:1/done%22%3E"

    first = sandbox.http.get(url, timeout=20).text
    assert "₹1,23,456.00" in first
    assert "&lt;b&gt;PLZ&lt;/b&gt;" in first
    assert all(name in first for name in ("Pay by UPI", "Pay by card", "Fail", "Authorise only", "Pay late"))
    failed = sandbox.http.post(url, data={"button": "fail"}, timeout=20)
    assert "no signature" in failed.text
    paid = sandbox.http.post(url, data={"button": "upi"}, timeout=20).text

    payment = client.order.payments(order)["items"][0]["id"]
    signature = hmac.new(SECRET.encode(), f"{order}|{payment}".encode(), hashlib.sha256).hexdigest()
    assert f'value="{signature}"' in paid
    assert 'action="http://127.0.0.1:1/done&#34;&gt;"' in paid
    again = sandbox.http.post(url, data={"button": "card"}, timeout=20)
    assert (again.status_code, "already been paid" in again.text) == (400, True)
    assert sandbox.http.get(f"{sandbox.url}/razorpay/pay/order_AAAAAAAAAAAAAA", timeout=20).status_code == 400
    assert "javascript:" not in sandbox.http.get(f"{url.partition('?')[0]}?callback_url=javascript:1", timeout=20).text


def test_what_the_page_calls_late_is_late(client: Any, sandbox: Sandbox) -> None:
    order = new_order(client)
    sandbox.http.post(f"{sandbox.url}/razorpay/pay/{order}", data={"button": "late"}, timeout=20)

    sandbox.advance(1_300)

    wait_until(lambda: client.order.fetch(order)["status"] == "paid")
