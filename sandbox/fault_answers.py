"""The answers that faults give: each provider's own error body, broken bodies, and closed sockets."""

import json
from collections.abc import Iterator
from typing import Any, Final

from flask import Response
from waitress.channel import ClientDisconnected

HTML: Final = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\r\n"
ANTHROPIC_TYPES: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
TEXTRACT_TYPES: Final = {
    403: "AccessDeniedException",
    429: "ThrottlingException",
    500: "InternalServerError",
    503: "ServiceUnavailableException",
}
WHATSAPP_CODES: Final = {401: 190, 403: 10, 404: 132001, 429: 130429, 503: 2}
AIRTABLE_TYPES: Final = {
    401: "AUTHENTICATION_REQUIRED",
    403: "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND",
    413: "REQUEST_TOO_LARGE",
}


def error_body(provider: str, status: int) -> Any:
    """Return the JSON a provider sends with an HTTP status."""
    text = f"The sandbox was told to answer {status}."
    if provider == "razorpay":
        code = {502: "GATEWAY_ERROR", 504: "GATEWAY_ERROR"}.get(
            status, "SERVER_ERROR" if status >= 500 else "BAD_REQUEST_ERROR"
        )
        return {
            "error": {"code": code, "description": text, "source": "NA", "step": "NA", "reason": "NA", "metadata": {}}
        }
    if provider == "whatsapp":
        code = WHATSAPP_CODES.get(status, 131000 if status >= 500 else 100)
        details = {"messaging_product": "whatsapp", "details": text}
        return {
            "error": {"message": f"(#{code}) {text}", "type": "OAuthException", "code": code, "error_data": details}
        }
    if provider == "textract":
        return {"__type": TEXTRACT_TYPES.get(status, "ThrottlingException"), "Message": text}
    if provider == "anthropic":
        kind = ANTHROPIC_TYPES.get(status, "api_error" if status >= 500 else "invalid_request_error")
        return {"type": "error", "error": {"type": kind, "message": text}, "request_id": "req_sandbox_fault"}
    if provider == "airtable":
        return airtable_body(status, text)
    return {
        "error_message": text,
        "results": [],
        "rows": [],
        "status": "OVER_QUERY_LIMIT" if status == 429 else "UNKNOWN_ERROR",
    }


def airtable_body(status: int, text: str) -> Any:
    """Return Airtable's error, whose form depends on the status."""
    if status == 404:
        return {"error": "NOT_FOUND"}
    if status == 429:
        return {"errors": [{"error": "RATE_LIMIT_REACHED", "message": text}]}
    return {
        "error": {
            "type": AIRTABLE_TYPES.get(status, "SERVER_ERROR" if status >= 500 else "INVALID_REQUEST"),
            "message": text,
        }
    }


def status_answer(provider: str, fault: dict[str, Any]) -> Response:
    """Answer a `status` fault: its own body and headers, else the provider's error."""
    status = int(fault.get("status", 429))
    body = fault["body"] if "body" in fault else error_body(provider, status)
    text = body if isinstance(body, str) else json.dumps(body)
    kind = "text/html" if text.startswith("<") else content_type(provider)
    response = Response(text, status=status, content_type=kind)
    if "retry_after" in fault:
        response.headers["Retry-After"] = str(fault["retry_after"])
    for name, value in fault.get("headers", {}).items():
        response.headers[name] = str(value)
    return response


def limited_answer(provider: str, fault: dict[str, Any]) -> Response:
    """Answer a request over the rate: WhatsApp's pair limit by its code, everyone else 429."""
    if provider != "whatsapp":
        return status_answer(provider, {"retry_after": int(fault["penalty_s"]) or 1})
    body = error_body("whatsapp", 400)
    body["error"].update(code=131056, message="(#131056) (Business Account, Consumer Account) pair rate limit hit")
    return status_answer(provider, {"status": 400, "body": body})


def malformed_answer(provider: str, fault: dict[str, Any]) -> Response:
    """Answer with what is not JSON although it may say so."""
    if fault["form"] == "html":
        return Response(HTML, status=fault["status"], content_type="text/html")
    text = "" if fault["form"] == "empty" else '{"id":"trunc'
    return Response(text, status=fault["status"], content_type=content_type(provider))


def dropped_answer() -> Response:
    """Close the socket without a byte."""

    def close() -> Iterator[bytes]:
        raise ClientDisconnected
        yield b""  # makes this a generator, so that the server meets the exception while it writes

    return Response(close())


def content_type(provider: str) -> str:
    """Return the content type a provider's answers carry."""
    return "application/x-amz-json-1.1" if provider == "textract" else "application/json"
