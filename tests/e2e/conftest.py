"""One whole system for every test here: it takes the better part of a minute to start."""

from collections.abc import Iterator

import pytest

from ops.system import free_base
from tests.e2e.serving import Serve, remove


@pytest.fixture(scope="package")
def serve() -> Iterator[Serve]:
    """A system that runs, started as a person starts it."""
    running = Serve(free_base())
    running.start()
    try:
        running.wait_until_ready()
        yield running
    finally:
        running.end()
        remove(running.folder)
