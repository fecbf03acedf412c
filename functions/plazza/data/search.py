"""The search engine: Elasticsearch 8 or 9, or OpenSearch, behind one client. Every call has a deadline.

ELASTICSEARCH_URL may name several nodes of one cluster. A node that cannot be reached, or that dies during a call, is left out for a
while, and the call goes to the next one; nothing else is tried twice. After a call without an answer the instance stays away from
the engine for a while: a dead one then costs one time-out, not one a search.
"""

import http.client
import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

import certifi
import elastic_transport
import elasticsearch
import pycurl
import requests
from elastic_transport import ApiResponseMeta, BaseNode, HttpHeaders, NodeConfig, NodePool, TransportApiResponse
from elasticsearch import Elasticsearch

from plazza import settings
from plazza.errors import Unavailable

Result = TypeVar("Result")

TIMEOUT_SEC = 2.0
BULK_TIMEOUT_SEC = 30.0
STAY_AWAY_SEC = 5.0
_JSON = HttpHeaders({"accept": "application/json", "content-type": "application/json"})


class SearchDown(Unavailable):
    """The engine does not answer, or has no index."""


class _Wanted(NamedTuple):
    """What a request is but for its body; the times are those to get in and to be answered."""

    method: str
    url: str
    headers: Mapping[str, str]
    enter_sec: float
    answer_sec: float


_ALWAYS = {
    pycurl.NOSIGNAL: 1,  # signals are of the main thread
    pycurl.PROXY: "",
    pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_1_1,
}


class _Node(BaseNode):
    """Speaks to one node by curl, over one connection a thread: what Python itself does with a request takes longer than many a search.

    A node that lets nobody in is dead, and not slow: the request was not sent, another node can have it.
    """

    _CLIENT_META_HTTP_CLIENT = ("cu", "1")

    def __init__(self, config: NodeConfig) -> None:
        """Take the node's address; nothing is sent yet."""
        super().__init__(config)
        self._of_thread = threading.local()
        self._own_headers = dict(self.headers)

    def perform_request(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        request_timeout: Any = None,
    ) -> Any:
        wanted = _Wanted(method, f"{self.base_url}{target}", {**self._own_headers, **(headers or {})}, *request_timeout)
        curl = self._curl_for(wanted)
        curl.setopt(pycurl.POSTFIELDS, body or b"")
        try:
            content = curl.perform_rb()
        except pycurl.error as exc:
            raise _problem(curl, exc) from exc
        # Only Elasticsearch names its product, and the client answers nobody without it: here OpenSearch is as welcome.
        told = {"content-type": curl.getinfo(pycurl.CONTENT_TYPE) or "", "x-elastic-product": "Elasticsearch"}
        status, seconds = curl.getinfo(pycurl.RESPONSE_CODE), curl.getinfo(pycurl.TOTAL_TIME)
        return TransportApiResponse(ApiResponseMeta(status, "1.1", HttpHeaders(told), seconds, self.config), content)

    def _curl_for(self, wanted: _Wanted) -> pycurl.Curl:
        """Give this thread's connection, set to a kind of request: most are of the kind of the one before."""
        mine = self._of_thread.__dict__
        if "curl" not in mine:
            mine["curl"] = pycurl.Curl()
            for option, value in _ALWAYS.items():
                mine["curl"].setopt(option, value)
            mine["curl"].setopt(pycurl.CAINFO, certifi.where())
        if mine.get("wanted") != wanted:
            _set(mine["curl"], wanted)
            mine["wanted"] = wanted
        return mine["curl"]

    def close(self) -> None:
        """Close this thread's connection; the others end with their threads."""
        mine = self._of_thread.__dict__
        if "curl" in mine:
            mine["curl"].close()
            mine.clear()


def _set(curl: pycurl.Curl, wanted: _Wanted) -> None:
    curl.setopt(pycurl.NOBODY, wanted.method == "HEAD")
    curl.setopt(pycurl.CUSTOMREQUEST, wanted.method)
    curl.setopt(pycurl.URL, wanted.url)
    # Without the last one a long body would wait for the node's consent.
    curl.setopt(pycurl.HTTPHEADER, [*(f"{name}: {value}" for name, value in wanted.headers.items()), "expect:"])
    curl.setopt(pycurl.CONNECTTIMEOUT_MS, round(wanted.enter_sec * 1000))
    curl.setopt(pycurl.TIMEOUT_MS, round(wanted.answer_sec * 1000))


def _problem(curl: pycurl.Curl, error: pycurl.error) -> elastic_transport.TransportError:
    """Tell what went wrong: the node does not answer in time, or it is not to be reached."""
    was_sent = curl.getinfo(pycurl.REQUEST_SIZE) > 0
    if was_sent and error.args[0] == pycurl.E_OPERATION_TIMEDOUT:
        return elastic_transport.ConnectionTimeout("The node does not answer.", errors=(error,))
    return elastic_transport.ConnectionError("The node lets nobody in, or hung up.", errors=(error,))


class _OpenSearchNode(_Node):
    """Speaks the client's protocol to OpenSearch: plain content types."""

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
        return super().perform_request(method, target, body, plain, request_timeout)


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
