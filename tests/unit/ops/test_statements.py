"""A migration file is cut at a `;` that ends a line and stands outside of quotes and comments."""

import pytest

from ops.errors import OpsError
from ops.migrate import load_steps
from ops.paths import MIGRATIONS
from ops.statements import split


def test_statements_end_with_a_semicolon_at_a_lines_end() -> None:
    assert split("-- why\nSELECT 1;\n\n-- what\nSELECT 2;\n") == ["SELECT 1", "SELECT 2"]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO t VALUES ('a;\nb')",
        "INSERT INTO t VALUES ('it''s;\n')",
        'CREATE TABLE "odd;\nname" (id INT8)',
        "SELECT 1 -- not here;\n + 1",
        "SELECT /* not here;\n */ 1",
        "CREATE FUNCTION f() AS $body$ SELECT 1;\n $body$",
        "SELECT $$;\n$$",
    ],
)
def test_a_semicolon_in_a_quote_or_a_comment_does_not_count(statement: str) -> None:
    assert split(f"{statement};\nSELECT 2;\n") == [statement, "SELECT 2"]


@pytest.mark.parametrize("text", ["SELECT 1", "SELECT 1;\nSELECT 2", "SELECT 'open;\n", "SELECT $a$ open;\n"])
def test_a_file_that_ends_in_the_middle_is_refused(text: str) -> None:
    with pytest.raises(OpsError):
        split(text)


@pytest.mark.parametrize("name", ["cockroach", "postgres"])
def test_every_migration_is_read(name: str) -> None:
    assert load_steps(MIGRATIONS / name)
