"""The Firebase emulator suite: its command and environment, when it is ready, what it keeps, how it is asked to reload."""

import hashlib
import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import psutil

from ops.endpoints import NAMESPACE, PROJECT, Endpoints
from ops.errors import OpsError
from ops.http import answers, call, request
from ops.paths import EMULATORS, FIREBASE_CLI, NODE_MODULES
from ops.process import Child, Run
from ops.stores import java_binary

START_SEC = 120.0
_PROGRAMS = {
    "the Realtime Database": ("emulators/database/main.mjs", "firebase-database-emulator"),
    "the Storage rules": ("emulators/storage_rules/main.mjs", "cloud-storage-rules-runtime"),
}
_OWNER = {"Authorization": "Bearer owner"}


def official_jars() -> bool:
    """Tell whether Google's own jars of RTDB and of the storage rules are in the CLI's cache."""
    return is_downloaded("database") and is_downloaded("storage")


def is_downloaded(part: str) -> bool:
    """Tell whether one of the CLI's downloads (`database`, `storage`, `ui`) is in its cache."""
    cache = Path(os.environ.get("FIREBASE_EMULATORS_PATH") or Path.home() / ".cache" / "firebase" / "emulators")
    info = json.loads((NODE_MODULES / "firebase-tools/lib/emulator/downloadableEmulatorInfo.json").read_text())[part]
    info = info.get("main", info)
    return (cache / (info.get("binaryPathRelativeToCacheDir") or info["downloadPathRelativeToCacheDir"])).exists()


def absent_downloads() -> list[str]:
    """Say which of Google's downloads are not there, what stands in, and how to get them."""
    lines: list[str] = []
    if not official_jars():
        get = "`npx firebase setup:emulators:database` and `…:storage` fetch Google's own"
        lines.append(f"RTDB and Storage rules: the offline kit stands in ({get})")
    if not is_downloaded("ui"):
        lines.append("emulator UI: not installed (`npx firebase setup:emulators:ui` fetches it)")
    return lines


def start_emulators(run: Run, project: Path, data: Path) -> Child:
    """Start the suite on a generated project; `data` keeps what it exports and the database."""
    command = ["node", FIREBASE_CLI, "emulators:start", "--project", PROJECT, "--config", project, "--non-interactive"]
    kept = _last_export(data)
    if kept is not None:
        command += ["--import", kept]
    environment = _environment(project.parent, data)
    return run.start(
        "emulators", command, env=environment, cwd=project.parent, end_signal=signal.SIGINT, grace_sec=10.0
    )


def is_ready(found: Endpoints, child: Child) -> bool:
    """Tell whether the suite answers and its functions are loaded. Raises OpsError when the functions do not load."""
    said = child.said()
    if "Failed to load function definition" in said:
        raise OpsError(f"The functions do not load; the log {child.log} ends with\n{child.tail(30)}")
    return "All emulators ready" in said and bool(function_triggers(found)) and answers(f"http://{found.auth_host}/")


def programs(suite: Child) -> dict[str, psutil.Process]:
    """Give the suite's programs beside the CLI, by name; the CLI goes on in silence when one of them dies."""
    started = psutil.Process(suite.process.pid).children(recursive=True)
    return {
        name: process
        for process in started
        for name, files in _PROGRAMS.items()
        if any(file in word for word in process.cmdline() for file in files)
    }


def function_triggers(found: Endpoints) -> list[dict[str, Any]]:
    """Give the definitions of the loaded functions, as the functions emulator lists them."""
    backends = call(f"{found.functions_url}/backends")["backends"]
    return [trigger for backend in backends for trigger in backend["functionTriggers"]]


def reload_functions(found: Endpoints) -> None:
    """Have the functions emulator read the code again and let go of idle processes."""
    status, text = request(f"{found.hub_url}/functions/enableBackgroundTriggers", "PUT", {}, timeout_sec=60)
    if status != 200:
        raise OpsError(f"The functions could not be reloaded: {status} {text[:200]}")


