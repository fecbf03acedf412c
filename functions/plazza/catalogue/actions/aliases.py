"""Which index answers, which was before it, and the step from one to the other: one request, so that no search sees less."""

from typing import Any, NamedTuple

from plazza.catalogue.actions import changes
from plazza.catalogue.actions.candidates import ALIAS
from plazza.catalogue.actions.writing import insist
from plazza.data import search as engine

PREVIOUS = f"previous-{ALIAS}"


class Indices(NamedTuple):
    """The product indices there are: the one that answers, the one before it, and leftovers."""

    current: str | None
    previous: str | None
    others: list[str]

    def all(self) -> list[str]:
        """Give every index, the answering one first."""
        return [name for name in (self.current, self.previous) if name] + self.others


def indices() -> Indices:
    """Ask which indices there are. Raises SearchDown."""
    listed: dict[str, Any] = engine.call(lambda client: client.indices.get_alias(index=f"{ALIAS}-*")).body
    named: dict[str, str] = {alias: name for name, one in listed.items() for alias in one["aliases"]}
    current, previous = named.get(ALIAS), named.get(PREVIOUS)
    return Indices(current, previous, sorted(set(listed) - {current, previous}))


def point(index: str) -> None:
    """Let an index answer from now on; the one that did becomes the one before. Raises SearchDown."""
    found = indices()
    if found.current == index:
        return
    actions: list[dict[str, Any]] = [{"add": {"index": index, "alias": ALIAS, "is_write_index": True}}]
    if found.current is not None:
        actions.append({"remove": {"index": found.current, "alias": ALIAS}})
        actions.append({"add": {"index": found.current, "alias": PREVIOUS}})
    # Without an index that answers, the one before stays the one before.
    if found.previous is not None and (found.current is not None or found.previous == index):
        actions.append({"remove": {"index": found.previous, "alias": PREVIOUS}})
    insist(lambda client: client.indices.update_aliases(actions=actions))
    changes.forget_all()


def remove(names: list[str]) -> None:
    """Delete indices that nothing points to. Raises SearchDown."""
    for name in names:
        insist(lambda client, name=name: client.indices.delete(index=name, ignore_unavailable=True))
