"""Things that happen later on the sandbox's clock: they are stored, so a restart does not lose them.

Every timer belongs to a lane. A lane is one thread that runs its timers by due time, so what concerns one object keeps
its order while a slow webhook receiver delays only its own lane.
"""

import heapq
import logging
import threading
import time
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from sandbox.state import State

LANES: Final = 8
Handler = Callable[[dict[str, Any]], None]
log = logging.getLogger("sandbox.timers")


class Timers:
    """Stored calls of named handlers at a time of the sandbox's clock, at least once each."""

    def __init__(self, state: "State") -> None:
        self._state = state
        self._handlers: dict[str, Handler] = {}
        self._changed = threading.Condition()
        self._waiting: list[list[tuple[float, int]]] = [[] for _ in range(LANES)]
        self._running = 0
        self._stopped = False
        state.clock.on_change(self._wake)

    def on(self, name: str, handler: Handler) -> None:
        """Register what runs for timers called `name`."""
        self._handlers[name] = handler

    def at(self, due: float, name: str, args: dict[str, Any], lane: str = "") -> None:
        """Run handler `name` with `args` once the clock has reached `due`."""
        number = self._state.next_number("timer")
        place = zlib.crc32(lane.encode()) % LANES
        self._state.put("timer", str(number), {"due": due, "name": name, "args": args, "lane": place})
        with self._changed:
            heapq.heappush(self._waiting[place], (due, number))
            self._changed.notify_all()

    def start(self) -> None:
        """Take up the stored timers and start the lanes."""
        for key, timer in self._state.items("timer"):
            heapq.heappush(self._waiting[timer["lane"]], (timer["due"], int(key)))
        for place in range(LANES):
            threading.Thread(target=self._run_lane, args=(place,), name=f"timers-{place}", daemon=True).start()

    def settle(self, timeout: float) -> bool:
        """Wait until nothing that is due is left; False when `timeout` real seconds were not enough."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while self._busy():
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(min(left, 0.05))
        return True

    def clear(self) -> None:
        """Forget all timers; the stored ones are already gone."""
        with self._changed:
            self._waiting = [[] for _ in range(LANES)]
            self._changed.notify_all()

    def stop(self) -> None:
        """Let the lanes end after what they are doing."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _busy(self) -> bool:
        now = self._state.clock.time()
        return self._running > 0 or any(lane and lane[0][0] <= now for lane in self._waiting)

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _run_lane(self, place: int) -> None:
        while (number := self._take(place)) is not None:
            try:
                self._run(number)
            finally:
                with self._changed:
                    self._running -= 1
                    self._changed.notify_all()

    def _take(self, place: int) -> int | None:
        """Wait for the lane's next due timer; None when the sandbox stops."""
        with self._changed:
            while not self._stopped:
                lane = self._waiting[place]
                left = lane[0][0] - self._state.clock.time() if lane else None
                if left is not None and left <= 0:
                    self._running += 1
                    return heapq.heappop(lane)[1]
                self._changed.wait(left)
        return None

    def _run(self, number: int) -> None:
        timer = self._state.get("timer", str(number))
        if timer is None:
            return  # a reset came in between
        try:
            self._handlers[timer["name"]](timer["args"])
        except Exception:  # one broken timer must not end its lane
            log.exception("timer %s failed", timer["name"])
        self._state.delete("timer", str(number))
