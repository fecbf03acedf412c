"""The official JavaScript SDK, in Node, over its WebSocket: each scenario is a script of its own."""

import subprocess
from pathlib import Path

import pytest

from tests.emulators.database.rtdb_server import Server, token

HERE = Path(__file__).parent
RULES = {
    "open": {".read": True, ".write": True},
    "orders": {"$uid": {".read": "auth.uid === $uid", ".write": "auth.uid === $uid"}},
    "members": {".write": True},
    "room": {".read": "root.child('members/' + auth.uid).exists()"},
}


@pytest.mark.parametrize("script", sorted(path.name for path in HERE.glob("sdk_*.mjs")))
def test_scenario(server: Server, ns: str, script: str) -> None:
    server.set_rules(RULES, ns)
    asha = token("asha", aud=ns)
    done = subprocess.run(
        ["node", HERE / script, str(server.port), ns, asha], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["ok"]), done.stdout + done.stderr
