"""Fire the scheduled functions by their own cron expressions, as Cloud Scheduler would."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from croniter import croniter

from ops import emulators
from ops.endpoints import Endpoints
from ops.errors import OpsError


class Ticker:
    """Looks once a second which schedule is due. A schedule whose last run still goes on is left out."""

    def __init__(self, found: Endpoints, say: Callable[[str], None]) -> None:
        self._found = found
        self._say = say
        self._busy: set[str] = set()
        self._failing: set[str] = set()
        self._stopping = threading.Event()

    def start(self) -> None:
        """Begin to tick, in the background."""
        threading.Thread(target=self._tick, name="ticker", daemon=True).start()

    def stop(self) -> None:
        """Fire nothing more; runs that go on are not waited for."""
        self._stopping.set()

    def _tick(self) -> None:
        last = datetime.now(UTC)
        while not self._stopping.wait(1.0):
            now = datetime.now(UTC)
            try:
                found = emulators.schedules(self._found)
            except OpsError:
                continue  # the suite reloads or stops; what is due is fired at the next look
            for trigger in found:
                when = due(trigger["schedule"]["schedule"], trigger["schedule"].get("timeZone"), last, now)
                if when is not None and trigger["name"] not in self._busy:
                    self._busy.add(trigger["name"])
                    threading.Thread(target=self._fire, args=(trigger["name"], when), daemon=True).start()
            last = now

    def _fire(self, name: str, when: datetime) -> None:
        problem = ""
        try:
            fire(self._found, name, when)
        except OpsError as error:
            problem = str(error)
        finally:
            self._busy.discard(name)
        if problem and name not in self._failing and not self._stopping.is_set():
            self._say(problem)
        (self._failing.add if problem else self._failing.discard)(name)


def fire(found: Endpoints, name: str, when: datetime | None = None) -> str:
    """Run a scheduled function now and give what it answered. Raises OpsError when it fails."""
    status, text = emulators.invoke_schedule(found, name, (when or datetime.now(UTC)).isoformat())
    if not 200 <= status < 300:
        raise OpsError(f"schedule {name} failed: {status} {text.strip()[:300]}")
    return text


def due(expression: str, zone: str | None, last: datetime, now: datetime) -> datetime | None:
    """Give the newest instant in (last, now] that a cron expression names in its time zone, or None."""
    local = now.astimezone(ZoneInfo(zone or "Etc/UTC"))
    # get_prev is exclusive of its start: a microsecond more makes `now` itself count.
    newest: datetime = croniter(expression, local.replace(microsecond=min(local.microsecond + 1, 999_999))).get_prev(
        datetime
    )
    return newest if newest > last else None
