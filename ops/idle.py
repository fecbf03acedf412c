"""End function processes that nothing has called for a while, as production scales to zero.

The Firebase CLI keeps a process for every function that was ever called, about 100 MB each; thirty of them would be more
than all the rest. It starts a new one at the next call.
"""

import re
import threading
import time

import psutil

from ops.keeper import marked
from ops.process import Child

IDLE_SEC = 600.0  # well above five minutes, so that a schedule of that rhythm keeps its process
_LOOK_SEC = 15.0
_LINE = re.compile(r'(Beginning execution of|Finished) "[a-z0-9-]+-(\w+)"')


class Idler:
    """Reads from the suite's log which function was called last when, and ends those that rest."""

    def __init__(self, suite: Child, token: str) -> None:
        self._suite = suite
        self._token = token
        self._read = suite.log_began
        self._last: dict[str, tuple[float, bool]] = {}  # function → when it was last heard of, whether it is at work
        self._stopping = threading.Event()

    def start(self) -> None:
        """Begin to look, in the background."""
        threading.Thread(target=self._look, name="idler", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()

    def _look(self) -> None:
        while not self._stopping.wait(_LOOK_SEC):
            self._read_log(time.monotonic())
            self._end_resting(time.monotonic())

    def _read_log(self, now: float) -> None:
        with self._suite.log.open("rb") as log:
            log.seek(self._read)
            text = log.read()
        whole = text.rpartition(b"\n")[0]
        self._read += len(whole)
        for match in _LINE.finditer(whole.decode(errors="replace")):
            self._last[match.group(2)] = (now, match.group(1) != "Finished")

    def _end_resting(self, now: float) -> None:
        resting = {name for name, (at, is_busy) in self._last.items() if not is_busy and now - at > IDLE_SEC}
        if not resting:
            return
        for process in marked(self._token):
            try:
                if process.environ().get("FUNCTION_TARGET") in resting:
                    process.kill()  # at once: the CLI goes on calling one that takes its leave, and nobody answers
            except psutil.Error:
                continue  # ended by itself
        for name in resting:
            del self._last[name]
