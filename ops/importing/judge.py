"""Judge rows, away from the process that reads and writes: reading names and strengths is what an import spends its time with."""

import json
import signal
from collections.abc import Sequence
from typing import NamedTuple

from ops.importing.files import Given
from plazza.catalogue.rules.records import make_record
from plazza.catalogue.rules.rows import read_row
from plazza.errors import Invalid


class Refused(NamedTuple):
    """A row that does not go in, and why."""

    row: int
    sku: str
    problem: str


class Judged(NamedTuple):
    """A batch: its good rows as JSON for the store, how many they are, the refused ones, and the number of its last row."""

    rows: str
    good: int
    refused: list[Refused]
    last: int


def begin() -> None:
    """Leave Ctrl-C to the process that reads."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def judge(batch: Sequence[Given]) -> Judged:
    """Read each row by itself."""
    records: list[dict[str, object]] = []
    refused: list[Refused] = []
    for given in batch:
        problem = given.problem
        if problem is None:
            try:
                records.append(make_record(read_row(given.cells)))
            except Invalid as exc:
                problem = exc.message
        if problem is not None:
            refused.append(Refused(given.number, shown(given), problem))
    return Judged(json.dumps(records, ensure_ascii=False), len(records), refused, batch[-1].number)


def shown(given: Given) -> str:
    """Give a row's sku as far as a report can show it."""
    sku = str(given.cells.get("sku", "")).strip()[:64]
    return sku if sku.isascii() else sku.encode("utf-8", "replace").decode()
