"""`ops doctor`: what is missing or wrong, each with the command that mends it. Runs before anything is installed."""

import argparse
import subprocess

from ops import jars, setup
from ops.errors import OpsError
from ops.paths import ROOT, VENV_PYTHON


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("--installed", action="store_true", help=argparse.SUPPRESS)


def main(options: argparse.Namespace) -> int:
    """Print a line for each thing looked at; exit 1 when one is wrong."""
    setup.check_tools()
    if options.installed:
        from ops.diagnosis import findings

        found = findings()
        for finding in found:
            print(
                f"  {'ok ' if finding.is_well else 'NO '} {finding.text}{'' if finding.is_well else ' → ' + finding.mend}"
            )
        return 0 if all(finding.is_well for finding in found) else 1
    for name, version in setup.installed_versions().items():
        print(f"  ok  {name} {version}" if version != "missing" else f"  NO  {name} is not installed → make setup")
    pending = setup.pending()
    if pending:
        print(f"  NO  not installed as the lock files say: {', '.join(pending)} → make setup")
        return 1
    problem = jars.problem()
    print(
        f"  NO  {problem} → make setup"
        if problem
        else f"  ok  {len(jars.locked())} jars of the search engine, sums as locked"
    )
    # The rest needs what was installed, so it is looked at by the environment's own Python.
    try:
        rest = subprocess.run([VENV_PYTHON, "-m", "ops", "doctor", "--installed"], cwd=ROOT, check=False, timeout=120)
    except subprocess.TimeoutExpired as error:
        raise OpsError("the look at ports and stores took more than two minutes") from error
    return 1 if problem else rest.returncode
