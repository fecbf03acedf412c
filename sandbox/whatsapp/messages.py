"""Messages to people: what is accepted, and what becomes of it step by step on the sandbox's clock."""

import re
from typing import Any, Final

from sandbox.state import State
from sandbox.whatsapp import errors, notices, templates
from sandbox.whatsapp.errors import WhatsAppError

KIND: Final = "whatsapp_message"
WINDOW_SECONDS: Final = 86_400
STEPS: Final = ("sent", "delivered", "read")
FIELDS: Final = frozenset(
    {
        "messaging_product",
        "recipient_type",
        "to",
        "type",
        "template",
        "text",
        "interactive",
        "context",
        "biz_opaque_callback_data",
    }
)
BUTTON_KINDS: Final = ("button", "list", "cta_url")
DEFAULTS: Final = {"sent_ms": 0, "delivered_ms": 300, "read_ms": 1_500}


def settings(state: State) -> dict[str, int]:
    """Return how long the steps of a message take."""
    return DEFAULTS | (state.get("whatsapp_settings", "number") or {})


def accept(state: State, body: dict[str, Any]) -> dict[str, Any]:
    """Take one message to one person, or refuse it; statuses follow."""
    check_envelope(body)
    to = wa_id(body)
    content = contents(state, body, to)
    recipient = state.get("whatsapp_recipient", to) or {"outcome": "read"}
    code = failure(recipient)
    if code and code not in errors.LATER:
        raise WhatsAppError(code, errors.title(code))
    if body["type"] != "template" and not window_open(state, to):
        code = 131047
    message = store(state, body, to, content)
    last = "fail" if code else recipient["outcome"]
    step_later(state, message, "failed" if last == "fail" else "sent", {"last": last, "code": code})
    answer: dict[str, Any] = {"id": message["id"]}
    if body["type"] == "template":
        answer["message_status"] = "accepted"
    return {"messaging_product": "whatsapp", "contacts": [{"input": body["to"], "wa_id": to}], "messages": [answer]}


def check_envelope(body: dict[str, Any]) -> None:
    """Refuse a request that is not a message."""
    if extra := set(body) - FIELDS:
        raise WhatsAppError(100, f"Unexpected key {sorted(extra)[0]}")
    if body.get("messaging_product") != "whatsapp":
        raise WhatsAppError(100, "The parameter messaging_product is required and must be whatsapp")
    if body.get("recipient_type", "individual") != "individual":
        raise WhatsAppError(131009, "recipient_type must be individual")
    data = body.get("biz_opaque_callback_data")
    if data is not None and (not isinstance(data, str) or len(data) > 512):
        raise WhatsAppError(131009, "biz_opaque_callback_data must be a text of at most 512 characters")


def wa_id(body: dict[str, Any]) -> str:
    """Return whom the message is for, as digits."""
    to = body.get("to")
    if not to:
        raise WhatsAppError(131008, "The parameter to is required")
    if not isinstance(to, str) or not re.fullmatch(r"\+?[1-9]\d{7,14}", to):
        raise WhatsAppError(131009, "to must be a phone number with its country code")
    digits = to.removeprefix("+")
    if digits == notices.DISPLAY_NUMBER:
        raise WhatsAppError(131021, "Recipient phone number cannot be the sender's")
    return digits


def contents(state: State, body: dict[str, Any], to: str) -> dict[str, Any]:
    """Return what a message says, checked by its type."""
    kind = body.get("type")
    empty: dict[str, Any] = {"template": None, "language": None, "category": None, "parameters": []}
    if kind == "template":
        template, text, parameters = templates.check(state, body.get("template"))
        named = {"template": template["name"], "language": template["language"], "category": template["category"]}
        return {**named, "parameters": parameters, "text": text}
    if kind == "text":
        return {**empty, "text": plain_text(body.get("text"), 4_096, "text")}
    if kind == "interactive":
        wanted = body.get("interactive")
        if not isinstance(wanted, dict) or wanted.get("type") not in BUTTON_KINDS:
            raise WhatsAppError(131009, f"interactive.type must be one of {', '.join(BUTTON_KINDS)}")
        return {**empty, "text": plain_text(wanted.get("body"), 1_024, "interactive.body", "text")}
    raise WhatsAppError(131051, f"type {kind} is not supported for {len(to)}-digit numbers of this business")


def plain_text(given: Any, longest: int, name: str, key: str = "body") -> str:
    """Return a text of bounded length."""
    text = given.get(key) if isinstance(given, dict) else None
    if not isinstance(text, str) or not text.strip():
        raise WhatsAppError(131008, f"{name}.{key} is required")
    if len(text) > longest:
        raise WhatsAppError(131009, f"{name}.{key} has more than {longest} characters")
    return text


def failure(recipient: dict[str, Any]) -> int:
    """Return the code with which messages to a person fail, or 0."""
    outcome = str(recipient["outcome"])
    return int(outcome.removeprefix("fail:")) if outcome.startswith("fail:") else 0


def window_open(state: State, to: str) -> bool:
    """Say whether a person wrote within the last 24 hours."""
    window = state.get("whatsapp_window", to)
    return window is not None and state.clock.now() < window["opened_at"] + WINDOW_SECONDS


def store(state: State, body: dict[str, Any], to: str, content: dict[str, Any]) -> dict[str, Any]:
    """Put a message into the outbox."""
    message: dict[str, Any] = {"id": state.make_id("wamid.HBgM", 40), "to": to, "type": body["type"], **content}
    message |= {"at": state.clock.now(), "status": "accepted", "history": [], "error": None}
    message |= {"callback_data": body.get("biz_opaque_callback_data"), "in_window": window_open(state, to)}
    state.put(KIND, message["id"], message)
    return message


def step_later(state: State, message: dict[str, Any], step: str, plan: dict[str, Any]) -> None:
    """Set the timer of a message's next step."""
    pause = settings(state).get(f"{step}_ms", 0) / 1000
    args = {"id": message["id"], "step": step, **plan}
    state.timers.at(state.clock.time() + pause, "whatsapp_step", args, f"whatsapp:{message['to']}")


def step(state: State, args: dict[str, Any]) -> None:
    """Bring a message to its next status, tell the business, and plan the step after it."""
    with state.lock:
        message = state.get(KIND, args["id"])
        if message is None:
            return
        name = args["step"]
        error = errors.as_status(args["code"]) if name == "failed" else None
        message["status"], message["error"] = name, error and error["code"]
        message["history"].append({"status": name, "at": state.clock.now()})
        state.put(KIND, message["id"], message)
        notices.status(state, message, name, error)
        if name in STEPS[:-1] and args["last"] != name:
            plan = {"last": args["last"], "code": args["code"]}
            step_later(state, message, STEPS[STEPS.index(name) + 1], plan)
