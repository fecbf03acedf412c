"""`ops prove NAME`: do to a throwaway system what must not harm it, and say whether it was harmed."""

import argparse

from ops import named

PROOFS = {
    "search-index": (
        "searches go on while the index is built, swapped, mended and its nodes are killed",
        "ops.prove.search_index",
    ),
    "last-strip": ("many checkouts at once for one strip and one coupon use make one order", "ops.prove.last_strip"),
    "money": ("payments in every disorder end as a reference model says, to the paisa", "ops.prove.money"),
    "refunds": ("whatever is given back, in whatever order, adds up to what was paid", "ops.prove.refunds"),
    "repair": ("every stored balance is the sum of its parts, after a day at once", "ops.prove.repair"),
    "crash": ("orders go on while processes and stores are killed, and nobody loses one", "ops.prove.crash"),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare a subcommand for each of them."""
    named.arguments(parser, PROOFS)


def main(options: argparse.Namespace) -> int:
    """Run the proof; exit 0 when nothing was harmed."""
    return named.main(options, PROOFS)
