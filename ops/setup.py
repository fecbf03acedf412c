"""Install everything from the lock files: Python twice, npm, the search engine's jars. Standard library only.

Every step has a stamp made of what it depends on (lock file, interpreter), so a second run does nothing.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ops import jars
from ops.errors import OpsError
from ops.paths import ENGINE, FUNCTIONS, FUNCTIONS_VENV, LOCAL, NODE_MODULES, ROOT, SETUP_LOGS, VENV, VENV_PYTHON
from ops.steps import Screen, Step, run_steps

REQUIREMENTS = ROOT / "requirements-dev.txt"
FUNCTIONS_REQUIREMENTS = FUNCTIONS / "requirements.txt"
NODE_MAJOR = 20
_LOG_TAIL = 12
_NETWORK_SIGNS = (
    "ENOTFOUND", "ECONNREFUSED", "EAI_AGAIN", "ETIMEDOUT", "ECONNRESET", "network", "Temporary failure in name resolution",
    "Name or service not known", "Failed to establish a new connection", "dns error", "Connection refused",
    "error sending request", "Could not connect", "Max retries exceeded", "UNABLE_TO_GET_ISSUER_CERT", "certificate verify failed",
)  # fmt: skip
_REGISTRIES = {
    "PyPI": "set HTTPS_PROXY, or a mirror by PIP_INDEX_URL and UV_INDEX_URL",
    "npm": "set HTTPS_PROXY, or a mirror by `npm config set registry URL`",
    "Maven Central": "set HTTPS_PROXY, or a mirror under [repositories] in ops/engine/jgo.toml",
}


def install(screen: Screen | None = None) -> None:
    """Bring the working copy to what the lock files say. Raises OpsError naming the step that failed."""
    screen = screen or Screen()
    check_tools()
    cancel = threading.Event()
    todo = [step for step in _steps(cancel) if step is not None]
    if not todo:
        screen.line("setup: nothing to do, everything is as the lock files say")
        return
    SETUP_LOGS.mkdir(parents=True, exist_ok=True)
    screen.line(f"setup: {', '.join(step.name for step in todo)}; logs in {SETUP_LOGS.relative_to(ROOT)}/")
    names = {step.name for step in todo}
    run_steps(
        [Step(step.name, step.work, tuple(need for need in step.after if need in names)) for step in todo],
        screen,
        cancel,
    )


def check_tools() -> None:
    """Raise OpsError in one line when Python or Node is missing or too old."""
    problem = python_problem() or node_problem()
    if problem:
        raise OpsError(problem)


def python_problem() -> str:
    """Tell what is wrong with this interpreter, or ""."""
    if sys.version_info < (3, 11):  # noqa: UP036 -- the check is for people whose python3 is older than the project's
        return f"Python 3.11 or newer is needed, and this is {sys.version.split()[0]}: run make PYTHON=python3.11"
    return ""


def node_problem() -> str:
    """Tell what is wrong with Node, or ""."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return f"Node {NODE_MAJOR} or newer with npm is needed and was not found on PATH: install it from https://nodejs.org"
    version = subprocess.run(
        [node, "--version"], capture_output=True, text=True, check=False, timeout=20
    ).stdout.strip()
    match = re.match(r"v(\d+)\.", version)
    if match is None or int(match.group(1)) < NODE_MAJOR:
        return f"Node {NODE_MAJOR} or newer is needed, and {node} is {version or 'broken'}: install it from https://nodejs.org"
    return ""


def pending() -> list[str]:
    """Name the steps that `make setup` would run."""
    return [step.name for step in _steps(threading.Event()) if step is not None]


def _steps(cancel: threading.Event) -> list[Step | None]:
    python = (f"{sys.version_info[0]}.{sys.version_info[1]}", sys.base_prefix)
    lock = (ENGINE / "jgo.lock.toml", ENGINE / "jgo.toml")
    return [
        _stamped("development packages", VENV, _stamp([REQUIREMENTS], *python), lambda: _development(cancel), VENV_PYTHON),
        _stamped(
            "functions' packages", FUNCTIONS_VENV, _stamp([FUNCTIONS_REQUIREMENTS], *python),
            lambda: _functions(cancel), FUNCTIONS_VENV / "bin" / "python3.11", after="development packages",
        ),
        _stamped(
            "npm packages", NODE_MODULES, _stamp([ROOT / "package-lock.json", ROOT / "package.json"], str(NODE_MAJOR)),
            lambda: _npm(cancel), NODE_MODULES / "firebase-tools",
        ),
        _stamped(
            "search engine", jars.JARS, _stamp(lock), lambda: _search_engine(cancel), jars.JARS / "modules",
            after="development packages",
        ),
    ]  # fmt: skip


def _stamped(name: str, folder: Path, stamp: str, work: Callable[[], str], proof: Path, after: str = "") -> Step | None:
    """Make a step that leaves its stamp in `folder`, or None when stamp and `proof` are there already."""
    mark = folder / ".plazza-setup"
    if proof.exists() and mark.is_file() and mark.read_text().strip() == stamp:
        return None

    def work_and_stamp() -> str:
        mark.unlink(missing_ok=True)
        note = work()
        mark.write_text(stamp + "\n")
        return note

    return Step(name, work_and_stamp, (after,) if after else ())


def _stamp(files: Sequence[Path], *more: str) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    digest.update("\0".join(more).encode())
    return digest.hexdigest()


