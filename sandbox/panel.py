"""The panel at `/`: one plain page that shows what the sandbox holds and sets faults."""

from flask import Blueprint

from sandbox.faults import Faults
from sandbox.journal import Journal
from sandbox.state import State


def pages(state: State, faults: Faults, journal: Journal) -> Blueprint:
    """Return the panel."""
    blueprint = Blueprint("panel", __name__)

    @blueprint.get("/")
    def show() -> str:
        return "Plazza sandbox"

    return blueprint
