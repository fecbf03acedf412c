"""The sandbox's Textract and Claude, by their control calls: what a page says, what is answered, what goes wrong."""

import hashlib
from typing import Any

import requests


class Readers:
    """Both of them, as they were when they are mended."""

    def __init__(self, sandbox_url: str) -> None:
        self.url = sandbox_url

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Make a control call of the sandbox."""
        answer = requests.request(method, f"{self.url}/_sandbox{path}", json=body, timeout=60)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def fails(self, provider: str, kind: str, times: int | str = 1, **more: Any) -> None:
        """Let the next calls of `textract` or `anthropic` go wrong."""
        self.control("POST", "/faults", {"provider": provider, "kind": kind, "times": times, **more})

    def says(self, content: bytes, *lines: str, confidence: float = 95.0) -> None:
        """State what Textract reads on a page."""
        read = [{"text": line, "confidence": confidence} for line in lines]
        self.control("PUT", f"/textract/documents/{hashlib.sha256(content).hexdigest()}", {"pages": [{"lines": read}]})

    def replies(self, **reply: Any) -> None:
        """Queue an answer of Claude: `json`, `text`, `stop_reason` or `error`; `match` and `times` as wanted."""
        self.control("POST", "/anthropic/replies", reply)

    def calls(self, provider: str) -> int:
        """Count the calls that a provider got."""
        return len(self.control("GET", f"/calls?provider={provider}&path=")["calls"])

    def last_call(self, provider: str) -> dict[str, Any]:
        """Give the last call that a provider got."""
        return self.control("GET", f"/calls?provider={provider}&path=")["calls"][-1]

    def mend(self) -> None:
        """Remove every fault and every queued answer."""
        self.control("DELETE", "/faults")
        self.control("DELETE", "/anthropic/replies")
