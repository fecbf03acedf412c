"""Messages from people to the business, played by a control call; each opens the 24-hour window."""

import re
from typing import Any, Final

from sandbox.state import State
from sandbox.whatsapp import notices
from sandbox.whatsapp.errors import WhatsAppError, as_status

KIND: Final = "whatsapp_inbound"
MEDIA: Final = ("image", "document", "audio", "video", "sticker")
FIELDS: Final = ("from", "name", "type", "text", "payload", "id", "title", "context", "message")


def receive(state: State, wanted: dict[str, Any]) -> dict[str, Any]:
    """Store a person's message, open the window, and send it to the business."""
    if extra := set(wanted) - set(FIELDS):
        raise WhatsAppError(100, f"unknown fields: {', '.join(sorted(extra))}")
    sender = str(wanted.get("from", "")).removeprefix("+")
    if not re.fullmatch(r"[1-9]\d{7,14}", sender):
        raise WhatsAppError(131009, "from must be a phone number with its country code")
    message: dict[str, Any] = {"id": state.make_id("wamid.HBgN", 40), "timestamp": str(state.clock.now())}
    if "context" in wanted:
        message["context"] = {"from": notices.DISPLAY_NUMBER, "id": str(wanted["context"])}
    message |= content(state, wanted)
    shown = str(wanted.get("text") or wanted.get("title") or wanted.get("payload") or "")
    state.put(
        KIND,
        message["id"],
        {"id": message["id"], "from": sender, "type": message["type"], "shown": shown, "read": False},
    )
    state.put("whatsapp_window", sender, {"opened_at": state.clock.now()})
    event_id = notices.incoming(state, sender, str(wanted.get("name", "Asha")), message)
    return {"id": message["id"], "event_id": event_id, "user_id": notices.user_id(sender)}


def content(state: State, wanted: dict[str, Any]) -> dict[str, Any]:
    """Return a message's body by its type; `message` gives any other body as it stands."""
    kind, text = str(wanted.get("type", "text")), str(wanted.get("text", ""))
    if isinstance(wanted.get("message"), dict):
        return {"type": kind, **wanted["message"]}
    if kind == "text":
        return {"type": kind, "text": {"body": text}}
    if kind == "button":
        return {"type": kind, "button": {"payload": str(wanted.get("payload", text)), "text": text}}
    if kind == "interactive":
        reply = {"id": str(wanted.get("id", "")), "title": str(wanted.get("title", text))}
        return {"type": kind, "interactive": {"type": "button_reply", "button_reply": reply}}
    if kind in MEDIA:
        return {
            "type": kind,
            kind: {"id": str(10**15 + state.next_number("media")), "mime_type": "image/jpeg", "sha256": ""},
        }
    if kind == "location":
        return {"type": kind, "location": {"latitude": 12.9719, "longitude": 77.6412}}
    return {"type": "unsupported", "errors": [as_status(131051)]}


def mark_read(state: State, wanted: dict[str, Any]) -> bool:
    """Note that the business has read a person's message."""
    with state.lock:
        message = state.get(KIND, str(wanted.get("message_id", "")))
        if message is None or wanted.get("messaging_product") != "whatsapp":
            raise WhatsAppError(131009, "message_id is not a message that came in")
        state.put(KIND, message["id"], {**message, "read": True})
    return True
