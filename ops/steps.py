"""Run steps that need each other in order and the others side by side, with a line for each and no still screen."""

import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from ops.errors import OpsError

_TERMINAL_SEC = 0.5
_PLAIN_SEC = 5.0


@dataclass(frozen=True)
class Step:
    """A piece of work. `work` returns a short note for the screen; `after` names the steps it needs."""

    name: str
    work: Callable[[], str]
    after: tuple[str, ...] = ()


class StepFailed(OpsError):
    """A step did not finish; `name` is the step's."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} failed: {reason}")
        self.name = name


@dataclass
class Screen:
    """Lines of progress: on a terminal the last line lives, elsewhere plain lines follow each other."""

    started: float = field(default_factory=time.monotonic)
    quiet: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _shown: float = 0.0

    def line(self, text: str) -> None:
        """Print one line that stays."""
        if self.quiet:
            return
        with self._lock:
            clear = "\r\x1b[K" if sys.stdout.isatty() else ""
            print(f"{clear}[{time.monotonic() - self.started:6.1f} s] {text}", flush=True)
            self._shown = time.monotonic()

    def running(self, names: Sequence[str]) -> None:
        """Show what is being waited for, when nothing was shown for a moment."""
        still_sec = time.monotonic() - self._shown
        if self.quiet or not names or still_sec < (_TERMINAL_SEC if sys.stdout.isatty() else _PLAIN_SEC):
            return
        text = f"[{time.monotonic() - self.started:6.1f} s] … {', '.join(names)}"
        with self._lock:
            if sys.stdout.isatty():
                print(f"\r\x1b[K{text[:110]}", end="", flush=True)
            else:
                print(text, flush=True)
            self._shown = time.monotonic()


def run_steps(steps: Sequence[Step], screen: Screen, cancel: threading.Event | None = None) -> None:
    """Run every step once those it needs are done. Raises StepFailed for the first that fails; sets `cancel` then."""
    waiting = {step.name: step for step in steps}
    running: dict[Future[str], tuple[str, float]] = {}
    done: set[str] = set()
    failed: StepFailed | None = None
    with ThreadPoolExecutor(max_workers=len(steps) or 1) as pool:
        while running or (waiting and failed is None):
            for step in [] if failed else [step for step in waiting.values() if done.issuperset(step.after)]:
                del waiting[step.name]
                running[pool.submit(step.work)] = (step.name, time.monotonic())
            if not running:
                raise OpsError(f"Steps wait for each other: {', '.join(waiting)}")
            finished, _ = wait(running, timeout=0.2, return_when=FIRST_COMPLETED)
            for future in finished:
                name, began = running.pop(future)
                reason = future.exception()
                if reason is None:
                    done.add(name)
                    screen.line(f"{name}: {future.result()} ({time.monotonic() - began:.1f} s)")
                elif failed is None:
                    failed = StepFailed(name, _reason(reason))
                    screen.line(f"{name}: FAILED")
                    if cancel is not None:
                        cancel.set()
            screen.running([name for name, _ in running.values()])
    if failed is not None:
        raise failed


def _reason(error: BaseException) -> str:
    """Give a failure's text: our own errors speak for themselves, others name their class."""
    return str(error) if isinstance(error, OpsError) else f"{type(error).__name__}: {error}"
