"""The search engine: Elasticsearch 8 or 9, or OpenSearch, behind one client. Every call has a deadline.

ELASTICSEARCH_URL may name several nodes of one cluster. A node that cannot be reached, or that dies during a call, is left out for a
while, and the call goes to the next one; nothing else is tried twice. After a call without an answer the instance stays away from
the engine for a while: a dead one then costs one time-out, not one a search.
"""

import http.client
import json
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import certifi
import elastic_transport
import elasticsearch
import requests
from elastic_transport import ApiResponseMeta, BaseNode, HttpHeaders, NodeConfig, NodePool, TransportApiResponse
from elasticsearch import Elasticsearch
from urllib3.util.wait import wait_for_read

from plazza import settings
from plazza.errors import Unavailable

Result = TypeVar("Result")

TIMEOUT_SEC = 2.0
BULK_TIMEOUT_SEC = 30.0
STAY_AWAY_SEC = 5.0
_JSON = HttpHeaders({"accept": "application/json", "content-type": "application/json"})


class SearchDown(Unavailable):
    """The engine does not answer, or has no index."""


class _Node(BaseNode):
    """Speaks to one node over the standard library's connections, one a thread: `requests` takes three times as long as the node itself.

    A node that lets nobody in is dead, and not slow: the request was not sent, another node can have it.
    """

    _CLIENT_META_HTTP_CLIENT = ("hc", "1")

    def __init__(self, config: NodeConfig) -> None:
        """Take the node's address; nothing is sent yet."""
        super().__init__(config)
        self._of_thread = threading.local()
        self._own_headers = dict(self.headers)
        self._tls = ssl.create_default_context(cafile=certifi.where()) if config.scheme == "https" else None

    def perform_request(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        request_timeout: Any = None,
    ) -> Any:
        began = time.monotonic()
        connection = self._enter(*request_timeout)
        try:
            connection.request(method, self.path_prefix + target, body, {**self._own_headers, **(headers or {})})
            answer = connection.getresponse()
            content = answer.read()
        except TimeoutError as exc:
            connection.close()
            raise elastic_transport.ConnectionTimeout("The node does not answer.", errors=(exc,)) from exc
        except (OSError, http.client.HTTPException) as exc:
            connection.close()
            raise elastic_transport.ConnectionError("The node hung up.", errors=(exc,)) from exc
        given = HttpHeaders(answer.getheaders())
        meta = ApiResponseMeta(answer.status, "1.1", given, time.monotonic() - began, self.config)
        return TransportApiResponse(meta, content)

    def _enter(self, enter_sec: float, answer_sec: float) -> http.client.HTTPConnection:
        """Give this thread's connection, a new one if the node ended it meanwhile. Raises elastic_transport.ConnectionError."""
        last: http.client.HTTPConnection | None = getattr(self._of_thread, "connection", None)
        if last is not None and last.sock is not None:
            if not wait_for_read(last.sock, timeout=0):
                return last
            last.close()  # nothing was asked, so what there is to read is its end
        if self._tls is None:
            connection = http.client.HTTPConnection(self.host, self.port, timeout=enter_sec)
        else:
            connection = http.client.HTTPSConnection(self.host, self.port, timeout=enter_sec, context=self._tls)
        try:
            connection.connect()
        except OSError as exc:
            connection.close()
            raise elastic_transport.ConnectionError("The node lets nobody in.", errors=(exc,)) from exc
        connection.sock.settimeout(answer_sec)
        self._of_thread.connection = connection
        return connection

    def close(self) -> None:
        """Close this thread's connection; the others end with their threads."""
        if hasattr(self._of_thread, "connection"):
            self._of_thread.connection.close()


class _OpenSearchNode(_Node):
    """Speaks the client's protocol to OpenSearch: plain content types out, the product header that the client checks in."""

    def perform_request(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        request_timeout: Any = None,
    ) -> Any:
        plain = dict(headers or {})
        for name, sent in plain.items():
            if "vnd.elasticsearch+" in sent:
                plain[name] = "application/x-ndjson" if "x-ndjson" in sent else "application/json"
        answer = super().perform_request(method, target, body, plain, request_timeout)
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


def search(index: str, body: bytes) -> bytes:
    """Give the hits of a request as the engine writes them, each with its index, its fields and its source alone. Raises as `call` does."""
    # Of a hit the engine would tell more than half of its bytes again.
    path = f"/{index}/_search?filter_path=hits.hits._index,hits.hits.fields,hits.hits._source"
    return call(lambda client: _post(client.transport.node_pool, path, body))


def hits_of(found: bytes) -> list[dict[str, Any]]:
    """Read the hits that `search` gives."""
    return json.loads(found).get("hits", {}).get("hits", [])


def _post(pool: NodePool, path: str, body: bytes) -> bytes:
    """Do as the client does, which takes twice as long: it takes the body and the answer apart."""
    limits = _limits(TIMEOUT_SEC, len(pool))
    for nodes_left in reversed(range(len(pool))):
        node = pool.get()
        try:
            meta, content = node.perform_request("POST", path, body, _JSON, limits)
        except elastic_transport.TransportError as exc:
            pool.mark_dead(node)
            if nodes_left and isinstance(exc, elastic_transport.ConnectionError):
                continue
            raise
        if meta.status == http.client.OK:
            pool.mark_live(node)
            return content
        raise elasticsearch.ApiError(f"The engine answers {meta.status}.", meta, content)
    raise AssertionError("a pool has a node")


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
    return Elasticsearch(
        nodes,
        node_class=node_class,
        request_timeout=_limits(timeout_sec, len(nodes)),
        max_retries=len(nodes) - 1,
        retry_on_timeout=False,
        retry_on_status=(),
        meta_header=False,
    )


def _limits(timeout_sec: float, nodes: int) -> Any:
    """Give the seconds to get in and those to be answered, as `requests` takes them."""
    return timeout_sec / nodes, timeout_sec


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
