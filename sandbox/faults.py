"""Faults set by control calls: what goes wrong, for which requests, how often."""

import fnmatch
import itertools
import json
import threading
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from flask import Request

from sandbox.state import State

PROVIDERS: Final = ("razorpay", "maps", "whatsapp", "textract", "anthropic", "airtable")
BEFORE: Final = frozenset({"status", "hang", "drop", "malformed", "rate_limit"})
AFTER: Final = frozenset({"act_then_hang", "act_then_drop", "act_then_status"})
KINDS: Final = BEFORE | AFTER | {"latency"}
MALFORMED: Final = ("html", "truncated", "empty")
HANG_SECONDS: Final = 30.0
MAX_HANGING: Final = 20  # of the server's 32 threads, so that control calls are always answered


class BadFault(ValueError):
    """A fault that cannot be set, with the reason as its text."""


class Plan(NamedTuple):
    """What the faults say about one request: wait first, then perhaps one thing that goes wrong."""

    delay: float
    fault: dict[str, Any] | None


@dataclass
class Window:
    """Requests of one key in the present second, and until when it is refused."""

    start: float = 0.0
    count: int = 0
    refused_until: float = 0.0


class RateCounter:
    """A real counter: so many requests a second for a key, then refusals for a while."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._windows: dict[str, Window] = {}

    def allow(self, key: str, per_second: float, penalty_s: float, now: float) -> bool:
        """Count one request of `key`; False when it is one too many or falls into the penalty."""
        span = max(1.0, 1.0 / per_second)
        with self._lock:
            window = self._windows.setdefault(key, Window(start=now))
            if now < window.refused_until:
                return False
            if now - window.start >= span:
                window.start, window.count = now, 0
            window.count += 1
            if window.count <= max(1.0, per_second):
                return True
            window.refused_until = now + penalty_s if penalty_s else window.start + span
            return False

    def clear(self) -> None:
        """Forget all counts."""
        with self._lock:
            self._windows.clear()


class Faults:
    """The faults that are set. They are stored, so they survive a restart; a reset removes them."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._released = threading.Condition()
        self._generation = itertools.count(1)
        self._round = 0
        self._hanging = 0
        self.rates = RateCounter()
        state.on_reset(self._forget)

    def add(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Check and store a fault; return it with its id."""
        fault = checked(wanted)
        fault["id"] = f"fault_{self._state.next_number('fault')}"
        self._state.put("fault", fault["id"], fault)
        return fault

    def all(self) -> list[dict[str, Any]]:
        """Return the faults in the order they were set."""
        return [fault for _, fault in self._state.items("fault")]

    def remove(self, fault_id: str) -> bool:
        """Remove one fault and let go of the requests it holds; False when there is none."""
        with self._state.lock:
            known = self._state.get("fault", fault_id) is not None
            self._state.delete("fault", fault_id)
        self._release()
        return known

    def clear(self) -> None:
        """Remove all faults."""
        for fault in self.all():
            self.remove(fault["id"])

    def plan(self, provider: str, path: str, request: Request) -> Plan:
        """Take what applies to this request; each fault that matches counts it once."""
        delay, chosen = 0.0, None
        with self._state.lock:
            for fault in self.all():
                if not matches(fault, provider, request.method, path) or not self._take(fault):
                    continue
                if fault["kind"] == "latency":
                    delay += (fault["ms"] + fault["jitter_ms"] * self._state.share(fault["id"], fault["hits"])) / 1000
                elif chosen is None and (fault["kind"] != "rate_limit" or self._limited(fault, path, request)):
                    chosen = fault
        return Plan(delay, chosen)

    def hang(self) -> None:
        """Hold the calling thread until the faults change, at most 30 seconds; at once when too many are held."""
        with self._released:
            if self._hanging >= MAX_HANGING:
                return
            self._hanging += 1
            before = self._round
            try:
                self._released.wait_for(lambda: self._round != before, HANG_SECONDS)
            finally:
                self._hanging -= 1

    def _take(self, fault: dict[str, Any]) -> bool:
        fault["seen"] += 1
        wanted = fault["times"]
        hit = fault["seen"] > fault["after"] and (wanted == "always" or fault["hits"] < wanted)
        if hit:
            fault["hits"] += 1
        self._state.put("fault", fault["id"], fault)
        return hit

    def _limited(self, fault: dict[str, Any], path: str, request: Request) -> bool:
        key = f"{fault['id']}:{subject(fault['provider'], path, request)}"
        return not self.rates.allow(key, fault["per_second"], fault["penalty_s"], self._state.clock.time())

    def _forget(self) -> None:
        self.rates.clear()
        self._release()

    def _release(self) -> None:
        with self._released:
            self._round = next(self._generation)
            self._released.notify_all()


def matches(fault: dict[str, Any], provider: str, method: str, path: str) -> bool:
    """Say whether a fault concerns a request; `path` is without the provider's prefix."""
    return (
        fault["provider"] == provider
        and fault.get("method", method) == method
        and fnmatch.fnmatchcase(path, fault.get("path", "*"))
    )


def subject(provider: str, path: str, request: Request) -> str:
    """Return what a rate is counted for: the person written to (WhatsApp), the base (Airtable), else the provider."""
    if provider == "whatsapp":
        body = request.get_json(silent=True)
        return str(body.get("to", "")) if isinstance(body, dict) else ""
    if provider == "airtable":
        return "/".join(path.split("/")[:3])
    return provider


def checked(wanted: dict[str, Any]) -> dict[str, Any]:
    """Return a complete fault from what was asked, or raise BadFault."""
    allowed = {"provider", "method", "path", "times", "after", "kind", "ms", "jitter_ms", "status", "body", "headers"}
    allowed |= {"retry_after", "form", "per_second", "penalty_s"}
    if unknown := sorted(set(wanted) - allowed):
        raise BadFault(f"unknown fields: {', '.join(unknown)}")
    if wanted.get("provider") not in PROVIDERS:
        raise BadFault(f"provider must be one of {', '.join(PROVIDERS)}")
    if wanted.get("kind") not in KINDS:
        raise BadFault(f"kind must be one of {', '.join(sorted(KINDS))}")
    fault: dict[str, Any] = {"times": 1, "after": 0, "seen": 0, "hits": 0, **wanted}
    if "method" in fault:
        fault["method"] = str(fault["method"]).upper()
    if fault["times"] != "always":
        check_number(fault, "times", 1, 1_000_000)
    check_number(fault, "after", 0, 1_000_000)
    check_kind(fault)
    return fault


def check_kind(fault: dict[str, Any]) -> None:
    """Check the fields that belong to the fault's kind and fill in their defaults."""
    kind = fault["kind"]
    if kind == "latency":
        fault.setdefault("jitter_ms", 0)
        check_number(fault, "ms", 0, HANG_SECONDS * 1000)
        check_number(fault, "jitter_ms", 0, HANG_SECONDS * 1000)
    elif kind in {"status", "act_then_status"}:
        fault.setdefault("status", 500)
        check_number(fault, "status", 200, 599)
        if not isinstance(fault.get("headers", {}), dict):
            raise BadFault("headers must be an object")
    elif kind == "malformed":
        fault.setdefault("status", 200)
        fault.setdefault("form", "html")
        check_number(fault, "status", 200, 599)
        if fault["form"] not in MALFORMED:
            raise BadFault(f"form must be one of {', '.join(MALFORMED)}")
    elif kind == "rate_limit":
        fault["times"] = wanted_times(fault)
        fault.setdefault("penalty_s", 0)
        check_number(fault, "per_second", 0.001, 10_000)
        check_number(fault, "penalty_s", 0, 86_400)


def wanted_times(fault: dict[str, Any]) -> int | str:
    """A rate limit holds until it is removed unless a number of requests is given."""
    return "always" if fault["times"] == 1 else fault["times"]


def check_number(fault: dict[str, Any], name: str, least: float, most: float) -> None:
    """Raise BadFault unless the field is a number within its bounds."""
    value = fault.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise BadFault(f"{name} must be a number from {least:g} to {most:g}, not {json.dumps(value)}")
