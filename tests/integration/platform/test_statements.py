"""Statements that travel together: in their order, in one round trip, and with the error of the one that failed."""

import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from psycopg.errors import DivisionByZero, UndefinedTable, UniqueViolation

from ops.bench.round_trips import Relay
from plazza.data import sql
from plazza.data.once import Once
from plazza.data.sql import ResultUnknown, Tx, read, run_transaction
from plazza.errors import Conflict, Unavailable
from plazza.schema import Model
from tests.support.database import Database
from tests.support.servers import Servers
from tests.support.wire import Wire, wire


class Number(Model):
    """A row."""

    n: int


@pytest.fixture
def table(db: Database) -> Iterator[None]:
    """A table to write to."""
    db.execute("CREATE TABLE said (n INT8 PRIMARY KEY)")
    yield
    db.execute("DROP TABLE said")


@pytest.fixture
def relay(parts: Servers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Relay]:
    """A count of the round trips, of one connection that is there."""
    relay = Relay(int(parts.cockroach_url.rpartition(":")[2].split("/")[0]))
    monkeypatch.setenv("COCKROACH_DB_URL", relay.url(parts.cockroach_url))
    sql.close_pools()
    read(lambda tx: tx.value("SELECT 1"))
    yield relay
    relay.stop()
    sql.close_pools()


