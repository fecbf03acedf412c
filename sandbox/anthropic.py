"""Speaks the Claude Messages API: reads the prescription's text in the request and fills the schema that is asked for.

It is a parser, not a model: orders within the text have no one to obey them. A control call queues other answers.
"""

from __future__ import annotations

import json
from typing import Any, Final

from flask import Blueprint, Response, jsonify, request

from sandbox.anthropic_requests import BadRequest, check_request, count_tokens, ocr_lines, texts, wanted_schema
from sandbox.fault_answers import ANTHROPIC_TYPES
from sandbox.prescription_lines import Prescription, read_prescription
from sandbox.providers import Panel
from sandbox.schema_fill import fill
from sandbox.state import State

REPLY, ANSWERED = "anthropic_reply", "anthropic_answer"
MOST_BYTES: Final = 32 * 1024 * 1024
MOST_REPLIES: Final = 1_000
REPLY_FIELDS: Final = {"match", "json", "text", "stop_reason", "error", "times"}
STATUS: Final = {kind: status for status, kind in ANTHROPIC_TYPES.items()} | {"api_error": 500}


def blueprint(state: State) -> Blueprint:
    """Return the Messages API."""
    anthropic = Blueprint("anthropic", __name__, url_prefix="/anthropic")

    @anthropic.before_request
    def authenticate() -> Response | None:
        key = (
            request.headers.get("x-api-key") or request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        )
        if key != state.config.anthropic_key:
            return _refuse(
                state, "authentication_error", "invalid x-api-key" if key else "x-api-key header is required"
            )
        if not request.headers.get("anthropic-version"):
            return _refuse(state, "invalid_request_error", "anthropic-version: header is required")
        if (request.content_length or 0) > MOST_BYTES:
            return _refuse(state, "request_too_large", "Request exceeds the maximum allowed number of bytes.")
        return None

    @anthropic.post("/v1/messages")
    def create_message() -> Response:
        try:
            body = check_request(request.get_json(silent=True, force=True))
        except BadRequest as problem:
            return _refuse(state, "invalid_request_error", str(problem))
        reply = _take_reply(state, "\n".join(texts(body)))
        if reply and "error" in reply:
            return _queued_error(state, reply["error"])
        message = _message(state, body, reply or {})
        state.put(ANSWERED, message["id"], {"at": state.clock.now(), "message": message})
        return _answer(state, message, 200)

    @anthropic.post("/v1/messages/count_tokens")
    def count() -> Response:
        body = request.get_json(silent=True, force=True)
        try:
            # Counting takes the same request without a limit on the answer.
            checked = check_request({"max_tokens": 1, **body} if isinstance(body, dict) else body)
        except BadRequest as problem:
            return _refuse(state, "invalid_request_error", str(problem))
        return _answer(state, {"input_tokens": count_tokens(checked)}, 200)

    @anthropic.route("/", defaults={"path": ""}, methods=["GET", "POST", "DELETE"])
    @anthropic.route("/<path:path>", methods=["GET", "POST", "DELETE"])
    def unknown(path: str) -> Response:
        return _refuse(state, "not_found_error", f"Not found: /{path}")

    return anthropic


def control(state: State) -> Blueprint:
    """Return the queue of answers."""
    calls = Blueprint("anthropic_control", __name__, url_prefix="/_sandbox/anthropic")

    @calls.post("/replies")
    def queue() -> tuple[Response, int]:
        body = request.get_json(silent=True)
        problem = _reply_problem(body)
        if problem or not isinstance(body, dict):
            return jsonify(error=problem), 400
        if len(state.items(REPLY)) >= MOST_REPLIES:
            return jsonify(error=f"more than {MOST_REPLIES} replies are queued"), 400
        number = f"reply_{state.next_number(REPLY)}"
        state.put(REPLY, number, {"times": 1, **body})
        return jsonify(id=number), 201

    @calls.get("/replies")
    def list_replies() -> Response:
        return jsonify(replies=[{"id": number, **reply} for number, reply in state.items(REPLY)])

    @calls.delete("/replies")
    def clear() -> tuple[str, int]:
        for number, _ in state.items(REPLY):
            state.delete(REPLY, number)
        return "", 204

    return calls


