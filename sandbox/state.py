"""The sandbox's memory: a document store in SQLite, a clock that can be moved, and ids from a seeded counter."""

import hashlib
import json
import sqlite3
import string
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from sandbox.config import Config
from sandbox.timers import Timers

ALPHABET: Final = string.ascii_uppercase + string.ascii_lowercase + string.digits
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS documents (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    UNIQUE (kind, key)
)"""


class Clock:
    """Real time plus an offset that control calls add to and that survives a restart."""

    def __init__(self, offset: float, save: Callable[[float], None]) -> None:
        self._offset = offset
        self._save = save
        self._listeners: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def time(self) -> float:
        """Return the sandbox's time in Unix seconds with fractions."""
        return time.time() + self._offset

    def now(self) -> int:
        """Return the sandbox's time in whole Unix seconds."""
        return int(self.time())

    @property
    def offset(self) -> float:
        """How far the sandbox is ahead of real time, in seconds."""
        return self._offset

    def advance(self, seconds: float) -> int:
        """Move the clock forward and wake what waits for it."""
        with self._lock:
            offset = self._offset + seconds
            self._save(offset)
            self.set_offset(offset)
        return self.now()

    def set_offset(self, offset: float) -> None:
        """Replace the offset; used by a reset."""
        self._offset = offset
        for listener in self._listeners:
            listener()

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each move of the clock."""
        self._listeners.append(listener)


class State:
    """Everything the sandbox knows. Each call is safe by itself; hold `lock` over a read and the write after it."""

    def __init__(self, path: Path | None = None, config: Config | None = None) -> None:
        self.config = config or Config()
        self.lock = threading.RLock()
        self._db = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute(SCHEMA)
        self._resets: list[Callable[[], None]] = []
        saved = self.get("sandbox", "state") or {"seed": 1, "offset": 0.0}
        self.seed = int(saved["seed"])
        self.clock = Clock(float(saved["offset"]), self._save)
        self.timers = Timers(self)

    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        """Return a copy of one document, or None."""
        with self.lock:
            row = self._db.execute("SELECT value FROM documents WHERE kind = ? AND key = ?", (kind, key)).fetchone()
        return json.loads(row[0]) if row else None

    def put(self, kind: str, key: str, value: dict[str, Any]) -> None:
        """Write one document; one that exists keeps its place in the order."""
        with self.lock:
            self._db.execute(
                "INSERT INTO documents (kind, key, value) VALUES (?, ?, ?)"
                " ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value",
                (kind, key, json.dumps(value)),
            )

    def delete(self, kind: str, key: str) -> None:
        """Remove one document if it is there."""
        with self.lock:
            self._db.execute("DELETE FROM documents WHERE kind = ? AND key = ?", (kind, key))

    def items(self, kind: str) -> list[tuple[str, dict[str, Any]]]:
        """Return all documents of a kind in the order they were first written."""
        with self.lock:
            rows = self._db.execute(
                "SELECT key, value FROM documents WHERE kind = ? ORDER BY number", (kind,)
            ).fetchall()
        return [(key, json.loads(value)) for key, value in rows]

    def latest(self, kind: str, count: int) -> list[tuple[str, dict[str, Any]]]:
        """Return the `count` documents written last, newest first."""
        with self.lock:
            rows = self._db.execute(
                "SELECT key, value FROM documents WHERE kind = ? ORDER BY number DESC LIMIT ?", (kind, count)
            ).fetchall()
        return [(key, json.loads(value)) for key, value in rows]

    def share(self, *names: object) -> float:
        """Return a number from 0 up to 1 that follows from the seed and the names."""
        digest = hashlib.sha256(repr((self.seed, *names)).encode()).digest()
        return int.from_bytes(digest[:7]) / 2**56

    def next_number(self, name: str) -> int:
        """Return 1, 2, 3 … for a name; never the same twice, not after a restart either."""
        with self.lock:
            number = int((self.get("counter", name) or {"last": 0})["last"]) + 1
            self.put("counter", name, {"last": number})
        return number

    def make_id(self, prefix: str, length: int = 14) -> str:
        """Return `prefix` and `length` letters and digits that follow from the seed and a counter."""
        number = int.from_bytes(
            hashlib.sha512(f"{self.seed}:{prefix}:{self.next_number('id:' + prefix)}".encode()).digest()
        )
        letters: list[str] = []
        for _ in range(length):
            number, index = divmod(number, len(ALPHABET))
            letters.append(ALPHABET[index])
        return prefix + "".join(letters)

    def on_reset(self, action: Callable[[], None]) -> None:
        """Call `action` on each reset, for what a module keeps outside this store."""
        self._resets.append(action)

    def reset(self, seed: int = 1) -> None:
        """Forget everything and begin again from `seed`, at the real time."""
        with self.lock:
            self._db.execute("DELETE FROM documents")
            self.seed = seed
            self._save(0.0)
        self.clock.set_offset(0.0)
        self.timers.clear()
        for action in self._resets:
            action()

    def close(self) -> None:
        """Stop the timers and close the file."""
        self.timers.stop()
        with self.lock:
            self._db.close()

    def _save(self, offset: float) -> None:
        self.put("sandbox", "state", {"seed": self.seed, "offset": offset})
