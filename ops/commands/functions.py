"""`ops functions [--check|--write]`: the table of functions with their options, made from the code."""

import argparse

from ops import manifest, readme
from ops.paths import ROOT

_BEGIN, _END = "<!-- functions: made by `python -m ops functions --write` -->", "<!-- functions: end -->"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="exit 1 when the README's table is not what the code says")
    what.add_argument("--write", action="store_true", help="write the table into the README")


def main(options: argparse.Namespace) -> int:
    """Print, check or write the table."""
    table = manifest.table(manifest.load())
    if not (options.check or options.write):
        print(table)
        return 0
    file = ROOT / "README.md"
    before = file.read_text() if file.exists() else ""
    after = readme.with_table(before, _BEGIN, table, _END)
    if options.write:
        file.write_text(after)
    elif before != after:
        print(
            "README.md: the table of functions is not what the code says; run `.venv/bin/python -m ops functions --write`"
        )
        return 1
    return 0
