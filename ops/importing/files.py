"""A list of products as a file: CSV or JSON Lines, plain or gzip. Read as a stream; what is looked at at once has a limit."""

import csv
import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

from ops.errors import OpsError
from plazza.catalogue.rules.rows import check_columns
from plazza.errors import Invalid

LONGEST_LINE = 1_048_576
LONGEST_CELL = 131_072
_GZIP = b"\x1f\x8b"
_DIGEST_LETTERS = 16


class Given(NamedTuple):
    """A row as it stands in the file: its cells by column, or what is wrong with the row as a whole."""

    number: int
    cells: dict[str, Any]
    problem: str | None


@dataclass(frozen=True)
class Source:
    """A file that was looked through once: it is whole, its header is right, and it has so many rows."""

    path: Path
    digest: str
    rows: int


def look_through(path: Path) -> Source:
    """Read the whole file before anything is written. Raises OpsError for what no row of it can be trusted after."""
    with _opened(path) as raw:
        digest = hashlib.sha256()
        while piece := raw.read(LONGEST_LINE):
            digest.update(piece)
    last = 0
    for given in read(path):
        last = given.number
    if last == 0:
        raise OpsError(f"{path.name} has no rows")
    return Source(path, digest.hexdigest()[:_DIGEST_LETTERS], last)


def read(path: Path) -> Iterator[Given]:
    """Give the rows of a file, numbered from 1. Raises OpsError for a broken file, a wrong header, or a quote that never ends."""
    try:
        with _opened(path) as opened:
            raw = cast("IO[bytes]", gzip.GzipFile(fileobj=opened)) if _is_gzip(opened) else opened
            lines = _lines(raw, path.name)
            first = next(lines, "")
            if first.lstrip().startswith("{"):
                yield from _json_rows(first, lines)
            else:
                yield from _csv_rows(first, lines, path.name)
    except (EOFError, gzip.BadGzipFile, zlib.error) as exc:
        raise OpsError(f"{path.name} is not a whole gzip file: {exc}") from exc


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as exc:
        raise OpsError(f"{path} cannot be read: {exc.strerror}") from exc


def _is_gzip(raw: IO[bytes]) -> bool:
    start = raw.read(2)
    raw.seek(0)
    return start == _GZIP


def _lines(raw: IO[bytes], name: str) -> Iterator[str]:
    """Decode line by line; bytes that are no UTF-8 become lone surrogates, which no product may hold: their row is refused."""
    number = 0
    while line := raw.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise OpsError(f"{name}, line {number}: longer than {LONGEST_LINE:,} bytes; this is no list of products")
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        yield line.decode("utf-8", "surrogateescape")


def _csv_rows(first: str, lines: Iterator[str], name: str) -> Iterator[Given]:
    def all_lines() -> Iterator[str]:
        yield first
        yield from lines

    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(all_lines(), strict=True)
    number = 0
    try:
        header = [cell.strip() for cell in next(reader, [])]
        columns = check_columns(header)
        for cells in reader:
            if not cells:
                continue
            number += 1
            problem = None if len(cells) == len(columns) else f"has {len(cells)} cells, the header {len(columns)}."
            yield Given(number, dict(zip(columns, cells, strict=False)), problem)
    except csv.Error as exc:
        raise OpsError(
            f"{name}, row {number + 1}, before line {reader.line_num + 1}: a quote is opened and never closed, or stands inside a cell ({exc})"
        ) from exc
    except Invalid as exc:
        raise OpsError(f"{name}: {exc.message} The columns are listed by `python -m ops import --help`.") from exc


def _json_rows(first: str, lines: Iterator[str]) -> Iterator[Given]:
    line, number = first, 0
    while line:
        if line.strip():
            number += 1
            yield _json_row(number, line)
        line = next(lines, "")


def _json_row(number: int, line: str) -> Given:
    try:
        found = json.loads(line, parse_constant=_refuse)
        if not isinstance(found, dict):
            return Given(number, {}, "is no JSON object.")
        return Given(number, dict(zip(check_columns(list(found)), found.values(), strict=True)), None)
    except Invalid as exc:
        return Given(number, {}, exc.message)
    except (ValueError, RecursionError):
        return Given(number, {}, "is no JSON.")


def _refuse(constant: str) -> object:
    raise ValueError(constant)
