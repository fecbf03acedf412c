"""Daily copies: CockroachDB by its own BACKUP, PostgreSQL table by table, the live database as one file.

A manifest with row counts and SHA-256 sums lies beside the files; a restore checks them.
"""

import gzip
import hashlib
import json
import tempfile
from pathlib import Path

from plazza import clock, logs, settings
from plazza.data import files, firebase, rtdb
from plazza.data.sql import COCKROACH, POSTGRES, Database, Tx, run_transaction
from plazza.platform import store


def back_up() -> str:
    """Write today's backup and give its folder in the bucket. Raises Unavailable when a part is down."""
    folder = f"backups/{clock.now():%Y-%m-%dT%H%M%SZ}"
    sums: dict[str, str] = {}
    if run_transaction(store.is_cockroach):
        bucket = firebase.app().options.get("storageBucket")
        run_transaction(lambda tx: store.back_up_cluster(tx, f"gs://{bucket}/{folder}/cockroach?AUTH=implicit"))
    else:
        sums |= _dump(COCKROACH, f"{folder}/cockroach")
    sums |= _dump(POSTGRES, f"{folder}/postgres")
    live = gzip.compress(json.dumps(rtdb.get("/"), separators=(",", ":")).encode(), mtime=0)
    files.write_bytes(f"{folder}/rtdb.json.gz", live, "application/gzip")
    sums["rtdb.json.gz"] = hashlib.sha256(live).hexdigest()
    manifest = {"project": settings.project_id(), "files": sums}
    files.write_bytes(f"{folder}/manifest.json", json.dumps(manifest, indent=1).encode(), "application/json")
    logs.write("INFO", "backed up", folder=folder, files=len(sums))
    return folder


def _dump(database: Database, folder: str) -> dict[str, str]:
    """Write every table in one snapshot, so that the files fit together."""

    def work(tx: Tx) -> dict[str, str]:
        return {f"{folder}/{table}.csv.gz": _dump_table(tx, table, folder) for table in store.list_tables(tx)}

    return run_transaction(work, on=database)


def _dump_table(tx: Tx, table: str, folder: str) -> str:
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "table.csv.gz"
        with gzip.open(path, "wb") as out:
            for piece in store.copy_table(tx, table):
                out.write(piece)
        content = path.read_bytes()
    files.write_bytes(f"{folder}/{table}.csv.gz", content, "application/gzip")
    return hashlib.sha256(content).hexdigest()
