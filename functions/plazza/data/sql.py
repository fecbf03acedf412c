"""Both databases: a pool each, transactions that are run again on 40001, deadlines on everything.

`run_transaction` is the only way to change anything. What it is given may run several times, so it has no effects but SQL; what
must follow the commit is left in `tx.after_commit`. `read` is for single statements that change nothing.

Waiting for an answer is what costs: BEGIN, what is sent and what is asked for go in one pipeline with what is waited for next.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, LiteralString, NamedTuple, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.errors import DeadlockDetected, PipelineAborted, QueryCanceled, SerializationFailure
from psycopg.pq import TransactionStatus
from psycopg.rows import class_row, scalar_row
from psycopg.sql import Composed
from psycopg_pool import ConnectionPool, PoolTimeout

from plazza import logs, settings
from plazza.errors import Unavailable

Result = TypeVar("Result")
Row = TypeVar("Row")
Params = Sequence[Any] | Mapping[str, Any]

STATEMENT_TIMEOUT_MS = 5_000
ANSWER_SEC = STATEMENT_TIMEOUT_MS / 1000 + 1
CHECK_SEC = 1.0
FRESH_SEC = 1.0
"""So long after an answer a connection is taken to be alive without asking."""
RETRY_FOR_SEC = 8.0
SLOW_STATEMENT_SEC = 0.5

_SESSION = (
    f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout=3000 "
    "-c idle_in_transaction_session_timeout=10000 -c default_transaction_isolation=serializable -c timezone=UTC"
)

# Statements after one that failed are not news: that one is raised.
logging.getLogger("psycopg").addFilter(lambda record: "pipeline aborted" not in record.getMessage())

statements: ContextVar[list[str] | None] = ContextVar("statements", default=None)
"""Set to a list to record the statements of this context: the tests that count round trips do."""


class Database(NamedTuple):
    """One of the two databases: the setting that holds its URL, and its name for people."""

    url_setting: str
    title: str


COCKROACH = Database("COCKROACH_DB_URL", "CockroachDB")
POSTGRES = Database("POSTGRES_URL", "PostgreSQL")


class ResultUnknown(Unavailable):
    """The connection went while committing: it may have happened. The same Idempotency-Key finds out."""


class _Lost(Unavailable):
    """The connection was dead before COMMIT was said: nothing has happened."""


class _Statement(NamedTuple):
    """One thing to say, and the cursor that its answer comes to."""

    cursor: psycopg.Cursor[Any]
    query: LiteralString
    params: Params
    prepare: bool | None


class Tx:
    """An open connection inside a transaction (or, from `read`, outside of one), with typed rows."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._unsaid: list[_Statement] = []
        self.after_commit: dict[str, Callable[[], None]] = {}
        """Called once each after the commit, by name; a failure is logged and changes nothing."""

    def execute(self, query: LiteralString, params: Params = (), *, prepare: bool | None = None) -> int:
        """Run a statement and give the number of rows it touched.

        `prepare=False` has it planned anew each time: a plan that was made for a small table is slow once the table has grown.
        """
        return self._run(self._connection.cursor(), query, params, prepare=prepare).rowcount

    def send(self, query: LiteralString, params: Params = ()) -> None:
        """Run a statement whose result nobody needs: it goes with the next one that is waited for, at latest with COMMIT.

        That one raises the error of this one, so what is caught around a statement may come from those sent before it.
        """
        self._add(self._connection.cursor(), query, params)

    def wait(self) -> None:
        """Wait for what was sent, if anything was."""
        if self._unsaid:
            self._say()

    def ask(self, kind: type[Row], query: LiteralString, params: Params = ()) -> Callable[[], list[Row]]:
        """Ask for rows along with the next statement that is waited for; gives what then gives them as `kind`."""
        cursor = self._connection.cursor(row_factory=class_row(kind))
        self._add(cursor, query, params)
        return cursor.fetchall

    def row(self, kind: type[Row], query: LiteralString, params: Params = ()) -> Row | None:
        """Give the first row as `kind` (its fields are the columns' names), or None."""
        return self._run(self._connection.cursor(row_factory=class_row(kind)), query, params).fetchone()

    def rows(self, kind: type[Row], query: LiteralString, params: Params = ()) -> list[Row]:
        """Give all rows as `kind`."""
        return self._run(self._connection.cursor(row_factory=class_row(kind)), query, params).fetchall()

    def value(self, query: LiteralString, params: Params = ()) -> Any:
        """Give the first column of the first row, or None."""
        return self._run(self._connection.cursor(row_factory=scalar_row), query, params).fetchone()

    def values(self, query: LiteralString, params: Params = ()) -> list[Any]:
        """Give the first column of all rows."""
        return self._run(self._connection.cursor(row_factory=scalar_row), query, params).fetchall()

    def copy_out(self, query: Composed) -> Iterator[bytes]:
        """Read the pieces of a `COPY … TO STDOUT`, which cannot be pipelined: what was sent before is waited for first."""
        self.wait()
        with self._connection.cursor().copy(query) as copy:
            for piece in copy:
                yield bytes(piece)

    def _run(
        self, cursor: psycopg.Cursor[Any], query: LiteralString, params: Params, *, prepare: bool | None = None
    ) -> psycopg.Cursor[Any]:
        self._add(cursor, query, params, prepare=prepare)
        self._say()
        return cursor

    def _add(
        self, cursor: psycopg.Cursor[Any], query: LiteralString, params: Params, *, prepare: bool | None = None
    ) -> None:
        self._unsaid.append(_Statement(cursor, query, params, prepare))
        seen = statements.get()
        if seen is not None:
            seen.append(query)

    def _say(self) -> None:
        """Say all that is to be said and wait for the answers: one round trip."""
        said, self._unsaid = self._unsaid, []
        started = time.monotonic()
        try:
            with self._connection.pipeline():
                for cursor, query, params, prepare in said:
                    cursor.execute(query, params, prepare=prepare)
        except PipelineAborted as exc:
            raise exc.__context__ or exc from None  # it is said of those after the one that failed
        finally:
            elapsed = time.monotonic() - started
            if elapsed > SLOW_STATEMENT_SEC:
                text = "; ".join(" ".join(one.query.split()) for one in said)
                logs.write("WARNING", "slow statement", fingerprint=text, duration_ms=round(elapsed * 1000))


