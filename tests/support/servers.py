"""The real parts behind the integration tests, started once per run on free ports; none outlives the tests."""

import contextlib
import http.server
import json
import os
import random
import socket
import sys
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any, NamedTuple

import requests

from ops import migrate
from ops.paths import MIGRATIONS, ROOT
from ops.process import Run
from ops.stores import create_database, start_postgres, start_redis, start_search

PROJECT = "demo-plazza"
NAMESPACE = f"{PROJECT}-default-rtdb"
BUCKET = f"{PROJECT}.appspot.com"


class Servers(NamedTuple):
    """Where each part answers."""

    cockroach_url: str
    postgres_url: str
    redis_url: str
    sandbox_url: str
    database_host: str
    run: Run
    folder: Path
    tasks: list[tuple[str, Any]]  # what the task queue was asked for: its path and the body


_given: set[int] = set()


def free_port(lowest: int = 20000, highest: int = 32000) -> int:
    """Give a port nobody listens on, and that was not given before; below the range that outgoing connections use."""
    for port in random.sample(range(lowest, highest), highest - lowest):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            if port not in _given:
                _given.add(port)
                return port
    raise RuntimeError("no free port")


class _Tasks(http.server.BaseHTTPRequestHandler):
    """Where Cloud Tasks would be: takes every task and lets the tests call what it asks for."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = json.dumps({"task": body["task"] | {"name": f"{self.path}/1"}}).encode()
        self.server.received.append((self.path, body))  # type: ignore[attr-defined] -- our own attribute, set below
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
        """Say nothing."""


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=1).ok
    except requests.RequestException:
        return False


@contextlib.contextmanager
def started(folder: Path) -> Generator[Servers]:
    """Start the stores, the sandbox and the live database; set the settings as the functions see them."""
    with Run(folder / "logs") as run:
        cockroach = start_postgres(run, "cockroach", folder / "cockroach", free_port())
        postgres = start_postgres(run, "postgres", folder / "postgres", free_port())
        redis = start_redis(run, free_port())
        cockroach_url = create_database(cockroach, "plazza", is_serializable=True)
        postgres_url = create_database(postgres, "plazza_pg", is_serializable=True)
        migrate.run(migrate.Target("cockroach", MIGRATIONS / "cockroach", cockroach_url))
        migrate.run(migrate.Target("postgres", MIGRATIONS / "postgres", postgres_url))
        sandbox_port, database_port, (tasks, received) = free_port(), free_port(), _tasks_server()
        places = ROOT / "ops/seed/areas.csv"
        sandbox = run.start(
            "sandbox",
            [
                sys.executable,
                "-m",
                "sandbox",
                "--port",
                str(sandbox_port),
                "--places",
                places,
                "--ocr-data",
                ROOT / ".plazza/ocr",
            ],
        )
        database = run.start(
            "database",
            ["node", ROOT / "emulators/database/main.mjs", "--host", "127.0.0.1", "--port", str(database_port)],
        )
        sandbox_url, database_host = f"http://127.0.0.1:{sandbox_port}", f"127.0.0.1:{database_port}"
        run.wait_until(sandbox, lambda: _answers(f"{sandbox_url}/_sandbox/health"), 20)
        run.wait_until(
            database, lambda: _answers(f"http://{database_host}/.json?ns={NAMESPACE}&access_token=owner"), 20
        )
        _set_settings(cockroach_url, postgres_url, redis.url, sandbox_url, database_host, tasks)
        yield Servers(cockroach_url, postgres_url, redis.url, sandbox_url, database_host, run, folder, received)


def start_engine(servers: Servers) -> str:
    """Start the search engine, for the tests that search."""
    server = start_search(servers.run, servers.folder / "search", free_port(9210, 9299), free_port())
    os.environ["ELASTICSEARCH_URL"] = server.url
    return server.url


def _tasks_server() -> tuple[str, list[tuple[str, Any]]]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Tasks)
    received: list[tuple[str, Any]] = []
    server.received = received  # type: ignore[attr-defined] -- our own attribute, read by the handler
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"127.0.0.1:{server.server_address[1]}", received


def _set_settings(cockroach: str, postgres: str, redis: str, sandbox: str, database: str, tasks: str) -> None:
    os.environ.update(
        {
            "COCKROACH_DB_URL": cockroach,
            "POSTGRES_URL": postgres,
            "REDIS_URL": redis,
            "ELASTICSEARCH_URL": "http://127.0.0.1:9",
            "RAZORPAY_KEY_ID": "rzp_test_sandbox",
            "RAZORPAY_KEY_SECRET": "sandbox-razorpay-secret",
            "RAZORPAY_WEBHOOK_SECRET": "sandbox-webhook-secret",
            "RAZORPAY_WEBHOOK_SECRET_PREVIOUS": "sandbox-webhook-secret-old",
            "GOOGLE_MAPS_API_KEY": "AIzaSandbox",
            "WHATSAPP_API_KEY": "sandbox-whatsapp-token",
            "WHATSAPP_APP_SECRET": "sandbox-app-secret",
            "WHATSAPP_VERIFY_TOKEN": "sandbox-verify-token",
            "WHATSAPP_PHONE_NUMBER_ID": "106540000000001",
            "AWS_ACCESS_KEY": "AKIASANDBOX0000000",
            "AWS_SECRET_KEY": "sandbox-aws-secret",
            "ANTHROPIC_API_KEY": "sandbox-anthropic-key",
            "AIRTABLE_API_KEY": "patSandbox.token",
            "AIRTABLE_BASE_ID": "appSandbox0000001",
            "OTP_KEY": "test-otp-key",
            "RAZORPAY_BASE_URL": f"{sandbox}/razorpay",
            "MAPS_BASE_URL": f"{sandbox}/maps",
            "WHATSAPP_BASE_URL": f"{sandbox}/whatsapp",
            "TEXTRACT_BASE_URL": f"{sandbox}/textract",
            "ANTHROPIC_BASE_URL": f"{sandbox}/anthropic",
            "AIRTABLE_BASE_URL": f"{sandbox}/airtable",
            "GCLOUD_PROJECT": PROJECT,
            "FIREBASE_CONFIG": json.dumps(
                {"projectId": PROJECT, "storageBucket": BUCKET, "databaseURL": f"http://{database}/?ns={NAMESPACE}"}
            ),
            "FIREBASE_DATABASE_EMULATOR_HOST": database,
            "FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:9",
            "CLOUD_TASKS_EMULATOR_HOST": tasks,
            "NO_PROXY": "127.0.0.1,localhost",
            "LOG_LEVEL": "warning",
            "THREADS": "60",
        }
    )
