"""`ops demo`: a throwaway system, the journey of an order played against it, every step checked."""

import argparse
import sys
import time

from ops.results import result
from ops.system import local_system


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("--url", help="a running system's base URL, instead of a throwaway one")


def main(options: argparse.Namespace) -> int:
    """Play the journey; exit 0 only when every check held."""
    from ops.journey.play import play

    began = time.monotonic()
    checks = 0
    with local_system(is_throwaway=True, url=options.url) as system:
        try:
            checks = play(system.endpoints)
        except AssertionError as error:
            system.keep_folder = True
            print(f"\n{error}\nThe logs of every part are in {system.folder / 'logs'}", file=sys.stderr)
    return result("demo", ok=checks > 0, checks=checks, seconds=round(time.monotonic() - began))
