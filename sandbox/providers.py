"""The providers the sandbox speaks for, and what a provider's module offers."""

import importlib
import importlib.util
from typing import NamedTuple, Protocol, cast

from flask import Blueprint

from sandbox.state import State


class Link(NamedTuple):
    """A cell or line of the panel that leads somewhere."""

    text: str
    href: str


class Panel(NamedTuple):
    """One table of the panel page."""

    title: str
    headers: tuple[str, ...]
    rows: list[tuple[str | Link, ...]]
    links: tuple[Link, ...] = ()


class Provider(Protocol):
    """A module that speaks one provider's HTTP."""

    def blueprint(self, state: State) -> Blueprint:
        """Return the provider's HTTP under `/<provider>`."""
        ...

    def control(self, state: State) -> Blueprint:
        """Return the provider's control calls under `/_sandbox`."""
        ...

    def panel(self, state: State) -> Panel | list[Panel]:
        """Return what the panel page shows of the provider."""
        ...


NAMES = ("razorpay", "maps", "whatsapp", "textract", "anthropic", "airtable")
MODULES = {
    name: cast(Provider, importlib.import_module(f"sandbox.{name}"))
    for name in NAMES
    if importlib.util.find_spec(f"sandbox.{name}")
}
