"""The journal: every request a provider received and what it was answered, without the secrets."""

import hashlib
import json
from typing import Any, Final

from flask import Request, Response

from sandbox.state import State

KEPT: Final = 2_000
MAX_BODY: Final = 16_384
SECRET_HEADERS: Final = frozenset({"authorization", "x-api-key", "x-goog-api-key", "cookie", "x-amz-security-token"})
SECRET_QUERY: Final = frozenset({"key", "access_token", "hub.verify_token"})


class Journal:
    """The latest requests in the order they came."""

    def __init__(self, state: State) -> None:
        self._state = state

    def arrive(self, provider: str, path: str, request: Request) -> str:
        """Record a request before anything is done about it; return its number."""
        query = [[k, "…" if k in SECRET_QUERY else v] for k, v in request.args.items(multi=True)]
        entry = {
            "at": self._state.clock.now(),
            "provider": provider,
            "method": request.method,
            "path": path,
            "query": query,
            "headers": {k: v for k, v in request.headers.items() if k.lower() not in SECRET_HEADERS},
            "body": shown(request.get_data(cache=True)),
            "fault": None,
            "status": None,
            "answer": None,
        }
        number = self._state.next_number("call")
        self._state.put("call", str(number), {"id": number, **entry})
        if number > KEPT:
            self._state.delete("call", str(number - KEPT))
        return str(number)

    def leave(self, number: str, response: Response | None, fault: str | None) -> None:
        """Add the answer, or None when it was lost."""
        with self._state.lock:
            entry = self._state.get("call", number)
            if entry is None:
                return
            entry["fault"] = fault
            if response is not None:
                entry["status"] = response.status_code
                entry["answer"] = shown(response.get_data())
            self._state.put("call", number, entry)

    def find(self, provider: str, path: str) -> list[dict[str, Any]]:
        """Return the calls of a provider whose path begins with `path`; empty strings match all."""
        calls = [call for _, call in self._state.items("call")]
        return [call for call in calls if provider in ("", call["provider"]) and call["path"].startswith(path)]

    def latest(self, count: int) -> list[dict[str, Any]]:
        """Return the last calls, newest first."""
        return [call for _, call in self._state.latest("call", count)]


def shown(data: bytes) -> Any:
    """Return a body as JSON where it is JSON, else as text; a long one as its size and hash."""
    if not data:
        return None
    if len(data) > MAX_BODY:
        return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    text = data.decode("utf-8", errors="replace")
    try:
        return json.loads(text)
    except ValueError:
        return text
