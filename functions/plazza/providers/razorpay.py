"""Razorpay through its SDK: orders, payments, refunds; signatures over raw bytes.

The SDK has no time limit, no retry that is safe, and picks its exception by the body, so a session with limits and a hook for the
status stands below it. Money is paise both there and here.
"""

import hashlib
import hmac
import re
import threading
from collections.abc import Callable
from typing import Annotated, Any, Literal
from uuid import UUID

import razorpay
import requests
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from razorpay.errors import BadRequestError, GatewayError, ServerError
from requests.adapters import HTTPAdapter

from plazza import logs, settings
from plazza.money import MAX_PAISE
from plazza.providers.errors import ProviderDown, ProviderRefused

CONNECT_SEC, READ_SEC = 2, 8
_ID = re.compile(r"(order|pay|rfnd|disp)_[A-Za-z0-9]{14}")
OrderId = Annotated[str, Field(pattern=r"^order_[A-Za-z0-9]{14}$")]
PaymentId = Annotated[str, Field(pattern=r"^pay_[A-Za-z0-9]{14}$")]
RefundId = Annotated[str, Field(pattern=r"^rfnd_[A-Za-z0-9]{14}$")]
DisputeId = Annotated[str, Field(pattern=r"^disp_[A-Za-z0-9]{14}$")]
PositivePaise = Annotated[int, Field(gt=0, le=MAX_PAISE)]
UnixSeconds = Annotated[int, Field(ge=0, le=253_402_300_799)]


class Entity(BaseModel):
    """A provider's object: fields we do not know come and go."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class RazorpayOrder(Entity):
    """An order there: what its checkout will ask for."""

    id: OrderId
    amount: PositivePaise
    currency: str
    receipt: str | None = None
    status: str


class RazorpayPayment(Entity):
    """One attempt to pay an order. `failed` is not final: a late authorisation may follow for days."""

    id: PaymentId
    order_id: str | None = None
    amount: PositivePaise
    amount_refunded: int | None = None
    currency: str
    status: Literal["created", "authorized", "captured", "refunded", "failed"]
    captured: bool | None = None
    method: str | None = None


class RazorpayRefund(Entity):
    """A refund; `processed` when Razorpay accepted it, before the bank did."""

    id: RefundId
    payment_id: PaymentId
    amount: PositivePaise
    status: Literal["pending", "processed", "failed"]
    notes: dict[str, Any] | list[Any] | None = None

    @property
    def refund_id(self) -> UUID | None:
        """Our own id of it, from the notes."""
        given = self.notes.get("refund_id") if isinstance(self.notes, dict) else None
        try:
            return UUID(str(given)) if given else None
        except ValueError:
            return None


class RazorpayDispute(Entity):
    """What a bank disputes; times are Unix seconds."""

    id: DisputeId
    payment_id: PaymentId
    amount: PositivePaise
    amount_deducted: Annotated[int, Field(ge=0, le=MAX_PAISE)] | None = None
    status: Literal["open", "under_review", "won", "lost", "closed"]
    phase: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
    reason_code: Annotated[str, Field(pattern=r"^[\x20-\x7e]{0,100}$")] | None = None
    respond_by: UnixSeconds | None = None
    created_at: UnixSeconds


class RazorpayEvent(Entity):
    """When the thing that a webhook tells of happened there."""

    created_at: UnixSeconds


class _Limited(HTTPAdapter):
    """Puts a time limit on every call and keeps the last status, which the SDK's exceptions leave out."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = threading.local()

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        self.seen.status = None
        response = super().send(request, *args, **{**options, "timeout": (CONNECT_SEC, READ_SEC)})
        self.seen.status = response.status_code
        return response


_lock = threading.Lock()
_clients: dict[tuple[str, str, str], tuple[Any, _Limited]] = {}


def _client() -> tuple[Any, _Limited]:
    base = settings.optional("RAZORPAY_BASE_URL")
    key = settings.get("RAZORPAY_KEY_ID"), settings.get("RAZORPAY_KEY_SECRET"), base
    with _lock:
        if key not in _clients:
            session = requests.Session()
            limited = _Limited()
            session.mount("https://", limited)
            session.mount("http://", limited)
            where = {"base_url": base} if base else {}
            _clients[key] = razorpay.Client(session=session, auth=key[:2], **where), limited
        return _clients[key]


def create_order(order_id: UUID, number: str, amount_paise: int) -> RazorpayOrder:
    """Create an order to be paid. Raises ProviderDown, after which `find_order` tells whether it was made; ProviderRefused."""
    body = {
        "amount": amount_paise,
        "currency": "INR",
        "receipt": number,
        "notes": {"order_id": str(order_id)},
        "payment": {
            "capture": "automatic",
            "capture_options": {"automatic_expiry_period": 12, "manual_expiry_period": 7200, "refund_speed": "normal"},
        },
    }
    return _call("order.create", lambda client: RazorpayOrder.model_validate(client.order.create(body)))


