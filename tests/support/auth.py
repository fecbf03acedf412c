"""The official emulators of Auth and Storage, started once a run for the tests that ask who somebody is or keep a file.

A test takes the fixture `people` (tests/integration/<service>/conftest.py), whose first use starts them.
"""

import json
import os
import random
from typing import Any

import firebase_admin
import requests
from firebase_admin import auth

from ops.paths import EMULATORS, FIREBASE_CLI, ROOT
from plazza.data import firebase
from tests.support.people import new_uid
from tests.support.servers import BUCKET, PROJECT, Servers, free_port

_started: dict[str, "People"] = {}


class People:
    """Makes accounts in the auth emulator, each with a fresh uid and phone number."""

    def __init__(self, auth_host: str, storage_host: str) -> None:
        self.auth_host, self.storage_host = auth_host, storage_host

    def sign_up(self, role: str = "customer", *, store: str | None = None, **over: Any) -> str:
        """Make an account and give its uid."""
        uid = str(over.pop("uid", new_uid(role[:3])))
        auth.create_user(uid=uid, app=firebase.app(), **({"phone_number": new_phone()} | over))
        claims = {"role": role} | ({"store_id": store} if store else {})
        if role != "customer":
            auth.set_custom_user_claims(uid, claims, app=firebase.app())
        return uid

    def phone(self, uid: str) -> str:
        """Give an account's phone number as WhatsApp writes it: without `+`."""
        return str(auth.get_user(uid, app=firebase.app()).phone_number).removeprefix("+")


def new_phone() -> str:
    """Make a phone number (E.164) that nobody has."""
    return f"+919{random.randint(0, 999_999_999):09d}"  # noqa: S311 -- no secret


def start(parts: Servers) -> People:
    """Start both emulators, or give the ones that run, and point the Admin SDK to them."""
    key = str(parts.folder)
    if key not in _started:
        _started[key] = _start(parts)
    people = _started[key]
    os.environ["FIREBASE_AUTH_EMULATOR_HOST"] = people.auth_host
    os.environ["STORAGE_EMULATOR_HOST"] = f"http://{people.storage_host}"
    if firebase_admin._apps:  # pyright: ignore[reportPrivateUsage] -- the SDK's clients keep the host that they were made with
        firebase_admin.delete_app(firebase.app())
    return people


def _start(parts: Servers) -> People:
    folder = parts.folder / "emulators"
    folder.mkdir(exist_ok=True)  # a start that failed is tried again by the next test
    ports = {name: {"host": "127.0.0.1", "port": free_port()} for name in ("auth", "storage", "hub", "logging")}
    (folder / "storage.rules").write_text((ROOT / "storage.rules").read_text())
    config = {"storage": {"rules": "storage.rules"}, "emulators": ports | {"ui": {"enabled": False}}}
    (folder / "firebase.json").write_text(json.dumps(config))
    command = [
        "node",
        FIREBASE_CLI,
        "emulators:start",
        "--only",
        "auth,storage",
        "--project",
        PROJECT,
        "--non-interactive",
    ]
    environment = {name: value for name, value in os.environ.items() if not name.endswith("EMULATOR_HOST")}
    environment |= {
        "PATH": f"{EMULATORS}:{os.environ['PATH']}",
        "STORAGE_EMULATOR_BINARY_PATH": str(EMULATORS / "storage_rules/main.mjs"),
        "DATABASE_EMULATOR_BINARY_PATH": str(EMULATORS / "database/main.mjs"),
    }
    child = parts.run.start("firebase", command, env=environment, cwd=folder)
    auth_host, storage_host = (f"127.0.0.1:{ports[name]['port']}" for name in ("auth", "storage"))
    parts.run.wait_until(child, lambda: _answers(f"http://{auth_host}/") and "All emulators ready" in child.said(), 90)
    return People(auth_host, storage_host)


def upload(people: People, path: str, content: bytes, content_type: str = "image/png") -> None:
    """Put a file into the default bucket as the server would."""
    answer = requests.post(
        f"http://{people.storage_host}/upload/storage/v1/b/{BUCKET}/o",
        params={"uploadType": "media", "name": path},
        headers={"Authorization": "Bearer owner", "Content-Type": content_type},
        data=content,
        timeout=10,
    )
    answer.raise_for_status()


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False
