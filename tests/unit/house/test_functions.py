"""The functions as they would be deployed: each states its options, and may read only the secrets it names."""

import json
import os
import re
import subprocess
import sys
from typing import Any

import pytest

from ops.paths import FUNCTIONS, ROOT
from plazza.events import CONSUMERS, TASKS
from plazza.platform.actions.dispatch import HANDLERS

_CODE = """
import json, main
from firebase_functions.private import serving
import yaml
print(json.dumps(yaml.safe_load(serving.functions_as_yaml(serving.get_functions()))))
"""


@pytest.fixture(scope="module")
def endpoints() -> dict[str, dict[str, Any]]:
    config = json.dumps({"projectId": "demo-plazza", "storageBucket": "demo-plazza.appspot.com"})
    env = {**os.environ, "FIREBASE_CONFIG": config, "GCLOUD_PROJECT": "demo-plazza"}
    done = subprocess.run(
        [sys.executable, "-c", _CODE], cwd=FUNCTIONS, env=env, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])["endpoints"]


def test_every_function_states_its_options(endpoints: dict[str, dict[str, Any]]) -> None:
    for name, endpoint in endpoints.items():
        for option in (
            "region",
            "availableMemoryMb",
            "cpu",
            "timeoutSeconds",
            "minInstances",
            "maxInstances",
            "secretEnvironmentVariables",
        ):
            assert endpoint.get(option) is not None, f"{name} does not state {option}"


def test_live_database_triggers_run_in_the_databases_region(endpoints: dict[str, dict[str, Any]]) -> None:
    triggers = {
        name: e for name, e in endpoints.items() if "database" in e.get("eventTrigger", {}).get("eventType", "")
    }

    assert set(triggers) == {"on_event_tracked", "on_whatsapp_queued", "on_proof_submitted"}
    assert all(e["region"] == ["{{ params.DATABASE_REGION }}"] for e in triggers.values())


def test_a_providers_key_is_bound_to_few_functions(endpoints: dict[str, dict[str, Any]]) -> None:
    def holders(secret: str) -> set[str]:
        return {name for name, e in endpoints.items() if secret in {s["key"] for s in e["secretEnvironmentVariables"]}}

    assert holders("RAZORPAY_KEY_SECRET") == {"payments", "refundPayments", "reconcile_payments"}
    assert holders("ANTHROPIC_API_KEY") == holders("AWS_SECRET_KEY") == {"readPrescription"}
    assert holders("RAZORPAY_WEBHOOK_SECRET") == {"razorpay_webhook"}
    assert "RAZORPAY_KEY_SECRET" not in {s["key"] for s in endpoints["dispatchOutbox"]["secretEnvironmentVariables"]}


def test_hosting_sends_each_prefix_to_a_function_that_exists(endpoints: dict[str, dict[str, Any]]) -> None:
    rewrites = json.loads((ROOT / "firebase.json").read_text())["hosting"]["rewrites"]

    https = {name for name, e in endpoints.items() if "httpsTrigger" in e}
    assert {rewrite["function"]["functionId"] for rewrite in rewrites} == https


def test_every_consumer_of_an_event_is_known_to_the_dispatcher_and_every_task_is_a_function(
    endpoints: dict[str, dict[str, Any]],
) -> None:
    assert {consumer for consumers in CONSUMERS.values() for consumer in consumers} == set(HANDLERS)
    assert set(TASKS) <= set(HANDLERS)
    assert all("taskQueueTrigger" in endpoints[task] for task in TASKS.values())


def test_every_announced_event_is_in_the_table() -> None:
    announced = {
        event
        for path in (FUNCTIONS / "plazza").rglob("*.py")
        for event in re.findall(r"announce\(\s*\w+,\s*\"([a-z_.]+)\"", path.read_text())
    }

    assert announced == set(CONSUMERS)
