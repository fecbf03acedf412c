"""Razorpay's client against a Razorpay that misbehaves: what may be asked again, what not, and what was done all the same."""

import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from plazza.providers import razorpay
from plazza.providers.errors import ProviderDown, ProviderRefused
from tests.support.razorpay import Razorpay, checkout_signature, webhook_headers
from tests.support.servers import Servers, free_port


@pytest.fixture
def there(parts: Servers) -> Iterator[Razorpay]:
    """Razorpay itself."""
    sandbox = Razorpay(parts.sandbox_url)
    yield sandbox
    sandbox.mend()


def new_order(amount_paise: int = 45_950) -> tuple[razorpay.RazorpayOrder, str]:
    number = f"PLZ-{uuid4().hex[:8].upper()}"
    return razorpay.create_order(uuid4(), number, amount_paise), number


def paid(there: Razorpay, amount_paise: int = 45_950, **wanted: Any) -> str:
    order, _ = new_order(amount_paise)
    return there.pay(order.id, **wanted)["razorpay_payment_id"]


def test_an_order_asks_for_our_amount_and_captures_by_itself(there: Razorpay) -> None:
    order, number = new_order()

    made = there.read(f"/orders/{order.id}")
    assert (made["amount"], made["currency"], made["receipt"]) == (45_950, "INR", number)
    assert razorpay.find_order(number, 45_950) == order
    assert razorpay.find_order(number, 45_951) is None
    assert razorpay.find_order("PLZ-UNKNOWN", 45_950) is None


def test_a_payment_and_its_order_are_read(there: Razorpay) -> None:
    order, _ = new_order()
    payment_id = there.pay(order.id)["razorpay_payment_id"]

    payment = razorpay.fetch_payment(payment_id)

    assert (payment.order_id, payment.amount, payment.status, payment.captured) == (order.id, 45_950, "captured", True)
    assert razorpay.list_order_payments(order.id) == [payment]
    now = int(there.control("GET", "/health")["now"])  # Razorpay's clock, which other tests move
    assert payment in razorpay.list_payments(now - 600, now + 600, 0)


@pytest.mark.parametrize("status", [409, 429, 500, 502, 503, 504])
def test_what_may_pass_is_down(there: Razorpay, status: int) -> None:
    there.fails("status", status=status)

    with pytest.raises(ProviderDown) as failed:
        new_order()

    assert failed.value.details == {"provider": "Razorpay", "operation": "order.create", "providerStatus": status}


