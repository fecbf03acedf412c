"""The statements of a change, recorded once with their values, and run again bare: no function, no rules, the same SQL."""

import threading
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg
from psycopg.errors import DeadlockDetected, SerializationFailure


class Said(NamedTuple):
    """A statement: to which database, alone or in the transaction, and with what."""

    database: int  # the server's port
    is_alone: bool
    query: Any
    params: Any


@contextmanager
def recording(kept: list[Said]) -> Generator[None]:
    """Keep what this process says to its databases."""
    execute: Any = psycopg.Cursor.execute

    def keep(self: psycopg.Cursor[Any], query: Any, params: Any = None, **options: Any) -> psycopg.Cursor[Any]:
        kept.append(Said(self.connection.info.port, self.connection.autocommit, query, params))
        return execute(self, query, params, **options)

    psycopg.Cursor.execute = keep  # type: ignore[method-assign] -- the one place that sees statements with their values
    try:
        yield
    finally:
        psycopg.Cursor.execute = execute  # type: ignore[method-assign] -- put back


def replay(changes: Sequence[Sequence[Said]], urls: dict[int, str], clients: int) -> float:
    """Run changes again, from so many threads with a connection each; gives how many a second were done."""
    mine = threading.local()

    def connection(port: int) -> psycopg.Connection[Any]:
        held: dict[str, psycopg.Connection[Any]] = mine.__dict__
        if str(port) not in held:
            held[str(port)] = psycopg.connect(urls[port], autocommit=True)
        return held[str(port)]

    def one(said: Sequence[Said]) -> None:
        for statement in said:
            if statement.is_alone:
                connection(statement.database).execute(statement.query, statement.params)
        together = [statement for statement in said if not statement.is_alone]
        _until_it_holds(lambda: _run_together(connection(together[0].database), together))

    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(one, changes[: 4 * clients]))
        began = time.perf_counter()
        list(pool.map(one, changes[4 * clients :]))
        return (len(changes) - 4 * clients) / (time.perf_counter() - began)


def _run_together(connection: psycopg.Connection[Any], said: Sequence[Said]) -> None:
    with connection.transaction():
        for statement in said:
            cursor = connection.execute(statement.query, statement.params)
            if cursor.description is not None:
                cursor.fetchall()


def _until_it_holds(work: Callable[[], None]) -> None:
    while True:
        try:
            return work()
        except (SerializationFailure, DeadlockDetected):
            continue
