"""What this instance has read of the index and made of it: the engine then only names its candidates, which halves its work and ours.

A name is an index, a sku and the mark of a version (`documents.mark_of`): what it stands for never changes, so no document here is stale,
and neither is an answer that was made of the same documents.
"""

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from plazza.catalogue.rules.ranking import Candidate

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

MOST = 50_000
"""Documents, some 6 kB each: of the functions' 1 GB they may fill a third."""
MOST_ANSWERS = 4_000
"""Pages and suggestions, some 25 kB each with the requests they came of."""


class Name(NamedTuple):
    """Which document, in which version."""

    index_name: str
    sku: str
    mark: int


class Document(NamedTuple):
    """A product as a search hands it on: what the order depends on, and the view that answers are made of. Read, never changed."""

    candidate: Candidate
    view: Mapping[str, Any]


class Memory(Generic[Key, Value]):
    """Keeps what never changes; what nobody asked for the longest gives way."""

    def __init__(self, most: int) -> None:
        """Keep so many values at most."""
        self._most = most
        self._known: OrderedDict[Key, Value] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> Value | None:
        """Give a value, if it is known."""
        with self._lock:
            value = self._known.get(key)
            if value is not None:
                self._known.move_to_end(key)
            return value

    def recall(self, keys: Iterable[Key]) -> dict[Key, Value]:
        """Give those values that are known."""
        known = self._known
        with self._lock:
            found = {key: known[key] for key in keys if key in known}
            for key in found:
                known.move_to_end(key)
            return found

    def remember(self, found: Mapping[Key, Value]) -> None:
        """Keep values."""
        with self._lock:
            self._known.update(found)
            while len(self._known) > self._most:
                self._known.popitem(last=False)


class Answered(NamedTuple):
    """What was made last for a question, the request that asks the engine for it, and the mark of the words that named its documents."""

    request: bytes
    mark: int
    made: Any


documents: Memory[Name, Document] = Memory(MOST)
answers: Memory[Hashable, Answered] = Memory(MOST_ANSWERS)


def mark_of(named: bytes) -> int:
    """Give what stands, within this process, for the words by which engine or database named documents: 64 bits under a secret key."""
    return hash(named)
