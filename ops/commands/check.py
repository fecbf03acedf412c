"""`ops check`: every static check, side by side; the output of those that fail."""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Sequence

from ops.errors import OpsError
from ops.paths import EMULATORS, ROOT, VENV
from ops.steps import Screen, Step, StepFailed, run_steps

_PYTHON_FOLDERS = ("functions", "ops", "sandbox", "tests")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options: it has none."""


def main(options: argparse.Namespace) -> int:
    """Run all checks; exit 1 when one fails."""
    tools = VENV / "bin"
    python = [sys.executable, "-m", "ops"]
    checks: dict[str, Sequence[object]] = {
        "types": [tools / "pyright"],
        "lint": [tools / "ruff", "check", *_PYTHON_FOLDERS],
        "format": [tools / "ruff", "format", "--check", *_PYTHON_FOLDERS],
        "imports": [tools / "lint-imports"],
        "migrations": [*python, "lint-migrations"],
        "function table": [*python, "functions", "--check"],
        "documents": [*python, "docs", "--check"],
    }
    failures: dict[str, str] = {}
    steps = [Step(name, lambda n=name, c=command: _run(n, c, failures)) for name, command in checks.items()]
    steps.append(Step("emulators' syntax", lambda: _node_check(failures)))
    try:
        run_steps(steps, Screen())
    except StepFailed as error:
        print(error, file=sys.stderr)
        return 1
    for name, output in failures.items():
        print(f"\n── {name} ──\n{output}", file=sys.stderr)
    print(f"check: {', '.join(failures)} failed" if failures else "check: all is well")
    return 1 if failures else 0


def _run(name: str, command: Sequence[object], failures: dict[str, str]) -> str:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'functions'}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    if done.returncode == 0:
        return "well"
    failures[name] = re.sub(r"\n{3,}", "\n\n", f"{done.stdout}{done.stderr}".strip())
    return "FAILED"


def _node_check(failures: dict[str, str]) -> str:
    """Parse every Node program of the offline kit; all of them in one run of node, which is slow to start."""
    files = sorted(str(file) for file in EMULATORS.rglob("*.mjs"))
    if not files:
        raise OpsError("emulators/ has no program: the working copy is not complete")
    script = (
        "import { readFileSync } from 'node:fs'; import { SourceTextModule } from 'node:vm';"
        "for (const file of process.argv.slice(1)) new SourceTextModule(readFileSync(file, 'utf8'), { identifier: file });"
    )
    command = ["node", "--experimental-vm-modules", "--no-warnings", "--input-type=module", "-e", script, *files]
    return _run("emulators' syntax", command, failures)
