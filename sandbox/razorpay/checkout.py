"""Razorpay's Checkout: playing a payment of an order to one of its outcomes."""

import hashlib
import hmac
from typing import Any, Final

from sandbox.razorpay import checks, ledger
from sandbox.razorpay.errors import RazorpayError
from sandbox.state import State

OUTCOMES: Final = ("captured", "authorized", "failed", "late_authorized", "captured_twice")
METHODS: Final = ("upi", "card", "netbanking", "wallet")
FAILING_VPA: Final = "failure@razorpay"


def signature(state: State, order_id: str, payment_id: str) -> str:
    """Return what Checkout hands the client to prove a payment of an order."""
    secret = state.config.razorpay_key_secret.encode()
    return hmac.new(secret, f"{order_id}|{payment_id}".encode(), hashlib.sha256).hexdigest()


def pay(state: State, order_id: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """Pay an order; without an outcome, as its capture setting and the VPA say. Events follow."""
    checks.only(wanted, "method", "vpa", "outcome", "amount", "failed_after_s", "authorized_after_s")
    method, vpa, amount = wanted.get("method", "upi"), wanted.get("vpa"), wanted.get("amount")
    if method not in METHODS or not isinstance(vpa, str | None):
        raise RazorpayError(f"method must be one of {', '.join(METHODS)}, and vpa a text")
    if amount is not None:
        checks.amount(wanted)
    late = late_times(state, wanted)
    with state.lock:
        order = ledger.load(state, "order", order_id)
        outcome = wanted.get("outcome") or natural_outcome(state, order, vpa)
        if outcome not in OUTCOMES:
            raise RazorpayError(f"outcome must be one of {', '.join(OUTCOMES)}")
        if order["status"] == "paid" and outcome != "captured_twice":
            raise RazorpayError("Order has already been paid")
        payment = ledger.begin_payment(state, order_id, method, vpa, amount)
        return play(state, payment, outcome, late)


def natural_outcome(state: State, order: dict[str, Any], vpa: str | None) -> str:
    """Return what happens when a person simply pays."""
    if vpa == FAILING_VPA:
        return "failed"
    return "captured" if ledger.captures_by_itself(state, order) else "authorized"


def late_times(state: State, wanted: dict[str, Any]) -> tuple[float, float]:
    """Return after how many seconds a late payment fails and is authorised after all."""
    account = ledger.settings(state) | wanted
    times = account["failed_after_s"], account["authorized_after_s"]
    for value in times:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 10 * 86_400:
            raise RazorpayError("failed_after_s and authorized_after_s are seconds, at most ten days")
    return times


def play(state: State, payment: dict[str, Any], outcome: str, late: tuple[float, float]) -> dict[str, Any]:
    """Bring a new payment to its outcome and return what the client is given."""
    payment_id, order_id = payment["id"], payment["order_id"]
    answer = {"razorpay_payment_id": payment_id, "razorpay_order_id": order_id, "razorpay_signature": None}
    if outcome == "failed":
        ledger.fail(state, payment_id)
        return answer
    if outcome == "late_authorized":
        now = state.clock.time()
        state.timers.at(now + late[0], "razorpay_fail", {"id": payment_id}, order_id)
        state.timers.at(now + late[1], "razorpay_authorize", {"id": payment_id}, order_id)
        return answer
    answer["razorpay_signature"] = signature(state, order_id, payment_id)
    ledger.authorize(state, payment_id)
    if outcome == "authorized":
        return answer
    ledger.capture(state, payment_id)
    if outcome == "captured_twice":
        second = ledger.begin_payment(state, order_id, payment["method"], payment["vpa"], payment["amount"])
        ledger.authorize(state, second["id"])
        ledger.capture(state, second["id"])
        answer["second_payment_id"] = second["id"]
    return answer


def authorize_late(state: State, payment_id: str) -> None:
    """Let the bank's answer come after all, and capture it when it is not too late for that."""
    with state.lock:
        payment = ledger.load(state, "pay", payment_id)
        if payment["status"] not in ("created", "failed"):
            return
        ledger.authorize(state, payment_id)
        order = ledger.load(state, "order", payment["order_id"])
        if ledger.captures_by_itself(state, order, state.clock.time() - payment["created_at"]):
            ledger.capture(state, payment_id)