def find_order(number: str, amount_paise: int) -> RazorpayOrder | None:
    """Give the order with our number as receipt and this amount, if one was made."""

    def ask(client: Any) -> RazorpayOrder | None:
        found = [
            RazorpayOrder.model_validate(item) for item in client.order.all({"receipt": number, "count": 10})["items"]
        ]
        return next((order for order in found if order.receipt == number and order.amount == amount_paise), None)

    return _call("order.all", ask)


def fetch_payment(payment_id: str) -> RazorpayPayment:
    """Give a payment's present state. Raises ProviderDown, ProviderRefused (unknown there)."""
    _check_id(payment_id)
    return _call("payment.fetch", lambda client: RazorpayPayment.model_validate(client.payment.fetch(payment_id)))


def list_order_payments(razorpay_order_id: str) -> list[RazorpayPayment]:
    """Give every attempt to pay an order."""
    _check_id(razorpay_order_id)
    return _call(
        "order.payments",
        lambda client: [
            RazorpayPayment.model_validate(item) for item in client.order.payments(razorpay_order_id)["items"]
        ],
    )


def list_payments(since: int, until: int, skip: int, count: int = 100) -> list[RazorpayPayment]:
    """Give a page of the payments made in a window (Unix seconds), newest first."""
    options = {"from": since, "to": until, "skip": skip, "count": count}
    return _call(
        "payment.all",
        lambda client: [RazorpayPayment.model_validate(item) for item in client.payment.all(options)["items"]],
    )


def refund(payment_id: str, amount_paise: int, refund_id: UUID) -> RazorpayRefund:
    """Refund part of a payment once, however often it is asked: Razorpay knows a repeat by our refund's id."""
    _check_id(payment_id)
    body = {"amount": amount_paise, "receipt": refund_id.hex, "notes": {"refund_id": str(refund_id)}}
    headers = {"X-Refund-Idempotency": refund_id.hex}
    return _call(
        "payment.refund",
        lambda client: RazorpayRefund.model_validate(client.payment.refund(payment_id, body, headers=headers)),
    )


def list_refunds(payment_id: str) -> list[RazorpayRefund]:
    """Give every refund of a payment."""
    _check_id(payment_id)
    return _call(
        "payment.fetch_multiple_refund",
        lambda client: [
            RazorpayRefund.model_validate(item)
            for item in client.payment.fetch_multiple_refund(payment_id, {"count": 100})["items"]
        ],
    )


def list_all_refunds(since: int, until: int, skip: int, count: int = 100) -> list[RazorpayRefund]:
    """Give a page of the refunds made in a window (Unix seconds), newest first."""
    options = {"from": since, "to": until, "skip": skip, "count": count}
    return _call(
        "refund.all",
        lambda client: [RazorpayRefund.model_validate(item) for item in client.refund.all(options)["items"]],
    )


def is_checkout_signature(razorpay_order_id: str, payment_id: str, signature: str) -> bool:
    """Tell whether Checkout signed this pair. Source: Razorpay, web integration: HMAC-SHA256 of `order|payment`, key secret."""
    return _is_signed(f"{razorpay_order_id}|{payment_id}".encode(), signature, settings.get("RAZORPAY_KEY_SECRET"))


def is_webhook_signature(raw: bytes, signature: str) -> bool:
    """Tell whether Razorpay signed these bytes, with the present webhook secret or the one before.

    Source: Razorpay, webhooks: HMAC-SHA256 over the raw body; after a change of the secret retries still carry the old one.
    """
    secrets = (settings.get("RAZORPAY_WEBHOOK_SECRET"), settings.optional("RAZORPAY_WEBHOOK_SECRET_PREVIOUS"))
    return any(_is_signed(raw, signature, secret) for secret in secrets if secret)


def _is_signed(message: bytes, signature: str, secret: str) -> bool:
    mac = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    return hmac.compare_digest(mac.encode(), signature.encode())


def _check_id(value: str) -> None:
    # The SDK puts ids into the path as they are: `../payments/…` would ask for something else.
    if not _ID.fullmatch(value):
        raise ProviderRefused("Razorpay", "check id", provider_code="malformed id")


def _call(operation: str, ask: Callable[[Any], Any]) -> Any:
    client, limited = _client()
    try:
        return ask(client)
    except BadRequestError as exc:
        status = limited.seen.status
        if status == 401:
            # Nothing the caller can mend, and what waits in the outbox goes through once the keys are right again.
            logs.write("ERROR", "Razorpay refuses our key pair", operation=operation)
            raise ProviderDown("Razorpay", operation, status, retry_after_sec=60) from exc
        if status in {409, 429}:
            raise ProviderDown("Razorpay", operation, status) from exc
        raise ProviderRefused("Razorpay", operation, status, "BAD_REQUEST_ERROR") from exc
    except (GatewayError, ServerError, requests.RequestException) as exc:
        raise ProviderDown("Razorpay", operation, getattr(limited.seen, "status", None)) from exc
    except (ValidationError, KeyError, TypeError, AttributeError) as exc:
        raise ProviderDown(
            "Razorpay", f"{operation}: unreadable answer", getattr(limited.seen, "status", None)
        ) from exc
