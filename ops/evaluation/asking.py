"""Ask a running system's search route, as any client does: one query after the other, waiting when the rate limit says so."""

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from ops.errors import OpsError
from ops.evaluation.scores import Answer, Judged
from ops.http import request

_ASKED = 10
_LIMITED, _AWAY = 429, 503
_TRIES = 8
_MOST_WAIT_SEC = 70.0


class Asker:
    """Asks one system; counts how many of its answers came from the database, and how long it had to wait for the limit."""

    def __init__(self, api_url: str, say: Callable[[str], None]) -> None:
        """Ask below `api_url`; `say` is told why nothing happens for a while."""
        self._url, self._say = f"{api_url}/products/search", say
        self.degraded = 0

    def ask(self, queries: Sequence[Judged], progress: Callable[[int, int], None]) -> list[Answer]:
        """Give the answer of each query. Raises OpsError for one that is refused."""
        answers: list[Answer] = []
        for number, judged in enumerate(queries, 1):
            answers.append(self._answer(judged.q))
            progress(number, len(queries))
        return answers

    def _answer(self, q: str) -> Answer:
        for _ in range(_TRIES):
            status, text = request(self._url, "POST", {"q": q, "limit": _ASKED}, timeout_sec=30)
            if status == 200:
                return self._read(json.loads(text))
            if status not in {_LIMITED, _AWAY}:
                raise OpsError(f"POST {self._url} answered {status} to {q!r}: {text[:300]}")
            wait_sec = min(_retry_sec(text), _MOST_WAIT_SEC)
            self._say(f"the system answers {status}: waiting {wait_sec:.0f} s, as it asks")
            time.sleep(wait_sec)
        raise OpsError(f"POST {self._url} was refused {_TRIES} times for {q!r}")

    def _read(self, answer: dict[str, Any]) -> Answer:
        self.degraded += bool(answer["degraded"])
        items = answer["items"]
        return Answer([item["sku"] for item in items], frozenset(item["sku"] for item in items if _is_marked(item)))


def _is_marked(item: dict[str, Any]) -> bool:
    """Tell whether an answer says of itself that it may not be what was asked for."""
    return bool(item.get("confusable_with")) or any(
        value is True for name, value in item.items() if name.endswith("_differs")
    )


def _retry_sec(text: str) -> float:
    try:
        return float(json.loads(text)["details"]["retry_after_sec"])
    except (ValueError, KeyError, TypeError):
        return 5.0
