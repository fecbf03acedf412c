"""Reads the part of Airtable's formula language that a client filters by.

Comparisons of fields, texts and numbers; AND, OR, NOT; IS_AFTER, IS_BEFORE, IS_SAME; LAST_MODIFIED_TIME, CREATED_TIME, RECORD_ID;
DATETIME_PARSE, TRUE, FALSE, BLANK, LOWER, FIND, SEARCH.
"""

from __future__ import annotations

import datetime
import re
from typing import Any, Final, NamedTuple

TOKEN: Final = re.compile(
    r"\s*(?:(?P<field>\{(?:[^}\\]|\\.)*\})|(?P<text>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<name>[A-Za-z_]+)|(?P<mark><=|>=|!=|[=<>(),&]))"
)
LONGEST: Final = 16_000
DEEPEST: Final = 50


class BadFormula(ValueError):
    """A formula that cannot be read."""


class Row(NamedTuple):
    """The record a formula is asked about; times are Unix seconds."""

    record_id: str
    fields: dict[str, Any]
    created: float
    modified: float


class Formula:
    """A formula, read once and asked of many records."""

    def __init__(self, text: str) -> None:
        """Read a formula. Raises BadFormula."""
        if len(text) > LONGEST:
            raise BadFormula("The formula is too long.")
        self._tokens = _tokens(text)
        self._at = 0
        self._tree = self._comparison(0)
        if self._at != len(self._tokens):
            raise BadFormula("The formula goes on where it should end.")

    def holds(self, row: Row) -> bool:
        """Say whether the formula is true of a record. Raises BadFormula for a function it does not know."""
        return _truth(_value(self._tree, row))

    def _comparison(self, depth: int) -> tuple[Any, ...]:
        if depth > DEEPEST:
            raise BadFormula("The formula is nested too deeply.")
        left = self._operand(depth)
        while self._peek() in ("=", "!=", "<", ">", "<=", ">=", "&"):
            mark = self._take()[1]
            left = ("compare", mark, left, self._operand(depth))
        return left

    def _operand(self, depth: int) -> tuple[Any, ...]:
        kind, text = self._take()
        if kind == "field":
            return ("field", re.sub(r"\\(.)", r"\1", text[1:-1]))
        if kind == "text":
            return ("text", re.sub(r"\\(.)", r"\1", text[1:-1]))
        if kind == "number":
            return ("number", float(text))
        if text == "(":
            inside = self._comparison(depth + 1)
            self._expect(")")
            return inside
        if kind == "name":
            return ("call", text.upper(), self._arguments(depth)) if self._peek() == "(" else ("field", text)
        raise BadFormula(f"{text} is not expected there.")

    def _arguments(self, depth: int) -> list[tuple[Any, ...]]:
        self._expect("(")
        found: list[tuple[Any, ...]] = []
        while self._peek() != ")":
            found.append(self._comparison(depth + 1))
            if self._peek() == ",":
                self._take()
        self._expect(")")
        return found

    def _peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _take(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise BadFormula("The formula ends too early.")
        self._at += 1
        return self._tokens[self._at - 1]

    def _expect(self, mark: str) -> None:
        if self._take()[1] != mark:
            raise BadFormula(f"{mark} is missing.")


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at, text = 0, text.strip()
    while at < len(text):
        token = TOKEN.match(text, at)
        if not token:
            raise BadFormula(f"{text[at : at + 10]!r} cannot be read.")
        found.append((token.lastgroup or "", token[0].strip()))
        at = token.end()
    return found


def _value(node: tuple[Any, ...], row: Row) -> Any:
    kind = node[0]
    if kind == "field":
        return row.fields.get(node[1])
    if kind in ("text", "number"):
        return node[1]
    if kind == "compare":
        return _compare(node[1], _value(node[2], row), _value(node[3], row))
    return _call(node[1], node[2], row)


def _call(name: str, nodes: list[tuple[Any, ...]], row: Row) -> Any:
    if name in ("TRUE", "FALSE", "BLANK", "RECORD_ID", "CREATED_TIME", "LAST_MODIFIED_TIME", "NOW", "TODAY"):
        times = {"CREATED_TIME": row.created, "LAST_MODIFIED_TIME": row.modified}
        plain = {"TRUE": True, "FALSE": False, "BLANK": None, "RECORD_ID": row.record_id}
        if name in times:
            return datetime.datetime.fromtimestamp(times[name], datetime.UTC)
        if name in plain:
            return plain[name]
    values = [_value(node, row) for node in nodes]
    if name in ("AND", "OR", "XOR") and values:
        truths = [_truth(value) for value in values]
        return all(truths) if name == "AND" else any(truths) if name == "OR" else sum(truths) % 2 == 1
    if name == "NOT" and len(values) == 1:
        return not _truth(values[0])
    if name in ("IS_AFTER", "IS_BEFORE", "IS_SAME") and len(values) >= 2:
        left, right = _time(values[0]), _time(values[1])
        if left is None or right is None:
            return False
        return left > right if name == "IS_AFTER" else left < right if name == "IS_BEFORE" else left == right
    if name == "DATETIME_PARSE" and values:
        return _time(values[0])
    if name in ("LOWER", "UPPER", "TRIM") and len(values) == 1:
        return getattr(_text(values[0]), {"LOWER": "lower", "UPPER": "upper", "TRIM": "strip"}[name])()
    if name in ("FIND", "SEARCH") and len(values) >= 2:
        wanted, within = _text(values[0]), _text(values[1])
        return within.find(wanted) + 1 if name == "FIND" else within.lower().find(wanted.lower()) + 1
    raise BadFormula(f"{name} with {len(values)} arguments is not known.")


def _compare(mark: str, left: Any, right: Any) -> Any:
    if mark == "&":
        return _text(left) + _text(right)
    if isinstance(left, datetime.datetime) or isinstance(right, datetime.datetime):
        a, b = _time(left), _time(right)
        if a is None or b is None:
            return mark == "!="
        left, right = a.timestamp(), b.timestamp()
    elif not (_is_number(left) and _is_number(right)):
        left, right = _text(left), _text(right)
    return {
        "=": left == right,
        "!=": left != right,
        "<": left < right,
        ">": left > right,
        "<=": left <= right,
        ">=": left >= right,
    }[mark]


def _truth(value: Any) -> bool:
    return value not in (None, "", 0, False, [])


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _time(value: Any) -> datetime.datetime | None:
    """Read a time; one without a zone is in UTC, as Airtable has it."""
    if isinstance(value, datetime.datetime):
        return value
    try:
        read = datetime.datetime.fromisoformat(_text(value))
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=datetime.UTC)
