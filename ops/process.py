"""Start programs that cannot outlive their starter, with a log file each.

with Run(logs_folder) as run:
    child = run.start("redis", ["redis-server", "--port", "9012"])
    run.wait_until(child, lambda: port_answers(9012), seconds=10)
"""

import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from ops.errors import OpsError
from ops.keeper import VARIABLE, end_run, enter
from ops.paths import ROOT

NOBODY = 65534
_LOG_LIMIT_BYTES = 20_000_000
_TAIL_LINES = 12


@dataclass(frozen=True)
class Child:
    """A program that was started: its name on the screen, its process, its log, the signal that ends it cleanly."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    log_began: int
    end_signal: int
    grace_sec: float

    def said(self) -> str:
        """Give what it has written to its log since it was started."""
        with self.log.open("rb") as content:
            content.seek(self.log_began)
            return content.read().decode(errors="replace")

    def is_alive(self) -> bool:
        """Tell whether it still runs."""
        return self.process.poll() is None

    def tail(self, lines: int = _TAIL_LINES) -> str:
        """Give the last lines of its log, indented for the screen."""
        with self.log.open("rb") as content:
            content.seek(max(0, self.log.stat().st_size - 8000))
            text = content.read().decode(errors="replace")
        plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
        return "\n".join("    " + line for line in plain.strip().splitlines()[-lines:])

    def obituary(self) -> str:
        """Say how it ended and what it said last."""
        code = self.process.returncode
        how = f"was ended by {signal.Signals(-code).name}" if code is not None and code < 0 else f"ended with {code}"
        return f"{self.name} {how}; its log {self.log} ends with\n{self.tail()}"

    def stop(self) -> None:
        """End it: its own signal first, SIGKILL when that does not help in time."""
        if not self.is_alive():
            return
        self.process.send_signal(self.end_signal)
        try:
            self.process.wait(self.grace_sec)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Run:
    """Everything one owner starts. Leaving the block, or the owner's death, ends all of it, grandchildren included."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self.token = f"{os.getpid()}-{secrets.token_hex(6)}"
        self.ledger = ledger_of(logs, self.token)
        self.children: list[Child] = []
        self.stopping = threading.Event()  # set: nothing more is started or waited for
        logs.mkdir(parents=True, exist_ok=True)
        self._keeper = subprocess.Popen(
            [sys.executable, "-m", "ops.keeper", self.token, str(self.ledger.resolve())],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT, start_new_session=True,
        )  # fmt: skip

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path = ROOT,
        as_nobody: bool = False,
        end_signal: int = signal.SIGTERM,
        grace_sec: float = 5.0,
    ) -> Child:
        """Start a program, its output appended to `<logs>/<name>.log`. `as_nobody` drops root when we are root."""
        if self.stopping.is_set():
            raise OpsError(f"{name} is not started: the run is being stopped")
        log = self.logs / f"{name}.log"
        if log.exists() and log.stat().st_size > _LOG_LIMIT_BYTES:
            log.replace(log.with_suffix(".log.1"))
        drop = as_nobody and os.geteuid() == 0
        with log.open("ab") as output:
            began = output.tell()
            process = subprocess.Popen(
                [str(part) for part in command],
                env={**(os.environ if env is None else env), VARIABLE: self.token},
                cwd="/" if drop else cwd,
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
                user=NOBODY if drop else None, group=NOBODY if drop else None, extra_groups=[] if drop else None,
            )  # fmt: skip
        enter(self.ledger, process.pid)
        child = Child(name, process, log, began, end_signal, grace_sec)
        self.children.append(child)
        return child

    def wait_until(self, child: Child, is_ready: Callable[[], bool], seconds: float) -> None:
        """Poll until `is_ready`. Raises OpsError when the child ends, the run stops or the time is over."""
        deadline = time.monotonic() + seconds
        pause = 0.02
        while not is_ready():
            if self.stopping.is_set():
                raise OpsError(f"{child.name} is being stopped")
            if not child.is_alive():
                raise OpsError(child.obituary())
            if time.monotonic() > deadline:
                raise OpsError(
                    f"{child.name} did not answer in {seconds:.0f} s; its log {child.log} ends with\n{child.tail()}"
                )
            time.sleep(pause)
            pause = min(pause * 1.5, 0.25)

    def first_dead(self) -> Child | None:
        """Give a child that has ended although nobody asked it to, or None."""
        return next((child for child in self.children if not child.is_alive()), None)

    def forget(self, child: Child) -> None:
        """Stop one child on purpose, so that its end is no news."""
        child.stop()
        self.children.remove(child)

    def is_kept(self) -> bool:
        """Tell whether the keeper lives, which ends the run's processes should this one die."""
        return self._keeper.poll() is None

    def stop(self) -> None:
        """End all children, the youngest first, then whatever they left behind. Safe to call twice."""
        self.stopping.set()
        for child in reversed(self.children):
            child.stop()
        self.children.clear()
        end_run(self.token, self.ledger, grace_sec=1.0)
        if self._keeper.stdin is not None:
            self._keeper.stdin.close()
        self._keeper.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def ledger_of(logs: Path, token: str) -> Path:
    """Give the file in which a run notes what it started."""
    return logs / f"{token}.processes"


def is_port_free(port: int, host: str = "127.0.0.1") -> bool:
    """Tell whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_ports(count: int, low: int = 20000, high: int = 30000) -> list[int]:
    """Find ports nobody listens on, for a throwaway server."""
    found: list[int] = []
    while len(found) < count:
        port = low + secrets.randbelow(high - low)
        if port not in found and is_port_free(port):
            found.append(port)
    return found


def port_answers(port: int, host: str = "127.0.0.1") -> bool:
    """Tell whether something accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=1.0):
            return True
    except OSError:
        return False
