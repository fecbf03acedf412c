"""WhatsApp's refusals, in the form of Meta's Graph API."""

from typing import Any, Final

from flask import Response, jsonify

TITLES: Final = {
    0: "Authentication error",
    1: "API Unknown",
    2: "API Service",
    4: "API Too Many Calls",
    10: "Permission Denied",
    100: "Invalid parameter",
    190: "Access token has expired",
    368: "Temporarily blocked for policies violations",
    80007: "Rate limit issues",
    130429: "Rate limit hit",
    130472: "User's number is part of an experiment",
    130497: "Business account is restricted from messaging users in this country",
    131000: "Something went wrong",
    131005: "Access denied",
    131008: "Required parameter is missing",
    131009: "Parameter value is not valid",
    131016: "Service unavailable",
    131021: "Recipient cannot be sender",
    131026: "Message undeliverable",
    131031: "Account has been locked",
    131042: "Business eligibility payment issue",
    131047: "Re-engagement message",
    131048: "Spam rate limit hit",
    131049: "This message was not delivered to maintain healthy ecosystem engagement",
    131050: "User has stopped marketing messages",
    131051: "Unsupported message type",
    131056: "(Business Account, Consumer Account) pair rate limit hit",
    131057: "Account in maintenance mode",
    132000: "Template Param Count Mismatch",
    132001: "Template does not exist",
    132005: "Template Hydrated Text Too Long",
    132007: "Template Format Character Policy Violated",
    132012: "Template Parameter Format Mismatch",
    132015: "Template is Paused",
    132016: "Template is Disabled",
    133010: "Phone number not registered",
}
STATUSES: Final = {
    0: 401,
    2: 503,
    10: 403,
    190: 401,
    131000: 500,
    131005: 403,
    131016: 500,
    131031: 403,
    131057: 500,
    132001: 404,
}
LATER: Final = frozenset({130472, 131000, 131026, 131047, 131049, 131050})  # come as a failed status after a 200


class WhatsAppError(Exception):
    """An answer other than success."""

    def __init__(self, code: int, details: str) -> None:
        super().__init__(details)
        self.code = code
        self.details = details


def title(code: int) -> str:
    """Return the title of an error code."""
    return TITLES.get(code, "Something went wrong")


def answer(problem: WhatsAppError) -> tuple[Response, int]:
    """Return the error body and its status."""
    error = {
        "message": f"(#{problem.code}) {title(problem.code)}",
        "type": "OAuthException",
        "code": problem.code,
        "error_data": {"messaging_product": "whatsapp", "details": problem.details},
        "fbtrace_id": "AsandboxTrace",
    }
    return jsonify(error=error), STATUSES.get(problem.code, 400)


def as_status(code: int) -> dict[str, Any]:
    """Return the error as a failed status carries it."""
    href = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"
    details = {"details": f"{title(code)}."}
    return {"code": code, "title": title(code), "message": title(code), "error_data": details, "href": href}
