"""What a change says to its databases, recorded once with its values, and said again bare: no function, no rules, the same SQL."""

import threading
import time
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg
from psycopg.errors import DeadlockDetected, SerializationFailure


class Statement(NamedTuple):
    """SQL with its values."""

    query: Any
    params: Any


class Said(NamedTuple):
    """Statements that went together in one round trip, and to which database."""

    database: int  # the server's port
    statements: list[Statement]


@contextmanager
def recording(kept: list[Said]) -> Generator[None]:
    """Keep what this process says to its databases: each pipeline is one round trip."""
    execute: Any = psycopg.Cursor.execute
    pipeline: Any = psycopg.Connection.pipeline

    def keep(self: psycopg.Cursor[Any], query: Any, params: Any = None, **options: Any) -> psycopg.Cursor[Any]:
        if self.connection.info.pipeline_status:  # not a pool's check
            kept[-1].statements.append(Statement(query, params))
        return execute(self, query, params, **options)

    def begin(self: psycopg.Connection[Any]) -> Any:
        kept.append(Said(self.info.port, []))
        return pipeline(self)

    psycopg.Cursor.execute = keep  # type: ignore[method-assign] -- the one place that sees statements with their values
    psycopg.Connection.pipeline = begin  # type: ignore[method-assign] -- the one place that sees what goes together
    try:
        yield
    finally:
        psycopg.Cursor.execute = execute  # type: ignore[method-assign] -- put back
        psycopg.Connection.pipeline = pipeline  # type: ignore[method-assign] -- put back


def replay(changes: Sequence[Sequence[Said]], urls: dict[int, str], clients: int) -> float:
    """Make changes again, each a transaction after what was looked up for it, from so many threads with a connection each.

    Gives how many a second were done.
    """
    mine = threading.local()

    def connection(port: int) -> psycopg.Connection[Any]:
        held: dict[str, psycopg.Connection[Any]] = mine.__dict__
        if str(port) not in held:
            held[str(port)] = psycopg.connect(urls[port], autocommit=True)
        return held[str(port)]

    def one(change: Sequence[Said]) -> None:
        start = next(index for index, said in enumerate(change) if said.statements[0].query == "BEGIN")
        for said in change[:start]:
            _say(connection(said.database), said)
        _until_it_holds(connection(change[start].database), change[start:])

    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(one, changes[: 4 * clients]))
        began = time.perf_counter()
        list(pool.map(one, changes[4 * clients :]))
        return (len(changes) - 4 * clients) / (time.perf_counter() - began)


def _say(connection: psycopg.Connection[Any], said: Said) -> None:
    with connection.pipeline():
        cursors = [connection.execute(*statement) for statement in said.statements]
    for cursor in cursors:
        if cursor.description is not None:
            cursor.fetchall()


def _until_it_holds(connection: psycopg.Connection[Any], transaction: Sequence[Said]) -> None:
    while True:
        try:
            for said in transaction:
                _say(connection, said)
        except (SerializationFailure, DeadlockDetected):
            connection.rollback()
        else:
            return
