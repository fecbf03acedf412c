"""The base port of a local system, the ports counted from it, and the URLs that follow; or those of the environment."""

import os
from dataclasses import dataclass

from ops.errors import OpsError

PROJECT = "demo-plazza"
NAMESPACE = f"{PROJECT}-default-rtdb"
BUCKET = f"{PROJECT}.appspot.com"
BASE_PORT_VARIABLE = "PLAZZA_BASE_PORT"
DEFAULT_BASE = 8700
HIGHEST_BASE = 9280  # the search engine's port is base + 13 and may not exceed 9299
_OFFSETS = {
    "hosting": 0, "ui": 1, "functions": 2, "auth": 3, "database": 4, "storage": 5, "tasks": 6, "eventarc": 7, "hub": 8,
    "logging": 9, "cockroach": 10, "postgres": 11, "redis": 12, "search": 13, "search_transport": 14, "sandbox": 15,
    "ui_websocket": 16,
}  # fmt: skip

_REFUSED = frozenset({1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, *range(6665, 6670), 6679, 6697})
"""Fetch standard, bad ports: browsers and Node refuse to call them, so the emulators would not reach each other."""


@dataclass(frozen=True)
class Ports:
    """Every port of a local system by name, counted from one base."""

    base: int

    def __post_init__(self) -> None:
        if not 1024 <= self.base <= HIGHEST_BASE:
            raise OpsError(f"{BASE_PORT_VARIABLE} is {self.base}: it must lie between 1024 and {HIGHEST_BASE}")
        refused = _REFUSED.intersection(self.all().values())
        if refused:
            raise OpsError(
                f"{BASE_PORT_VARIABLE} is {self.base}: browsers and Node refuse port {min(refused)}; choose another"
            )

    def of(self, part: str) -> int:
        """Give a part's port."""
        return self.base + _OFFSETS[part]

    def all(self) -> dict[str, int]:
        """Give every part's port."""
        return {part: self.base + offset for part, offset in _OFFSETS.items()}


@dataclass(frozen=True)
class Endpoints:
    """Where the parts of a system answer: what the seed, the journey and the tests are given."""

    base_url: str
    cockroach_url: str
    postgres_url: str
    redis_url: str
    search_url: str
    sandbox_url: str
    functions_url: str
    hub_url: str
    ui_url: str
    auth_host: str
    database_host: str
    storage_host: str
    tasks_host: str
    project: str = PROJECT
    namespace: str = NAMESPACE
    bucket: str = BUCKET

    @property
    def api_url(self) -> str:
        """The URL every route hangs below."""
        return f"{self.base_url}/api/v1"

    @property
    def database_url(self) -> str:
        """RTDB's URL as the Admin SDK takes it."""
        return f"http://{self.database_host}/?ns={self.namespace}"

    def emulator_environment(self) -> dict[str, str]:
        """Give the variables by which Google's SDKs find the emulators."""
        return {
            "GCLOUD_PROJECT": self.project,
            "GOOGLE_CLOUD_PROJECT": self.project,
            "FIREBASE_AUTH_EMULATOR_HOST": self.auth_host,
            "FIREBASE_DATABASE_EMULATOR_HOST": self.database_host,
            "FIREBASE_STORAGE_EMULATOR_HOST": self.storage_host,
            "STORAGE_EMULATOR_HOST": f"http://{self.storage_host}",
            "CLOUD_TASKS_EMULATOR_HOST": self.tasks_host,
        }


def base_port() -> int:
    """Read the base port from the environment."""
    text = os.environ.get(BASE_PORT_VARIABLE, str(DEFAULT_BASE))
    if not text.isdecimal():
        raise OpsError(f"{BASE_PORT_VARIABLE} is {text!r}: it must be a number")
    return int(text)


def local_endpoints(base: int, given: dict[str, str] | None = None) -> Endpoints:
    """Give the endpoints of a local system; `given` are settings that name real stores instead of local ones."""
    ports, given = Ports(base), given or {}

    def host(part: str) -> str:
        return f"127.0.0.1:{ports.of(part)}"

    return Endpoints(
        base_url=f"http://{host('hosting')}",
        cockroach_url=given.get("COCKROACH_DB_URL") or f"postgresql://plazza_app@{host('cockroach')}/plazza",
        postgres_url=given.get("POSTGRES_URL") or f"postgresql://plazza_app@{host('postgres')}/plazza_pg",
        redis_url=given.get("REDIS_URL") or f"redis://{host('redis')}/0",
        search_url=given.get("ELASTICSEARCH_URL") or f"http://{host('search')}",
        sandbox_url=f"http://{host('sandbox')}",
        functions_url=f"http://{host('functions')}",
        hub_url=f"http://{host('hub')}",
        ui_url=f"http://{host('ui')}",
        auth_host=host("auth"),
        database_host=host("database"),
        storage_host=host("storage"),
        tasks_host=host("tasks"),
    )


def use_local_urls(base: int) -> None:
    """Point this process's store URLs at a local system."""
    found = local_endpoints(base)
    os.environ.update(
        COCKROACH_DB_URL=found.cockroach_url,
        POSTGRES_URL=found.postgres_url,
        REDIS_URL=found.redis_url,
        ELASTICSEARCH_URL=found.search_url,
    )


def required(variable: str) -> str:
    """Read a variable. Raises OpsError naming it."""
    value = os.environ.get(variable, "")
    if not value:
        raise OpsError(f"{variable} is not set: set it, or name a running local system with --base PORT")
    return value
