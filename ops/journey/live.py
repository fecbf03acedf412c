"""Watch a path of the Realtime Database as an app does: a stream of changes, with the person's own token."""

import json
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import requests

from ops.endpoints import Endpoints
from ops.journey.people import Person


class Watch:
    """The present value at a path, kept by a stream; `wait_for` blocks until it is as wanted."""

    def __init__(self, system: Endpoints, path: str, person: Person) -> None:
        self._changed = threading.Condition()
        self._value: Any = None
        self._failure = ""
        self._answer = requests.get(
            f"http://{system.database_host}/{path}.json",
            params={"ns": system.namespace, "auth": person.token},
            headers={"Accept": "text/event-stream"},
            stream=True,
            timeout=(5, 120),
        )
        if self._answer.status_code != 200:
            raise AssertionError(f"watching {path} was answered with {self._answer.status_code}")
        self.path = path
        threading.Thread(target=self._listen, daemon=True).start()

    def wait_for(self, is_wanted: Callable[[Any], bool], seconds: float = 45) -> Any:
        """Give the value as soon as it is wanted. Raises AssertionError after `seconds` with what is there instead."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while not is_wanted(self._value):
                left = deadline - time.monotonic()
                if left <= 0 or self._failure:
                    raise AssertionError(f"{self.path} is still {json.dumps(self._value)[:400]} {self._failure}")
                self._changed.wait(left)
            return self._value

    def close(self) -> None:
        """Stop watching."""
        self._answer.raw.shutdown()  # `close` alone waits for the reading thread, whose read ends with the next keep-alive
        self._answer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _listen(self) -> None:
        event = ""
        try:
            for raw in self._answer.iter_lines():
                line = bytes(raw).decode()
                if line.startswith("event:"):
                    event = line.removeprefix("event:").strip()
                elif line.startswith("data:") and event in {"put", "patch"}:
                    self._take(json.loads(line.removeprefix("data:")), is_patch=event == "patch")
                elif event in {"cancel", "auth_revoked"}:
                    self._fail(f"the stream ended with {event}")
        except (requests.RequestException, AttributeError, ValueError) as exc:
            self._fail(type(exc).__name__)

    def _fail(self, why: str) -> None:
        with self._changed:
            self._failure = why
            self._changed.notify_all()

    def _take(self, change: dict[str, Any], *, is_patch: bool) -> None:
        keys = [key for key in change["path"].split("/") if key]
        values = change["data"].items() if is_patch else [("", change["data"])]
        with self._changed:
            for name, value in values:
                self._value = _put(self._value, keys + [key for key in name.split("/") if key], value)
            self._changed.notify_all()


def _put(tree: Any, keys: list[str], value: Any) -> Any:
    if not keys:
        return value
    branch: dict[str, Any] = dict(tree) if isinstance(tree, dict) else {}
    branch[keys[0]] = _put(branch.get(keys[0]), keys[1:], value)
    return branch
