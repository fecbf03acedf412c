"""A throwaway system for proofs: real stores, the sandbox, the live database and a task queue. Nothing of it outlives the proof.

with throwaway() as ground:
    ground.renew()          # two empty databases; this process's settings name them
"""

import importlib
import json
import os
import secrets
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import firebase_admin
import psycopg
from psycopg import sql as text

from ops import migrate
from ops.endpoints import BUCKET, NAMESPACE, PROJECT
from ops.http import answers
from ops.paths import EMULATORS, LOCAL, MIGRATIONS, ROOT
from ops.process import Run, free_ports
from ops.prove.tasks import TaskQueue
from ops.settings import PROVIDERS, SECRETS
from ops.stores import ROLE, Server, create_database, start_postgres, start_redis
from plazza.data import sql

_START_SEC = 60.0
_HASTY = {"fsync": "off", "synchronous_commit": "off"}
_DATABASES = {"cockroach": "COCKROACH_DB_URL", "postgres": "POSTGRES_URL"}


@dataclass
class Ground:
    """The parts of a throwaway system; `settings` are those of the functions, by name."""

    run: Run
    folder: Path
    servers: dict[str, Server]
    tasks: TaskQueue
    options: dict[str, str]  # of both databases
    settings: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def sandbox_url(self) -> str:
        """Where the outside world answers."""
        return self.settings["MAPS_BASE_URL"].removesuffix("/maps")

    def renew(self) -> None:
        """Take two databases that nobody has written to, and let this process use them."""
        sql.close_pools()
        name = f"proof_{secrets.token_hex(4)}"
        for part, variable in _DATABASES.items():
            self._copy(part, name)
            self.settings[variable] = f"postgresql://{ROLE}@127.0.0.1:{self.servers[part].port}/{name}"
        os.environ.update(self.settings)

    def admin(self, part: str) -> psycopg.Connection[Any]:
        """Connect to the present database of a server as its superuser, whose changes the code does not know of."""
        name = self.settings[_DATABASES[part]].rpartition("/")[2]
        return psycopg.connect(f"{self.servers[part].url.rpartition('/')[0]}/{name}", autocommit=True)

    def environment(self, function: str) -> dict[str, str]:
        """Give a function's settings with the secrets it declares and no others."""
        endpoint = getattr(importlib.import_module("main"), function).__firebase_endpoint__
        declared = {secret["key"] for secret in endpoint.secretEnvironmentVariables or []}
        given = {name: value for name, value in self.settings.items() if name not in SECRETS or name in declared}
        return given | {"LOG_LEVEL": "error"}

    def _copy(self, part: str, name: str) -> None:
        with psycopg.connect(self.servers[part].url, autocommit=True) as connection:
            command = text.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template_plazza")
            connection.execute(command.format(text.Identifier(name), text.Identifier(ROLE)))


@contextmanager
def throwaway(options: dict[str, str] | None = None) -> Generator[Ground]:
    """Start a system on a folder of its own; this process has its settings until the end.

    `options` are those of its databases; without any they do not wait for the disk, because nothing ends them.
    """
    LOCAL.mkdir(exist_ok=True)
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(dir=LOCAL) as name, Run(Path(name) / "logs") as run:
        Path(name).chmod(0o711)  # so that user `nobody` reaches the databases' data in it, and it goes with the folder
        tasks = TaskQueue()
        try:
            yield _start(run, Path(name), tasks, _HASTY if options is None else options)
        finally:
            tasks.stop()
            sql.close_pools()
            os.environ.clear()
            os.environ.update(before)
            _forget_firebase()


def _start(run: Run, folder: Path, tasks: TaskQueue, options: dict[str, str]) -> Ground:
    servers: dict[str, Server] = {}
    for part in _DATABASES:
        servers[part] = start_postgres(run, part, folder / part, free_ports(1)[0], settings=options)
        url = create_database(servers[part], "template_plazza", is_serializable=True)
        migrate.run(migrate.Target(part, MIGRATIONS / part, url))
    servers["redis"] = start_redis(run, free_ports(1)[0])
    sandbox_port, database_port = free_ports(2)
    sandbox = run.start(
        "sandbox",
        [sys.executable, "-m", "sandbox", "--port", str(sandbox_port), "--places", ROOT / "ops" / "seed" / "areas.csv"],
        env={**os.environ, "GCLOUD_PROJECT": PROJECT},
    )
    database = run.start(
        "database",
        ["node", EMULATORS / "database" / "main.mjs", "--host", "127.0.0.1", "--port", str(database_port)],
    )
    sandbox_url, database_host = f"http://127.0.0.1:{sandbox_port}", f"127.0.0.1:{database_port}"
    run.wait_until(sandbox, lambda: answers(f"{sandbox_url}/_sandbox/health"), _START_SEC)
    run.wait_until(
        database, lambda: answers(f"http://{database_host}/.json?ns={NAMESPACE}&access_token=owner"), _START_SEC
    )
    settings = _settings(sandbox_url, database_host, tasks.host, servers["redis"].url)
    _forget_firebase()
    return Ground(run, folder, servers, tasks, options, settings)


def _settings(sandbox_url: str, database_host: str, tasks_host: str, redis_url: str) -> dict[str, str]:
    database_url = f"http://{database_host}/?ns={NAMESPACE}"
    config = {"projectId": PROJECT, "storageBucket": BUCKET, "databaseURL": database_url}
    values = {
        "REDIS_URL": redis_url,
        "ELASTICSEARCH_URL": "http://127.0.0.1:9",  # no proof of orders or money searches
        "OTP_KEY": secrets.token_hex(16),
        "BATCH_SIZE": "500",
        "THREADS": "8",
        "LOG_LEVEL": "critical",  # of this process: what goes wrong here goes wrong on purpose
        "GCLOUD_PROJECT": PROJECT,
        "FIREBASE_CONFIG": json.dumps(config),
        "FIREBASE_DATABASE_EMULATOR_HOST": database_host,
        "FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:9",  # tokens are unsigned, and no route of a proof asks for an account
        "CLOUD_TASKS_EMULATOR_HOST": tasks_host,
        "NO_PROXY": "127.0.0.1,localhost",
    }
    for provider in PROVIDERS.values():
        values |= {**provider.credentials, provider.base_url: sandbox_url + provider.path}
    return values


def _forget_firebase() -> None:
    """Drop the Firebase app, which keeps the hosts it was made with."""
    try:
        firebase_admin.delete_app(firebase_admin.get_app())
    except ValueError:
        return  # there is none
