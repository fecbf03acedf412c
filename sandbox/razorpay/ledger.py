"""Razorpay's objects and what may become of them: orders, payments and their states."""

import math
from typing import Any, Final

from sandbox.razorpay import checks, events
from sandbox.razorpay.errors import RazorpayError, UnknownId
from sandbox.state import State

KINDS: Final = {
    "order": "razorpay_order",
    "pay": "razorpay_payment",
    "rfnd": "razorpay_refund",
    "disp": "razorpay_dispute",
}
DEFAULTS: Final[dict[str, Any]] = {
    "refund_ms": 0,  # how long a refund call works before it answers
    "refund_status": "processed",  # or pending: done after refund_after_s
    "refund_after_s": 7_200,
    "failed_after_s": 600,  # a payment without an answer of the bank fails after this
    "authorized_after_s": 1_200,  # and is authorised late after this
    "capture": "automatic",
}
UNCAPTURED_DAYS: Final = 5


def settings(state: State) -> dict[str, Any]:
    """Return how the account behaves."""
    return DEFAULTS | (state.get("razorpay_settings", "account") or {})


def load(state: State, prefix: str, key: str) -> dict[str, Any]:
    """Return one object; unknown and malformed ids are refused."""
    found = state.get(KINDS[prefix], checks.known_id(key)) if key.startswith(prefix + "_") else None
    if found is None:
        checks.known_id(key)
        raise UnknownId
    return found


def save(state: State, entity: dict[str, Any]) -> None:
    """Write an object back."""
    state.put(KINDS[entity["id"].partition("_")[0]], entity["id"], entity)


def create_order(state: State, body: dict[str, Any]) -> dict[str, Any]:
    """Create an order from a checked request."""
    checks.only(
        body, "amount", "currency", "receipt", "notes", "partial_payment", "first_payment_min_amount", "payment"
    )
    amount = checks.amount(body)
    order = {
        "id": "",
        "entity": "order",
        "amount": amount,
        "amount_paid": 0,
        "amount_due": amount,
        "currency": checks.currency(body),
        "receipt": checks.receipt(body),
        "offer_id": None,
        "status": "created",
        "attempts": 0,
        "notes": checks.notes(body),
        "created_at": state.clock.now(),
        "_capture": checks.capture_setting(body),
        "_partial": checks.flag(body, "partial_payment"),
        "_payments": [],
    }
    order["id"] = state.make_id("order_")
    save(state, order)
    return order


def begin_payment(state: State, order_id: str, method: str, vpa: str | None, amount: int | None) -> dict[str, Any]:
    """Create a payment of an order in state `created`, and count the attempt."""
    with state.lock:
        order = load(state, "order", order_id)
        payment = new_payment(state, order, method, vpa, amount or order["amount_due"] or order["amount"])
        order["attempts"] += 1
        order["status"] = "paid" if order["status"] == "paid" else "attempted"
        order["_payments"].append(payment["id"])
        save(state, payment)
        save(state, order)
    return payment


def new_payment(state: State, order: dict[str, Any], method: str, vpa: str | None, amount: int) -> dict[str, Any]:
    """Return a payment that nothing has happened to yet."""
    payment: dict[str, Any] = {"id": state.make_id("pay_"), "entity": "payment", "amount": amount, "currency": "INR"}
    payment |= {
        "status": "created",
        "order_id": order["id"],
        "invoice_id": None,
        "international": False,
        "method": method,
    }
    payment |= {"amount_refunded": 0, "refund_status": None, "captured": False, "description": None, "card_id": None}
    payment |= {"bank": "HDFC" if method == "netbanking" else None, "wallet": "payzapp" if method == "wallet" else None}
    payment |= {"vpa": None, "email": "void@razorpay.com", "contact": "+919812345678", "notes": order["notes"]}
    payment |= {"fee": None, "tax": None, "acquirer_data": {}, "created_at": state.clock.now(), "_refunds": []}
    payment |= {f"error_{part}": None for part in ("code", "description", "source", "step", "reason")}
    if method == "upi":
        payment |= {"vpa": vpa or "success@razorpay", "upi": {"vpa": vpa or "success@razorpay"}}
        payment["acquirer_data"] = {"rrn": f"{626_500_000_000 + state.next_number('rrn')}"}
    elif method == "card":
        payment["card_id"] = state.make_id("card_")
        payment["card"] = {
            "id": payment["card_id"],
            "entity": "card",
            "last4": "1007",
            "network": "Visa",
            "type": "debit",
        }
        payment["acquirer_data"] = {"auth_code": f"{state.next_number('auth') % 1_000_000:06d}"}
    return payment


