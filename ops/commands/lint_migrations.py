"""`ops lint-migrations`: refuse what CockroachDB forbids, what cannot be repeated, and two statements in one step."""

import argparse

from ops.lint import problems


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options: it has none."""


def main(options: argparse.Namespace) -> int:
    """Print every finding; exit 1 when there is one."""
    found = problems()
    for problem in found:
        print(problem)
    print(f"migrations: {len(found)} problem(s)" if found else "migrations: as they should be")
    return 1 if found else 0
