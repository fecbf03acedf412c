"""WhatsApp's Cloud API as the sandbox's application sees it: its HTTP, its control calls, its outbox on the panel."""

import hmac
import re
from typing import Any

from flask import Blueprint, Response, jsonify, request

from sandbox.providers import Link, Panel
from sandbox.state import State
from sandbox.whatsapp import errors, inbound, messages, notices, templates
from sandbox.whatsapp.errors import WhatsAppError

SHOWN = 60


def body() -> dict[str, Any]:
    """Return the request's JSON object."""
    value = request.get_json(silent=True)
    if not isinstance(value, dict):
        raise WhatsAppError(100, "The request body must be a JSON object")
    return value


def blueprint(state: State) -> Blueprint:
    """Return the Cloud API under `/whatsapp`."""
    state.timers.on("whatsapp_step", lambda args: messages.step(state, args))
    api = Blueprint("whatsapp", __name__, url_prefix="/whatsapp")
    api.register_error_handler(WhatsAppError, errors.answer)

    @api.before_request
    def authenticate() -> None:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind != "Bearer" or not hmac.compare_digest(token.encode(), state.config.whatsapp_token.encode()):
            raise WhatsAppError(190, "Error validating access token")

    @api.post("/<version>/<number_id>/messages")
    def send(version: str, number_id: str) -> Response:
        if not re.fullmatch(r"v\d{1,3}\.\d", version) or number_id != state.config.whatsapp_phone_number_id:
            raise WhatsAppError(100, f"Unsupported post request. Object with ID '{number_id[:40]}' does not exist")
        wanted = body()
        if wanted.get("status") == "read":
            return jsonify(success=inbound.mark_read(state, wanted))
        return jsonify(messages.accept(state, wanted))

    @api.route("/<path:rest>", methods=["GET", "POST", "PUT", "DELETE"])
    def unknown(rest: str) -> Response:
        raise WhatsAppError(100, f"Unknown path components: /{rest[:100]}")

    return api


def control(state: State) -> Blueprint:
    """Return WhatsApp's control calls."""
    pages = Blueprint("whatsapp_control", __name__, url_prefix="/_sandbox/whatsapp")
    pages.register_error_handler(WhatsAppError, errors.answer)

    @pages.get("/messages")
    def outbox() -> Response:
        to, name = request.args.get("to", "").strip().removeprefix("+"), request.args.get("template", "")
        found = [message for _, message in state.items(messages.KIND)]
        return jsonify(messages=[m for m in found if to in ("", m["to"]) and name in ("", m["template"])])

    @pages.put("/recipients/<wa_id>")
    def recipient(wa_id: str) -> Response:
        wanted = body()
        outcome = str(wanted.get("outcome", "read"))
        if set(wanted) - {"outcome", "hide_phone"} or not re.fullmatch(r"read|delivered|sent|fail:\d{1,6}", outcome):
            raise WhatsAppError(100, "outcome is read, delivered, sent or fail:<code>; the other field is hide_phone")
        setting = {"outcome": outcome, "hide_phone": wanted.get("hide_phone") is True}
        state.put("whatsapp_recipient", wa_id.removeprefix("+"), setting)
        return jsonify(setting)

    @pages.get("/templates")
    def list_templates() -> Response:
        return jsonify(templates=templates.all_templates(state))

    @pages.put("/templates/<name>/<language>")
    def template(name: str, language: str) -> Response:
        before = templates.find(state, name, language)
        changed = templates.change(state, name, language, body())
        if before is not None and before["status"] != changed["status"]:
            notices.template_changed(state, changed)
        return jsonify(changed)

    @pages.post("/inbound")
    def receive() -> Response:
        return jsonify(inbound.receive(state, body()))

    @pages.route("/settings", methods=["GET", "PUT"])
    def steps() -> Response:
        if request.method == "PUT":
            change_settings(state, body())
        return jsonify(messages.settings(state))

    return pages


def change_settings(state: State, wanted: dict[str, Any]) -> None:
    """Change how long the steps of a message take."""
    for name, value in wanted.items():
        if name not in messages.DEFAULTS or type(value) is not int or not 0 <= value <= 86_400_000:
            raise WhatsAppError(100, f"{', '.join(messages.DEFAULTS)} are milliseconds, at most a day")
    with state.lock:
        state.put("whatsapp_settings", "number", messages.settings(state) | wanted)


def panel(state: State) -> list[Panel]:
    """Return the outbox, the messages that came in, and the templates."""
    sent = [message for _, message in state.latest(messages.KIND, SHOWN)]
    came = [message for _, message in state.latest(inbound.KIND, SHOWN)]
    return [
        Panel(
            "WhatsApp outbox",
            ("to", "text", "template", "status", "id"),
            [(f"+{m['to']}", m["text"], m["template"] or m["type"], state_of(m), m["id"]) for m in sent],
            (Link("as JSON", "/_sandbox/whatsapp/messages"),),
        ),
        Panel(
            "WhatsApp inbox of the business",
            ("from", "type", "text", "id"),
            [(f"+{m['from']}", m["type"], m["shown"], m["id"]) for m in came],
        ),
        Panel(
            "WhatsApp templates",
            ("name", "language", "category", "status", "text"),
            [(t["name"], t["language"], t["category"], t["status"], t["body"]) for t in templates.all_templates(state)],
        ),
    ]


def state_of(message: dict[str, Any]) -> str:
    """Return a message's status with its error."""
    return f"{message['status']} {message['error']}" if message["error"] else message["status"]