def authorize(state: State, payment_id: str) -> dict[str, Any]:
    """Let the bank say yes: created or failed becomes authorised, and goes back by itself unless it is captured."""
    with state.lock:
        payment = load(state, "pay", payment_id)
        if payment["status"] not in ("created", "failed"):
            return payment
        payment["status"] = "authorized"
        payment |= {f"error_{part}": None for part in ("code", "description", "source", "step", "reason")}
        save(state, payment)
        events.send(state, "payment.authorized", payment=payment)
        capture = load(state, "order", payment["order_id"])["_capture"] or {}
        minutes = capture.get("manual_expiry_period", UNCAPTURED_DAYS * 1440)
        due = payment["created_at"] + minutes * 60
        state.timers.at(max(due, state.clock.time()), "razorpay_uncaptured", {"id": payment_id}, payment["order_id"])
    return payment


def fail(state: State, payment_id: str, reason: str = "payment_failed") -> dict[str, Any]:
    """Let a payment fail that has not gone through."""
    with state.lock:
        payment = load(state, "pay", payment_id)
        if payment["status"] != "created":
            return payment
        payment["status"] = "failed"
        text = (
            "Payment was unsuccessful as the bank did not answer in time."
            if reason == "payment_timed_out"
            else "Payment failed"
        )
        payment |= {"error_code": "BAD_REQUEST_ERROR", "error_description": text, "error_source": "customer"}
        payment |= {"error_step": "payment_authorization", "error_reason": reason}
        save(state, payment)
        events.send(state, "payment.failed", payment=payment)
    return payment


def capture(state: State, payment_id: str, amount: int | None = None) -> dict[str, Any]:
    """Take an authorised payment's money; the first capture pays the order."""
    with state.lock:
        payment = load(state, "pay", payment_id)
        if payment["captured"]:
            raise RazorpayError("This payment has already been captured")
        if payment["status"] != "authorized":
            raise RazorpayError("Only payments which have been authorized and not yet captured can be captured")
        if amount is not None and amount != payment["amount"]:
            raise checks.refuse("Capture amount must be equal to the amount authorized", "amount")
        base = payment["amount"] * 2
        payment |= {
            "status": "captured",
            "captured": True,
            "fee": base * 118 // 10_000,
            "tax": math.ceil(base * 18 / 10_000),
        }
        save(state, payment)
        order = load(state, "order", payment["order_id"])
        first = order["status"] != "paid"
        order["amount_paid"] += payment["amount"]
        order["amount_due"] = max(0, order["amount"] - order["amount_paid"])
        order["status"] = "paid" if order["amount_due"] == 0 else "attempted"
        save(state, order)
        events.send(state, "payment.captured", payment=payment)
        if first and order["status"] == "paid":
            events.send(state, "order.paid", payment=payment, order=order)
    return payment


def captures_by_itself(state: State, order: dict[str, Any], authorized_after: float = 0) -> bool:
    """Say whether an authorisation that took this long is captured without a call."""
    wanted = order["_capture"]
    if wanted is None:
        return settings(state)["capture"] == "automatic"
    limit = wanted.get("automatic_expiry_period", UNCAPTURED_DAYS * 1440) * 60
    return wanted["capture"] == "automatic" and authorized_after <= limit


def page(state: State, prefix: str, args: dict[str, str], **equal: str) -> dict[str, Any]:
    """Return a list's page, newest first, as Razorpay's collection."""
    count, skip = checks.whole(args, "count", 10, 1, 100), checks.whole(args, "skip", 0, 0, 10**12)
    begin, end = checks.whole(args, "from", 0, 0, 10**12), checks.whole(args, "to", 10**12, 0, 10**12)
    found = [entity for _, entity in state.items(KINDS[prefix]) if begin <= entity["created_at"] <= end]
    found = [entity for entity in reversed(found) if all(entity[name] == value for name, value in equal.items())]
    return collection(found[skip : skip + count])


def collection(entities: list[dict[str, Any]]) -> dict[str, Any]:
    """Return objects in the form of Razorpay's lists."""
    return {"entity": "collection", "count": len(entities), "items": [events.public(entity) for entity in entities]}
