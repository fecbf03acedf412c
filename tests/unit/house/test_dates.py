"""A date is India's everywhere, also in tests and tools: UTC's is yesterday's until half past five in the morning."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.paths import FUNCTIONS, ROOT

PLACES = (FUNCTIONS / "plazza", ROOT / "ops", ROOT / "sandbox", ROOT / "tests")


def utc_dates(source: str) -> Iterator[int]:
    """Give the lines that take the date of the present instant in UTC."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "date":
            instant = ast.unparse(node.func.value)
            if "now(UTC)" in instant or (".now()" in instant and "INDIA" not in instant):
                yield node.lineno


@pytest.mark.parametrize(
    "taken", ["datetime.now(UTC).date()", "(datetime.now(UTC) + timedelta(days=1)).date()", "clock.now().date()"]
)
def test_a_date_of_utc_is_noticed(taken: str) -> None:
    assert list(utc_dates(f"day = {taken}")) == [1]


def test_nobody_takes_the_date_of_utc() -> None:
    files: list[Path] = [file for place in PLACES for file in place.rglob("*.py")]

    assert len(files) > 500
    assert {f"{file}:{line}" for file in files for line in utc_dates(file.read_text())} == set()
