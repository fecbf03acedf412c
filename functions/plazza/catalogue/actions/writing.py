"""Products → documents of an index, in pieces, while the next pieces are made; what an older version says is left out."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from elasticsearch import Elasticsearch
from pydantic_core import to_json

from plazza import settings
from plazza.catalogue.actions.documents import document_of
from plazza.catalogue.store.products import FullProduct
from plazza.data import search as engine
from plazza.errors import Conflict

Result = TypeVar("Result")

OLDER = 409
"""What the engine answers when it has a newer version already."""
_SENDERS = 2
_TOLD = "errors,items.index.status,items.index.error"
_AGAIN_FOR_SEC = 60.0
_PAUSE_SEC = 1.0


def write_products(index: str, products: Iterable[FullProduct], *, each: Callable[[], None] = lambda: None) -> int:
    """Write products into an index or alias that exists; give how many were newer there than given here.

    At most three pieces of BATCH_SIZE are held at once, whatever the size of the catalogue. `each` is called once a piece. A node
    that is lost in between costs a repetition: versions make it harmless. Raises SearchDown, Conflict for a document that the
    mapping refuses.
    """
    waiting: deque[Future[int]] = deque()
    newer = 0
    with ThreadPoolExecutor(_SENDERS) as senders:
        for piece in _pieces(products):
            waiting.append(senders.submit(_send, index, _operations(piece)))
            each()
            if len(waiting) > _SENDERS:
                newer += waiting.popleft().result()
        return newer + sum(one.result() for one in waiting)


def delete_documents(index: str, versions: dict[UUID, int]) -> None:
    """Delete documents by id and version; one that was written anew meanwhile stays. Raises SearchDown."""
    operations: list[dict[str, Any]] = [
        {"delete": {"_id": str(one), "version": version, "version_type": "external_gte"}}
        for one, version in versions.items()
    ]
    if operations:
        insist(lambda client: client.bulk(index=index, operations=operations))


def insist(work: Callable[[Elasticsearch], Result]) -> Result:
    """Run a call that may be repeated until the engine answers, for a minute at most: long enough to elect a new manager of a cluster."""
    give_up_at = time.monotonic() + _AGAIN_FOR_SEC
    while True:
        try:
            return engine.call(work, timeout_sec=engine.BULK_TIMEOUT_SEC)
        except engine.SearchDown:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(_PAUSE_SEC)


def _pieces(products: Iterable[FullProduct]) -> Iterator[list[FullProduct]]:
    left = iter(products)
    while piece := list(islice(left, settings.number("BATCH_SIZE"))):
        yield piece


def _operations(products: list[FullProduct]) -> list[bytes]:
    operations: list[bytes] = []
    for product in products:
        head = {"_id": str(product.id), "version": product.version, "version_type": "external_gte"}
        operations += [to_json({"index": head}), to_json(document_of(product))]
    return operations


def _send(index: str, operations: list[bytes]) -> int:
    answer = insist(
        lambda client: client.bulk(index=index, operations=operations, filter_path=_TOLD)  # pyright: ignore[reportArgumentType] -- the client takes written lines, as its own helper gives them; its types do not say so
    )
    if not answer["errors"]:
        return 0
    newer = 0
    for item in answer["items"]:
        status = item["index"]["status"]
        if status == OLDER:
            newer += 1
        elif status in {429, 503}:
            raise engine.SearchDown("Search takes no more documents just now; try again.")
        elif status >= 400:
            raise Conflict(
                "The engine refused a product; see its mapping.", problem=str(item["index"].get("error"))[:300]
            )
    return newer
