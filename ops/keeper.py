"""End every process of a run when the process that started the run is gone, however it went.

`python -m ops.keeper TOKEN` waits on its standard input, a pipe that only the run's owner holds open: when the owner ends,
even by kill -9, the pipe closes. Every process of the run carries PLAZZA_RUN=TOKEN in its environment, so that detached
grandchildren (the Firebase CLI's functions and emulators) are found as well.
"""

import os
import signal
import sys

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


def end_marked(token: str, grace_sec: float = GRACE_SEC) -> int:
    """Ask the run's processes to end, kill those that do not. Gives how many there were."""
    asked = marked(token)
    for process in asked:
        _send(process, signal.SIGINT if process_name(process) == "postgres" else signal.SIGTERM)
    psutil.wait_procs(asked, timeout=grace_sec)
    while left := marked(token):
        for process in left:
            _send(process, signal.SIGKILL)
        psutil.wait_procs(left, timeout=1.0)
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
    token = sys.argv[1]
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    end_marked(token)


if __name__ == "__main__":
    main()
