"""Bring a database to what its folder of migrations says: in order, each step once, from any number of places at once.

CockroachDB has no transaction around several schema changes, so a step is one statement, sent by itself, that may be
repeated; a row per step is written after it. A crash in between repeats the step. Two runners take turns by a lease row.
"""

import hashlib
import os
import random
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import psycopg
from psycopg import sql
from psycopg.errors import DuplicateObject, DuplicateTable, UniqueViolation

from ops.errors import OpsError
from ops.paths import MIGRATIONS
from ops.statements import split

LEASE_SEC = 60
_WAIT_SEC = 300.0
_RETRIES = 8
_STEP_TIMEOUT = "10min"
# CockroachDB reports what PostgreSQL calls a deadlock as 40001; both mean: run it again.
_RETRYABLE = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)
_BOOKKEEPING = (
    """CREATE TABLE IF NOT EXISTS schema_steps (
         file TEXT NOT NULL, step INT8 NOT NULL, checksum TEXT NOT NULL, finished_at TIMESTAMPTZ NOT NULL,
         PRIMARY KEY (file, step))""",
    """CREATE TABLE IF NOT EXISTS schema_lease (
         name TEXT PRIMARY KEY, owner TEXT NOT NULL, expires_at TIMESTAMPTZ NOT NULL)""",
    """INSERT INTO schema_lease (name, owner, expires_at) VALUES ('migrate', '', TIMESTAMPTZ '2000-01-01 00:00:00+00')
       ON CONFLICT (name) DO NOTHING""",
)
Result = TypeVar("Result")
Connection = psycopg.Connection[tuple[Any, ...]]


class Target(NamedTuple):
    """A database and the folder that describes it."""

    name: str
    folder: Path
    url: str


class MigrationStep(NamedTuple):
    """One statement of a migration file."""

    file: str
    number: int
    statement: str
    checksum: str


@dataclass(frozen=True)
class Status:
    """What a database has and lacks. `problem` is a sentence when its history is not the folder's."""

    done: list[MigrationStep]
    pending: list[MigrationStep]
    problem: str


def targets() -> list[Target]:
    """Give both databases by the environment's URLs. Raises OpsError naming the variable that is missing."""
    found: list[Target] = []
    for name, variable in (("cockroach", "COCKROACH_DB_URL"), ("postgres", "POSTGRES_URL")):
        url = os.environ.get(variable, "")
        if not url:
            raise OpsError(f"{variable} is not set: the {name} migrations need the URL of their database")
        found.append(Target(name, MIGRATIONS / name, url))
    return found


def load_steps(folder: Path) -> list[MigrationStep]:
    """Read a folder's files in order, cut into steps. Raises OpsError for a file that is not named like `0001_idea.sql`."""
    steps: list[MigrationStep] = []
    for number, file in enumerate(sorted(folder.glob("*.sql")), start=1):
        if not file.name[:4].isdecimal() or int(file.name[:4]) != number or file.name[4] != "_":
            raise OpsError(
                f"{file.name}: the migrations of {folder.name} are numbered without a gap; expected {number:04d}_….sql"
            )
        for step, statement in enumerate(split(file.read_text()), start=1):
            checksum = hashlib.sha256(" ".join(statement.split()).encode()).hexdigest()
            steps.append(MigrationStep(file.name, step, statement, checksum))
    return steps


def run(target: Target, say: Callable[[str], None] = lambda _: None) -> int:
    """Apply what is pending. Gives how many steps ran. Raises OpsError, also for an edited history."""
    steps = load_steps(target.folder)
    with _connect(target) as connection:
        for statement in _BOOKKEEPING:
            _retry(connection, lambda c, s=statement: c.execute(s))
        if not _pending(connection, steps, target.name):
            return 0
        owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        _take_lease(connection, owner, target.name, say)
        try:
            # Looked at again: the runner that held the lease before us may have done the work.
            pending = _pending(connection, steps, target.name)
            for step in pending:
                _renew_lease(connection, owner, target.name)
                _apply(connection, step, target.name)
                say(f"{target.name}: {step.file} step {step.number}")
            return len(pending)
        finally:
            _release_lease(connection, owner)


def status(target: Target) -> Status:
    """Compare a database with its folder, changing nothing."""
    steps = load_steps(target.folder)
    with _connect(target) as connection:
        exists = connection.execute(
            "SELECT count(*) FROM information_schema.tables WHERE table_name = 'schema_steps'"
        ).fetchone()
        done = _done(connection) if exists and exists[0] else {}
    problem = _problem(steps, done, target.name)
    finished = [step for step in steps if (step.file, step.number) in done]
    return Status(finished, [step for step in steps if (step.file, step.number) not in done], problem)


