"""Notice changed code and have the functions emulator read it again.

The Firebase CLI's own watcher passes over any path with a dotted folder in it, which every system's project has.
"""

import threading
from collections.abc import Callable
from pathlib import Path

from ops import emulators
from ops.endpoints import Endpoints
from ops.errors import OpsError
from ops.paths import FUNCTIONS


class Reloader:
    """Looks once a second whether a source file of the functions changed."""

    def __init__(self, found: Endpoints, say: Callable[[str], None]) -> None:
        self._found = found
        self._say = say
        self._stopping = threading.Event()

    def start(self) -> None:
        """Begin to look, in the background."""
        threading.Thread(target=self._look, name="reloader", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()

    def _look(self) -> None:
        seen = source_times(FUNCTIONS)
        while not self._stopping.wait(1.0):
            now = source_times(FUNCTIONS)
            if now == seen:
                continue
            changed = sorted(str(path.relative_to(FUNCTIONS)) for path, _ in now.items() ^ seen.items())
            seen = now
            try:
                emulators.reload_functions(self._found)
                self._say(f"read again: {', '.join(dict.fromkeys(changed))[:80]}")
            except OpsError as error:
                self._say(str(error))


def source_times(folder: Path) -> dict[Path, int]:
    """Give every source file with its time of change."""
    files = [folder / "main.py", *(folder / "plazza").rglob("*.py"), *(folder / "plazza").rglob("*.json")]
    times: dict[Path, int] = {}
    for file in files:
        try:
            times[file] = file.stat().st_mtime_ns
        except FileNotFoundError:
            continue  # removed between the listing and the look
    return times
