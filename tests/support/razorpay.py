"""Razorpay's side of a test: pay in its checkout, read the webhooks it would send, break it."""

import hashlib
import json
from typing import Any

import requests

from tests.support.sandbox import Sandbox

KEY_SECRET = "sandbox-razorpay-secret"
WEBHOOK_SECRET = "sandbox-webhook-secret"
OLD_WEBHOOK_SECRET = "sandbox-webhook-secret-old"
KEY_PAIR = ("rzp_test_sandbox", KEY_SECRET)


class Razorpay(Sandbox):
    """The sandbox's Razorpay, by its control calls and its API."""

    def read(self, path: str, **query: Any) -> Any:
        """Read from Razorpay's API, as its dashboard would."""
        answer = requests.get(f"{self.url}/razorpay/v1{path}", params=query, auth=KEY_PAIR, timeout=60)
        assert answer.ok, answer.text
        return answer.json()

    def write(self, path: str, body: Any) -> Any:
        """Do something by hand at Razorpay, as its dashboard would."""
        answer = requests.post(f"{self.url}/razorpay/v1{path}", json=body, auth=KEY_PAIR, timeout=60)
        assert answer.ok, answer.text
        return answer.json()

    def fails(self, kind: str, path: str = "", method: str = "", times: int | str = 1, **more: Any) -> None:
        """Let the next calls of a path (a glob, without the prefix) go wrong."""
        only = {name: value for name, value in (("path", path), ("method", method)) if value}
        self.break_calls("razorpay", kind, times, **only, **more)

    def mend(self) -> None:
        """Remove every fault and put the account's settings back."""
        super().mend()
        self.control(
            "PUT", "/razorpay/settings", {"refund_status": "processed", "refund_ms": 0, "capture": "automatic"}
        )

    def pay(self, razorpay_order_id: str, **wanted: Any) -> dict[str, Any]:
        """Pay an order in its checkout; gives what Checkout hands to the client."""
        return self.control("POST", f"/razorpay/orders/{razorpay_order_id}/pay", wanted)

    def orders(self, receipt: str) -> list[dict[str, Any]]:
        """Give the orders made under one of our numbers."""
        return self.read("/orders", receipt=receipt, count=100)["items"]

    def refunds(self, payment_id: str) -> list[dict[str, Any]]:
        """Give a payment's refunds."""
        return self.read(f"/payments/{payment_id}/refunds", count=100)["items"]

    def calls(self, path: str) -> list[dict[str, Any]]:
        """Give the calls whose path contains this."""
        return self.calls_of("razorpay", path)

    def events(self, razorpay_order_id: str, *names: str) -> list[dict[str, Any]]:
        """Give the webhooks about an order, oldest first; with names only those."""
        found = self.control("GET", f"/webhooks?provider=razorpay&subject={razorpay_order_id}")["events"]
        return [event for event in found if not names or event["name"] in names]


def checkout_signature(razorpay_order_id: str, payment_id: str, secret: str = KEY_SECRET) -> str:
    """Sign as Checkout does."""
    return _hex(f"{razorpay_order_id}|{payment_id}".encode(), secret)


def webhook_headers(raw: bytes, event_id: str, secret: str = WEBHOOK_SECRET) -> dict[str, str]:
    """Give the headers of a webhook with this body."""
    return {"X-Razorpay-Signature": _hex(raw, secret), "X-Razorpay-Event-Id": event_id}


def webhook_body(name: str, created_at: int = 1_790_000_000, **entities: dict[str, Any]) -> bytes:
    """Make the body of a webhook about these entities (`payment=…`, `refund=…`)."""
    payload = {kind: {"entity": entity} for kind, entity in entities.items()}
    body = {
        "entity": "event",
        "event": name,
        "contains": list(entities),
        "payload": payload,
        "created_at": created_at,
    }
    return json.dumps(body).encode()


def _hex(message: bytes, secret: str) -> str:
    # HMAC-SHA256 by its definition (RFC 2104), so that the tests do not repeat the code's own call.
    key = secret.encode().ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key) + message).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in key) + inner).hexdigest()
