"""What the journey is told with: calls as the apps make them, checks, and lines on the screen with their times."""

import json
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import requests

from ops import emulators
from ops.endpoints import Endpoints
from ops.journey.people import Person

TIMEOUT_SEC = 60


def today_in_india() -> date:
    """Give the date by which prescriptions are valid and batches expire."""
    return datetime.now(ZoneInfo("Asia/Kolkata")).date()


class Stage:
    """One run of the journey: the system it plays on, and what is remembered from step to step."""

    def __init__(self, system: Endpoints, say: Callable[[str], None] = print) -> None:
        self.system = system
        self.say = say
        self.checks = 0
        self._http = requests.Session()

    @contextmanager
    def step(self, number: int, title: str) -> Generator[None]:
        """Announce a step, and afterwards the time it took."""
        self.say(f"\n{number:>2}. {title}")
        started = time.monotonic()
        yield
        self.say(f"    done in {time.monotonic() - started:.1f} s")

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        by: Person | None = None,
        key: str | None = None,
        expect: int = 200,
        show: str = "",
    ) -> Any:
        """Call a route and check its status; give the JSON answer, or the bytes of a file. `show` names the fields to print."""
        headers = dict(by.headers) if by else {}
        if key is not None:
            headers["Idempotency-Key"] = key
        started = time.monotonic()
        answer = self._http.request(
            method, f"{self.system.api_url}{path}", json=body, headers=headers, timeout=TIMEOUT_SEC
        )
        took = (time.monotonic() - started) * 1000
        is_json = answer.headers.get("Content-Type", "").startswith("application/json")
        found = answer.json() if is_json else answer.content
        self.say(f"    {method} {path} → {answer.status_code} in {took:.0f} ms {_summary(found, show)}")
        self.check(answer.status_code == expect, f"{method} {path} gives {expect}", found if is_json else None)
        return found

    def peek(self, path: str, by: Person) -> Any:
        """Give what a route answers now, without a line on the screen: for asking until something has happened."""
        return self._http.get(f"{self.system.api_url}{path}", headers=by.headers, timeout=TIMEOUT_SEC).json()

    def check(self, held: bool, what: str, found: Any = None) -> None:  # noqa: FBT001 -- the one thing that is said of a check
        """Print a check, and end the journey with what was found when it did not hold."""
        if not held:
            detail = "" if found is None else f"\n      found: {json.dumps(found, default=str)[:1500]}"
            raise AssertionError(f"{what}{detail}")
        self.held(what)

    def held(self, what: str) -> None:
        """Print a check that held: what was waited for has come."""
        self.checks += 1
        self.say(f"      ✓ {what}")

    def sandbox(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the sandbox: what the outside world did or saw."""
        answer = self._http.request(method, f"{self.system.sandbox_url}{path}", json=body, timeout=TIMEOUT_SEC)
        answer.raise_for_status()
        return answer.json()

    def until(self, ask: Callable[[], Any], is_wanted: Callable[[Any], bool], what: str, seconds: float = 150) -> Any:
        """Ask until the answer is as wanted, and check it."""
        deadline = time.monotonic() + seconds
        found = ask()
        while not is_wanted(found) and time.monotonic() < deadline:
            time.sleep(0.25)
            found = ask()
        self.check(is_wanted(found), what, found)
        return found

    def run_schedule(self, name: str) -> None:
        """Fire a scheduled function now instead of at its time."""
        status, text = emulators.invoke_schedule(self.system, name, datetime.now(UTC).isoformat())
        self.check(200 <= status < 300, f"the schedule {name} ran", text)


def _summary(found: Any, show: str) -> str:
    if isinstance(found, bytes):
        return f"{len(found)} bytes"
    picked = {name: found.get(name) for name in show.split()} if isinstance(found, dict) and show else {}
    return json.dumps(picked, ensure_ascii=False)[:200] if picked else ""
