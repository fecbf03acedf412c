"""`ops functions [--check|--write]`: the table of functions with their options, made from the code."""

import argparse

from ops import manifest
from ops.errors import OpsError
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
    readme = ROOT / "README.md"
    before = readme.read_text() if readme.exists() else ""
    after = with_table(before, table)
    if options.write:
        readme.write_text(after)
    elif before != after:
        print(
            "README.md: the table of functions is not what the code says; run `.venv/bin/python -m ops functions --write`"
        )
        return 1
    return 0


def with_table(text: str, table: str) -> str:
    """Put the table between its marks. Raises OpsError when the text has none."""
    head, begin, rest = text.partition(_BEGIN)
    _, end, tail = rest.partition(_END)
    if not begin or not end:
        raise OpsError(f"README.md has no place for the table of functions; put in the lines\n{_BEGIN}\n{_END}")
    return f"{head}{_BEGIN}\n{table}\n{_END}{tail}"
