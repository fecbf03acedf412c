"""What a provider's module offers to the sandbox's application."""

from typing import NamedTuple, Protocol

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
