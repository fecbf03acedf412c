"""`ops run-schedule NAME`: run a scheduled function of a running local system now."""

import argparse

from ops.endpoints import base_port, local_endpoints
from ops.ticker import fire


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("name", help="the function's name; a wrong one lists the right ones")
    parser.add_argument("--base", type=int, help="base port of the running system")


def main(options: argparse.Namespace) -> int:
    """Run it and print what it answered."""
    found = local_endpoints(options.base if options.base is not None else base_port())
    answer = fire(found, options.name)
    print(f"{options.name}: done {answer.strip()[:500]}".rstrip())
    return 0
