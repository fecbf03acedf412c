"""Speaks to the stand-in for the Storage rules runtime as the Firebase CLI does: a line of JSON there, a line back."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "emulators" / "storage_rules" / "main.mjs"


class Verdict(NamedTuple):
    """What the runtime says to one request."""

    permit: bool | None
    errors: list[str]
    warnings: list[str]


class RulesRefusedError(Exception):
    """The ruleset was not loaded; holds the faults as the runtime describes them."""

    def __init__(self, faults: list[dict[str, Any]]) -> None:
        super().__init__(faults)
        self.faults = faults


class RulesRuntime:
    """One runtime process. It ends with its input, so also when the tests are killed."""

    def __init__(self, command: Sequence[str] = ("node", str(PROGRAM))) -> None:
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.greeting = self._read()
        self._sent = 0

    def close(self) -> int:
        """Close its input; its exit status."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self._process.wait(timeout=10)

    def send_line(self, line: str) -> dict[str, Any]:
        """Send one raw line; its answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self._read()

    def request(self, action: str, context: Mapping[str, Any]) -> dict[str, Any]:
        """Send one request; its answer, which must be to this one."""
        self._sent += 1
        answer = self.send_line(json.dumps({"id": self._sent, "action": action, "context": context}))
        assert answer["id"] == self._sent
        return answer

    def load(self, content: str) -> str:
        """Load a rules file; the name to verify with."""
        name = f"ruleset-{self._sent}"
        source = {"files": [{"name": "storage.rules", "content": content}]}
        answer = self.request("load_ruleset", {"rulesetName": name, "source": source})
        if answer["errors"]:
            raise RulesRefusedError([json.loads(error) for error in answer["errors"]])
        return name

    def verify(
        self,
        ruleset: str,
        method: str,
        path: str,
        *,
        auth: Mapping[str, Any] | None = None,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
    ) -> Verdict:
        """Ask whether a request is permitted; `path` is the whole one, "/b/<bucket>/o/<object>"."""
        request = {
            "path": {"path_value": {"segments": [{"simple": part} for part in path.split("/") if part]}},
            "time": tagged(datetime.now(UTC)),
            "resource": tagged(after),
            "auth": tagged(auth),
        }
        variables = {"resource": tagged(before), "request": {"map_value": {"fields": request}}}
        context = {"rulesetName": ruleset, "service": "firebase.storage", "path": path, "method": method}
        answer = self.request("verify", {**context, "variables": variables})
        return Verdict(answer.get("result", {}).get("permit"), answer["errors"], answer["warnings"])

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())


def tagged(value: Any) -> dict[str, Any]:
    """A value as the CLI writes it for the runtime."""
    match value:
        case None:
            return {"null_value": None}
        case bool():
            return {"bool_value": value}
        case int():
            return {"int_value": value}
        case float():
            return {"float_value": value}
        case str():
            return {"string_value": value}
        case datetime():
            return {"timestamp_value": value.strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03d}Z"}
        case Mapping():
            return {"map_value": {"fields": {key: tagged(item) for key, item in value.items()}}}
        case Sequence():
            return {"list_value": {"values": [tagged(item) for item in value]}}
        case _:
            raise TypeError(type(value))
