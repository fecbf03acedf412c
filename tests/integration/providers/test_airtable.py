"""Airtable's limit of requests, kept from the first one on."""

import os
import subprocess
import sys

from ops.paths import FUNCTIONS
from tests.support.airtable import Airtable
from tests.support.servers import Servers

# A cold start on a busy machine: the SDK takes seconds to load, while more and more rows wait.
_COLD_START = """
import sys, time
from concurrent.futures import ThreadPoolExecutor

class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "pyairtable":
            time.sleep(2)

sys.meta_path.insert(0, Slow())
from plazza.providers import airtable

with ThreadPoolExecutor(8) as rows:
    list(rows.map(lambda n: airtable.upsert("Pace", "Name", [{"Name": f"row {n}"}]), range(8)))
"""


def test_those_who_waited_for_the_sdk_leave_one_after_the_other(parts: Servers) -> None:
    airtable = Airtable(parts.sandbox_url, "Pace")
    airtable.seed()
    airtable.passes(60)

    subprocess.run(
        [sys.executable, "-c", _COLD_START], env={**os.environ, "PYTHONPATH": str(FUNCTIONS)}, check=True, timeout=60
    )

    assert {call["status"] for call in airtable.calls_of("airtable") if "/Pace" in call["path"]} == {200}
