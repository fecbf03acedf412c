"""End every process of a run when the process that started the run is gone, however it went.

`python -m ops.keeper TOKEN LEDGER` waits on its standard input, a pipe that only the run's owner holds open: when the owner
ends, even by kill -9, the pipe closes. The ledger is a file with a line for each program the owner started. Every process
also carries PLAZZA_RUN=TOKEN in its environment, so that detached grandchildren (the Firebase CLI's functions and emulators)
are found; that alone would not do, as Redis and PostgreSQL overwrite theirs with their title.
"""

import os
import signal
import sys
from pathlib import Path

import psutil

VARIABLE = "PLAZZA_RUN"
GRACE_SEC = 4.0


def marked(token: str) -> list[psutil.Process]:
    """Find the living processes that carry the run's token, this one left out."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(VARIABLE) == token:
                found.append(process)
        except (psutil.Error, OSError):
            continue  # another person's process, or one that ended meanwhile
    return found


def enter(ledger: Path, pid: int) -> None:
    """Note a program that was started; its start time tells it from a later process of the same number."""
    try:
        started = psutil.Process(pid).create_time()
    except psutil.Error:
        return  # it has ended already
    with ledger.open("a") as lines:
        lines.write(f"{pid} {started}\n")


def members(token: str, ledger: Path) -> list[psutil.Process]:
    """Find a run's living processes: those that were noted, their descendants, and those that carry the token."""
    found: dict[int, psutil.Process] = {process.pid: process for process in marked(token)}
    for line in ledger.read_text().splitlines() if ledger.exists() else []:
        pid, _, started = line.partition(" ")
        try:
            process = psutil.Process(int(pid))
            if str(process.create_time()) == started and process.status() != psutil.STATUS_ZOMBIE:
                found.update({each.pid: each for each in (process, *process.children(recursive=True))})
        except (psutil.Error, ValueError):
            continue  # ended, or a line that a crash cut short
    return list(found.values())


def end_run(token: str, ledger: Path, grace_sec: float = GRACE_SEC) -> int:
    """Ask the run's processes to end, kill those that do not. Gives how many there were."""
    asked = members(token, ledger)
    for process in asked:
        _send(process, signal.SIGINT if process_name(process) == "postgres" else signal.SIGTERM)
    psutil.wait_procs(asked, timeout=grace_sec)
    while left := members(token, ledger):
        for process in left:
            _send(process, signal.SIGKILL)
        psutil.wait_procs(left, timeout=1.0)
    ledger.unlink(missing_ok=True)
    return len(asked)


def process_name(process: psutil.Process) -> str:
    """Give a process's program name, or "" when it is gone."""
    try:
        return process.name()
    except psutil.Error:
        return ""


def _send(process: psutil.Process, number: int) -> None:
    try:
        process.send_signal(number)
    except psutil.Error:
        return  # ended by itself


def main() -> None:
    """Wait for the owner's end, then end the run."""
    token, ledger = sys.argv[1], Path(sys.argv[2])
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    end_run(token, ledger)


if __name__ == "__main__":
    main()
