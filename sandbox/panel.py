"""The panel at `/`: one plain page that shows what the sandbox holds and sets faults."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from flask import Blueprint, render_template

from sandbox import webhooks
from sandbox.faults import KINDS, PROVIDERS, Faults
from sandbox.journal import Journal
from sandbox.providers import Panel, Provider
from sandbox.state import State

SHOWN: Final = 40
INDIA: Final = timezone(timedelta(hours=5, minutes=30))


def pages(state: State, faults: Faults, journal: Journal, modules: Sequence[Provider]) -> Blueprint:
    """Return the panel over all providers."""
    blueprint = Blueprint("panel", __name__)

    @blueprint.get("/")
    def show() -> str:
        tables: list[Panel] = []
        for module in modules:
            found = module.panel(state)
            tables += [found] if isinstance(found, Panel) else found
        return render_template(
            "panel.html",
            now=moment(state.clock.now()),
            ahead=state.clock.offset,
            tables=[*tables, webhook_table(state), call_table(journal)],
            faults=[(fault["id"], json.dumps(told(fault)), fault["hits"]) for fault in faults.all()],
            targets={name: webhooks.target(state, name) for name in webhooks.PROVIDERS},
            choices={"mode": webhooks.MODES, "order": webhooks.ORDERS, "signature": webhooks.SIGNATURES},
            providers=PROVIDERS,
            kinds=sorted(KINDS),
        )

    return blueprint


def told(fault: dict[str, Any]) -> dict[str, Any]:
    """Return a fault without its counters."""
    return {name: value for name, value in fault.items() if name not in ("id", "seen", "hits")}


def moment(seconds: float) -> str:
    """Return a time as people in India write it."""
    return f"{datetime.fromtimestamp(seconds, UTC).astimezone(INDIA):%d %b %Y, %H:%M:%S}"


def webhook_table(state: State) -> Panel:
    """Return the latest webhooks and what was tried for each."""
    rows = [
        (
            moment(event["created_at"]),
            event["provider"],
            event["name"],
            event["subject"],
            event["state"],
            " · ".join(
                f"{attempt['status'] or attempt['error']} in {attempt['ms']} ms" for attempt in event["attempts"][-6:]
            ),
            event["id"],
        )
        for _, event in state.latest("webhook", SHOWN)
    ]
    return Panel("Webhooks", ("at", "provider", "event", "about", "state", "attempts", "id"), list(rows))


def call_table(journal: Journal) -> Panel:
    """Return the tail of the journal, newest first."""
    rows = [
        (
            moment(call["at"]),
            call["provider"],
            call["method"],
            call["path"],
            str(call["status"] or "lost"),
            call["fault"] or "",
        )
        for call in journal.latest(SHOWN)
    ]
    return Panel("Calls", ("at", "provider", "method", "path", "answer", "fault"), list(rows))
