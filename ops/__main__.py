"""The operations CLI: `.venv/bin/python -m ops COMMAND`; each command loads only what it needs."""

import argparse
import importlib
import sys
from collections.abc import Callable
from typing import NamedTuple

from ops.errors import OpsError


class Command(NamedTuple):
    """A command: its help line and the module whose `arguments(parser)` and `main(options) -> int` it is."""

    help: str
    module: str


COMMANDS = {
    "setup": Command("install everything from the lock files", "ops.commands.setup"),
    "serve": Command("start the whole local system and keep it", "ops.commands.serve"),
    "demo": Command("start a throwaway system and play the journey of an order", "ops.commands.demo"),
    "migrate": Command("bring both databases to what migrations/ says", "ops.commands.migrate"),
    "mappings": Command("show, build, swap, roll back or repair the search index", "ops.commands.mappings"),
    "seed": Command("fill the stores with the sample data", "ops.commands.seed"),
    "import": Command("take a list of products (CSV or JSON Lines) into the catalogue", "ops.commands.import_products"),
    "evaluate-search": Command(
        "judge search by a file of queries, beside a plain search", "ops.commands.evaluate_search"
    ),
    "run-schedule": Command("run a scheduled function of a local system now", "ops.commands.run_schedule"),
    "bench": Command("measure against the bare form of the same thing", "ops.commands.bench"),
    "prove": Command("harm a throwaway system, and see whether anybody noticed", "ops.commands.prove"),
    "papers": Command("draw an invoice and its credit note from an order on a local system", "ops.commands.papers"),
    "functions": Command("print the table of functions, made from the code", "ops.commands.functions"),
    "docs": Command("write docs/openapi.json and the table of settings, made from the code", "ops.commands.docs"),
    "lint-migrations": Command("refuse SQL that CockroachDB or repeatability forbids", "ops.commands.lint_migrations"),
    "check": Command("run every static check, side by side", "ops.commands.check"),
    "doctor": Command("name what is missing and the command that mends it", "ops.commands.doctor"),
}


def main(arguments: list[str] | None = None) -> int:
    """Run the command; an OpsError is printed as it is, without a stack trace."""
    parser = argparse.ArgumentParser(prog="python -m ops", description="Plazza's operations.")
    chosen = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    given = sys.argv[1:] if arguments is None else arguments
    for name, command in COMMANDS.items():
        sub = chosen.add_parser(name, help=command.help, description=command.help)
        if name in given[:1]:
            importlib.import_module(command.module).arguments(sub)
    options = parser.parse_args(given)
    try:
        run: Callable[[argparse.Namespace], int] = importlib.import_module(COMMANDS[options.command].module).main
        return run(options)
    except OpsError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