class _Connection(psycopg.Connection[Any]):
    """Gives up on a server that says nothing: the limits it holds itself are no help once it hangs or the network is gone."""

    lost_at = 0.0
    """When one of them was last found dead; what lies in a pool since before is asked first, however fresh it is."""
    patience_sec = ANSWER_SEC
    answered_at = 0.0

    def wait(self, gen: PQGen[Result], interval: float = 0.1, timeout: float | None = None) -> Result:
        try:
            result = super().wait(gen, interval, self.patience_sec if timeout is None else timeout)
        except psycopg.OperationalError as exc:
            # What the server says itself (40001, a deadline of its own) leaves the connection good.
            if exc.sqlstate is None and self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.pgconn.finish()  # an answer that is still owed would be taken for the next statement's
                with suppress(psycopg.Error):
                    gen.close()  # a pipeline that is left asks for its answers once more
            raise
        self.answered_at = time.monotonic()
        return result


_pools: dict[str, ConnectionPool[_Connection]] = {}
_pools_lock = threading.Lock()


def _pool(database: Database) -> ConnectionPool[_Connection]:
    url = settings.get(database.url_setting)
    with _pools_lock:
        pool = _pools.get(url)
        if pool is None:
            pool = ConnectionPool[_Connection](
                url,
                connection_class=_Connection,
                min_size=0,
                max_size=settings.number("THREADS"),
                open=False,
                timeout=2,
                max_lifetime=300,
                max_idle=120,
                reconnect_timeout=1,  # while it lasts nobody else may try, and a database that is back is not seen
                check=_check,
                # Autocommit: the driver's own BEGIN is waited for, ours is sent along with the first statement.
                kwargs={"autocommit": True, "connect_timeout": 3, "options": _SESSION, "keepalives_idle": 30},
            )
            pool.open()
            _pools[url] = pool
        return pool


