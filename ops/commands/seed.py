"""`ops seed`: put the sample data into a running local system; what is there already stays."""

import argparse

from ops.endpoints import base_port, local_endpoints
from ops.settings import given_settings
from ops.system import seed


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("--base", type=int, help="base port of the running system")


def main(options: argparse.Namespace) -> int:
    """Seed, and say what there is."""
    base = options.base if options.base is not None else base_port()
    print(seed(local_endpoints(base, given_settings())))
    return 0
