"""`ops bench NAME`: measure something against its bare form in the same run, and say whether it holds its promise."""

import argparse

from ops import named

BENCHES = {
    "search": ("search against the bare engine and a bare function, at 10,000 and all products", "ops.bench.search"),
    "import": ("a list of products against COPY of the same rows", "ops.bench.importing"),
    "orders": ("placing orders against the same SQL run bare, and against itself on one product", "ops.bench.orders"),
    "recalls": ("a recall and all that it reached, with a million order lines behind it", "ops.bench.recalls"),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare a subcommand for each of them."""
    named.arguments(parser, BENCHES)


def main(options: argparse.Namespace) -> int:
    """Run the bench; exit 0 when it holds."""
    return named.main(options, BENCHES)
