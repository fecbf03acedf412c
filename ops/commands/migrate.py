"""`ops migrate [run|status]`: both databases, by COCKROACH_DB_URL and POSTGRES_URL or those of a local system."""

import argparse

from ops import migrate
from ops.endpoints import use_local_urls


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("what", nargs="?", choices=["run", "status"], default="run", help="default: run")
    parser.add_argument(
        "--base", type=int, help="base port of a running local system, instead of the environment's URLs"
    )


def main(options: argparse.Namespace) -> int:
    """Apply pending steps, or list them."""
    if options.base is not None:
        use_local_urls(options.base)
    failed = False
    for target in migrate.targets():
        if options.what == "run":
            count = migrate.run(target, say=print)
            print(f"{target.name}: {count} step(s) applied" if count else f"{target.name}: up to date")
            continue
        found = migrate.status(target)
        print(f"{target.name}: {len(found.done)} step(s) done, {len(found.pending)} pending")
        for step in found.pending:
            print(f"  pending  {step.file} step {step.number}")
        if found.problem:
            print(f"  {found.problem}")
        failed = failed or bool(found.problem or found.pending)
    return 1 if failed else 0
