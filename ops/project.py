"""The Firebase project a local system runs: the root's firebase.json with this system's ports, in a folder of its own.

Sources are symbolic links, settings are files beside them, so that two systems never meet and nothing is written into
functions/. `venv/bin/activate`, which the CLI sources before each function, leads to the functions' environment and
replaces the shell by the function's process: the CLI ends a function by killing that shell, which would leave it behind.
"""

import json
import shutil
from pathlib import Path
from typing import Any

from ops.endpoints import Ports
from ops.errors import OpsError
from ops.paths import FUNCTIONS, FUNCTIONS_VENV, ROOT
from ops.settings import LocalSettings, write_env_file

_EMULATORS = ("hosting", "functions", "auth", "database", "storage", "tasks", "eventarc", "hub", "logging")
_LINKED = ("main.py", "plazza", "requirements.txt")
_ACTIVATE = """# Made by ops/project.py: the Firebase CLI sources this before it runs anything of the functions.
if [ -n "${{FUNCTION_TARGET:-}}" ]; then exec "{python}" -P "{worker}"; fi
. "{venv}/bin/activate"
"""


def write_project(folder: Path, ports: Ports, settings: LocalSettings, *, has_ui: bool) -> Path:
    """Write the project folder anew. Gives the path of its firebase.json."""
    config = read_firebase_json()
    shutil.rmtree(folder, ignore_errors=True)
    functions = folder / "functions"
    (functions / "venv" / "bin").mkdir(parents=True)
    for name in _LINKED:
        (functions / name).symlink_to(FUNCTIONS / name)
    (functions / "venv" / "bin" / "activate").write_text(
        _ACTIVATE.format(
            python=FUNCTIONS_VENV / "bin" / "python", worker=ROOT / "ops" / "worker.py", venv=FUNCTIONS_VENV
        )
    )
    write_env_file(functions / ".env.local", settings.values)
    write_env_file(functions / ".secret.local", settings.secrets)
    for name in {config["hosting"]["public"], config["database"]["rules"], config["storage"]["rules"]}:
        (folder / name).symlink_to(ROOT / name)
    config["emulators"] = {
        **{name: {"host": "127.0.0.1", "port": ports.of(name)} for name in _EMULATORS},
        "ui": {"host": "127.0.0.1", "port": ports.of("ui"), "enabled": has_ui},
        "singleProjectMode": True,
    }
    file = folder / "firebase.json"
    file.write_text(json.dumps(config, indent=2))
    return file


def read_firebase_json() -> dict[str, Any]:
    """Read the root's firebase.json. Raises OpsError when it is missing or no JSON."""
    file = ROOT / "firebase.json"
    try:
        return json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise OpsError(f"firebase.json cannot be read: {error}") from error
