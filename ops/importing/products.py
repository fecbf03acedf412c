"""Import a file of products: read as a stream, judged by several processes, written in batches, and resumed where it ended.

A batch and the place in the file are written in one transaction, so a run that dies is taken up at the first row that is not in.
"""

import csv
import itertools
import json
import os
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import IO
from uuid import uuid4

from ops.errors import OpsError
from ops.importing.files import Given, Source, look_through, read
from ops.importing.judge import Judged, Refused, begin, judge, shown
from plazza import clock, settings
from plazza.catalogue.actions import changes
from plazza.catalogue.store import imports
from plazza.data.sql import Tx, run_transaction
from plazza.data.sql import read as read_once
from plazza.errors import Unavailable

_MOST_REASONS = 20
_KNOWN = "SELECT sku, row FROM seen WHERE sku IN (SELECT value FROM json_each(?))"


@dataclass(frozen=True)
class Settings:
    """How a file is imported; `refused` is where the report of refused rows goes, one process is this one itself."""

    path: Path
    refused: Path
    batch: int
    processes: int
    is_restart: bool = False


def import_products(wanted: Settings, progress: Callable[[int, int], None]) -> imports.Run:
    """Import a file and give the run's counts; `progress` is told (rows done, rows in all). Raises OpsError."""
    source = look_through(wanted.path)
    try:
        run = None if wanted.is_restart else read_once(lambda tx: imports.find_run(tx, source.digest))
        if run is None:
            run = imports.Run(uuid4(), f"{source.digest}:0", 0, 0, 0, 0)
            new = run
            run_transaction(lambda tx: imports.insert_run(tx, new, clock.now()))
        return _work(wanted, source, run, progress)
    except Unavailable as exc:
        raise OpsError(f"{exc.message} Run the same command again: it goes on where it ended.") from exc


def _work(wanted: Settings, source: Source, run: imports.Run, progress: Callable[[int, int], None]) -> imports.Run:
    done = int(run.cursor.rpartition(":")[2])
    reasons: dict[str, int] = {}
    wanted.refused.parent.mkdir(parents=True, exist_ok=True)
    with wanted.refused.open("a" if done else "w", newline="", encoding="utf-8") as file:
        report = csv.writer(file)
        if not done:
            report.writerow(Refused._fields)
        for judged in _judged(wanted, source, done):
            run = _write(run, judged, source.digest)
            report.writerows(judged.refused)
            file.flush()
            for one in judged.refused:
                reasons[one.problem] = reasons.get(one.problem, 0) + 1
            progress(judged.last, source.rows)
    most = sorted(reasons.items(), key=lambda item: -item[1])[:_MOST_REASONS]
    log = "\n".join(f"{count} rows: {problem}" for problem, count in most) or None
    run_transaction(lambda tx: imports.finish_run(tx, run.id, log, clock.now()))
    return run


def _write(run: imports.Run, judged: Judged, digest: str) -> imports.Run:
    """Write a batch and the place after it, in one transaction; answers made of what was there before end with it."""

    def work(tx: Tx) -> imports.Run:
        created, updated = imports.put_rows(tx, judged.rows, judged.good, clock.now()) if judged.good else (0, 0)
        after = imports.Run(
            run.id,
            f"{digest}:{judged.last}",
            run.created + created,
            run.updated + updated,
            run.unchanged + judged.good - created - updated,
            run.refused + len(judged.refused),
        )
        imports.set_run(tx, after)
        if (created or updated) and settings.optional("REDIS_URL"):
            tx.after_commit["forget answers"] = changes.forget_all
        return after

    return run_transaction(work)


def _judged(wanted: Settings, source: Source, done: int) -> Iterator[Judged]:
    """Give the batches after row `done`, in their order; so many are on their way at once as keep every process busy."""
    batches = _batches(read(source.path), wanted.batch, done)
    if wanted.processes == 1:
        yield from map(judge, batches)
        return
    waiting: deque[Future[Judged]] = deque()
    with ProcessPoolExecutor(wanted.processes, mp_context=get_context("spawn"), initializer=begin) as pool:
        try:
            for batch in batches:
                waiting.append(pool.submit(judge, batch))
                if len(waiting) > 2 * wanted.processes:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _batches(rows: Iterator[Given], size: int, done: int) -> Iterator[list[Given]]:
    """Cut rows into batches, each sku once in the file: the first row with it counts."""
    with closing(sqlite3.connect("")) as seen:  # a file without a name: it does not grow in memory with the list
        seen.execute("CREATE TABLE seen (sku TEXT PRIMARY KEY, row INTEGER NOT NULL) WITHOUT ROWID")
        while batch := list(itertools.islice(rows, size)):
            judged = _without_repeated(seen, batch)
            if batch[-1].number > done:
                yield [given for given in judged if given.number > done]


def _without_repeated(seen: sqlite3.Connection, batch: list[Given]) -> list[Given]:
    """Give a batch with the rows whose sku stood in the file before marked as wrong, and remember the others' skus."""
    skus = [shown(given) for given in batch]
    known: dict[str, int] = dict(seen.execute(_KNOWN, (json.dumps(skus),)))
    fresh: dict[str, int] = {}
    judged: list[Given] = []
    for sku, given in zip(skus, batch, strict=True):
        first = known.get(sku) or fresh.get(sku)
        if given.problem is None and sku:
            if first is None:
                fresh[sku] = given.number
            else:
                given = given._replace(problem=f"This sku stands in row {first} already.")  # noqa: PLW2901 -- the row, with its problem
        judged.append(given)
    seen.executemany("INSERT INTO seen VALUES (?, ?)", fresh.items())
    return judged


def processes() -> int:
    """Give how many processes judge rows: one for each processor."""
    return os.cpu_count() or 1


class Progress:
    """A bar on a terminal, a line every few seconds elsewhere."""

    def __init__(self, out: IO[str]) -> None:
        self._out, self._began, self._shown, self._first = out, time.monotonic(), 0.0, 0

    def __call__(self, done: int, rows: int) -> None:
        """Show how far it is."""
        at = time.monotonic()
        if done < rows and at - self._shown < (0.2 if self._out.isatty() else 5):
            return
        self._shown = at
        per_sec = done / max(at - self._began, 0.001)
        text = f"{100 * done // rows:3d} %  {done:,} of {rows:,} rows, {per_sec:,.0f}/s, {(rows - done) / per_sec:.0f} s left"
        if self._out.isatty():
            filled = 30 * done // rows
            self._out.write(f"\r\x1b[K[{'#' * filled}{' ' * (30 - filled)}] {text}{chr(10) if done == rows else ''}")
        else:
            self._out.write(text + "\n")
        self._out.flush()
