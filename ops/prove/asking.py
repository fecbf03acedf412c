"""Clients of function processes that behave as an app does: told to come back, or not answered, they come back with the same key."""

import http.client
import itertools
import json
import random
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from ops.errors import OpsError
from ops.prove.shop import Customer

_TIMEOUT_SEC = 65.0
_PATIENCE_SEC = 120.0
_LONGEST_PAUSE_SEC = 1.0
_COME_BACK = {429, 502, 503, 504}


class Answer(NamedTuple):
    """The last answer, after so many tries."""

    status: int
    body: dict[str, Any]
    tries: int

    @property
    def reason(self) -> str:
        """Give the machine-readable reason of a refusal, or its code."""
        details: dict[str, Any] = self.body.get("details", {})
        problems: list[dict[str, Any]] = details.get("problems", [])
        found = details.get("reason") or next((problem["code"] for problem in problems), None)
        return str(found or self.body.get("code", self.status))


class Client:
    """Asks any of some instances; `urls` may change while others ask."""

    def __init__(self, urls: Sequence[str], seed: int) -> None:
        """Take the instances' URLs; the seed chooses among them."""
        self.urls = list(urls)
        self._dice = random.Random(seed)  # noqa: S311 -- no secret
        self._addresses = itertools.count()
        self._lock = threading.Lock()

    def insist(self, path: str, customer: Customer, body: Mapping[str, object] | None = None) -> Answer:
        """Send a request, or without a body read, until the answer is final. Raises OpsError when there is none for two minutes."""
        with self._lock:
            key = str(UUID(int=self._dice.getrandbits(128)))
        headers = {
            "Authorization": f"Bearer {customer.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        method, sent = ("GET", None) if body is None else ("POST", json.dumps(body).encode())
        give_up_at, tries = time.monotonic() + _PATIENCE_SEC, 0
        while time.monotonic() < give_up_at:
            tries += 1
            answer = self.ask(method, path, sent, headers)
            if answer is not None and answer[0] not in _COME_BACK:
                return Answer(answer[0], answer[1], tries)
            time.sleep(random.uniform(0.01, min(_LONGEST_PAUSE_SEC, 0.05 * 2**tries)))  # noqa: S311 -- jitter, no secret
        raise OpsError(f"{method} {path} had no final answer after {tries} tries")

    def ask(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[int, dict[str, Any]] | None:
        """Send one request to some instance; None when it did not answer."""
        with self._lock:
            url, person = self._dice.choice(self.urls), next(self._addresses)
        address = f"10.{person >> 16 & 255}.{person >> 8 & 255}.{person & 255}"
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=_TIMEOUT_SEC)
        try:
            connection.request(method, path, body, headers | {"X-Forwarded-For": address})
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            connection.close()
