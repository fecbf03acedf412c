"""The search engine: Elasticsearch 8 or 9, or OpenSearch, behind one client. Every call has a deadline and no hidden retry.

After a call without an answer the instance stays away from the engine for a while: a dead one then costs one time-out, not one a search.
"""

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import elastic_transport
import elasticsearch
import requests
from elastic_transport import HttpHeaders, RequestsHttpNode
from elasticsearch import Elasticsearch

from plazza import settings
from plazza.errors import Unavailable

Result = TypeVar("Result")

TIMEOUT_SEC = 2.0
BULK_TIMEOUT_SEC = 30.0
STAY_AWAY_SEC = 5.0


class SearchDown(Unavailable):
    """The engine does not answer, or has no index."""


class _OpenSearchNode(RequestsHttpNode):
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


_clients: dict[str, Elasticsearch] = {}
_away_until: dict[str, float] = {}
_lock = threading.Lock()


def call(work: Callable[[Elasticsearch], Result], *, timeout_sec: float = TIMEOUT_SEC) -> Result:
    """Run `work` with a client that gives up after `timeout_sec`.

    Raises SearchDown when the engine is away, too slow, or answers 404 (no index), 429 or 5xx. A 409 (an older version than the
    indexed one) and every other error is the caller's to read, as elasticsearch.ApiError.
    """
    url = settings.get("ELASTICSEARCH_URL")
    if time.monotonic() < _away_until.get(url, 0):
        raise SearchDown("Search does not answer; try again.")
    try:
        return work(_client(url).options(request_timeout=timeout_sec, max_retries=0, retry_on_timeout=False))
    except (elastic_transport.TransportError, requests.RequestException) as exc:
        _away_until[url] = time.monotonic() + STAY_AWAY_SEC
        raise SearchDown("Search does not answer; try again.") from exc
    except elasticsearch.ApiError as exc:
        if exc.status_code in {404, 429} or exc.status_code >= 500:
            raise SearchDown("Search has no answer; try again.") from exc
        raise


def _client(url: str) -> Elasticsearch:
    with _lock:
        if url not in _clients:
            node: Any = _OpenSearchNode if _is_opensearch(url) else RequestsHttpNode
            _clients[url] = Elasticsearch(url, node_class=node, request_timeout=TIMEOUT_SEC, max_retries=0)
        return _clients[url]


def _is_opensearch(url: str) -> bool:
    answer = requests.get(url, timeout=TIMEOUT_SEC)
    return answer.json().get("version", {}).get("distribution") == "opensearch"
