"""How a proof of the money path is run by its command: on a throwaway system, by dice that can be thrown again."""

import secrets
import time
from collections.abc import Callable

from ops.prove.ground import Ground, throwaway
from ops.prove.report import Outcome, show


def run(
    name: str,
    seed: int | None,
    prove: Callable[[Ground, int], Outcome],
    *,
    options: dict[str, str] | None = None,
    **figures: object,
) -> int:
    """Prove it and show the outcome; gives the exit code. `options` are as of `throwaway`; without a seed one is drawn."""
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    began = time.monotonic()
    with throwaway(options) as ground:
        outcome = prove(ground, seed)
    return show(name, outcome, **figures, seed=seed, seconds=time.monotonic() - began)
