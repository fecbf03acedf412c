"""Judged queries and the marks that a search's answers get for them.

A line of the file: {"q": text, "kind": text, "relevant": [skus], "dangerous": [skus]}. Relevant may stand first, dangerous would be a
harmful mix-up if it did, everything else is neutral.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ops.errors import OpsError

_DEPTH, _TOP, _MARKED = 10, 5, 3
EVERY_KIND = "all"


class Judged(NamedTuple):
    """A query with what may and what must not stand first, as skus."""

    q: str
    kind: str
    relevant: frozenset[str]
    dangerous: frozenset[str]


class Answer(NamedTuple):
    """The skus a search gave, best first, and those of them that carry a mark (another strength, form, name …)."""

    skus: Sequence[str]
    marked: frozenset[str]


class Scored(NamedTuple):
    """How one answer did: the place of the first relevant product (None: not among ten), and what was dangerous."""

    judged: Judged
    place: int | None
    is_dangerous: bool
    unmarked: tuple[str, ...]


class Figures(NamedTuple):
    """The marks of many queries; `dangerous1` counts, the others are shares."""

    queries: int
    success1: float
    success5: float
    mrr10: float
    dangerous1: int
    unmarked3: int
    empty: int


def read_queries(file: Path) -> list[Judged]:
    """Read a file of judged queries. Raises OpsError that names the first line which is none."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise OpsError(f"{file} cannot be read: {error}") from error
    found = [_judged(line, f"{file}:{number}") for number, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise OpsError(f"{file} holds no query")
    return found


def score(judged: Judged, answer: Answer) -> Scored:
    """Mark one answer."""
    place = next((at for at, sku in enumerate(answer.skus[:_DEPTH], 1) if sku in judged.relevant), None)
    top = answer.skus[:_MARKED]
    unmarked = tuple(sku for sku in top if sku in judged.dangerous and sku not in answer.marked)
    return Scored(judged, place, bool(answer.skus) and answer.skus[0] in judged.dangerous, unmarked)


def sum_up(scored: Sequence[Scored], empty: int) -> Figures:
    """Give the figures of queries, at least one."""
    places = [one.place for one in scored]
    return Figures(
        queries=len(scored),
        success1=sum(place == 1 for place in places) / len(scored),
        success5=sum(place is not None and place <= _TOP for place in places) / len(scored),
        mrr10=sum(1 / place for place in places if place) / len(scored),
        dangerous1=sum(one.is_dangerous for one in scored),
        unmarked3=sum(len(one.unmarked) for one in scored),
        empty=empty,
    )


def by_kind(scored: Sequence[Scored], answers: Sequence[Answer]) -> dict[str, Figures]:
    """Give the figures of each kind, and of all queries as `EVERY_KIND`."""
    kinds = [*sorted({one.judged.kind for one in scored}), EVERY_KIND]
    pairs = list(zip(scored, answers, strict=True))
    of_kind = {kind: [pair for pair in pairs if kind in {pair[0].judged.kind, EVERY_KIND}] for kind in kinds}
    return {
        kind: sum_up([one for one, _ in chosen], sum(not answer.skus for _, answer in chosen))
        for kind, chosen in of_kind.items()
    }


def _judged(line: str, where: str) -> Judged:
    try:
        row = json.loads(line)
        return Judged(
            _text(row["q"]), _text(row.get("kind", "any")), _skus(row["relevant"]), _skus(row.get("dangerous", []))
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise OpsError(
            f'{where} is no judged query: it must be {{"q", "kind", "relevant": [], "dangerous": []}}'
        ) from error


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("no text")
    return value


def _skus(value: Any) -> frozenset[str]:
    if not isinstance(value, list):
        raise TypeError("no list")
    return frozenset(str(one) for one in value)  # pyright: ignore[reportUnknownVariableType,reportUnknownArgumentType] -- any JSON
