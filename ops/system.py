"""The whole local system: stores, sandbox, emulator suite and functions, started side by side and ended together.

with local_system(is_throwaway=True) as system:
    call(f"{system.endpoints.api_url}/health")
"""

import fcntl
import importlib
import json
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil

from ops import emulators, index, mappings, migrate, stores
from ops.endpoints import BASE_PORT_VARIABLE, HIGHEST_BASE, PROJECT, Endpoints, Ports, base_port, local_endpoints
from ops.errors import OpsError
from ops.http import answers, request
from ops.keeper import end_run
from ops.paths import LOCAL, MIGRATIONS, ROOT
from ops.process import Child, Run, is_port_free, ledger_of
from ops.project import write_project
from ops.settings import LocalSettings, given_settings, local_settings
from ops.steps import Screen, Step, run_steps

_SANDBOX_SEC = 60.0
_LOWEST_FREE = 6700
_FIRST_ANSWER_SEC = 60.0
_LOCAL_PARTS = {
    "COCKROACH_DB_URL": "cockroach",
    "POSTGRES_URL": "postgres",
    "REDIS_URL": "redis",
    "ELASTICSEARCH_URL": "search",
}


@dataclass
class System:
    """A local system that is being started, runs, or is being stopped."""

    base: int
    folder: Path
    given: dict[str, str]
    screen: Screen
    is_kept: bool = True  # data is for the next start
    has_sample: bool = True
    run: Run = field(init=False)
    endpoints: Endpoints = field(init=False)
    settings: LocalSettings = field(init=False)
    _emulators: Child | None = None
    _programs: dict[str, psutil.Process] = field(default_factory=dict[str, psutil.Process])
    keep_folder: bool = False  # a throwaway's folder stays when what ran on it failed
    _has_answered: bool = False
    _lock: IO[str] | None = None

    @property
    def data(self) -> Path:
        """The folder that outlives a stop."""
        return self.folder / "data"

    @property
    def suite(self) -> Child:
        """The emulator suite's process."""
        if self._emulators is None:
            raise OpsError("the emulator suite was not started here")
        return self._emulators

    def start(self) -> None:
        """Start everything and come back when it answers. Raises OpsError; the caller stops what was started."""
        ports = Ports(self.base)
        self._take_folder()
        self.endpoints = local_endpoints(self.base, self.given)
        self.settings = local_settings(
            self.endpoints,
            self.given,
            self.data / "keys.json",
            f"{self.endpoints.base_url},http://localhost:{self.base}",
        )
        self._check_ports(ports)
        self.run = Run(self.folder / "logs")
        (self.folder / "run.json").write_text(json.dumps({"token": self.run.token, "pid": os.getpid()}))
        self.screen.line(f"system on {self.endpoints.base_url}; a log for each part in {_shown(self.run.logs)}/")
        for name in self.settings.real:
            self.screen.line(f"{name}: the real one, from your settings")
        for line in emulators.absent_downloads():
            self.screen.line(line)
        run_steps(self._steps(ports), self.screen, self.run.stopping)

    def stop(self) -> None:
        """Keep what the emulators hold, then end everything."""
        if not hasattr(self, "run"):
            return
        if self.is_kept and self._has_answered and self._emulators is not None and self._emulators.is_alive():
            try:
                emulators.export(self.endpoints, self.data)
            except OpsError as error:
                self.screen.line(f"{error}; the last export stays")
        self.run.stop()
        if self._lock is not None:
            self._lock.close()

    def end_part(self, name: str) -> None:
        """End one part (a store, by its name) and go on without it."""
        child = next((one for one in self.run.children if one.name == name), None)
        if child is None:
            raise OpsError(f"{name} was not started here, so it cannot be ended")
        self.run.forget(child)

    def check(self) -> None:
        """Raise OpsError when a part has ended by itself, with the last lines of its log."""
        dead = self.run.first_dead()
        if dead is not None:
            raise OpsError(dead.obituary())
        for name, program in self._programs.items():
            if not program.is_running() or program.status() == psutil.STATUS_ZOMBIE:
                raise OpsError(f"{name}'s emulator has ended; {self.suite.log} ends with\n{self.suite.tail()}")
        if not self.run.is_kept():
            raise OpsError("the keeper process, which ends the parts if this one dies, was ended")

    def _steps(self, ports: Ports) -> list[Step]:
        steps = [
            Step("cockroach", lambda: self._database("cockroach", "plazza", ports, is_serializable=True)),
            Step("postgres", lambda: self._database("postgres", "plazza_pg", ports, is_serializable=False)),
            Step("redis", lambda: self._redis(ports)),
            Step("search", lambda: self._search(ports)),
            Step("emulators", lambda: self._suite(ports)),
            Step("first answer", self._first_answer, ("cockroach", "postgres", "redis", "emulators")),
        ]
        if self.has_sample:
            steps.append(Step("sample data", self._seed, ("cockroach", "postgres", "emulators")))
            steps.append(Step("product index", self._index, ("search", "sample data")))
        if self.settings.needs_sandbox:
            steps.append(Step("sandbox", lambda: self._sandbox(ports)))
        return steps

    def _take_folder(self) -> None:
        """Hold the folder for this process, and end what a killed predecessor may have left."""
        self.data.mkdir(parents=True, exist_ok=True)
        self._lock = (self.folder / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise OpsError(_in_use(self.base, "a system of this working copy runs there")) from error
        last = self.folder / "run.json"
        if last.exists():
            token = str(json.loads(last.read_text())["token"])
            end_run(token, ledger_of(self.folder / "logs", token))

    def _check_ports(self, ports: Ports) -> None:
        skipped = {part for name, part in _LOCAL_PARTS.items() if name in self.given}
        for part, port in ports.all().items():
            if part not in skipped and not is_port_free(port):
                raise OpsError(_in_use(self.base, f"port {port} ({part.replace('_', ' ')}) is in use"))

    def _database(self, name: str, database: str, ports: Ports, *, is_serializable: bool) -> str:
        url = self.endpoints.cockroach_url if name == "cockroach" else self.endpoints.postgres_url
        if name not in {_LOCAL_PARTS[variable] for variable in self.given.keys() & _LOCAL_PARTS.keys()}:
            server = stores.start_postgres(self.run, name, self.data / name, ports.of(name))
            stores.create_database(server, database, is_serializable=is_serializable)
        count = migrate.run(migrate.Target(name, MIGRATIONS / name, url))
        return f"ready, {count} migration step(s) applied" if count else "ready, migrations up to date"

    def _redis(self, ports: Ports) -> str:
        if "REDIS_URL" not in self.given:
            stores.start_redis(self.run, ports.of("redis"))
        return "ready"

    def _search(self, ports: Ports) -> str:
        if "ELASTICSEARCH_URL" not in self.given:
            stores.start_search(self.run, self.data / "search", ports.of("search"), ports.of("search_transport"))
        return f"ready, {mappings.create(self.endpoints.search_url)}"

    def _sandbox(self, ports: Ports) -> str:
        webhooks = f"{self.endpoints.api_url}/webhooks"
        command = [
            sys.executable, "-m", "sandbox", "--port", str(ports.of("sandbox")), "--data", self.data / "sandbox",
            "--places", ROOT / "ops" / "seed" / "areas.csv", "--ocr-data", LOCAL / "ocr",
            "--razorpay-webhook", f"{webhooks}/razorpay", "--whatsapp-webhook", f"{webhooks}/whatsapp",
        ]  # fmt: skip
        environment = {key: value for key, value in os.environ.items() if key != "FIREBASE_PROJECT_ID"}
        child = self.run.start("sandbox", command, env={**environment, "GCLOUD_PROJECT": PROJECT})
        self.run.wait_until(child, lambda: answers(f"{self.endpoints.sandbox_url}/_sandbox/health"), _SANDBOX_SEC)
        return "ready"

    def _suite(self, ports: Ports) -> str:
        project = write_project(self.folder / "project", ports, self.settings, has_ui=emulators.is_downloaded("ui"))
        child = self._emulators = emulators.start_emulators(self.run, project, self.data)
        self.run.wait_until(
            child, lambda: _quietly(lambda: emulators.is_ready(self.endpoints, child)), emulators.START_SEC
        )
        self.run.wait_until(child, lambda: emulators.database_is_ready(self.endpoints), 20.0)
        self._programs = emulators.programs(child)
        self._has_answered = True
        return f"ready, {len(emulators.function_triggers(self.endpoints))} functions loaded"

    def _seed(self) -> str:
        return seed(self.endpoints)

    def _index(self) -> str:
        return index.fill(self.endpoints, self.settings)

    def _first_answer(self) -> str:
        url = f"{self.endpoints.api_url}/health"
        self.run.wait_until(
            self.suite, lambda: _quietly(lambda: request(url, timeout_sec=30)[0] == 200), _FIRST_ANSWER_SEC
        )
        return f"{url} answers"


@contextmanager
def local_system(
    *,
    base: int | None = None,
    is_throwaway: bool = False,
    is_local: bool = False,
    url: str | None = None,
    screen: Screen | None = None,
    has_sample: bool = True,
) -> Generator[System]:
    """Give a running system and end it: that of `base`, a throwaway one on free ports, or a running one by its `url`.

    A throwaway or local system uses nobody's real stores and providers; a throwaway one leaves its folder only when it fails.
    Without its sample data (`has_sample`) its stores begin empty.
    """
    screen = screen or Screen()
    if url is not None:
        yield running_system(url, screen)
        return
    chosen = free_base() if is_throwaway else base if base is not None else base_port()
    folder = LOCAL / (f"throwaway-{chosen}" if is_throwaway else str(chosen))
    given = {} if is_throwaway or is_local else given_settings()
    system = System(chosen, folder, given, screen, is_kept=not is_throwaway, has_sample=has_sample)
    try:
        system.start()
        yield system
    except BaseException:
        system.stop()
        raise
    system.stop()
    if is_throwaway and not system.keep_folder:
        shutil.rmtree(folder, ignore_errors=True)


def running_system(url: str, screen: Screen) -> System:
    """Describe a system that somebody else runs, by the URL of its hosting emulator."""
    port = url.rstrip("/").rpartition(":")[2]
    if not port.isdecimal() or not answers(f"{url.rstrip('/')}/api/v1/health", timeout_sec=30):
        raise OpsError(f"Nothing answers at {url}/api/v1/health: start it with `make serve`")
    system = System(int(port), LOCAL / port, given_settings(), screen)
    system.endpoints = local_endpoints(int(port), system.given)
    return system


def seed(endpoints: Endpoints) -> str:
    """Put the sample data into the stores; what is there already stays."""
    counts: dict[str, int] = importlib.import_module("ops.seed.load").seed(endpoints)
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items()) or "already there"


def free_base() -> int:
    """Find a base port all of whose ports are free."""
    for _ in range(200):
        # Above 6700 no port is one that browsers and Node refuse.
        base = _LOWEST_FREE + 20 * secrets.randbelow((HIGHEST_BASE - _LOWEST_FREE) // 20)
        if all(is_port_free(port) for port in Ports(base).all().values()):
            return base
    raise OpsError("No free run of ports was found between 6700 and 9280")


def _in_use(base: int, reason: str) -> str:
    return f"{reason[0].upper()}{reason[1:]}: stop what uses it, or choose other ports by {BASE_PORT_VARIABLE} (now {base})"


def _shown(folder: Path) -> str:
    return str(folder.relative_to(ROOT)) if folder.is_relative_to(ROOT) else str(folder)


def _quietly(asked: Callable[[], bool]) -> bool:
    """Take no answer for a no: while a part starts, that is what no answer means."""
    try:
        return asked()
    except OpsError as error:
        if "got no answer" in str(error):
            return False
        raise
