"""A list of products as a file, with skus of its own, and the import of it."""

import csv
import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from ops import mappings
from ops.importing import products
from plazza.catalogue.store.imports import Run
from tests.integration.catalogue.desk import Desk
from tests.support import auth
from tests.support.auth import People
from tests.support.client import Client
from tests.support.database import Database
from tests.support.readers import Readers
from tests.support.servers import Servers


class Lists:
    """Writes lists and imports them; `sku(1)` is the same number all through one test, and nobody else's."""

    def __init__(self, folder: Path, db: Database) -> None:
        self.folder, self.db = folder, db
        self.prefix = f"L{uuid4().hex[:10]}"
        self.refused_file = folder / "refused.csv"

    def sku(self, number: int) -> str:
        return f"{self.prefix}-{number}"

    def csv(self, *rows: dict[str, Any], name: str = "list.csv") -> Path:
        file = self.folder / name
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with file.open("w", newline="") as opened:
            writer = csv.DictWriter(opened, columns)
            writer.writeheader()
            writer.writerows(rows)
        return file

    def text(self, *lines: str | bytes, name: str = "list.csv") -> Path:
        """Write lines as they are; `{p}` becomes the prefix."""
        raw = [line if isinstance(line, bytes) else line.encode() for line in lines]
        (self.folder / name).write_bytes(b"\n".join(line.replace(b"{p}", self.prefix.encode()) for line in raw) + b"\n")
        return self.folder / name

    def zipped(self, file: Path) -> Path:
        to = file.with_name(f"{file.name}.gz")
        to.write_bytes(gzip.compress(file.read_bytes()))
        return to

    def take(
        self,
        file: Path,
        *,
        batch: int = 500,
        progress: Callable[[int, int], None] = lambda done, rows: None,
        **over: Any,
    ) -> Run:
        wanted = products.Settings(
            file, self.refused_file, batch, over.get("processes", 1), is_restart=over.get("is_restart", False)
        )
        return products.import_products(wanted, progress)

    def refused(self) -> list[tuple[int, str, str]]:
        """Give what the report says: row, sku, problem."""
        with self.refused_file.open(newline="") as opened:
            return [
                (int(row["row"]), row["sku"].removeprefix(f"{self.prefix}-"), row["problem"])
                for row in csv.DictReader(opened)
            ]

    def stored(self, number: int) -> dict[str, Any]:
        """Give a product's row, {} when there is none."""
        rows = self.db.rows("SELECT row_to_json(p) FROM products AS p WHERE sku = %s", self.sku(number))
        return rows[0][0] if rows else {}

    def count(self) -> int:
        return self.db.value("SELECT count(*) FROM products WHERE sku LIKE %s", f"{self.prefix}-%")


@pytest.fixture
def lists(tmp_path: Path, db: Database, parts: Servers) -> Lists:
    return Lists(tmp_path, db)


def as_json(*rows: object) -> list[str]:
    """Give rows as lines of JSON."""
    return [json.dumps(row) for row in rows]


@pytest.fixture(scope="session")
def people(parts: Servers) -> People:
    """Accounts in the auth emulator, and files in that of Storage."""
    return auth.start(parts)


@pytest.fixture
def desk(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    engine: str,
    api: Client,
    db: Database,
    people: People,
    parts: Servers,
) -> Iterator[Desk]:
    """A desk that nobody else has; its readers are mended when the test is over."""
    mappings.create(engine)
    monkeypatch.setenv("ELASTICSEARCH_URL", engine)
    readers = Readers(parts.sandbox_url)
    yield Desk(api, db, people, readers, request.node.name)
    readers.mend()
