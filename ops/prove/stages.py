"""What is done to the index while searches go on. Each stage gives what came of it; Wrong is what must not come of it."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from ops.prove.changing import change_price
from ops.prove.cluster import Cluster
from ops.prove.products import Parts
from plazza.catalogue.actions import index
from plazza.catalogue.actions.candidates import ALIAS
from plazza.catalogue.actions.writing import write_products
from plazza.catalogue.models.index import IndexView
from plazza.catalogue.store import products as store
from plazza.data import search as engine
from plazza.data.sql import read
from plazza.errors import PlazzaError

_LOOK_SEC = 0.02
_SHARE_WRITTEN = 0.3
"""Of the products that a build has written when a node is killed."""


class Wrong(Exception):
    """A stage came out as it must not."""


class Stages:
    """The stages, in the order of `all`; each begins where the one before ended."""

    def __init__(self, cluster: Cluster, parts: Parts, count: int) -> None:
        self._cluster, self._parts, self._count = cluster, parts, count
        self._before = self._built = index.status()

    def all(self, *, has_spare_nodes: bool) -> dict[str, Callable[[], str]]:
        """Give the stages by name."""
        stages = {"build": self._build, "roll back": self._roll_back, "swap": self._swap}
        stages |= {"repair": self._repair, "late events": self._late_events}
        if has_spare_nodes:
            stages["build, its manager killed"] = lambda: self._lose(lambda new: self._cluster.manager())
            stages["the node comes back"] = self._come_back
            stages["build, its writer killed"] = lambda: self._lose(self._cluster.holder)
            stages["that node comes back"] = self._come_back
        return stages | {"build once more": self._build}

    def _build(self) -> str:
        self._before, self._built = index.status(), index.build()
        _must(self._built.index != self._before.index, "the same index answers")
        _must(self._built.previous == self._before.index, "the index before was not kept")
        _must(not self._built.others, f"{len(self._built.others)} indices were left over")
        return f"{self._built.documents} products"

    def _roll_back(self) -> str:
        back = index.rollback()
        _must(back.index == self._before.index, "another index than the one before answers")
        return "the index before answers"

    def _swap(self) -> str:
        swapped = index.swap(str(self._built.index))
        _must(swapped.index == self._built.index, "another index answers")
        return "the new index answers"

    def _repair(self) -> str:
        lost = {str(product.id): product.version for product in self._parts.mended}
        for one, version in lost.items():
            engine.call(
                lambda client, one=one, version=version: client.delete(
                    index=ALIAS, id=one, version=version, version_type="external_gte"
                )
            )
        repaired = index.repair()
        _must(self._versions() == lost, "documents are still missing")
        return f"{len(lost)} documents were deleted, {repaired.written} written"

    def _late_events(self) -> str:
        old = self._parts.mended
        for number, product in enumerate(old):
            index.write_product(change_price(product.sku, 90_000 + number))
        newer = self._versions()
        refused = write_products(ALIAS, old)
        _must(refused == len(old), f"{len(old) - refused} old events overwrote new ones")
        _must(self._versions() == newer, "old events changed documents")
        stored = read(lambda tx: store.list_full(tx, [product.id for product in old]))
        _must(newer == {str(product.id): product.version for product in stored}, "new events are not in the index")
        return f"{refused} old events were refused"

    def _lose(self, victim: Callable[[str], int]) -> str:
        """Kill a node when a build has written a part; the build finishes, or fails and leaves all as it was."""
        self._before = index.status()
        with ThreadPoolExecutor(1) as builder:
            building = builder.submit(index.build)
            new = self._wait_for_part_of(building)
            self._lost = victim(new)
            self._cluster.kill(self._lost)
            problem = building.exception()
        if problem is None:
            self._built = building.result()
            return f"node {self._lost} killed, the build finished without it"
        _must(isinstance(problem, PlazzaError), f"the build ended with {problem!r}")
        current = str(index.status().index)
        _must(current == self._before.index, f"after a build that failed {current} answers")
        self._built = index.build()
        return f"node {self._lost} killed, the build failed ({problem}) and the next one did not"

    def _come_back(self) -> str:
        self._cluster.start(self._lost)
        self._cluster.wait()
        return f"node {self._lost} is back, every index has its copies"

    def _wait_for_part_of(self, building: Future[IndexView]) -> str:
        known = {self._before.index, self._before.previous, *self._before.others}
        while not building.done():
            written = self._cluster.ask(f"{ALIAS}-*/_stats/indexing")["indices"]
            for name, one in written.items():
                share = one["primaries"]["indexing"]["index_total"] / self._count
                if name not in known and share >= _SHARE_WRITTEN:
                    return name
            time.sleep(_LOOK_SEC)
        raise Wrong("the build was over before a node could be killed: take more products")

    def _versions(self) -> dict[str, int]:
        ids = [str(product.id) for product in self._parts.mended]
        documents = engine.call(lambda client: client.mget(index=ALIAS, ids=ids))["docs"]
        return {one["_id"]: one["_version"] for one in documents if one["found"]}


def compare() -> str:
    """Hold the index against the products, once all changes are told."""
    found = index.status()
    _must(found.documents == found.products, f"{found.documents} documents of {found.products} products")
    _must(found.differing_buckets == 0, f"{found.differing_buckets} parts of the catalogue differ")
    return f"{found.documents} documents agree with the products"


def _must(is_so: bool, otherwise: str) -> None:  # noqa: FBT001 -- reads as a sentence
    if not is_so:
        raise Wrong(otherwise)
