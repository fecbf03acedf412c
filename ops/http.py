"""A few HTTP calls of the operations commands, by the standard library: short deadlines, JSON in and out."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from ops.errors import OpsError

# A proxy set for the registries must never see requests to this machine's own servers.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def request(
    url: str, method: str = "GET", body: Any = None, headers: Mapping[str, str] | None = None, timeout_sec: float = 10.0
) -> tuple[int, str]:
    """Send one request; `body` goes as JSON. Gives status and text. Raises OpsError when nobody answers."""
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Content-Type": "application/json", **(headers or {})}
    asked = urllib.request.Request(url, data=data, method=method, headers=sent)  # noqa: S310 -- only http(s) URLs of settings
    try:
        with _OPENER.open(asked, timeout=timeout_sec) as answer:
            return answer.status, answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")
    except OSError as error:
        raise OpsError(f"{method} {url.partition('?')[0]} got no answer: {error}") from error


def call(url: str, method: str = "GET", body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
    """Send one request and give the JSON answer. Raises OpsError on any status but 2xx."""
    status, text = request(url, method, body, headers)
    if not 200 <= status < 300:
        raise OpsError(f"{method} {url.partition('?')[0]} answered {status}: {text[:300]}")
    return json.loads(text) if text else None


def answers(url: str, timeout_sec: float = 2.0) -> bool:
    """Tell whether a GET gives 200."""
    try:
        return request(url, timeout_sec=timeout_sec)[0] == 200
    except OpsError:
        return False
