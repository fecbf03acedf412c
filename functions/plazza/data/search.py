"""The search engine: Elasticsearch 8 or 9, or OpenSearch, behind one client. Every call has a deadline.

ELASTICSEARCH_URL may name several nodes of one cluster. A node that cannot be reached, or that dies during a call, is left out for a
while, and the call goes to the next one; nothing else is tried twice. After a call without an answer the instance stays away from
the engine for a while: a dead one then costs one time-out, not one a search.
"""

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import elastic_transport
import elasticsearch
import requests
from elastic_transport import HttpHeaders, NodeConfig, RequestsHttpNode
from elasticsearch import Elasticsearch

from plazza import settings
from plazza.errors import Unavailable

Result = TypeVar("Result")

TIMEOUT_SEC = 2.0
BULK_TIMEOUT_SEC = 30.0
STAY_AWAY_SEC = 5.0


class SearchDown(Unavailable):
    """The engine does not answer, or has no index."""


class _Node(RequestsHttpNode):
    """Tells the client that a node which lets nobody in is dead, and not slow: the request was not sent, another node can have it."""

    def __init__(self, config: NodeConfig) -> None:
        """Ignore proxies and netrc of the environment: looking for them takes longer than a search."""
        super().__init__(config)
        self.session.trust_env = False

    def perform_request(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().perform_request(*args, **kwargs)
        except elastic_transport.ConnectionTimeout as exc:
            if isinstance(exc.errors[0], requests.ConnectTimeout):
                raise elastic_transport.ConnectionError(exc.message, errors=exc.errors) from exc
            raise


class _OpenSearchNode(_Node):
    """Speaks the client's protocol to OpenSearch: plain content types out, the product header that the client checks in."""

    def perform_request(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: HttpHeaders | None = None,
        request_timeout: Any = None,
    ) -> Any:
        plain = HttpHeaders(headers or {})
        for name in ("content-type", "accept"):
            sent = plain.get(name) or ""
            if "vnd.elasticsearch+" in sent:
                plain[name] = "application/x-ndjson" if "x-ndjson" in sent else "application/json"
        answer = super().perform_request(method, target, body=body, headers=plain, request_timeout=request_timeout)
        answer.meta.headers["x-elastic-product"] = "Elasticsearch"
        return answer


_clients: dict[tuple[str, float], Elasticsearch] = {}
_away_until: dict[str, float] = {}
_lock = threading.Lock()


def call(work: Callable[[Elasticsearch], Result], *, timeout_sec: float = TIMEOUT_SEC) -> Result:
    """Run `work` with a client that gives up after `timeout_sec`, of which the nodes share the time it takes to get in.

    Raises SearchDown when the engine is away, too slow, or answers 404 (no index), 429 or 5xx. A 409 (an older version than the
    indexed one) and every other error is the caller's to read, as elasticsearch.ApiError.
    """
    urls = settings.get("ELASTICSEARCH_URL")
    if time.monotonic() < _away_until.get(urls, 0):
        raise SearchDown("Search does not answer; try again.")
    try:
        return work(_client(urls, timeout_sec))
    except (elastic_transport.TransportError, requests.RequestException) as exc:
        _away_until[urls] = time.monotonic() + STAY_AWAY_SEC
        raise SearchDown("Search does not answer; try again.") from exc
    except elasticsearch.ApiError as exc:
        if exc.status_code in {404, 429} or exc.status_code >= 500:
            raise SearchDown("Search has no answer; try again.") from exc
        raise


def _nodes(urls: str) -> list[str]:
    return [url.strip() for url in urls.split(",") if url.strip()]


def _client(urls: str, timeout_sec: float) -> Elasticsearch:
    with _lock:
        if (urls, timeout_sec) not in _clients:
            _clients[urls, timeout_sec] = _connect(urls, timeout_sec)
        return _clients[urls, timeout_sec]


def _connect(urls: str, timeout_sec: float) -> Elasticsearch:
    nodes = _nodes(urls)
    node_class: Any = _OpenSearchNode if _is_opensearch(nodes) else _Node
    limits: Any = (timeout_sec / len(nodes), timeout_sec)  # as `requests` takes them: to get in, and to be answered
    return Elasticsearch(
        nodes,
        node_class=node_class,
        request_timeout=limits,
        max_retries=len(nodes) - 1,
        retry_on_timeout=False,
        retry_on_status=(),
    )


def _is_opensearch(nodes: list[str]) -> bool:
    """Ask the first node that answers. Raises requests.RequestException when none does, within the time of one call."""
    problem = requests.RequestException("No node is named.")
    for node in nodes:
        try:
            answer = requests.get(node, timeout=TIMEOUT_SEC / len(nodes))
            return answer.json().get("version", {}).get("distribution") == "opensearch"
        except requests.RequestException as exc:
            problem = exc
    raise problem
