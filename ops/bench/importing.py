"""`ops bench import`: `ops import products` against PostgreSQL's COPY of the same rows into the same table, on a throwaway server."""

import argparse
import os
import tempfile
import time
from pathlib import Path

import psycopg

from ops import migrate
from ops.bench.environment import describe
from ops.importing import products
from ops.paths import LOCAL, MIGRATIONS
from ops.process import Run, free_ports
from ops.results import peak_mb, print_table, result
from ops.stores import Server, create_database, start_postgres
from plazza.data import sql

MOST_TIMES = 3.0
_COPY_OUT, _COPY_IN = "COPY products TO STDOUT (FORMAT text)", "COPY products FROM STDIN (FORMAT text)"
_PIECE = 1_048_576


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the bench's options."""
    parser.add_argument("file", type=Path, help="a list of products, as `ops import products` takes it")
    parser.add_argument(
        "--rounds", type=int, default=1, help="how often both are measured; the fastest counts (default: 1)"
    )
    parser.add_argument("--processes", type=int, default=products.processes(), help="as of `ops import products`")


def main(options: argparse.Namespace) -> int:
    """Measure, and print the ratio."""
    LOCAL.mkdir(exist_ok=True)
    rows, imports, copies, again = 0, list[float](), list[float](), list[float]()
    with tempfile.TemporaryDirectory(dir=LOCAL) as name, Run(Path(name) / "logs") as run:
        folder = Path(name)
        server = start_postgres(run, "cockroach", folder / "cockroach", free_ports(1)[0])
        for number in range(options.rounds):
            url = _database(server, f"imported_{number}")
            imports.append(_import(options, url, folder))
            again.append(_import(options, url, folder))
            rows = _export(url, folder / "rows")
            copies.append(_copy(_database(server, f"copied_{number}"), folder / "rows"))
        sql.close_pools()
    print_table([describe()])
    table = [("import", imports), ("the same import again", again), ("COPY", copies)]
    print_table([{"what": what, "seconds": min(took), "rows/s": round(rows / min(took))} for what, took in table])
    ratio = min(imports) / min(copies)
    return result("bench-import", ok=ratio <= MOST_TIMES, rows=rows, ratio=ratio, most=MOST_TIMES, peak_mb=peak_mb())


def _database(server: Server, name: str) -> str:
    url = create_database(server, name, is_serializable=True)
    migrate.run(migrate.Target("cockroach", MIGRATIONS / "cockroach", url))
    return url


def _import(options: argparse.Namespace, url: str, folder: Path) -> float:
    os.environ["COCKROACH_DB_URL"] = url
    wanted = products.Settings(options.file, folder / "refused.csv", 500, options.processes)
    began = time.monotonic()
    products.import_products(wanted, lambda done, rows: None)
    return time.monotonic() - began


def _export(url: str, to: Path) -> int:
    with psycopg.connect(url) as connection, to.open("wb") as file:
        with connection.cursor().copy(_COPY_OUT) as copy:
            for piece in copy:
                file.write(piece)
        return connection.execute("SELECT count(*) FROM products").fetchall()[0][0]


def _copy(url: str, rows: Path) -> float:
    began = time.monotonic()
    with psycopg.connect(url) as connection, rows.open("rb") as file, connection.cursor().copy(_COPY_IN) as copy:
        while piece := file.read(_PIECE):
            copy.write(piece)
    return time.monotonic() - began
