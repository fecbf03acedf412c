"""Fixtures: the real parts once per run, a client per role, and builders with fresh ids."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadFileScheduling

from tests.support import servers
from tests.support.client import Client
from tests.support.database import Builders, Database
from tests.support.servers import Servers

# A busy machine is no failure: how long an example takes says nothing about what it shows.
settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")


class _Workers(LoadFileScheduling):
    """Gives a file's tests to one worker, and those of a running system together: it takes the better part of a minute to start."""

    def _split_scope(self, nodeid: str) -> str:
        return "tests/e2e" if nodeid.startswith("tests/e2e/") else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling:
    """Share out the tests when there is more than one worker."""
    return _Workers(config, log)


@pytest.fixture(scope="session")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Both databases, Redis, the sandbox and the live database."""
    folder = tmp_path_factory.mktemp("parts")
    _open_to_all(folder)
    with servers.started(folder) as running:
        yield running
        from plazza.data import sql

        sql.close_pools()


@pytest.fixture(scope="session")
def engine(parts: Servers) -> str:
    """The search engine's URL; it takes some seconds, so only the tests that search ask for it."""
    return servers.start_engine(parts)


@pytest.fixture
def api(parts: Servers) -> Client:
    """The routes, in this process, over the real parts."""
    return Client()


@pytest.fixture(scope="session")
def db(parts: Servers) -> Database:
    """The system of record."""
    return Database(parts.cockroach_url)


@pytest.fixture(scope="session")
def pg(parts: Servers) -> Database:
    """Places and coupons."""
    return Database(parts.postgres_url)


@pytest.fixture(scope="session")
def make(db: Database, pg: Database) -> Builders:
    """Builders."""
    return Builders(db, pg)


def _open_to_all(folder: Path) -> None:
    """Let user `nobody` reach the folder: PostgreSQL refuses to run as root."""
    for place in (folder, *list(folder.parents)[:3]):
        if place.stat().st_uid == Path.home().stat().st_uid and place != Path(place.anchor):
            place.chmod(place.stat().st_mode | 0o011)
