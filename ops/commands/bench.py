"""`ops bench NAME`: measure something against its bare form in the same run, and say whether it holds its promise."""

import argparse
import importlib

from ops.paths import use_functions

BENCHES = {
    "search": ("search against the bare engine and a bare function, at 10,000 and all products", "ops.bench.search"),
    "import": ("a list of products against COPY of the same rows", "ops.bench.importing"),
    "orders": ("placing orders against the same SQL run bare, and against itself on one product", "ops.bench.orders"),
    "recalls": ("a recall and all that it reached, with a million order lines behind it", "ops.bench.recalls"),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare a subcommand for each bench, with the options of its module."""
    use_functions()
    chosen = parser.add_subparsers(dest="bench", required=True, metavar="NAME")
    for name, (help_line, module) in BENCHES.items():
        sub = chosen.add_parser(name, help=help_line, description=help_line)
        importlib.import_module(module).arguments(sub)


def main(options: argparse.Namespace) -> int:
    """Run the bench; exit 0 when it holds."""
    return importlib.import_module(BENCHES[options.bench][1]).main(options)
