"""The rules a Messages request must keep, and the text that is in it."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, Final

from sandbox.schema_fill import BadSchema, check_schema

MOST_OUTPUT: Final = 128_000
MOST_IMAGE: Final = 5 * 1024 * 1024
KNOWN: Final = {
    *("model", "messages", "max_tokens", "system", "output_config", "metadata", "stop_sequences", "stream", "thinking"),
    *(
        "tools",
        "tool_choice",
        "service_tier",
        "container",
        "context_management",
        "mcp_servers",
        "inference_geo",
        "cache_control",
    ),
    "output_format",
}
GONE: Final = ("temperature", "top_p", "top_k")
NO_FORCED_TOOL: Final = re.compile(r"claude-(?:opus|sonnet|haiku)-5-5|claude-fable-5-1")
OCR: Final = re.compile(r"<ocr\b[^>]*>(.*?)</ocr>", re.S | re.I)
EFFORTS: Final = ("low", "medium", "high", "xhigh", "max")


class BadRequest(ValueError):
    """A request the API answers with 400; the text names the field first, as the API does."""


def check_request(body: Any) -> dict[str, Any]:
    """Give the request back when it keeps the rules; raise BadRequest otherwise."""
    if not isinstance(body, dict):
        raise BadRequest("The request body is not valid JSON")
    for name in ("model", "messages", "max_tokens"):
        if name not in body:
            raise BadRequest(f"{name}: Field required")
    for name in GONE:
        if name in body:
            raise BadRequest(f"{name}: this parameter is no longer supported")
    if extra := sorted(set(body) - KNOWN):
        raise BadRequest(f"{extra[0]}: Extra inputs are not permitted")
    if not isinstance(body["model"], str) or not body["model"]:
        raise BadRequest("model: Input should be a valid string")
    most = body["max_tokens"]
    if isinstance(most, bool) or not isinstance(most, int) or most < 1:
        raise BadRequest("max_tokens: Input should be greater than or equal to 1")
    if most > MOST_OUTPUT:
        raise BadRequest(
            f"max_tokens: {most} > {MOST_OUTPUT}, which is the maximum allowed number of output tokens for {body['model']}"
        )
    if body.get("stream"):
        raise BadRequest("stream: this stand-in does not stream")
    _check_messages(body["messages"])
    _check_tools(body)
    _check_format(body)
    return body


def wanted_schema(body: dict[str, Any]) -> dict[str, Any] | None:
    """Give the JSON schema the answer must have, if the request names one."""
    form = (body.get("output_config") or {}).get("format") or body.get("output_format")
    return form["schema"] if isinstance(form, dict) else None


def texts(body: dict[str, Any]) -> list[str]:
    """Give every text of the request in its order: system, then the messages' text blocks."""
    found: list[str] = []
    for content in (body.get("system"), *(message["content"] for message in body["messages"])):
        if isinstance(content, str):
            found.append(content)
        elif isinstance(content, list):
            found += [
                str(block.get("text", ""))
                for block in content
                if isinstance(block, dict) and block.get("type") == "text"
            ]
    return found


def ocr_lines(body: dict[str, Any]) -> list[str]:
    """Give the lines of the prescription: those between `<ocr>` marks, else those of the last text."""
    said = texts({"messages": body["messages"]})
    marked = [part for text in said for part in OCR.findall(text)]
    return [line for text in (marked or said[-1:]) for line in text.splitlines()]


def count_tokens(body: dict[str, Any]) -> int:
    """Estimate the request's tokens: four letters each, and about 1,500 a picture or page."""
    blocks = [block for message in body["messages"] for block in message["content"] if isinstance(block, dict)]
    pictures = sum(block.get("type") in ("image", "document") for block in blocks)
    return sum(len(text) for text in texts(body)) // 4 + 1_500 * pictures + 8


