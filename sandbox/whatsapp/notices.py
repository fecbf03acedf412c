"""WhatsApp's webhook bodies: statuses of what was sent, messages that came in, changes of templates."""

import hashlib
from typing import Any, Final

from sandbox import webhooks
from sandbox.state import State

ACCOUNT: Final = "102290000000001"
DISPLAY_NUMBER: Final = "918047000000"


def user_id(wa_id: str) -> str:
    """Return the id by which Meta names a person to this business."""
    return "IN." + str(int(hashlib.sha256(wa_id.encode()).hexdigest()[:14], 16))


def hidden(state: State, wa_id: str) -> bool:
    """Say whether a person's phone number is kept from the business."""
    return bool((state.get("whatsapp_recipient", wa_id) or {}).get("hide_phone"))


def send(state: State, field: str, value: dict[str, Any], subject: str) -> str:
    """Emit one change."""
    entry = {"id": ACCOUNT, "changes": [{"field": field, "value": value}]}
    return webhooks.emit(state, "whatsapp", field, {"object": "whatsapp_business_account", "entry": [entry]}, subject)


def metadata(state: State) -> dict[str, Any]:
    """Return which of the business's numbers a change is about."""
    numbers = {"display_phone_number": DISPLAY_NUMBER, "phone_number_id": state.config.whatsapp_phone_number_id}
    return {"messaging_product": "whatsapp", "metadata": numbers}


def status(state: State, message: dict[str, Any], name: str, error: dict[str, Any] | None) -> None:
    """Emit what has become of a message."""
    wa_id = message["to"]
    notice: dict[str, Any] = {"id": message["id"], "status": name, "timestamp": str(state.clock.now())}
    if not hidden(state, wa_id):
        notice["recipient_id"] = wa_id
    notice["recipient_user_id"] = user_id(wa_id)
    if message["callback_data"] is not None:
        notice["biz_opaque_callback_data"] = message["callback_data"]
    if error:
        notice["errors"] = [error]
    else:
        category = (message["category"] or "service").lower()
        free = message["in_window"] and category in ("utility", "service")
        kind = "free_customer_service" if free else "regular"
        notice["pricing"] = {"billable": not free, "pricing_model": "PMP", "type": kind, "category": category}
    send(state, "messages", metadata(state) | {"statuses": [notice]}, wa_id)


def incoming(state: State, wa_id: str, name: str, message: dict[str, Any]) -> str:
    """Emit a message a person wrote to the business."""
    contact: dict[str, Any] = {"profile": {"name": name}, "user_id": user_id(wa_id)}
    sender: dict[str, Any] = {"from_user_id": user_id(wa_id)}
    if not hidden(state, wa_id):
        contact["wa_id"] = wa_id
        sender["from"] = wa_id
    return send(state, "messages", metadata(state) | {"contacts": [contact], "messages": [sender | message]}, wa_id)


def template_changed(state: State, template: dict[str, Any]) -> None:
    """Emit a template's new status."""
    value = {
        "event": template["status"],
        "message_template_name": template["name"],
        "message_template_language": template["language"],
        "reason": "NONE",
    }
    send(state, "message_template_status_update", value, f"template:{template['name']}")
