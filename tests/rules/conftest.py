"""The two engines that judge the rules: the Storage rules runtime, and the Realtime Database."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.rules.database import NAMESPACE, Database
from tests.rules.runtime import RulesRuntime

ROOT = Path(__file__).resolve().parents[2]
START_DEADLINE_SEC = 20


@pytest.fixture(scope="session")
def rules_runtime() -> Iterator[RulesRuntime]:
    runtime = RulesRuntime()
    yield runtime
    runtime.close()


@pytest.fixture(scope="session")
def storage_ruleset(rules_runtime: RulesRuntime) -> str:
    return rules_runtime.load((ROOT / "storage.rules").read_text())


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    """A database server with the production rules; it ends with its input, so also when the tests are killed."""
    port = _free_port()
    process = subprocess.Popen(
        ["node", str(ROOT / "emulators" / "database" / "main.mjs"), "--host", "127.0.0.1", "--port", str(port)],
        stdin=subprocess.PIPE,
        env={**os.environ, "PLAZZA_EXIT_WITH_STDIN": "1"},
    )
    try:
        server = Database(f"http://127.0.0.1:{port}")
        _await_answer(f"{server.url}/.json?ns={NAMESPACE}", process)
        server.load_rules((ROOT / "database.rules.json").read_text())
        yield server
    finally:
        process.kill()
        process.wait(timeout=10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _await_answer(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_DEADLINE_SEC
    while time.monotonic() < deadline:
        assert process.poll() is None, f"the database server ended with status {process.returncode}"
        try:
            requests.get(url, headers={"Authorization": "Bearer owner"}, timeout=5)
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"the database server did not answer within {START_DEADLINE_SEC} s")
