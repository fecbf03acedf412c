"""What a migration may not say is refused with the reason."""

from pathlib import Path

import pytest

from ops.lint import problems


def lint(folder: Path, statement: str, name: str = "cockroach") -> list[str]:
    for database in ("cockroach", "postgres"):
        (folder / database).mkdir(exist_ok=True)
    (folder / name / "0001_try.sql").write_text(f"-- why\n{statement};\n")
    return problems(folder)


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("CREATE TABLE IF NOT EXISTS a (id INT PRIMARY KEY)", "INT8"),
        ("CREATE TABLE IF NOT EXISTS a (id SERIAL)", "UUID"),
        ("CREATE TABLE IF NOT EXISTS a (id INT8 GENERATED ALWAYS AS IDENTITY)", "IDENTITY"),
        ("CREATE TABLE IF NOT EXISTS a (b INT8 REFERENCES b (id) DEFERRABLE)", "deferrable"),
        ("CREATE TABLE IF NOT EXISTS a (b INT8 CHECK (b / 2 > 1))", "divide in Python"),
        ("SELECT pg_advisory_lock(1)", "lease row"),
        ("CREATE EXTENSION IF NOT EXISTS unaccent", "unaccent"),
        ("CREATE DOMAIN d AS TEXT", "CHECK"),
        ("CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW EXECUTE FUNCTION f()", "triggers"),
        ("LISTEN a", "LISTEN"),
        ("BACKUP DATABASE a INTO 'b'", "not SQL"),
        ("SELECT 1; SELECT 2", "2 statements"),
        ("CREATE TABLE a (id INT8)", "not repeatable"),
        ("ALTER TABLE a ADD COLUMN b INT8", "not repeatable"),
        ("DROP TABLE a", "not repeatable"),
        ("INSERT INTO a VALUES (1)", "not repeatable"),
    ],
)
def test_what_cockroachdb_cannot_do_is_refused(tmp_path: Path, statement: str, reason: str) -> None:
    found = lint(tmp_path, statement)

    assert any(reason in problem and "0001_try.sql step 1" in problem for problem in found), found


def test_postgresql_alone_may_do_more_but_repeats_too(tmp_path: Path) -> None:
    assert lint(tmp_path, "CREATE TABLE IF NOT EXISTS a (id INT PRIMARY KEY, b TEXT)", "postgres") == []
    assert lint(tmp_path, "CREATE TABLE a (id INT8)", "postgres") != []


def test_a_file_says_why_in_its_first_line(tmp_path: Path) -> None:
    lint(tmp_path, "SELECT 1")
    (tmp_path / "postgres" / "0001_mute.sql").write_text("SELECT 1;\n")

    assert problems(tmp_path) == ["postgres/0001_mute.sql: the first line is a comment that says why"]


def test_the_repositorys_migrations_are_as_they_should_be() -> None:
    assert problems() == []
