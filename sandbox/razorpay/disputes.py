"""Razorpay's disputes: raised by a control call, answered by the API."""

from typing import Any, Final

from sandbox.razorpay import checks, events, ledger
from sandbox.razorpay.errors import RazorpayError
from sandbox.state import State

PHASES: Final = ("chargeback", "fraud", "retrieval", "pre_arbitration", "arbitration")
STATUSES: Final = {
    "created": "open",
    "under_review": "under_review",
    "action_required": "open",
    "won": "won",
    "lost": "lost",
    "closed": "closed",
}


def raise_event(state: State, payment_id: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """Open a dispute of a payment or move the one it has, and announce it."""
    checks.only(wanted, "event", "phase", "amount")
    name, phase = wanted.get("event", "created"), wanted.get("phase", "chargeback")
    if name not in STATUSES or phase not in PHASES:
        raise RazorpayError(f"event is one of {', '.join(STATUSES)}; phase one of {', '.join(PHASES)}")
    with state.lock:
        payment = ledger.load(state, "pay", payment_id)
        mine = [d for _, d in state.items(ledger.KINDS["disp"]) if d["payment_id"] == payment_id]
        amount = checks.amount(wanted, 1) if "amount" in wanted else payment["amount"]
        dispute = mine[-1] if mine else new_dispute(state, payment, amount)
        dispute["phase"] = phase
        return move(state, dispute, name)


def new_dispute(state: State, payment: dict[str, Any], amount: int) -> dict[str, Any]:
    """Return a dispute about a payment, to be answered within a week."""
    now = state.clock.now()
    dispute: dict[str, Any] = {"id": state.make_id("disp_"), "entity": "dispute", "payment_id": payment["id"]}
    dispute |= {"amount": amount, "currency": "INR", "amount_deducted": 0, "reason_code": "goods_not_received"}
    dispute |= {"respond_by": now + 7 * 86_400, "status": "open", "phase": "chargeback", "created_at": now}
    return dispute | {"evidence": {"amount": amount, "summary": None, "submitted_at": None}}


def move(state: State, dispute: dict[str, Any], name: str) -> dict[str, Any]:
    """Bring a dispute to the state of an event and announce it."""
    dispute["status"] = STATUSES[name]
    dispute["amount_deducted"] = dispute["amount"] if name == "lost" else dispute["amount_deducted"]
    ledger.save(state, dispute)
    payment = ledger.load(state, "pay", dispute["payment_id"])
    events.send(state, f"payment.dispute.{name}", payment=payment, dispute=dispute)
    return dispute


def accept(state: State, dispute_id: str) -> dict[str, Any]:
    """Give in: the dispute is lost and its amount gone."""
    with state.lock:
        return move(state, open_dispute(state, dispute_id), "lost")


def contest(state: State, dispute_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Add to the evidence; `action` submit hands it in for review."""
    if body.get("action", "draft") not in ("draft", "submit"):
        raise checks.refuse("The selected action is invalid.", "action")
    with state.lock:
        dispute = open_dispute(state, dispute_id)
        dispute["evidence"] |= {name: value for name, value in body.items() if name != "action"}
        if body.get("action") == "submit":
            dispute["evidence"]["submitted_at"] = state.clock.now()
            return move(state, dispute, "under_review")
        ledger.save(state, dispute)
    return dispute


def open_dispute(state: State, dispute_id: str) -> dict[str, Any]:
    """Return a dispute that can still be answered."""
    dispute = ledger.load(state, "disp", dispute_id)
    if dispute["status"] != "open":
        raise RazorpayError("Action not allowed on this dispute in its present status")
    return dispute
