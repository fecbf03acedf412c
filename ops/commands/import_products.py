"""`ops import products FILE`: take a list of products into the catalogue, by sku."""

import argparse
import sys
import time
from pathlib import Path

from ops.endpoints import required, use_local_urls
from ops.errors import OpsError
from ops.paths import LOCAL, use_functions
from ops.results import result


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    use_functions()
    from ops.importing.products import processes
    from plazza.catalogue.rules.rows import COLUMNS

    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    width = max(map(len, COLUMNS))
    parser.epilog = (
        "FILE is CSV with a header or JSON Lines, plain or gzip, in UTF-8. An empty cell says nothing: what is stored stays.\n"
        "columns:\n" + "\n".join(f"  {name:<{width}}  {meaning}" for name, meaning in COLUMNS.items())
    )
    parser.add_argument("what", choices=["products"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--base", type=int, help="base port of a running local system, instead of COCKROACH_DB_URL")
    parser.add_argument(
        "--refused", type=Path, help="where the refused rows are listed (default: .plazza/imports/NAME.refused.csv)"
    )
    parser.add_argument(
        "--processes", type=int, default=processes(), help="processes that read rows (default: %(default)s)"
    )
    parser.add_argument(
        "--restart", action="store_true", help="begin at the first row, also when an earlier run of this file died"
    )


def main(options: argparse.Namespace) -> int:
    """Import; exit 0 when the whole file was gone through, whatever rows of it were refused."""
    from ops.importing import products
    from plazza import settings

    if options.base is not None:
        use_local_urls(options.base)
    required("COCKROACH_DB_URL")
    if options.processes < 1:
        raise OpsError("--processes must be at least 1")
    refused = options.refused or LOCAL / "imports" / f"{options.file.name}.refused.csv"
    wanted = products.Settings(
        options.file, refused, settings.number("BATCH_SIZE"), options.processes, is_restart=options.restart
    )
    began = time.monotonic()
    run = products.import_products(wanted, products.Progress(sys.stdout))
    if run.refused:
        print(f"{run.refused} row(s) refused: {refused}")
    if run.created or run.updated:
        print("the search index does not know of these products yet: run `python -m ops mappings build`")
    counts = {name: getattr(run, name) for name in ("created", "updated", "unchanged", "refused")}
    return result("import-products", ok=True, **counts, seconds=time.monotonic() - began)
