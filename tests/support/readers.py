"""The sandbox's Textract and Claude, by their control calls: what a page says, what is answered, what goes wrong."""

import hashlib
from typing import Any

from tests.support.sandbox import Sandbox


class Readers(Sandbox):
    """Both of them, as they were when they are mended."""

    def says(self, content: bytes, *lines: str, confidence: float = 95.0) -> None:
        """State what Textract reads on a page."""
        read = [{"text": line, "confidence": confidence} for line in lines]
        self.control("PUT", f"/textract/documents/{hashlib.sha256(content).hexdigest()}", {"pages": [{"lines": read}]})

    def replies(self, **reply: Any) -> None:
        """Queue an answer of Claude: `json`, `text`, `stop_reason` or `error`; `match` and `times` as wanted."""
        self.control("POST", "/anthropic/replies", reply)

    def calls(self, provider: str) -> int:
        """Count the calls that a provider got."""
        return len(self.calls_of(provider))

    def last_call(self, provider: str) -> dict[str, Any]:
        """Give the last call that a provider got."""
        return self.calls_of(provider)[-1]

    def mend(self) -> None:
        """Remove every fault and every queued answer."""
        super().mend()
        self.control("DELETE", "/anthropic/replies")