def test_a_wrong_key_pair_is_our_fault_and_raises_an_alarm(
    there: Razorpay, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RAZORPAY_KEY_SECRET", "another-secret")

    with pytest.raises(ProviderDown) as failed:
        new_order()

    assert failed.value.details["providerStatus"] == 401
    assert failed.value.retry_after_sec == 60
    said = capsys.readouterr().out
    assert '"severity": "ERROR"' in said
    assert "key pair" in said
    assert "another-secret" not in said


def test_what_is_wrong_in_itself_is_refused(there: Razorpay) -> None:
    with pytest.raises(ProviderRefused) as too_small:
        new_order(99)
    with pytest.raises(ProviderRefused) as unknown:
        razorpay.fetch_payment("pay_AAAAAAAAAAAAAA")

    for refused in (too_small.value, unknown.value):
        assert refused.details["providerStatus"] == 400
        assert refused.provider_code == "BAD_REQUEST_ERROR"


def test_an_error_never_repeats_the_providers_text(there: Razorpay) -> None:
    body = {"error": {"code": "BAD_REQUEST_ERROR", "description": "call +919812345678, key rzp_test_x"}}
    there.fails("status", status=400, body=body)

    with pytest.raises(ProviderRefused) as refused:
        new_order()

    assert "9812345678" not in f"{refused.value} {refused.value.details}"


@pytest.mark.parametrize("form", ["html", "truncated", "empty"])
@pytest.mark.parametrize("status", [200, 400, 429, 502])
def test_a_body_that_is_no_json_may_be_asked_for_again(there: Razorpay, form: str, status: int) -> None:
    there.fails("malformed", form=form, status=status)

    with pytest.raises(ProviderDown):
        new_order()


@pytest.mark.parametrize(
    "body",
    [
        [],
        None,
        "order",
        7,
        {},
        {"id": "order_1"},
        {"error": None},
        {"error": "x"},
        {"id": "../orders", "amount": 1, "currency": "INR", "status": "created"},
    ],
)
@pytest.mark.parametrize("status", [200, 400, 500])
def test_json_of_another_form_may_be_asked_for_again(there: Razorpay, body: Any, status: int) -> None:
    there.fails("status", status=status, body=body)

    with pytest.raises(ProviderDown):
        new_order()


def test_fields_we_do_not_know_and_nulls_do_no_harm(there: Razorpay) -> None:
    entity = {
        "id": "pay_AAAAAAAAAAAAAA", "order_id": None, "amount": 100, "currency": "INR", "status": "failed", "captured": None,
        "amount_refunded": None, "method": None, "notes": None, "new_field": {"a": [1]},
    }  # fmt: skip
    there.fails("status", status=200, body=entity)

    assert razorpay.fetch_payment("pay_AAAAAAAAAAAAAA").status == "failed"


def test_nobody_there_is_down(parts: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAZORPAY_BASE_URL", f"http://127.0.0.1:{free_port()}")

    with pytest.raises(ProviderDown):
        new_order()


def test_a_call_ends_within_its_time_limit(there: Razorpay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(razorpay, "READ_SEC", 0.5)
    there.fails("hang")
    started = time.monotonic()

    with pytest.raises(ProviderDown):
        new_order()

    assert time.monotonic() - started < 5


def test_a_call_without_a_fault_of_its_own_has_the_documented_limit() -> None:
    assert (razorpay.CONNECT_SEC, razorpay.READ_SEC) == (2, 8)


@pytest.mark.parametrize("kind", ["drop", "act_then_drop", "act_then_status", "act_then_hang"])
def test_an_order_whose_answer_was_lost_is_found_by_its_number(
    there: Razorpay, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(razorpay, "READ_SEC", 0.5)
    number = f"PLZ-{uuid4().hex[:8].upper()}"
    more: dict[str, Any] = {"status": 502} if kind == "act_then_status" else {}
    there.fails(kind, path="/v1/orders", method="POST", **more)

    with pytest.raises(ProviderDown):
        razorpay.create_order(uuid4(), number, 45_950)

    found = razorpay.find_order(number, 45_950)
    assert (found is not None) == (kind != "drop")


@pytest.mark.parametrize("kind", ["act_then_drop", "act_then_status"])
def test_a_refund_asked_twice_is_one_refund(there: Razorpay, kind: str) -> None:
    payment_id, refund_id = paid(there), uuid4()
    more: dict[str, Any] = {"status": 504} if kind == "act_then_status" else {}
    there.fails(kind, path="/v1/payments/*/refund", **more)

    with pytest.raises(ProviderDown):
        razorpay.refund(payment_id, 10_000, refund_id)
    again = razorpay.refund(payment_id, 10_000, refund_id)

    assert [item["id"] for item in there.refunds(payment_id)] == [again.id]
    assert [item.refund_id for item in razorpay.list_refunds(payment_id)] == [refund_id]


def test_a_refund_above_what_is_left_is_refused(there: Razorpay) -> None:
    payment_id = paid(there, 20_000)
    razorpay.refund(payment_id, 15_000, uuid4())

    with pytest.raises(ProviderRefused):
        razorpay.refund(payment_id, 5_001, uuid4())


@pytest.mark.parametrize(
    "ident",
    [
        "../orders/order_AAAAAAAAAAAAAA",
        "pay_AAAAAAAAAAAAAA/../../orders",
        "pay_AAAAAAAAAAAAA",
        "pay_AAAAAAAAAAAAAA\n",
        "pay_AAAAAAAAAAAAAé",
        "",
        "pay_AAAAAAAAAAAAAA?x=1",
    ],
)
def test_an_id_that_would_leave_its_path_is_never_sent(there: Razorpay, ident: str) -> None:
    before = len(there.calls("/v1/"))
    for call in (razorpay.fetch_payment, razorpay.list_order_payments, razorpay.list_refunds):
        with pytest.raises(ProviderRefused):
            call(ident)
    with pytest.raises(ProviderRefused):
        razorpay.refund(ident, 100, uuid4())

    assert len(there.calls("/v1/")) == before


def test_an_authorised_payment_is_not_captured(there: Razorpay) -> None:
    payment = razorpay.fetch_payment(paid(there, outcome="authorized"))

    assert (payment.status, payment.captured) == ("authorized", False)


def test_checkouts_signature_binds_order_payment_and_secret(parts: Servers) -> None:
    order, payment = "order_AAAAAAAAAAAAAA", "pay_BBBBBBBBBBBBBB"
    good = checkout_signature(order, payment)

    assert razorpay.is_checkout_signature(order, payment, good)
    for bad in (good.upper(), good[:-1], good + "0", "", "é" * 64, checkout_signature(order, payment, "other")):
        assert not razorpay.is_checkout_signature(order, payment, bad)
    assert not razorpay.is_checkout_signature("order_CCCCCCCCCCCCCC", payment, good)


def test_a_webhooks_signature_is_over_its_raw_bytes(parts: Servers) -> None:
    raw = b'{"event": "payment.captured", "x": "\xc3\xa9"}'

    for secret in ("sandbox-webhook-secret", "sandbox-webhook-secret-old"):
        signature = webhook_headers(raw, "e", secret)["X-Razorpay-Signature"]
        assert razorpay.is_webhook_signature(raw, signature)
        assert not razorpay.is_webhook_signature(raw + b" ", signature)
        assert not razorpay.is_webhook_signature(raw, signature.upper())
    assert not razorpay.is_webhook_signature(raw, webhook_headers(raw, "e", "other")["X-Razorpay-Signature"])
    assert not razorpay.is_webhook_signature(raw, webhook_headers(raw, "e", "")["X-Razorpay-Signature"])


def test_an_empty_previous_secret_opens_nothing(parts: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAZORPAY_WEBHOOK_SECRET_PREVIOUS", "")

    assert not razorpay.is_webhook_signature(b"{}", webhook_headers(b"{}", "e", "")["X-Razorpay-Signature"])
