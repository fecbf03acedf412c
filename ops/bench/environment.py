"""Where a figure was taken: without it a figure says nothing."""

import os
import platform
from pathlib import Path


def describe() -> dict[str, object]:
    """Give the machine, its load just now, and the versions that matter."""
    return {
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "memory_gb": _memory_gb(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
    }


def _memory_gb() -> int | str:
    """Give the memory as Linux tells it, "?" elsewhere."""
    try:
        first = Path("/proc/meminfo").read_text().splitlines()[0]
    except OSError:
        return "?"
    return round(int(first.split()[1]) / 1_048_576)