def _check_messages(messages: Any) -> None:
    if not isinstance(messages, list) or not messages:
        raise BadRequest("messages: at least one message is required")
    for number, message in enumerate(messages):
        at = f"messages.{number}"
        if not isinstance(message, dict) or message.get("role") not in ("user", "assistant"):
            raise BadRequest(f"{at}.role: Input should be 'user' or 'assistant'")
        content = message.get("content")
        if isinstance(content, str):
            if not content.strip():
                raise BadRequest(f"{at}: all messages must have non-empty content")
            continue
        if not isinstance(content, list) or not content:
            raise BadRequest(f"{at}: all messages must have non-empty content")
        for place, block in enumerate(content):
            _check_block(block, f"{at}.content.{place}", str(message["role"]))
    if messages[0]["role"] != "user":
        raise BadRequest('messages: first message must use the "user" role')
    if messages[-1]["role"] != "user":
        raise BadRequest("messages: the conversation must end with a user message; prefilling is not supported")


def _check_block(block: Any, at: str, role: str) -> None:
    kind = block.get("type") if isinstance(block, dict) else None
    if kind == "text":
        if not isinstance(block.get("text"), str) or not block["text"].strip():
            raise BadRequest(f"{at}.text: text content blocks must be non-empty")
    elif kind in ("image", "document"):
        if role != "user":
            raise BadRequest(f"{at}: {kind} blocks are only allowed in user messages")
        _check_source(block.get("source"), at, kind)
    elif kind not in ("tool_use", "tool_result", "thinking", "redacted_thinking"):
        raise BadRequest(f"{at}.type: Input tag '{kind}' found using 'type' does not match any of the expected tags")


def _check_source(source: Any, at: str, kind: str) -> None:
    if not isinstance(source, dict) or source.get("type") not in ("base64", "url", "text", "file"):
        raise BadRequest(f"{at}.source: Input should be a valid source")
    if source["type"] != "base64":
        return
    types = ("image/jpeg", "image/png", "image/gif", "image/webp") if kind == "image" else ("application/pdf",)
    if source.get("media_type") not in types:
        raise BadRequest(f"{at}.source.base64.media_type: Input should be one of {', '.join(types)}")
    data = source.get("data")
    if not isinstance(data, str) or not data:
        raise BadRequest(f"{at}.source.base64.data: Field required")
    if kind == "image" and len(data) > MOST_IMAGE:
        raise BadRequest(
            f"{at}.image.source.base64: image exceeds 5 MB maximum: {len(data)} bytes > {MOST_IMAGE} bytes"
        )
    try:
        base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as problem:
        raise BadRequest(f"{at}.source.base64.data: Invalid base64 data") from problem


def _check_tools(body: dict[str, Any]) -> None:
    choice = body.get("tool_choice")
    if choice is None:
        return
    if not isinstance(choice, dict) or choice.get("type") not in ("auto", "any", "tool", "none"):
        raise BadRequest("tool_choice: Input should be 'auto', 'any', 'tool' or 'none'")
    if choice["type"] in ("any", "tool") and NO_FORCED_TOOL.match(body["model"]):
        raise BadRequest(
            f"tool_choice: type '{choice['type']}' is not supported by {body['model']}: thinking may not be enabled when tool_choice forces tool use"
        )


def _check_format(body: dict[str, Any]) -> None:
    config = body.get("output_config")
    if config is not None and not isinstance(config, dict):
        raise BadRequest("output_config: Input should be an object")
    effort = (config or {}).get("effort")
    if effort is not None and effort not in EFFORTS:
        raise BadRequest(f"output_config.effort: Input should be one of {', '.join(EFFORTS)}")
    form = (config or {}).get("format") or body.get("output_format")
    if form is None:
        return
    if not isinstance(form, dict) or form.get("type") != "json_schema":
        raise BadRequest("output_config.format.type: Input should be 'json_schema'")
    try:
        check_schema(form.get("schema"))
    except BadSchema as problem:
        raise BadRequest(f"output_config.format.schema: {problem}") from problem
