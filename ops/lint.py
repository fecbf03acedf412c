"""What a migration may not say: read with PostgreSQL's own grammar, held against CockroachDB's limits.

`migrations/cockroach` runs on CockroachDB and on PostgreSQL; `migrations/postgres` on PostgreSQL alone. Both are run step
by step, each step repeatable.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pglast import parse_sql
from pglast.parser import ParseError
from pglast.visitors import Ancestor, Visitor

from ops.errors import OpsError
from ops.migrate import MigrationStep, load_steps
from ops.paths import MIGRATIONS

_REFUSED_STATEMENTS = {
    "ListenStmt": "LISTEN does not exist in CockroachDB",
    "NotifyStmt": "NOTIFY does not exist in CockroachDB",
    "CreateTrigStmt": "no triggers",
    "CreateFunctionStmt": "no stored functions",
    "CreateDomainStmt": "no domains: TEXT with a CHECK",
    "CreateEnumStmt": "no enum types: TEXT with a CHECK",
    "CreateRangeStmt": "no range types: two columns",
    "CreateSeqStmt": "no sequences: UUID keys",
    "DoStmt": "no anonymous blocks",
    "TransactionStmt": "a step is sent by itself: no BEGIN or COMMIT",
}
_REFUSED_TYPES = {
    **dict.fromkeys(("int4", "int2", "integer", "int"), "write INT8"),
    **dict.fromkeys(("serial", "bigserial", "smallserial", "serial4", "serial8"), "no SERIAL: UUID keys"),
    "money": "no MONEY: INT8 paise",
}
_EXTENSIONS = {"pg_trgm"}
_DEFERRED = {"CONSTR_ATTR_DEFERRABLE", "CONSTR_ATTR_DEFERRED"}  # outside CREATE TABLE the mark is a node of its own


class _Finder(Visitor):
    """Collects what a cockroach step may not contain."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.visit = self._any_node

    def _any_node(self, ancestors: Ancestor, node: Any) -> None:
        """Look at any node whose kind alone is refused."""
        reason = _REFUSED_STATEMENTS.get(type(node).__name__)
        if reason:
            self.found.append(reason)

    def visit_Constraint(self, ancestors: Any, node: Any) -> None:  # noqa: N802 -- the visitor names methods by node
        """Refuse deferrable and exclusion constraints, and identity columns."""
        if node.deferrable or node.initdeferred or node.contype.name in _DEFERRED:
            self.found.append("no deferrable constraints: insert parents first")
        if node.contype.name == "CONSTR_EXCLUSION":
            self.found.append("no exclusion constraints")
        if node.contype.name == "CONSTR_IDENTITY":
            self.found.append("no IDENTITY columns: UUID keys")

    def visit_TypeName(self, ancestors: Any, node: Any) -> None:  # noqa: N802 -- the visitor names methods by node
        """Refuse types that mean something else, or nothing, on CockroachDB."""
        name = node.names[-1].sval.lower() if node.names else ""
        if name in _REFUSED_TYPES:
            self.found.append(f"type {name}: {_REFUSED_TYPES[name]}")

    def visit_A_Expr(self, ancestors: Any, node: Any) -> None:  # noqa: N802 -- the visitor names methods by node
        """Refuse `/`: it gives a decimal on CockroachDB and an integer on PostgreSQL."""
        if node.name and node.name[-1].sval == "/":
            self.found.append("no `/` in SQL: divide in Python")

    def visit_FuncCall(self, ancestors: Any, node: Any) -> None:  # noqa: N802 -- the visitor names methods by node
        """Refuse advisory locks and sequences."""
        name = node.funcname[-1].sval.lower()
        if name.startswith(("pg_advisory", "pg_try_advisory")):
            self.found.append("advisory locks do nothing in CockroachDB: a lease row")
        if name in ("nextval", "setval", "pg_notify"):
            self.found.append(f"{name}() is refused: UUID keys, and the outbox instead of notifications")

    def visit_CreateExtensionStmt(self, ancestors: Any, node: Any) -> None:  # noqa: N802 -- the visitor names methods by node
        """Allow only extensions that CockroachDB takes."""
        if node.extname not in _EXTENSIONS:
            self.found.append(f"extension {node.extname} does not exist in CockroachDB")


def problems(folder: Path = MIGRATIONS) -> list[str]:
    """Give a line for each thing wrong with the migrations of both databases."""
    found: list[str] = []
    for name in ("cockroach", "postgres"):
        found += _first_lines(folder / name)
        try:
            steps = load_steps(folder / name)
        except OpsError as error:
            found.append(str(error))
            continue
        found += [
            f"{name}/{step.file} step {step.number}: {problem}" for step in steps for problem in _step(step, name)
        ]
    return found


def _step(step: MigrationStep, name: str) -> Iterator[str]:
    try:
        parsed = parse_sql(step.statement)
    except ParseError as error:
        yield f"not SQL that both databases read: {error}"
        return
    if len(parsed) != 1:
        yield f"{len(parsed)} statements in one step: end each with `;` at a line's end"
        return
    statement: Any = parsed[0].stmt
    yield from _not_repeatable(statement)
    if name == "cockroach":
        finder = _Finder()
        finder(statement)
        yield from dict.fromkeys(finder.found)


def _not_repeatable(statement: Any) -> Iterator[str]:
    """Say why a step would fail when a crash makes the runner repeat it."""
    kind = type(statement).__name__
    if kind in ("CreateStmt", "IndexStmt", "CreateExtensionStmt", "CreateSchemaStmt", "CreateTableAsStmt"):
        if not statement.if_not_exists:
            yield "not repeatable: write IF NOT EXISTS"
    elif kind == "DropStmt" and not statement.missing_ok:
        yield "not repeatable: write IF EXISTS"
    elif kind == "AlterTableStmt":
        for command in statement.cmds or ():
            # Adding a column says so in the command, dropping one too; the rest is repeatable or must stand behind a look.
            if (
                command.subtype.name in ("AT_AddColumn", "AT_DropColumn", "AT_DropConstraint")
                and not command.missing_ok
            ):
                yield "not repeatable: write IF [NOT] EXISTS in the ALTER TABLE"
            elif command.subtype.name == "AT_AddConstraint":
                yield "not repeatable: put the constraint into CREATE TABLE, or make a unique index"
    elif kind == "InsertStmt" and statement.onConflictClause is None:
        yield "not repeatable: write ON CONFLICT DO NOTHING"


def _first_lines(folder: Path) -> list[str]:
    """Every file begins with a line that says why it is there."""
    return [
        f"{folder.name}/{file.name}: the first line is a comment that says why"
        for file in sorted(folder.glob("*.sql"))
        if not file.read_text().startswith("-- ")
    ]