def _check(connection: _Connection) -> None:
    """Raise when a connection that lay in the pool is dead, or its server silent."""
    if connection.answered_at > max(_Connection.lost_at, time.monotonic() - FRESH_SEC):
        return
    connection.patience_sec = CHECK_SEC
    try:
        ConnectionPool.check_connection(connection)
    finally:
        connection.patience_sec = ANSWER_SEC


def close_pools() -> None:
    """Close every pool; the next call opens new ones."""
    with _pools_lock:
        for pool in _pools.values():
            pool.close()
        _pools.clear()


def run_transaction(work: Callable[[Tx], Result], *, on: Database = COCKROACH) -> Result:
    """Run `work` in one SERIALIZABLE transaction, again from BEGIN on 40001 or a deadlock, with jitter.

    A connection that proves dead before COMMIT is replaced once. Raises Unavailable when the database is down, too slow or too
    contended for RETRY_FOR_SEC, and ResultUnknown when the connection was lost while committing.
    """
    give_up_at = time.monotonic() + RETRY_FOR_SEC
    attempt = 0
    while True:
        attempt += 1
        try:
            result, after_commit = _again_if_lost(lambda: _attempt(work, on))
        except (SerializationFailure, DeadlockDetected) as exc:
            pause = random.uniform(0, min(0.5, 0.01 * 2**attempt))  # noqa: S311 -- jitter, not a secret
            if time.monotonic() + pause > give_up_at:
                raise Unavailable("Too many people change this at once; try again.", retry_after_sec=1) from exc
            time.sleep(pause)
            continue
        for name, call in after_commit.items():
            _call(name, call)
        return result


def read(work: Callable[[Tx], Result], *, on: Database = COCKROACH) -> Result:
    """Run single statements that change nothing, each by itself and without BEGIN. Raises Unavailable."""
    give_up_at = time.monotonic() + RETRY_FOR_SEC
    while True:
        try:
            return _again_if_lost(lambda: _read(work, on))
        except SerializationFailure as exc:
            if time.monotonic() > give_up_at:
                raise Unavailable(f"{on.title} is too busy; try again.") from exc


def _again_if_lost(work: Callable[[], Result]) -> Result:
    """Do it once more when the server went since the connection was last used; one that fell silent is not waited for twice."""
    started = time.monotonic()
    try:
        return work()
    except _Lost:
        _Connection.lost_at = time.monotonic()
        if _Connection.lost_at - started > CHECK_SEC:
            raise
        return work()


def _read(work: Callable[[Tx], Result], on: Database) -> Result:
    try:
        with _pool(on).connection() as connection:
            try:
                return work(Tx(connection))
            except psycopg.Error:
                connection.close()  # without a rollback the driver counts as prepared what the server never got to
                raise
    except SerializationFailure:
        raise
    except (PoolTimeout, QueryCanceled, psycopg.OperationalError) as exc:
        raise _unavailable(on, exc) from exc


def _attempt(work: Callable[[Tx], Result], on: Database) -> tuple[Result, dict[str, Callable[[], None]]]:
    committing = False
    try:
        with _pool(on).connection() as connection:
            tx = Tx(connection)
            tx.send("BEGIN")
            result = work(tx)
            committing = True
            tx.execute("COMMIT")
            return result, tx.after_commit
    except (SerializationFailure, DeadlockDetected):
        raise
    except (PoolTimeout, QueryCanceled, psycopg.OperationalError) as exc:
        if committing and not isinstance(exc, (PoolTimeout, QueryCanceled)):
            raise ResultUnknown(
                "Whether this was saved is not known; send it again with the same Idempotency-Key."
            ) from exc
        raise _unavailable(on, exc) from exc


def _unavailable(on: Database, exc: psycopg.OperationalError) -> Unavailable:
    is_lost = not isinstance(exc, PoolTimeout) and (exc.sqlstate is None or exc.sqlstate.startswith(("08", "57P")))
    kind = _Lost if is_lost else Unavailable
    return kind(f"{on.title} does not answer; try again.")


def _call(name: str, call: Callable[[], None]) -> None:
    try:
        call()
    except Exception as exc:  # noqa: BLE001 -- the change is committed; its sweep finds what this missed
        logs.error(f"after commit: {name} failed", exc)