@pytest.fixture
def line(parts: Servers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """A wire to the database, over which four connections have just been answered."""
    with wire(parts.cockroach_url) as laid:
        monkeypatch.setenv("COCKROACH_DB_URL", laid.url)
        sql.close_pools()
        with ThreadPoolExecutor(4) as callers:
            list(callers.map(lambda _: read(lambda tx: tx.value("SELECT 1 FROM pg_sleep(0.2)")), range(4)))
        yield laid
        sql.close_pools()


def insert(tx: Tx, n: int) -> None:
    tx.send("INSERT INTO said VALUES (%s)", (n,))


@pytest.mark.usefixtures("table")
def test_a_transaction_waits_once_for_each_answer_it_uses(relay: Relay, db: Database) -> None:
    def work(tx: Tx) -> tuple[int, list[Number]]:
        asked = tx.ask(Number, "SELECT 7 AS n")
        insert(tx, 1)
        insert(tx, 2)
        count = tx.value("SELECT count(*) FROM said")
        insert(tx, 3)
        return count, asked()

    before = relay.count
    assert run_transaction(work) == (2, [Number(n=7)])

    assert relay.count - before == 2, "what was sent goes with the question, and with COMMIT"
    assert db.value("SELECT count(*) FROM said") == 3


def test_a_connection_is_asked_for_its_health_only_after_a_pause(relay: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    before = relay.count
    for _ in range(10):
        read(lambda tx: tx.value("SELECT 1"))
    fresh = relay.count
    monkeypatch.setattr(sql, "FRESH_SEC", 0.0)
    read(lambda tx: tx.value("SELECT 1"))

    assert fresh - before == 10, "also when the driver begins to prepare it"
    assert relay.count - fresh == 2


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize("after", [0, 1, 500])
@pytest.mark.parametrize("pause_sec", [0, 0.05])
def test_the_error_is_that_of_the_statement_that_failed(
    db: Database, caplog: pytest.LogCaptureFixture, after: int, pause_sec: float
) -> None:
    def work(tx: Tx) -> None:
        insert(tx, 1)
        tx.send("SELECT 1 / %s, pg_sleep(%s)", (0, pause_sec))
        for n in range(after):
            insert(tx, 2 + n)

    with caplog.at_level(logging.WARNING), pytest.raises(DivisionByZero):
        run_transaction(work)
    with pytest.raises(DivisionByZero):
        run_transaction(lambda tx: (work(tx), tx.execute("DELETE FROM said")))

    assert caplog.messages == []
    assert db.value("SELECT count(*) FROM said") == 0
    run_transaction(lambda tx: insert(tx, 1))
    assert db.value("SELECT count(*) FROM said") == 1


@pytest.mark.usefixtures("table")
def test_nothing_of_a_refused_transaction_stays(db: Database) -> None:
    def refused(tx: Tx) -> None:
        insert(tx, 1)
        tx.value("SELECT 1")
        insert(tx, 2)
        raise Conflict("No.")

    with pytest.raises(Conflict):
        run_transaction(refused)

    run_transaction(lambda tx: insert(tx, 3))
    assert db.value("SELECT sum(n)::INT8 FROM said") == 3


@pytest.mark.usefixtures("table", "relay")
def test_what_failed_before_it_was_prepared_works_once_it_can(db: Database) -> None:
    """The driver prepares a statement the sixth time; when that failed nobody may believe it is there."""
    query = "SELECT 1 / n FROM said"
    for _ in range(5):
        read(lambda tx: tx.value(query))
    db.execute("ALTER TABLE said RENAME TO gone")
    with pytest.raises(UndefinedTable):
        read(lambda tx: tx.value(query))
    with pytest.raises(UndefinedTable):
        run_transaction(lambda tx: tx.value(query))
    db.execute("ALTER TABLE gone RENAME TO said")

    assert read(lambda tx: tx.value(query)) is None
    assert run_transaction(lambda tx: tx.value(query)) is None


@pytest.mark.usefixtures("table")
@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_a_server_that_goes_silent_while_committing_leaves_the_result_unknown(
    parts: Servers, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with wire(parts.cockroach_url) as line:
        monkeypatch.setenv("COCKROACH_DB_URL", line.url)
        monkeypatch.setattr(sql, "ANSWER_SEC", 0.3)
        sql.close_pools()

        def work(tx: Tx) -> None:
            insert(tx, tx.value("SELECT 1"))
            line.hush()

        started = time.monotonic()
        with pytest.raises(ResultUnknown):
            run_transaction(work)
        assert time.monotonic() - started < 2
    sql.close_pools()


@pytest.mark.usefixtures("table")
def test_a_server_that_restarts_between_two_calls_costs_nobody_an_error(db: Database, line: Wire) -> None:
    for n in range(0, 8, 2):
        line.refuse()
        line.mend()
        with ThreadPoolExecutor(4) as callers:
            seen = [callers.submit(read, lambda tx: tx.value("SELECT 1")) for _ in range(2)]
            done = [
                callers.submit(
                    run_transaction, lambda tx, n=n, m=m: tx.execute("INSERT INTO said VALUES (%s)", (n + m,))
                )
                for m in range(2)
            ]
        assert [one.result() for one in seen + done] == [1, 1, 1, 1]

    assert db.value("SELECT count(*) FROM said") == 8


@pytest.mark.usefixtures("table")
def test_who_is_thrown_out_before_committing_begins_anew(db: Database) -> None:
    began: list[int] = []

    def work(tx: Tx) -> None:
        began.append(tx.value("SELECT pg_backend_pid()"))
        tx.execute("INSERT INTO said VALUES (%s)", (len(began),))
        if len(began) == 1:
            db.value("SELECT pg_terminate_backend(%s)", began[0])
        tx.value("SELECT 1")

    run_transaction(work)

    assert len(set(began)) == 2
    assert db.rows("SELECT n FROM said") == [(2,)]


def test_a_server_that_falls_silent_is_not_waited_for_twice(line: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql, "ANSWER_SEC", 1.2)
    monkeypatch.setattr(sql, "FRESH_SEC", 0.0)
    began: list[int] = []

    def work(tx: Tx) -> None:
        began.append(tx.value("SELECT 1"))
        line.hush()
        tx.value("SELECT 2")

    with pytest.raises(Unavailable):
        run_transaction(work)

    assert len(began) == 1


@pytest.mark.usefixtures("table")
def test_a_key_that_is_used_gives_its_answer_and_another_violation_is_its_own(db: Database) -> None:
    def once() -> Once:
        return Once(uid, "POST", "/said", "key-of-mine", b"")

    def work(tx: Tx) -> Number:
        insert(tx, 1)
        return Number(n=tx.value("SELECT max(n) FROM said"))

    uid = uuid4().hex
    assert once().run(Number, work) == Number(n=1)

    assert once().run(Number, work) == Number(n=1)
    with pytest.raises(UniqueViolation):
        Once(uid, "POST", "/said", "another-key", b"").run(Number, work)
    with pytest.raises(Conflict):
        Once(uid, "POST", "/other", "key-of-mine", b"").run(Number, work)
    assert db.value("SELECT count(*) FROM idempotency_keys WHERE uid = %s", uid) == 1


def test_a_key_that_is_used_gives_its_answer_also_where_it_would_be_refused_now(db: Database) -> None:
    def refuse(tx: Tx) -> Number:
        raise Conflict("Not any more.")

    uid = uuid4().hex
    assert Once(uid, "POST", "/said", "key-of-mine", b"").run(Number, lambda tx: Number(n=1)) == Number(n=1)

    assert Once(uid, "POST", "/said", "key-of-mine", b"").run(Number, refuse) == Number(n=1)
    with pytest.raises(Conflict):
        Once(uid, "POST", "/said", "another-key", b"").run(Number, refuse)
    assert db.value("SELECT count(*) FROM idempotency_keys WHERE uid = %s", uid) == 1