def _connect(target: Target) -> Connection:
    try:
        connection = psycopg.connect(target.url, autocommit=True, connect_timeout=10, application_name="plazza-migrate")
    except psycopg.OperationalError as error:
        raise OpsError(f"{target.name}: the database does not answer: {str(error).strip().splitlines()[0]}") from error
    connection.execute(sql.SQL("SET statement_timeout = {}").format(sql.Literal(_STEP_TIMEOUT)))
    return connection


def _retry(connection: Connection, work: Callable[[Connection], Result]) -> Result:
    for attempt in range(_RETRIES):
        try:
            return work(connection)
        except (*_RETRYABLE, UniqueViolation, DuplicateObject, DuplicateTable):
            # IF NOT EXISTS is not atomic in PostgreSQL: two runners at once may both try, and one sees the other's row,
            # type or table.
            if attempt == _RETRIES - 1:
                raise
            time.sleep(0.05 * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311 -- jitter, not a secret
    raise AssertionError("unreachable")


def _done(connection: Connection) -> dict[tuple[str, int], str]:
    rows = connection.execute("SELECT file, step, checksum FROM schema_steps").fetchall()
    return {(row[0], row[1]): row[2] for row in rows}


def _pending(connection: Connection, steps: list[MigrationStep], name: str) -> list[MigrationStep]:
    done = _retry(connection, _done)
    problem = _problem(steps, done, name)
    if problem:
        raise OpsError(problem)
    return [step for step in steps if (step.file, step.number) not in done]


def _problem(steps: list[MigrationStep], done: dict[tuple[str, int], str], name: str) -> str:
    """Give a sentence when what ran is not what the files say now, or ran out of order."""
    known = {(step.file, step.number): step.checksum for step in steps}
    for (file, number), checksum in sorted(done.items()):
        if (file, number) not in known:
            return f"{name}: {file} step {number} has run, but is no longer in the folder: restore the file; history is never edited"
        if known[file, number] != checksum:
            return (
                f"{name}: {file} step {number} was changed after it ran: restore it and write a new migration instead"
            )
    first_missing = next((step for step in steps if (step.file, step.number) not in done), None)
    last = max(done, default=None)
    if first_missing is not None and last is not None and (first_missing.file, first_missing.number) < last:
        return f"{name}: {first_missing.file} step {first_missing.number} was put before {last[0]}, which has run: number it after"
    return ""


def _apply(connection: Connection, step: MigrationStep, name: str) -> None:
    try:
        _retry(connection, lambda c: c.execute(step.statement.encode()))
    except psycopg.Error as error:
        raise OpsError(f"{name}: {step.file} step {step.number} failed: {str(error).strip()}") from error
    _retry(
        connection,
        lambda c: c.execute(
            "INSERT INTO schema_steps (file, step, checksum, finished_at) VALUES (%s, %s, %s, %s) ON CONFLICT (file, step) DO NOTHING",
            (step.file, step.number, step.checksum, datetime.now(UTC)),
        ),
    )


def _take_lease(connection: Connection, owner: str, name: str, say: Callable[[str], None]) -> None:
    deadline, has_said = time.monotonic() + _WAIT_SEC, False
    while not _claim(connection, owner, owner_now=None):
        if not has_said:
            say(f"{name}: another runner is at work, waiting for it")
            has_said = True
        if time.monotonic() > deadline:
            raise OpsError(
                f"{name}: another runner has held the lease for {_WAIT_SEC:.0f} s; look for it, then run this again"
            )
        time.sleep(0.25)


def _renew_lease(connection: Connection, owner: str, name: str) -> None:
    if not _claim(connection, owner, owner_now=owner):
        raise OpsError(
            f"{name}: the lease was lost to another runner (a step took longer than {LEASE_SEC} s?); run this again"
        )


def _claim(connection: Connection, owner: str, owner_now: str | None) -> bool:
    """Take a lease that is free or over, or prolong our own. The database's clock decides."""
    changed = _retry(
        connection,
        lambda c: (
            c.execute(
                "UPDATE schema_lease SET owner = %s, expires_at = now() + %s * INTERVAL '1 second'"
                " WHERE name = 'migrate' AND (owner = %s OR (%s AND (owner = '' OR expires_at < now())))",
                (owner, LEASE_SEC, owner_now or owner, owner_now is None),
            ).rowcount
        ),
    )
    return changed == 1


def _release_lease(connection: Connection, owner: str) -> None:
    if not connection.closed:
        _retry(
            connection,
            lambda c: c.execute("UPDATE schema_lease SET owner = '' WHERE name = 'migrate' AND owner = %s", (owner,)),
        )
