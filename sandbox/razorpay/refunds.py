"""Razorpay's refunds: never above what was captured, once per idempotency key, finished on the clock."""

import json
import time
from typing import Any, Final

from sandbox.razorpay import checks, events, ledger
from sandbox.razorpay.errors import RazorpayError
from sandbox.state import State

NORMAL_REFUND_DAYS: Final = 183
KEYS: Final = "razorpay_refund_key"
HELD: Final = "razorpay_refund_held"


def forget_running(state: State) -> None:
    """Drop what a process that ended left unfinished, so that its keys can be used again."""
    for key, entry in state.items(KEYS):
        if entry["refund"] is None:
            state.delete(KEYS, key)
    for key, _ in state.items(HELD):
        state.delete(HELD, key)


def refund(state: State, payment_id: str, body: dict[str, Any], key: str | None) -> dict[str, Any]:
    """Refund a payment; the same key with the same body gives the same refund."""
    checks.only(body, "amount", "speed", "notes", "receipt")
    if key is None:
        return work(state, payment_id, body)
    if not checks.REFUND_KEY.fullmatch(key):
        raise RazorpayError(
            "The idempotency key must have at least 10 characters of letters, digits, hyphens and underscores."
        )
    request = json.dumps([payment_id, body], sort_keys=True)
    with state.lock:
        entry = state.get(KEYS, key)
        if entry is None:
            state.put(KEYS, key, {"request": request, "refund": None})
    if entry is not None:
        return repeated(state, entry, request)
    done = ""
    try:
        made = work(state, payment_id, body)
        done = made["id"]
        return made
    finally:
        if done:
            state.put(KEYS, key, {"request": request, "refund": done})
        else:
            state.delete(KEYS, key)


def repeated(state: State, entry: dict[str, Any], request: str) -> dict[str, Any]:
    """Answer a key that came before."""
    if entry["request"] != request:
        raise RazorpayError("Different request body sent for the same idempotency key.")
    if entry["refund"] is None:
        raise RazorpayError("Request with the same idempotency key is in progress.", status=409)
    return ledger.load(state, "rfnd", entry["refund"])


def work(state: State, payment_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Hold the amount, take the time the account is set to, and write the refund."""
    hold, amount = hold_amount(state, payment_id, body)
    try:
        if pause := ledger.settings(state)["refund_ms"]:
            time.sleep(pause / 1000)
        with state.lock:
            return write(state, payment_id, amount, body)
    finally:
        state.delete(HELD, hold)


def hold_amount(state: State, payment_id: str, body: dict[str, Any]) -> tuple[str, int]:
    """Check the request against what is left of the payment, counting calls that still run, and take hold of it."""
    with state.lock:
        payment = ledger.load(state, "pay", payment_id)
        if payment["status"] == "refunded":
            raise RazorpayError("The payment has been fully refunded already")
        if payment["status"] != "captured":
            raise RazorpayError("The payment status should be captured for action to be taken")
        held = sum(entry["amount"] for _, entry in state.items(HELD) if entry["payment"] == payment_id)
        left = payment["amount"] - payment["amount_refunded"] - held
        if left <= 0:
            raise RazorpayError("The payment has been fully refunded already")
        amount = checks.amount(body) if body.get("amount") is not None else left
        if amount > left:
            raise checks.refuse("The total refund amount is greater than the refund payment amount", "amount")
        for check in (checks.notes, checks.receipt, checks.speed):
            check(body)
        hold = str(state.next_number("refund_hold"))
        state.put(HELD, hold, {"payment": payment_id, "amount": amount})
    return hold, amount


def write(state: State, payment_id: str, amount: int, body: dict[str, Any]) -> dict[str, Any]:
    """Store a refund, count it against its payment, and announce it."""
    payment, now, account = ledger.load(state, "pay", payment_id), state.clock.now(), ledger.settings(state)
    speed = checks.speed(body)
    refund: dict[str, Any] = {"id": state.make_id("rfnd_"), "entity": "refund", "amount": amount, "currency": "INR"}
    refund |= {"payment_id": payment_id, "notes": checks.notes(body), "receipt": checks.receipt(body)}
    refund |= {"acquirer_data": {"arn": None}, "created_at": now, "batch_id": None, "status": account["refund_status"]}
    refund |= {"_order_id": payment["order_id"]}
    if speed:
        refund |= {"speed_requested": speed, "speed_processed": "instant" if speed == "optimum" else "normal"}
    too_old = now - payment["created_at"] > NORMAL_REFUND_DAYS * 86_400 and speed != "optimum"
    if too_old:
        refund["status"] = "failed"
    else:
        count(payment, amount)
    payment["_refunds"].append(refund["id"])
    ledger.save(state, payment)
    ledger.save(state, refund)
    events.send(state, "refund.created", refund=refund, payment=payment)
    if refund["status"] != "pending":
        events.send(state, f"refund.{refund['status']}", refund=refund, payment=payment)
    state.timers.at(now + account["refund_after_s"], "razorpay_refund", {"id": refund["id"]}, payment["order_id"])
    return refund


def count(payment: dict[str, Any], amount: int) -> None:
    """Add to (or, negative, take from) what a payment has given back, and set its states."""
    payment["amount_refunded"] += amount
    given = payment["amount_refunded"]
    payment["refund_status"] = None if given == 0 else "full" if given == payment["amount"] else "partial"
    payment["status"] = "refunded" if payment["refund_status"] == "full" else "captured"


def finish(state: State, refund_id: str, status: str) -> dict[str, Any]:
    """Move a refund to processed or failed and announce it; a failed one gives the amount back to the payment."""
    with state.lock:
        refund = ledger.load(state, "rfnd", refund_id)
        if refund["status"] == status:
            return refund
        payment = ledger.load(state, "pay", refund["payment_id"])
        if status == "failed":
            count(payment, -refund["amount"])
        elif refund["status"] == "failed":
            raise RazorpayError("A failed refund stays failed")
        refund["status"] = status
        ledger.save(state, payment)
        ledger.save(state, refund)
        if status != "pending":
            events.send(state, f"refund.{status}", refund=refund, payment=payment)
    return refund


def bank_confirms(state: State, refund_id: str) -> None:
    """Finish a refund that was still pending and give it the bank's reference."""
    with state.lock:
        refund = ledger.load(state, "rfnd", refund_id)
        if refund["status"] == "failed":
            return
        finish(state, refund_id, "processed")
        refund = ledger.load(state, "rfnd", refund_id)
        refund["acquirer_data"] = {"arn": f"{10_000_000_000_000 + state.next_number('arn')}"}
        ledger.save(state, refund)


def return_uncaptured(state: State, payment_id: str) -> None:
    """Give back an authorised payment that nobody captured in time."""
    with state.lock:
        payment = ledger.load(state, "pay", payment_id)
        if payment["status"] == "authorized":
            write(state, payment_id, payment["amount"], {})
