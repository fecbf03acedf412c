"""`ops setup`: install everything from the lock files."""

import argparse

from ops.setup import install


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options: it has none."""


def main(options: argparse.Namespace) -> int:
    """Install what is not installed yet."""
    install()
    return 0
