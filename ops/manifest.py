"""The functions and their options as the SDK describes them to the Firebase CLI, read in the functions' own environment."""

import json
import os
import re
import subprocess
from dataclasses import dataclass
from typing import Any

from ops.endpoints import BUCKET, NAMESPACE, PROJECT
from ops.errors import OpsError
from ops.paths import FUNCTIONS, FUNCTIONS_VENV

_DUMP = """
import json, yaml
from firebase_functions.private import serving
functions = serving.get_functions()
services = {name: function.__module__.split(".")[1] for name, function in functions.items()}
print(json.dumps(yaml.safe_load(serving.functions_as_yaml(functions)) | {"services": services}))
"""


@dataclass(frozen=True)
class Function:
    """One function: whose it is, what starts it, and the options it states."""

    name: str
    service: str
    trigger: str
    region: str
    memory_mb: int
    cpu: str
    timeout_sec: int
    concurrency: str
    min_instances: int
    max_instances: int
    secrets: tuple[str, ...]


def load() -> list[Function]:
    """Read the manifest. Raises OpsError with the reason when `functions/main.py` does not load."""
    config = {"projectId": PROJECT, "storageBucket": BUCKET, "databaseURL": f"http://127.0.0.1:9/?ns={NAMESPACE}"}
    environment = {
        **{key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")},
        "GCLOUD_PROJECT": PROJECT,
        "FIREBASE_CONFIG": json.dumps(config),
    }
    read = subprocess.run(
        [FUNCTIONS_VENV / "bin" / "python", "-c", _DUMP],
        cwd=FUNCTIONS, env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    if read.returncode != 0:
        raise OpsError(f"functions/main.py does not load:\n{read.stderr.strip()[-1500:]}")
    manifest = json.loads(read.stdout.strip().splitlines()[-1])
    params = {param["name"]: param.get("default") for param in manifest.get("params", [])}
    services = manifest["services"]
    return [
        _function(name, services[name], endpoint, params) for name, endpoint in sorted(manifest["endpoints"].items())
    ]


def table(functions: list[Function]) -> str:
    """Give the table for the README, in Markdown."""
    lines = [
        "| Function | Started by | Region | Memory | CPU | Timeout | Concurrency | Instances | Secrets |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for item in functions:
        secrets = ", ".join(f"`{secret}`" for secret in item.secrets) or "-"
        lines.append(
            f"| `{item.name}` | {item.trigger} | {item.region} | {item.memory_mb} MB | {item.cpu} | {item.timeout_sec} s "
            f"| {item.concurrency} | {item.min_instances} to {item.max_instances} | {secrets} |"
        )
    return "\n".join(lines)


def _function(name: str, service: str, endpoint: dict[str, Any], params: dict[str, Any]) -> Function:
    def plain(value: Any) -> Any:
        """Put a parameter's default where the manifest has its expression."""
        match = re.fullmatch(r"\{\{ params\.(\w+) \}\}", value) if isinstance(value, str) else None
        return params.get(match.group(1)) if match else value

    return Function(
        name=name,
        service=service,
        trigger=_trigger(endpoint, plain),
        region=", ".join(str(plain(region)) for region in endpoint.get("region", [])),
        memory_mb=int(plain(endpoint.get("availableMemoryMb")) or 0),
        cpu=str(plain(endpoint.get("cpu")) or "-"),
        timeout_sec=int(plain(endpoint.get("timeoutSeconds")) or 0),
        concurrency=str(plain(endpoint.get("concurrency")) or "-"),
        min_instances=int(plain(endpoint.get("minInstances")) or 0),
        max_instances=int(plain(endpoint.get("maxInstances")) or 0),
        secrets=tuple(sorted(secret["key"] for secret in endpoint.get("secretEnvironmentVariables") or [])),
    )


def _trigger(endpoint: dict[str, Any], plain: Any) -> str:
    if "scheduleTrigger" in endpoint:
        schedule = endpoint["scheduleTrigger"]
        return f"schedule `{plain(schedule['schedule'])}` {plain(schedule.get('timeZone')) or 'UTC'}"
    if "taskQueueTrigger" in endpoint:
        return "task"
    if "eventTrigger" in endpoint:
        event = endpoint["eventTrigger"]
        kind = event["eventType"].removeprefix("google.firebase.").removeprefix("google.cloud.")
        path = event.get("eventFilterPathPatterns", {}).get("ref")
        return f"{kind} `{path}`" if path else kind
    return "HTTPS"
