"""The sandbox's control calls, which the tests of every provider share."""

from typing import Any

import requests


class Sandbox:
    """The outside world, for arranging and for looking."""

    def __init__(self, sandbox_url: str) -> None:
        self.url = sandbox_url

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Make a control call of the sandbox."""
        answer = requests.request(method, f"{self.url}/_sandbox{path}", json=body, timeout=60)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def break_calls(self, provider: str, kind: str, times: int | str = 1, **more: Any) -> None:
        """Let the next calls of a provider go wrong."""
        self.control("POST", "/faults", {"provider": provider, "kind": kind, "times": times, **more})

    def calls_of(self, provider: str, path: str = "") -> list[dict[str, Any]]:
        """Give the calls that a provider got, whose path begins so."""
        return self.control("GET", f"/calls?provider={provider}&path={path}")["calls"]

    def mend(self) -> None:
        """Remove every fault."""
        self.control("DELETE", "/faults")
