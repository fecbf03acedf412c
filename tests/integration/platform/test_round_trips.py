"""What the order bench counts and repeats: waits for a database, and statements with their values."""

import socket
from urllib.parse import urlsplit

import psycopg

from ops.bench.replaying import Said, recording, replay
from ops.bench.round_trips import Relay
from tests.support.servers import Servers


def test_each_wait_for_the_server_is_one(parts: Servers) -> None:
    relay = Relay(urlsplit(parts.cockroach_url).port or 0)
    with psycopg.connect(relay.url(parts.cockroach_url), autocommit=True) as connection:
        before = relay.count
        connection.execute("SELECT 1")
        connection.execute("SELECT 2")
        alone = relay.count
        with connection.transaction():
            connection.execute("SELECT 3")
        in_transaction = relay.count

    relay.stop()
    assert alone - before == 2
    assert in_transaction - alone == 3  # BEGIN, the statement, COMMIT


def test_a_flush_that_comes_after_the_answer_is_no_wait() -> None:
    counts: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        relay = Relay(port)
        with socket.create_connection(
            ("127.0.0.1", urlsplit(relay.url(f"postgresql://127.0.0.1:{port}/")).port or 0)
        ) as client:
            there, _ = server.accept()
            with there:
                for said, answered in ((b"first", b"its answer"), (b"H\0\0\0\4", b""), (b"second", b"its answer")):
                    client.sendall(said)
                    assert there.recv(100) == said
                    there.sendall(answered)
                    assert client.recv(len(answered)) == answered
                    counts.append(relay.count)
        relay.stop()

    assert counts == [1, 1, 2]


def test_what_was_said_is_said_again_as_often_as_it_was_recorded(parts: Servers) -> None:
    with psycopg.connect(parts.cockroach_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS said_again (number INT8)")
        said: list[Said] = []
        with recording(said):
            with connection.pipeline():
                connection.execute("SELECT count(*) FROM said_again")
            with connection.pipeline():
                connection.execute("BEGIN")
                connection.execute("INSERT INTO said_again VALUES (%s)", (7,))
            with connection.pipeline():
                connection.execute("INSERT INTO said_again VALUES (%s)", (8,))
                connection.execute("COMMIT")
            connection.execute("SELECT 'not of the change'")

        rate = replay([said] * 10, {connection.info.port: parts.cockroach_url}, 2)

        assert [len(one.statements) for one in said] == [1, 2, 2]
        assert rate > 0
        assert connection.execute("SELECT count(*), min(number) FROM said_again").fetchone() == (22, 7)
        connection.execute("DROP TABLE said_again")
