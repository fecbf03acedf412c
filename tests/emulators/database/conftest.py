"""A stand-in for the whole folder; every test has a namespace of its own in it."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.emulators.database.rtdb_server import Catcher, Server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A running stand-in that keeps its data in memory."""
    running = Server()
    yield running
    running.kill()


@pytest.fixture
def ns() -> str:
    """A fresh namespace."""
    return f"test-{uuid4().hex[:12]}"


@pytest.fixture
def catcher() -> Iterator[Catcher]:
    """Where events go."""
    running = Catcher()
    yield running
    running.close()
