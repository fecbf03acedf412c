"""The sandbox's web application: every provider under its prefix, with faults and the journal around it."""

import time
from typing import Final

from flask import Flask, Response, g, request

from sandbox import airtable, anthropic, control, fault_answers, maps, panel, textract
from sandbox.delivery import Delivery
from sandbox.faults import PROVIDERS, Faults
from sandbox.journal import Journal
from sandbox.providers import Provider
from sandbox.razorpay import provider as razorpay
from sandbox.state import State
from sandbox.whatsapp import provider as whatsapp

MODULES: Final[tuple[Provider, ...]] = (razorpay, maps, whatsapp, textract, anthropic, airtable)
MAX_BODY: Final = 40 * 1024 * 1024  # Claude takes requests of 32 MB, the largest of all


def create_app(state: State) -> Flask:
    """Return the application over a state, with its timers running."""
    app = Flask("sandbox")
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it; its base class does not
    faults, journal, delivery = Faults(state), Journal(state), Delivery(state)
    for module in MODULES:
        app.register_blueprint(module.blueprint(state))
        app.register_blueprint(module.control(state))
    app.register_blueprint(control.control(state, faults, journal, delivery))
    app.register_blueprint(panel.pages(state, faults, journal, MODULES))
    surround(app, faults, journal)
    state.timers.start()
    return app


def surround(app: Flask, faults: Faults, journal: Journal) -> None:
    """Put faults and journal around the providers' own calls; control calls and the panel are left alone."""

    @app.before_request
    def before() -> Response | None:
        first, _, rest = request.path.lstrip("/").partition("/")
        if first not in PROVIDERS:
            return None
        path = f"/{rest}"
        g.provider, g.call = first, journal.arrive(first, path, request)
        plan = faults.plan(first, path, request)
        g.fault = plan.fault
        if plan.delay:
            time.sleep(plan.delay)
        if plan.fault is None or plan.fault["kind"].startswith("act_"):
            return None
        return instead(faults, first, plan.fault)

    @app.after_request
    def after(response: Response) -> Response:
        if "call" not in g:
            return response
        kind = g.fault["kind"] if g.fault else None
        journal.leave(g.call, None if kind in ("hang", "drop") else response, kind)
        return afterwards(faults, g.provider, g.fault, response) if kind and kind.startswith("act_") else response


def instead(faults: Faults, provider: str, fault: dict[str, object]) -> Response:
    """Return what a fault gives in place of the provider's own answer; the provider does nothing."""
    kind = fault["kind"]
    if kind == "status":
        return fault_answers.status_answer(provider, fault)
    if kind == "rate_limit":
        return fault_answers.limited_answer(provider, fault)
    if kind == "malformed":
        return fault_answers.malformed_answer(provider, fault)
    if kind == "hang":
        faults.hang()
    return fault_answers.dropped_answer()


def afterwards(faults: Faults, provider: str, fault: dict[str, object], response: Response) -> Response:
    """Lose the provider's answer after it has acted."""
    response.close()
    if fault["kind"] == "act_then_status":
        return fault_answers.status_answer(provider, fault)
    if fault["kind"] == "act_then_hang":
        faults.hang()
    return fault_answers.dropped_answer()
