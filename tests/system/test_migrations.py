"""The runner of migrations: in order, once, from two places at once, over crashes, and never over an edited history."""

import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from ops import migrate
from ops.errors import OpsError
from ops.process import Run, free_ports
from ops.stores import Server, create_database, start_postgres


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        folder.chmod(0o755)
        with Run(folder / "logs") as run:
            yield start_postgres(run, "postgres", folder / "data", free_ports(1)[0])


@pytest.fixture
def target(server: Server, tmp_path: Path) -> migrate.Target:
    url = create_database(server, f"try_{uuid4().hex}", is_serializable=True)
    write(
        tmp_path,
        "0001_first.sql",
        "CREATE TABLE IF NOT EXISTS a (id INT8);\n\nCREATE INDEX IF NOT EXISTS a_id ON a (id);\n",
    )
    write(tmp_path, "0002_second.sql", "CREATE TABLE IF NOT EXISTS b (id INT8);\n")
    return migrate.Target("try", tmp_path, url)


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"-- why\n{text}")


def tables(target: migrate.Target) -> set[str]:
    with psycopg.connect(target.url) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    return {row[0] for row in rows}


def test_each_step_runs_once(target: migrate.Target) -> None:
    assert migrate.run(target) == 3
    assert migrate.run(target) == 0
    assert {"a", "b"} <= tables(target)
    assert len(migrate.status(target).done) == 3


def test_status_changes_nothing(target: migrate.Target) -> None:
    state = migrate.status(target)

    assert (len(state.done), len(state.pending), state.problem) == (0, 3, "")
    assert tables(target) == set()


def test_an_edited_history_is_refused_by_file_and_step(target: migrate.Target) -> None:
    migrate.run(target)
    write(target.folder, "0002_second.sql", "CREATE TABLE IF NOT EXISTS b (id INT8, more INT8);\n")
    write(target.folder, "0003_third.sql", "CREATE TABLE IF NOT EXISTS c (id INT8);\n")

    with pytest.raises(OpsError, match=r"0002_second\.sql step 1 was changed"):
        migrate.run(target)

    assert "c" not in tables(target)
    assert "0002_second.sql" in migrate.status(target).problem


def test_a_removed_or_inserted_file_is_refused(target: migrate.Target) -> None:
    migrate.run(target)
    (target.folder / "0002_second.sql").unlink()
    with pytest.raises(OpsError, match="no longer in the folder"):
        migrate.run(target)

    write(target.folder, "0003_gap.sql", "SELECT 1;\n")
    with pytest.raises(OpsError, match="without a gap"):
        migrate.run(target)


def test_a_step_put_before_one_that_ran_is_refused(target: migrate.Target) -> None:
    migrate.run(target)
    with psycopg.connect(target.url, autocommit=True) as connection:
        connection.execute("DELETE FROM schema_steps WHERE file = '0001_first.sql' AND step = 2")

    with pytest.raises(OpsError, match=r"0001_first\.sql step 2 was put before"):
        migrate.run(target)


def test_white_space_is_no_edit(target: migrate.Target) -> None:
    migrate.run(target)
    write(target.folder, "0002_second.sql", "CREATE TABLE IF NOT EXISTS b\n  (id INT8);\n")

    assert migrate.run(target) == 0


def test_a_crash_between_a_step_and_its_row_repeats_the_step(
    target: migrate.Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The statement has run, its row was not written: what a kill -9 between both leaves."""
    with psycopg.connect(target.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE a (id INT8)")
        connection.execute("INSERT INTO a VALUES (7)")

    assert migrate.run(target) == 3
    with psycopg.connect(target.url) as connection:
        assert connection.execute("SELECT id FROM a").fetchall() == [(7,)]


def test_a_step_that_fails_is_named_and_the_next_run_goes_on_from_it(target: migrate.Target) -> None:
    write(target.folder, "0003_wrong.sql", "SELECT no_such_column FROM a;\n")
    with pytest.raises(OpsError, match=r"0003_wrong\.sql step 1 failed"):
        migrate.run(target)

    write(target.folder, "0003_wrong.sql", "SELECT id FROM a;\n")

    assert migrate.run(target) == 1


def test_many_runners_at_once_run_each_step_once(target: migrate.Target) -> None:
    for number in range(3, 9):
        write(target.folder, f"{number:04d}_more.sql", f"CREATE TABLE IF NOT EXISTS t{number} (id INT8);\n")
    counts: list[int] = []
    threads = [threading.Thread(target=lambda: counts.append(migrate.run(target))) for _ in range(6)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(counts) == [0, 0, 0, 0, 0, 9]


def test_a_dead_runners_lease_ends_by_itself(target: migrate.Target, monkeypatch: pytest.MonkeyPatch) -> None:
    migrate.run(target)
    write(target.folder, "0003_third.sql", "CREATE TABLE IF NOT EXISTS c (id INT8);\n")
    said: list[str] = []
    with psycopg.connect(target.url, autocommit=True) as connection:
        connection.execute("UPDATE schema_lease SET owner = 'dead', expires_at = now() + INTERVAL '1 second'")

    assert migrate.run(target, say=said.append) == 1
    assert any("another runner" in line for line in said)


def test_an_unreachable_database_is_one_clear_sentence(tmp_path: Path) -> None:
    write(tmp_path, "0001_first.sql", "SELECT 1;\n")

    with pytest.raises(OpsError, match="does not answer"):
        migrate.run(migrate.Target("try", tmp_path, f"postgresql://x@127.0.0.1:{free_ports(1)[0]}/x"))
