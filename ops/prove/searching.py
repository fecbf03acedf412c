"""Searches without a pause, from several threads: a process of its own, as the function that searches is one in production.

`python -m ops.prove.searching FILE`; FILE is a JSON list of (what to ask, the sku to be found). Every search is a line of the log.
"""

import itertools
import json
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

from ops.paths import use_functions
from ops.process import Child

use_functions()

from plazza.catalogue.actions.search import search  # noqa: E402 -- their folder is on the path only now
from plazza.catalogue.models.search import SearchProducts, SearchResults  # noqa: E402

_THREADS, _PAUSE_SEC = 4, 0.02
_SHOWN = 10
"""How many answers of a search are looked at."""
_MARK = "asked "
WELL = "well"
VERDICTS = (WELL, "failed", "degraded", "lacking")


class Asked(NamedTuple):
    """A search: when it began, what is to be said of it, how long it took, and what was wrong."""

    at: float
    verdict: str
    seconds: float
    problem: str


def read(child: Child) -> list[Asked]:
    """Give the searches that a process has made so far."""
    lines = child.said().split("\n")[:-1]  # the last one may be half a line
    return [Asked(*json.loads(line.removeprefix(_MARK))) for line in lines if line.startswith(_MARK)]


def ask(q: str, sku: str) -> Asked:
    """Search once, and look for a product in what is found."""
    at = time.time()
    try:
        answer = SearchResults.model_validate_json(search(SearchProducts(q=q, limit=_SHOWN)).body)
        verdict, problem = WELL, ""
        if answer.degraded:
            verdict, problem = "degraded", q
        elif sku not in {item.sku for item in answer.items}:
            verdict, problem = "lacking", f"{sku} for {q!r}, {len(answer.items)} others"
    except Exception as exc:  # noqa: BLE001 -- whatever it is, a customer would have had no answer
        verdict, problem = "failed", f"{type(exc).__name__}: {exc}"
    return Asked(at, verdict, time.time() - at, problem)


def _ask_on(first: int, asked: list[tuple[str, str]]) -> None:
    for q, sku in itertools.cycle(asked[first:] + asked[:first]):
        sys.stdout.write(f"{_MARK}{json.dumps(ask(q, sku))}\n")
        sys.stdout.flush()
        time.sleep(_PAUSE_SEC)


def _main() -> None:
    asked: list[tuple[str, str]] = [(q, sku) for q, sku in json.loads(Path(sys.argv[1]).read_text())]
    for number in range(_THREADS):
        threading.Thread(target=_ask_on, args=(number * len(asked) // _THREADS, asked), daemon=True).start()
    threading.Event().wait()


if __name__ == "__main__":
    _main()
