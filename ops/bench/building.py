"""How fast the search index is built, beside the client's own bulk helper with the same documents, and with how much memory."""

import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import IO, NamedTuple
from uuid import UUID

from elasticsearch import helpers

from ops.errors import OpsError
from ops.paths import ROOT
from plazza.catalogue.actions import templates
from plazza.catalogue.actions.documents import document_of
from plazza.catalogue.store import products as store
from plazza.data import search as engine
from plazza.data.sql import read

PAGE = 500


class Built(NamedTuple):
    """Documents a second of a build and of the bulk helper alone; the most memory that the build had."""

    build_rate: float
    bulk_rate: float
    peak_mb: int


def measure_build() -> Built:
    """Write all products by the bulk helper alone, then build the index by the command that people run."""
    bulk_rate = _bulk_rate()
    done = subprocess.run(
        [sys.executable, "-m", "ops", "mappings", "build"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    figures = dict(re.findall(r"(\w+)=(\S+)", done.stdout.splitlines()[-1] if done.stdout else ""))
    if done.returncode:
        raise OpsError(f"the index was not built: {done.stdout[-500:]} {done.stderr[-500:]}")
    rate = float(figures["documents"]) / float(figures["seconds"])
    return Built(rate, bulk_rate, int(figures["peak_mb"]))


def _bulk_rate() -> float:
    definition, index, patience = templates.index_definition(), f"bench-{time.time_ns()}", engine.BULK_TIMEOUT_SEC
    settings = definition["settings"] | {"refresh_interval": "-1"}
    engine.call(
        lambda client: client.indices.create(index=index, settings=settings, mappings=definition["mappings"]),
        timeout_sec=patience,
    )
    try:
        with _documents() as file:
            began = time.monotonic()
            actions = ({"_index": index, **json.loads(line)} for line in file)
            done, _ = engine.call(
                lambda client: helpers.bulk(client, actions, chunk_size=PAGE, stats_only=True), timeout_sec=patience
            )
            engine.call(lambda client: client.indices.refresh(index=index), timeout_sec=patience)
            return done / (time.monotonic() - began)
    finally:
        engine.call(lambda client: client.indices.delete(index=index), timeout_sec=patience)


@contextmanager
def _documents() -> Generator[IO[str]]:
    """Give a file of all documents: made beforehand, so that the helper's time is the engine's."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as file:
        for product in _all_products():
            file.write(json.dumps({"_id": str(product.id), **document_of(product)}) + "\n")
        file.seek(0)
        yield file


def _all_products() -> Iterator[store.FullProduct]:
    after = UUID(int=0)
    while page := read(lambda tx, last=after: store.list_after(tx, last, PAGE)):
        yield from page
        after = page[-1].id