def invoke_schedule(found: Endpoints, name: str, when: str, timeout_sec: float = 600.0) -> tuple[int, str]:
    """Run a scheduled function now, with the header Cloud Scheduler sends. Gives status and text."""
    trigger = next((trigger for trigger in schedules(found) if trigger["name"] == name), None)
    if trigger is None:
        names = ", ".join(sorted(item["name"] for item in schedules(found)))
        raise OpsError(f"There is no schedule {name!r}; there are: {names}")
    # The key carries a generation number that grows with reloads; the refusal of a wrong key lists the right ones.
    path = f"{found.functions_url}/functions/projects/{PROJECT}/triggers/"
    listed = request(f"{path}none", "POST", {})[1].partition("valid functions are:")[2].split(",")
    keys = [
        key.strip() for key in listed if key.strip().rpartition("-")[0] == trigger["id"] or key.strip() == trigger["id"]
    ]
    if not keys:
        raise OpsError(f"The functions emulator does not list {name}")
    headers = {"X-CloudScheduler-JobName": name, "X-CloudScheduler-ScheduleTime": when}
    return request(path + keys[-1], "POST", {}, headers, timeout_sec)


def schedules(found: Endpoints) -> list[dict[str, Any]]:
    """Give the scheduled functions among the loaded ones."""
    return [trigger for trigger in function_triggers(found) if trigger.get("schedule")]


def export(found: Endpoints, data: Path) -> None:
    """Write accounts and files (and the database, where Google's emulator keeps it) to disk, replacing the last export."""
    new, now, old = data / "export.new", data / "export", data / "export.old"
    targets = ["auth", "storage", *(["database"] if official_jars() else [])]
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    body = {"path": str(new), "initiatedBy": "plazza", "targets": targets}
    status, text = request(f"{found.hub_url}/_admin/export", "POST", body, timeout_sec=60)
    if status != 200:
        raise OpsError(f"The emulators' data could not be exported: {status} {text[:200]}")
    shutil.rmtree(old, ignore_errors=True)
    if now.exists():
        now.rename(old)
    new.rename(now)
    shutil.rmtree(old, ignore_errors=True)


def fingerprint(found: Endpoints) -> str:
    """Give a value that changes with the accounts and files."""
    accounts = (
        f"http://{found.auth_host}/identitytoolkit.googleapis.com/v1/projects/{PROJECT}/accounts:batchGet?maxResults=-1"
    )
    files = f"http://{found.storage_host}/storage/v1/b/{found.bucket}/o"
    texts = [request(url, headers=_OWNER)[1] for url in (accounts, files)]
    return hashlib.sha256("".join(texts).encode()).hexdigest()


def _last_export(data: Path) -> Path | None:
    """Give the newest complete export: a crash between two renames leaves the one before."""
    found = [
        data / name for name in ("export", "export.old") if (data / name / "firebase-export-metadata.json").exists()
    ]
    return found[0] if found else None


def _environment(folder: Path, data: Path) -> dict[str, str]:
    """Make the CLI's environment: Java or its stand-in first on PATH, temporary and configuration files of its own."""
    temporary, configuration = folder.parent / "tmp", folder.parent / "config"
    for place in (temporary, configuration):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
    dropped = (
        "VIRTUAL_ENV",
        "PYTHONPATH",
        "PYTHONHOME",
        "FIREBASE_TOKEN",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "FUNCTION_TARGET",
    )
    environment = {key: value for key, value in os.environ.items() if key not in dropped}
    first = java_binary().parent
    if not official_jars():
        first = EMULATORS
        environment |= {
            "DATABASE_EMULATOR_BINARY_PATH": str(EMULATORS / "database" / "main.mjs"),
            "STORAGE_EMULATOR_BINARY_PATH": str(EMULATORS / "storage_rules" / "main.mjs"),
            "PLAZZA_DATABASE_DATA": str(data / "database"),
        }
    return (
        environment
        | {
            "PATH": f"{first}{os.pathsep}{os.environ['PATH']}",
            "TMPDIR": str(
                temporary
            ),  # the CLI leaves a file per project there: two systems would mistake each other's hub
            "XDG_CONFIG_HOME": str(configuration),
            "FUNCTIONS_DISCOVERY_TIMEOUT": "60",
            "DATABASE_URL": f"https://{NAMESPACE}.firebaseio.com",  # else the functions would write to another namespace than clients read
            "FIREBASE_CLI_DISABLE_UPDATE_CHECK": "1",
            "NO_UPDATE_NOTIFIER": "1",
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
        }
    )


def database_is_ready(found: Endpoints) -> bool:
    """Tell whether the database answers its administrator."""
    try:
        return request(f"http://{found.database_host}/.json?ns={NAMESPACE}&shallow=true", headers=_OWNER)[0] == 200
    except OpsError:
        return False
