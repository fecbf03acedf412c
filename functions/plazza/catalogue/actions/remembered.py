"""Documents of the index that this instance has read: the engine then only names its candidates, which halves its work and ours.

A name is an index, a sku and the mark of a version (`documents.mark_of`): what it stands for never changes, so nothing here is stale.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from plazza.catalogue.rules.ranking import Candidate

MOST = 50_000
"""Some 6 kB each: of the functions' 1 GB it may fill a third."""


class Name(NamedTuple):
    """Which document, in which version."""

    index_name: str
    sku: str
    mark: int


class Document(NamedTuple):
    """A product as a search hands it on: what the order depends on, and the view that answers are made of. Read, never changed."""

    candidate: Candidate
    view: Mapping[str, Any]


_known: OrderedDict[Name, Document] = OrderedDict()
_lock = threading.Lock()


def recall(names: Iterable[Name]) -> dict[Name, Document]:
    """Give those documents that are known."""
    with _lock:
        found = {name: _known[name] for name in names if name in _known}
        for name in found:
            _known.move_to_end(name)
        return found


def remember(found: Mapping[Name, Document]) -> None:
    """Keep documents; those that nobody asked for the longest give way."""
    with _lock:
        _known.update(found)
        while len(_known) > MOST:
            _known.popitem(last=False)
