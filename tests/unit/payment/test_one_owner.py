"""A payment moves in one place, whoever tells of it."""

import ast
from pathlib import Path

import plazza.payment

ROOM = Path(plazza.payment.__path__[0])
MOVES = {"add_capture", "set_cancelled", "set_decided"}


def test_only_the_stores_moves_write_a_payments_status() -> None:
    writers: set[str] = set()
    for file in ROOM.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef) and "UPDATE payments SET status" in ast.unparse(node):
                writers.add(node.name)

    assert writers == MOVES


def test_only_the_settlement_moves_a_payment() -> None:
    callers: set[str] = set()
    for file in ROOM.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Attribute | ast.Name) and getattr(node, "attr", getattr(node, "id", "")) in MOVES:
                callers.add(str(file.relative_to(ROOM)))

    assert callers == {"actions/settlement.py"}
