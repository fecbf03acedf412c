"""The control calls of the frame: health, reset, clock, journal, faults and webhooks."""

from typing import Any

from flask import Blueprint, Response, jsonify, request

from sandbox.delivery import Delivery, answers_challenge, ordered
from sandbox.faults import BadFault, Faults
from sandbox.journal import Journal
from sandbox.state import State
from sandbox.webhooks import ORDERS, PROVIDERS, SIGNATURES, BadTarget, change_target, emit, target

MAX_ADVANCE = 3_660 * 86_400
Answer = Response | tuple[Response, int]


class BadControl(ValueError):
    """A control call that cannot be carried out, with the reason as its text."""


def fields(*allowed: str) -> dict[str, Any]:
    """Return the request's JSON object, refusing any field that is not allowed. Without names, all are."""
    body = request.get_json(silent=True) if request.get_data(cache=True) else {}
    if not isinstance(body, dict):
        raise BadControl("the body must be a JSON object")
    if allowed and (unknown := sorted(set(body) - set(allowed))):
        raise BadControl(f"unknown fields: {', '.join(unknown)}")
    return body


def number(body: dict[str, Any], name: str, default: float, least: float, most: float) -> float:
    """Return a number of the body within its bounds."""
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise BadControl(f"{name} must be a number from {least:g} to {most:g}")
    return value


def control(state: State, faults: Faults, journal: Journal, delivery: Delivery) -> Blueprint:
    """Return the frame's control calls."""
    pages = Blueprint("control", __name__, url_prefix="/_sandbox")
    pages.register_error_handler(BadControl, refused)
    pages.register_error_handler(BadFault, refused)
    pages.register_error_handler(BadTarget, refused)
    general(pages, state, journal)
    fault_calls(pages, faults)
    webhook_calls(pages, state, delivery)
    return pages


def refused(problem: Exception) -> Answer:
    """Answer a control call that was wrong."""
    return jsonify(error=str(problem)), 400


def general(pages: Blueprint, state: State, journal: Journal) -> None:
    """Health, reset, clock and journal."""

    @pages.get("/health")
    def health() -> Answer:
        return jsonify(status="ok", now=state.clock.now(), seed=state.seed)

    @pages.post("/reset")
    def reset() -> Answer:
        seed = int(number(fields("seed"), "seed", 1, 0, 2**31))
        state.reset(seed)
        return jsonify(seed=seed)

    @pages.post("/clock/advance")
    def advance() -> Answer:
        body = fields("seconds", "wait")
        now = state.clock.advance(number(body, "seconds", 0, 0, MAX_ADVANCE))
        settled = state.timers.settle(10) if body.get("wait", True) else False
        return jsonify(now=now, settled=settled)

    @pages.get("/calls")
    def calls() -> Answer:
        return jsonify(calls=journal.find(request.args.get("provider", ""), request.args.get("path", "")))


def fault_calls(pages: Blueprint, faults: Faults) -> None:
    """Setting, listing and removing faults."""

    @pages.post("/faults")
    def add_fault() -> Answer:
        return jsonify(faults.add(fields())), 201

    @pages.get("/faults")
    def list_faults() -> Answer:
        return jsonify(faults=faults.all())

    @pages.delete("/faults")
    def clear_faults() -> Answer:
        faults.clear()
        return jsonify(faults=[])

    @pages.delete("/faults/<fault_id>")
    def remove_fault(fault_id: str) -> Answer:
        if not faults.remove(fault_id):
            return jsonify(error=f"no fault {fault_id}"), 404
        return jsonify(id=fault_id)


def webhook_calls(pages: Blueprint, state: State, delivery: Delivery) -> None:
    """Where webhooks go, what was sent, and sending by hand."""

    @pages.put("/webhooks/<provider>")
    def set_webhook(provider: str) -> Answer:
        if provider not in PROVIDERS:
            return jsonify(error=f"no webhooks of {provider}"), 404
        wanted = fields("url", "secret", "enabled", "mode", "duplicate", "order", "delay_ms", "signature", "verify")
        verify = wanted.pop("verify", True)
        if provider == "whatsapp" and wanted.get("url") and verify:
            if not answers_challenge(wanted["url"], state.config.whatsapp_verify_token):
                raise BadControl('the address did not answer the challenge; "verify": false sets it all the same')
            wanted["verified"] = True
        return jsonify(change_target(state, provider, wanted))

    @pages.get("/webhooks")
    def list_webhooks() -> Answer:
        provider, subject = request.args.get("provider", ""), request.args.get("subject", "")
        events = [event for _, event in state.items("webhook")]
        chosen = [e for e in events if provider in ("", e["provider"]) and subject in ("", e["subject"])]
        return jsonify(events=chosen, targets={name: target(state, name) for name in PROVIDERS})

    @pages.post("/webhooks/emit")
    def emit_event() -> Answer:
        body = fields("provider", "name", "body", "subject")
        if body.get("provider") not in PROVIDERS or not isinstance(body.get("body"), dict):
            raise BadControl(f"provider is one of {', '.join(PROVIDERS)}, and body an object")
        name, subject = str(body.get("name", "")), str(body.get("subject", ""))
        return jsonify(id=emit(state, body["provider"], name, body["body"], subject))

    @pages.post("/webhooks/deliver")
    def deliver() -> Answer:
        body = fields("ids", "provider", "order", "times", "signature", "parallel")
        order, signature = body.get("order", "fifo"), body.get("signature")
        if order not in ORDERS or signature not in (None, *SIGNATURES):
            raise BadControl(f"order is one of {', '.join(ORDERS)}, signature one of {', '.join(SIGNATURES)}")
        ids = chosen_events(state, body)
        times = int(number(body, "times", 1, 1, 50))
        parallel = body.get("parallel") is True
        return jsonify(attempts=delivery.by_hand(ordered(state, ids, order), times, signature, parallel=parallel))


def chosen_events(state: State, body: dict[str, Any]) -> list[str]:
    """Return the ids a deliver call names, or those of all events that are held or had no target."""
    if "ids" not in body:
        provider = body.get("provider", "")
        events = [event for _, event in state.items("webhook") if provider in ("", event["provider"])]
        return [event["id"] for event in events if event["state"] in ("held", "no_target")]
    ids = body["ids"]
    if not isinstance(ids, list) or not all(isinstance(key, str) for key in ids):
        raise BadControl("ids must be a list of event ids")
    if missing := [key for key in ids if state.get("webhook", key) is None]:
        raise BadControl(f"no such events: {', '.join(missing)}")
    return ids
