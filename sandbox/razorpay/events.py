"""Razorpay's webhook events: a snapshot of the objects at the time."""

from typing import Any

from sandbox import webhooks
from sandbox.state import State

ACCOUNT = "acc_SandboxPlazza1"


def public(entity: dict[str, Any]) -> dict[str, Any]:
    """Return an object as Razorpay shows it: without our own fields, empty notes as a list."""
    shown = {name: value for name, value in entity.items() if not name.startswith("_")}
    if "notes" in shown and not shown["notes"]:
        shown["notes"] = []
    return shown


def send(state: State, name: str, **entities: dict[str, Any]) -> None:
    """Emit the event `name` about these objects; events of one order keep their order."""
    body = {
        "entity": "event",
        "account_id": ACCOUNT,
        "event": name,
        "contains": list(entities),
        "payload": {kind: {"entity": public(entity)} for kind, entity in entities.items()},
        "created_at": state.clock.now(),
    }
    subject = next((str(e["order_id"]) for e in entities.values() if e.get("order_id")), "")
    webhooks.emit(state, "razorpay", name, body, subject)
