"""A table belongs to one service: only that one names it, and platform, which sits on top. Others read a view of what they need."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from ops.paths import FUNCTIONS, MIGRATIONS

SERVICES = FUNCTIONS / "plazza"
SHARED = {"webhook_events": {"payment", "whatsapp"}}
"""Each provider's webhooks are kept alike, and each row names its provider."""
ABOVE_OR_BELOW_ALL = {"platform", "data"}
_NAMED = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+(\w+)")


def tables() -> set[str]:
    """Give all tables of both databases; views are no tables."""
    text = "\n".join(file.read_text() for file in MIGRATIONS.rglob("*.sql"))
    return set(re.findall(r"CREATE TABLE IF NOT EXISTS (\w+)", text))


def strangers(folder: Path, known: set[str]) -> dict[str, set[str]]:
    """Give the tables that more than one service names, with those services."""
    users: dict[str, set[str]] = defaultdict(set)
    for file in folder.rglob("*.py"):
        for table in _NAMED.findall(file.read_text()):
            users[table].add(file.relative_to(folder).parts[0])
    owners = {table: users[table] - ABOVE_OR_BELOW_ALL for table in known}
    return {table: names for table, names in owners.items() if len(names) > 1 and names != SHARED.get(table)}


def test_only_its_own_service_names_a_table() -> None:
    known = tables()

    assert len(known) > 50
    assert strangers(SERVICES, known) == {}


@pytest.mark.parametrize(
    "statement", ["SELECT 1 FROM stores WHERE id = %s", "UPDATE stores SET x = 1", "x JOIN\n stores AS s"]
)
def test_a_stranger_at_a_table_is_named(tmp_path: Path, statement: str) -> None:
    for service, text in (("order", "SELECT id FROM stores"), ("catalogue", statement), ("platform", statement)):
        (tmp_path / service).mkdir()
        (tmp_path / service / "store.py").write_text(text)

    assert strangers(tmp_path, {"stores", "orders"}) == {"stores": {"order", "catalogue"}}
