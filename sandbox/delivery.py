"""Sending webhooks: attempts with the provider's answer limit, retries with growing gaps, and replays by hand."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from urllib.parse import urlencode

import requests

from sandbox.state import State
from sandbox.webhooks import GAPS, POLICIES, headers, target

CHALLENGE: Final = 1_158_201_444
MAX_AT_ONCE: Final = 16


class Delivery:
    """The sender of one sandbox; the state holds everything it needs after a restart."""

    def __init__(self, state: State) -> None:
        self._state = state
        state.timers.on("webhook", self._due)

    def _due(self, args: dict[str, Any]) -> None:
        """Send an event whose timer has come, and plan the next try when it was not taken."""
        event = self._state.get("webhook", args["id"])
        if event is None:
            return
        setting = target(self._state, event["provider"])
        if not setting["enabled"]:
            self._settle(event["id"], "disabled")
            return
        taken = self._attempt(event, setting, setting["signature"], event["secret"])
        if taken:
            self._settle(event["id"], "delivered")
        elif args["copy"] == 0:
            self._later(event["id"], args)

    def _later(self, event_id: str, args: dict[str, Any]) -> None:
        with self._state.lock:
            event = self._state.get("webhook", event_id)
            if event is None:
                return
            policy = POLICIES[event["provider"]]
            tries = int(args.get("tries", 0))
            now = self._state.clock.time()
            if now - event["attempts"][0]["at"] >= policy.give_up_s:
                self._give_up(event)
                return
            event["state"] = "retrying"
            event["next_at"] = now + GAPS[min(tries, len(GAPS) - 1)]
            self._state.put("webhook", event_id, event)
        lane = f"{event['provider']}:{event['subject']}"
        self._state.timers.at(event["next_at"], "webhook", {**args, "tries": tries + 1}, lane)

    def _give_up(self, event: dict[str, Any]) -> None:
        event["state"] = "failed"
        self._state.put("webhook", event["id"], event)
        if POLICIES[event["provider"]].disables:
            setting = target(self._state, event["provider"])
            self._state.put("webhook_target", event["provider"], {**setting, "enabled": False})

    def _settle(self, event_id: str, outcome: str) -> None:
        with self._state.lock:
            event = self._state.get("webhook", event_id)
            if event is not None and event["state"] != "delivered":
                event["state"] = outcome
                event.pop("next_at", None)
                self._state.put("webhook", event_id, event)

    def _attempt(self, event: dict[str, Any], setting: dict[str, Any], signature: str, secret: str) -> bool:
        """Send once, note the outcome with the event, and say whether the receiver took it."""
        begun, at = time.monotonic(), self._state.clock.time()
        limit = POLICIES[event["provider"]].limit_s
        status, error = None, ""
        try:
            self._introduce(event["provider"], setting)
            status = post(
                setting["url"],
                event["body"].encode(),
                headers(event, secret, setting["previous_secret"], signature),
                limit,
            )
        except requests.RequestException as problem:
            error = type(problem).__name__
        took = time.monotonic() - begun
        taken = status is not None and 200 <= status < 300 and took <= limit
        attempt = {
            "at": at,
            "status": status,
            "error": error,
            "ms": int(took * 1000),
            "signature": signature,
            "taken": taken,
        }
        with self._state.lock:
            stored = self._state.get("webhook", event["id"])
            if stored is not None:
                stored["attempts"].append(attempt)
                self._state.put("webhook", event["id"], stored)
        return taken

    def _introduce(self, provider: str, setting: dict[str, Any]) -> None:
        """Send WhatsApp's GET challenge before the first message to a target that has not answered one yet."""
        if provider != "whatsapp" or setting["verified"]:
            return
        if not answers_challenge(setting["url"], self._state.config.whatsapp_verify_token):
            raise ChallengeRefused
        with self._state.lock:
            present = target(self._state, provider)
            if present["url"] == setting["url"]:
                self._state.put("webhook_target", provider, {**present, "verified": True})

    def by_hand(self, ids: list[str], times: int, signature: str | None, *, parallel: bool) -> list[dict[str, Any]]:
        """Send these events now, in this order, each `times` times; return what came of every attempt."""
        events = [self._state.get("webhook", event_id) for event_id in ids for _ in range(times)]
        known = [event for event in events if event is not None]
        if parallel:
            with ThreadPoolExecutor(MAX_AT_ONCE) as pool:
                return list(pool.map(lambda event: self._replay(event, signature), known))
        return [self._replay(event, signature) for event in known]

    def _replay(self, event: dict[str, Any], signature: str | None) -> dict[str, Any]:
        setting = target(self._state, event["provider"])
        if self._attempt(event, setting, signature or setting["signature"], setting["secret"]):
            self._settle(event["id"], "delivered")
        stored = self._state.get("webhook", event["id"]) or event
        return {"id": event["id"], "name": event["name"], **stored["attempts"][-1]}


class ChallengeRefused(requests.RequestException):
    """The receiver did not echo WhatsApp's challenge."""


def post(url: str, body: bytes, sent_headers: dict[str, str], limit: float) -> int:
    """POST the raw bytes and return the status; an environment's proxy is not asked."""
    with requests.Session() as session:
        session.trust_env = False
        return session.post(url, data=body, headers=sent_headers, timeout=limit, allow_redirects=False).status_code


def answers_challenge(url: str, verify_token: str) -> bool:
    """Ask as WhatsApp does when a webhook's address changes; True when the challenge comes back."""
    query = urlencode({"hub.mode": "subscribe", "hub.verify_token": verify_token, "hub.challenge": CHALLENGE})
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(f"{url}{'&' if '?' in url else '?'}{query}", timeout=10, allow_redirects=False)
    except requests.RequestException:
        return False
    return answer.status_code == 200 and answer.text == str(CHALLENGE)


def ordered(state: State, ids: list[str], order: str) -> list[str]:
    """Return event ids in the order asked for."""
    if order == "reverse":
        return ids[::-1]
    if order == "shuffle":
        return sorted(ids, key=lambda event_id: state.share("shuffle", event_id))
    return ids
