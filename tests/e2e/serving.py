"""A `serve` in a process of its own, on ports of its own, as a person starts it."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from ops.endpoints import local_endpoints
from ops.keeper import members
from ops.paths import LOCAL, ROOT
from ops.process import ledger_of
from tests.support import machine

_START_SEC = 150.0


class Serve:
    """What was started, and what it says on the screen."""

    def __init__(self, base: int) -> None:
        self.base = base
        self.folder = LOCAL / str(base)
        self.found = local_endpoints(base)
        self._output = self.folder.with_suffix(".out")

    def start(self) -> None:
        self.folder.parent.mkdir(exist_ok=True)
        with self._output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ops", "serve", "--local", "--base", str(self.base)],
                cwd=ROOT, env=machine.ENVIRONMENT, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def wait_until_ready(self) -> None:
        assert until(lambda: "Ctrl-C" in self.said() or self.process.poll() is not None, _START_SEC), self.said()
        assert self.process.poll() is None, self.said()

    def said(self) -> str:
        return self._output.read_text()

    def token(self) -> str:
        return str(json.loads((self.folder / "run.json").read_text())["token"])

    def processes(self, token: str) -> list[psutil.Process]:
        return members(token, ledger_of(self.folder / "logs", token))

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)
        self._output.unlink(missing_ok=True)


def until(is_so: Callable[[], bool], seconds: float) -> bool:
    """Ask until it is so; tell whether it came to that."""
    deadline = time.monotonic() + seconds
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.2)
    return is_so()


def remove(folder: Path) -> None:
    subprocess.run(["rm", "-rf", str(folder)], check=True)
