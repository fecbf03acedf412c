"""Which tables PostgreSQL would read from one end to the other for a statement, as it was said to it with its values."""

from collections.abc import Iterator
from typing import Any

import psycopg

from ops.bench.replaying import Statement


def whole_reads(connection: psycopg.Connection[Any], said: Statement) -> set[str]:
    """Give the tables that the plan of a statement reads whole."""
    explain = b"EXPLAIN (FORMAT JSON) " + str(said.query).encode()
    ((plans,),) = connection.execute(explain, said.params).fetchall()
    return set(_whole(plans[0]["Plan"]))


def _whole(node: dict[str, Any]) -> Iterator[str]:
    if node["Node Type"] == "Seq Scan":
        yield node["Relation Name"]
    for below in node.get("Plans", ()):
        yield from _whole(below)
