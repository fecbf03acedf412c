"""Commands that have a module for each NAME: `ops bench NAME`, `ops prove NAME`."""

import argparse
import importlib
from collections.abc import Mapping

from ops.paths import use_functions

Modules = Mapping[str, tuple[str, str]]
"""Name → its line of help, and the module with `arguments` and `main`."""


def arguments(parser: argparse.ArgumentParser, modules: Modules) -> None:
    """Declare a subcommand for each name, with the options of its module."""
    use_functions()
    chosen = parser.add_subparsers(dest="name", required=True, metavar="NAME")
    for name, (help_line, module) in modules.items():
        sub = chosen.add_parser(name, help=help_line, description=help_line)
        importlib.import_module(module).arguments(sub)


def main(options: argparse.Namespace, modules: Modules) -> int:
    """Run the module of the name that was given."""
    return importlib.import_module(modules[options.name][1]).main(options)