def _development(cancel: threading.Event) -> str:
    if not VENV_PYTHON.exists() or not _runs(VENV_PYTHON):
        shutil.rmtree(VENV, ignore_errors=True)
        _run("development packages", [sys.executable, "-m", "venv", str(VENV)], "PyPI", cancel)
    uv = VENV / "bin" / "uv"
    pin = _uv_pin()
    if not uv.exists() or pin.split()[0].partition("==")[2] not in _output([str(uv), "--version"]):
        wanted = LOCAL / "setup" / "uv.txt"
        wanted.write_text(pin)
        pip = [
            str(VENV_PYTHON),
            "-m",
            "pip",
            "install",
            "--require-hashes",
            "--disable-pip-version-check",
            "-r",
            str(wanted),
        ]
        _run("development packages", pip, "PyPI", cancel)
    sync = [str(uv), "pip", "sync", "--require-hashes", "--python", str(VENV_PYTHON), str(REQUIREMENTS)]
    _run("development packages", sync, "PyPI", cancel)
    return "installed in .venv"


def _functions(cancel: threading.Event) -> str:
    uv, python = str(VENV / "bin" / "uv"), FUNCTIONS_VENV / "bin" / "python"
    if not python.exists() or not _runs(python):
        shutil.rmtree(FUNCTIONS_VENV, ignore_errors=True)
        base = str(Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}")
        interpreter = base if Path(base).exists() else sys.executable
        _run("functions' packages", [uv, "venv", "--python", interpreter, str(FUNCTIONS_VENV)], "PyPI", cancel)
    sync = [uv, "pip", "sync", "--require-hashes", "--python", str(python), str(FUNCTIONS_REQUIREMENTS)]
    _run("functions' packages", sync, "PyPI", cancel)
    named = FUNCTIONS_VENV / "bin" / "python3.11"
    if not named.exists():  # the Firebase CLI runs this name for the runtime python311, whatever version it is
        named.symlink_to("python")
    return "installed in functions/venv"


def _npm(cancel: threading.Event) -> str:
    _run("npm packages", ["npm", "ci", "--no-audit", "--no-fund", "--no-update-notifier"], "npm", cancel)
    return "installed in node_modules"


def _search_engine(cancel: threading.Event) -> str:
    _run("search engine", [str(VENV / "bin" / "jgo"), "--color", "plain", "sync"], "Maven Central", cancel, ENGINE)
    problem = jars.problem()
    if problem:
        shutil.rmtree(jars.JARS, ignore_errors=True)
        raise OpsError(problem)
    return f"{len(jars.locked())} jars in ops/engine/.jgo, sums as in the lock file"


def _run(step: str, command: Sequence[str], registry: str, cancel: threading.Event, cwd: Path = ROOT) -> None:
    """Run one program with its output in the step's log. Raises OpsError with the log's last lines."""
    log = SETUP_LOGS / (re.sub(r"[^a-z]+", "-", step.lower()).strip("-") + ".log")
    env = {key: value for key, value in os.environ.items() if key not in ("VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH")}
    with log.open("ab") as output:
        output.write(f"\n$ {' '.join(command)}\n".encode())
        output.flush()
        began = output.tell()
        program = subprocess.Popen(
            command, cwd=cwd, env=env, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
        )
        while program.poll() is None:
            if cancel.is_set():
                program.terminate()
                program.wait()
                raise OpsError("stopped, because another step failed")
            time.sleep(0.1)
    if program.returncode == 0:
        return
    with log.open("rb") as output:
        output.seek(began)
        text = output.read().decode(errors="replace")
    raise OpsError(_failure(command, program.returncode, text, registry, log))


def _failure(command: Sequence[str], code: int, text: str, registry: str, log: Path) -> str:
    """Word a failed program: its last lines, and what to do when it looks like the network."""
    tail = "\n".join("    " + line for line in text.strip().splitlines()[-_LOG_TAIL:])
    advice = ""
    if any(sign.lower() in text.lower() for sign in _NETWORK_SIGNS):
        advice = f"\n  It needs {registry}, which could not be reached: {_REGISTRIES[registry]}; then run `make setup` again."
    return f"`{Path(command[0]).name}` ended with {code} (log: {log.relative_to(ROOT)})\n{tail}{advice}"


def _uv_pin() -> str:
    """Give the lock's lines of uv itself, hashes included."""
    lines = REQUIREMENTS.read_text().splitlines()
    start = next((number for number, line in enumerate(lines) if line.startswith("uv==")), None)
    if start is None:
        raise OpsError("requirements-dev.txt does not pin uv: add it to requirements-dev.in and lock again")
    pin = [lines[start]]
    for line in lines[start + 1 :]:
        if not line.strip().startswith("--hash"):
            break
        pin.append(line)
    return "\n".join(pin).rstrip("\\ \n") + "\n"


def _runs(python: Path) -> bool:
    return _output([str(python), "-c", "print('runs')"]).strip() == "runs"


def _output(command: Sequence[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30).stdout
    except OSError:
        return ""


def installed_versions() -> dict[str, str]:
    """Give the versions of the tools that matter, for `ops doctor`."""
    firebase = NODE_MODULES / "firebase-tools" / "package.json"
    return {
        "python": sys.version.split()[0],
        "node": _output(["node", "--version"]).strip() if shutil.which("node") else "missing",
        "firebase-tools": json.loads(firebase.read_text())["version"] if firebase.exists() else "missing",
    }