def panel(state: State) -> Panel:
    """Return the latest answers."""
    rows = [
        (key, str(answer["message"]["model"]), str(answer["message"]["stop_reason"]), _shown(answer["message"]))
        for key, answer in state.latest(ANSWERED, 30)
    ]
    return Panel("Claude: answers", ("Message", "Model", "Stop reason", "Answer"), list(rows))


def _shown(message: dict[str, Any]) -> str:
    return " ".join(str(block.get("text", "")) for block in message["content"])[:400]


def _answer(state: State, body: dict[str, Any], status: int) -> Response:
    answer = Response(json.dumps(body), status, content_type="application/json")
    answer.headers["request-id"] = str(body.get("request_id") or state.make_id("req_01", 22))
    return answer


def _refuse(state: State, kind: str, message: str, status: int | None = None) -> Response:
    request_id = state.make_id("req_01", 22)
    body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": request_id}
    return _answer(state, body, status or STATUS.get(kind, 400))


def _queued_error(state: State, error: Any) -> Response:
    """Answer a queued error: its type by name, or a whole `{type, message, status, retry_after}`."""
    given: dict[str, Any] = error if isinstance(error, dict) else {"type": str(error)}
    kind = str(given.get("type", "api_error"))
    answer = _refuse(
        state, kind, str(given.get("message", f"The sandbox was told to answer {kind}.")), given.get("status")
    )
    if "retry_after" in given:
        answer.headers["retry-after"] = str(given["retry_after"])
    return answer


def _take_reply(state: State, said: str) -> dict[str, Any] | None:
    """Take the first queued answer whose `match` is in the request; it leaves the queue after its last time."""
    with state.lock:
        for number, reply in state.items(REPLY):
            if str(reply.get("match", "")) not in said:
                continue
            reply["times"] -= 1
            if reply["times"] > 0:
                state.put(REPLY, number, reply)
            else:
                state.delete(REPLY, number)
            return reply
    return None


def _message(state: State, body: dict[str, Any], reply: dict[str, Any]) -> dict[str, Any]:
    stop = reply.get("stop_reason", "end_turn")
    text = _said(body, reply)
    limit = 4 * int(body["max_tokens"])
    if len(text) > limit and stop == "end_turn":
        text, stop = text[:limit], "max_tokens"
    elif stop == "max_tokens" and "text" not in reply:
        text = text[: len(text) // 2]  # cut off in the middle, as a full answer would be
    content = (
        [] if stop == "refusal" and "text" not in reply and "json" not in reply else [{"type": "text", "text": text}]
    )
    details = {"type": "refusal", "category": None, "explanation": None} if stop == "refusal" else None
    return {
        "id": state.make_id("msg_01", 22),
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "stop_details": details,
        "usage": {
            "input_tokens": count_tokens(body),
            "output_tokens": len(text) // 4 + 1,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
        },
    }


def _said(body: dict[str, Any], reply: dict[str, Any]) -> str:
    if "json" in reply:
        return json.dumps(reply["json"], ensure_ascii=False)
    if "text" in reply:
        return str(reply["text"])
    read = read_prescription(ocr_lines(body))
    schema = wanted_schema(body)
    if schema is not None:
        return json.dumps(fill(schema, read.as_dict()), ensure_ascii=False)
    return _in_words(read)


def _in_words(read: Prescription) -> str:
    """Answer a request without a schema: a line a medicine."""
    lines = [
        " ".join(str(part) for part in (one.written, one.dose, one.duration_days) if part) for one in read.medicines
    ]
    return "\n".join(lines) or "No medicines could be read."


def _reply_problem(body: Any) -> str:
    if not isinstance(body, dict):
        return "the body must be a JSON object"
    if unknown := sorted(set(body) - REPLY_FIELDS):
        return f"unknown fields: {', '.join(unknown)}"
    if not set(body) & {"json", "text", "stop_reason", "error"}:
        return "one of json, text, stop_reason and error is needed"
    times = body.get("times", 1)
    if isinstance(times, bool) or not isinstance(times, int) or not 1 <= times <= MOST_REPLIES:
        return f"times must be a whole number from 1 to {MOST_REPLIES}"
    return ""
