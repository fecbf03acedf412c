"""Webhooks to Plazza: where they go, how they are signed, and the events with everything that was tried for them.

`emit` stores an event and lets a timer send it; `sandbox/delivery.py` does the sending.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any, Final

from sandbox.state import State

PROVIDERS: Final = ("razorpay", "whatsapp", "airtable")
MODES: Final = ("auto", "hold")
ORDERS: Final = ("fifo", "reverse", "shuffle")
SIGNATURES: Final = ("valid", "wrong", "missing", "old_secret", "other_body")
GATHER_SECONDS: Final = 0.5  # how long events are collected before they are sent in another order
GAPS: Final = (2, 5, 15, 60, 300, 900, 1800, 3600, 7200, 14_400, 28_800)


@dataclass(frozen=True)
class Policy:
    """How a provider delivers: the header of its signature, its answer limit, and when it gives up."""

    header: str
    limit_s: float
    give_up_s: int
    disables: bool


POLICIES: Final = {
    "razorpay": Policy("X-Razorpay-Signature", 5.0, 86_400, disables=True),
    "whatsapp": Policy("X-Hub-Signature-256", 10.0, 7 * 86_400, disables=False),
    "airtable": Policy("X-Airtable-Content-MAC", 25.0, 7 * 86_400, disables=True),
}


class BadTarget(ValueError):
    """A webhook setting that cannot be used, with the reason as its text."""


def default_target(state: State, provider: str) -> dict[str, Any]:
    """Return the setting a provider starts with, from the command line and the credentials."""
    config = state.config
    url, secret, previous = {
        "razorpay": (config.razorpay_webhook, config.razorpay_webhook_secret, config.razorpay_webhook_secret_old),
        "whatsapp": (config.whatsapp_webhook, config.whatsapp_app_secret, ""),
        "airtable": ("", config.airtable_webhook_secret, ""),
    }[provider]
    ways = {"mode": "auto", "duplicate": 0, "order": "fifo", "delay_ms": 0, "signature": "valid"}
    return {"url": url, "secret": secret, "previous_secret": previous, "enabled": True, "verified": False, **ways}


def target(state: State, provider: str) -> dict[str, Any]:
    """Return a provider's present webhook setting."""
    return state.get("webhook_target", provider) or default_target(state, provider)


def change_target(state: State, provider: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """Change what `wanted` names and return the whole setting. A new secret makes the present one the old one."""
    check_target(wanted)
    with state.lock:
        setting = target(state, provider)
        if wanted.get("secret", setting["secret"]) != setting["secret"]:
            setting["previous_secret"] = setting["secret"]
        if "url" in wanted:
            setting.update(enabled=True, verified=bool(wanted.get("verified", False)))
        setting.update(wanted)
        state.put("webhook_target", provider, setting)
    return setting


def check_target(wanted: dict[str, Any]) -> None:
    """Raise BadTarget for a field or value that a setting does not have."""
    kinds: dict[str, type] = {
        "url": str,
        "secret": str,
        "enabled": bool,
        "verified": bool,
        "duplicate": int,
        "delay_ms": int,
    }
    choices = {"mode": MODES, "order": ORDERS, "signature": SIGNATURES}
    for name, value in wanted.items():
        if name in choices:
            if value not in choices[name]:
                raise BadTarget(f"{name} must be one of {', '.join(choices[name])}")
        elif name not in kinds or type(value) is not kinds[name]:
            raise BadTarget(f"{name} is not a field of a webhook, or has the wrong type")
    if not 0 <= wanted.get("duplicate", 0) <= 20 or not 0 <= wanted.get("delay_ms", 0) <= 86_400_000:
        raise BadTarget("duplicate is at most 20 and delay_ms at most a day")
    if wanted.get("url") and not wanted["url"].startswith(("http://", "https://")):
        raise BadTarget("url must begin with http:// or https://")


def emit(state: State, provider: str, name: str, body: dict[str, Any], subject: str) -> str:
    """Store an event and have it sent; events of one `subject` keep their order unless the setting says otherwise."""
    with state.lock:
        setting = target(state, provider)
        event_id = state.make_id("evt_")
        event = {
            "id": event_id,
            "provider": provider,
            "name": name,
            "subject": subject,
            "created_at": state.clock.now(),
            "secret": setting["secret"],
            "body": json.dumps(body, separators=(",", ":")),
            "attempts": [],
            "state": starting_state(setting),
        }
        state.put("webhook", event_id, event)
        if event["state"] == "waiting":
            schedule(state, event, setting)
    return event_id


def starting_state(setting: dict[str, Any]) -> str:
    """Return what becomes of a new event."""
    if not setting["enabled"]:
        return "disabled"
    if setting["mode"] == "hold":
        return "held"
    return "waiting" if setting["url"] else "no_target"


def schedule(state: State, event: dict[str, Any], setting: dict[str, Any]) -> None:
    """Set the timers of an event's first attempt and of its duplicates, in the order the setting asks for."""
    due = state.clock.time() + setting["delay_ms"] / 1000
    lane = f"{event['provider']}:{event['subject']}"
    if setting["order"] != "fifo":
        number = state.next_number("webhook_order") % 10_000
        place = 1 - number / 10_000 if setting["order"] == "reverse" else state.share("shuffle", event["id"])
        due = (due // GATHER_SECONDS + 1) * GATHER_SECONDS + place / 10
        lane = event["provider"]
    for copy in range(setting["duplicate"] + 1):
        args = {"id": event["id"], "copy": copy}
        state.timers.at(due, "webhook", args, f"{lane}:{copy}" if setting["order"] == "fifo" and copy else lane)


def signature_header(provider: str, secret: str, body: bytes) -> str:
    """Return the value of the provider's signature header over the raw bytes."""
    if provider == "airtable":
        return "hmac-sha256=" + hmac.new(base64.b64decode(secret), body, hashlib.sha256).hexdigest()
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return "sha256=" + digest if provider == "whatsapp" else digest


def headers(event: dict[str, Any], secret: str, previous: str, signature: str) -> dict[str, str]:
    """Return the headers an event travels with, signed the way `signature` says."""
    provider, body = event["provider"], event["body"].encode()
    sent = {"Content-Type": "application/json", "Connection": "close"}
    if provider == "razorpay":
        sent |= {"User-Agent": "Razorpay-Webhook/v1", "x-razorpay-event-id": event["id"]}
    key = {"wrong": wrong_secret(provider), "old_secret": previous}.get(signature, secret)
    if signature != "missing":
        signed = body + b" " if signature == "other_body" else body
        sent[POLICIES[provider].header] = signature_header(provider, key, signed)
    return sent


def wrong_secret(provider: str) -> str:
    """Return a secret that nobody has, in the form the provider's secrets have."""
    return base64.b64encode(b"not the secret").decode() if provider == "airtable" else "not the secret"
