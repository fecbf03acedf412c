"""The stand-in as a process, and people with tokens of the Auth emulator's kind."""

import base64
import http.server
import json
import os
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).parents[3]
MAIN = ROOT / "emulators" / "database" / "main.mjs"
NAMESPACE = "demo-plazza-default-rtdb"
OWNER = {"Authorization": "Bearer owner"}


class Server:
    """One running stand-in; it ends with this process, as its standard input closes then."""

    def __init__(self, data: Path | None = None, functions_port: int | None = None) -> None:
        arguments = ["node", str(MAIN), "--host", "127.0.0.1", "--port=0", "--single_project_mode", "warn"]
        if data is not None:
            arguments += ["--data", str(data)]
        if functions_port is not None:
            arguments += ["--functions_emulator_host", "127.0.0.1", "--functions_emulator_port", str(functions_port)]
        environment = {**os.environ, "PLAZZA_EXIT_WITH_STDIN": "1"}
        self.process = subprocess.Popen(
            arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            text=True,
        )
        assert self.process.stdout is not None
        first_line = self.process.stdout.readline()
        assert "http://127.0.0.1:" in first_line, first_line + self.process.stdout.read()
        self.port = int(first_line.split("http://127.0.0.1:")[1].split()[0])
        self.url = f"http://127.0.0.1:{self.port}"
        self.log: list[str] = []
        threading.Thread(target=self._read_log, daemon=True).start()
        self.http = requests.Session()

    def _read_log(self) -> None:
        assert self.process.stdout is not None
        self.log.extend(self.process.stdout)

    def ask(
        self, verb: str, path: str, body: Any = None, *, raw: str | bytes | None = None, **options: Any
    ) -> requests.Response:
        """Send a request as the administrator, or with `auth=TOKEN` as a user, or with `auth=None` as nobody."""
        headers = dict(options.pop("headers", {}))
        parameters = {"ns": options.pop("ns", NAMESPACE)}
        if "auth" not in options:
            headers.update(OWNER)
        elif options["auth"] is None:
            del options["auth"]
        parameters.update(options)
        data = raw if raw is not None else json.dumps(body) if verb in {"PUT", "POST", "PATCH"} else None
        return self.http.request(verb, self.url + path, params=parameters, data=data, headers=headers, timeout=20)

    def get(self, path: str, **options: Any) -> Any:
        """The value at a path."""
        answer = self.ask("GET", f"{path}.json", **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def put(self, path: str, value: Any, **options: Any) -> Any:
        """Write a value; the answer's value."""
        answer = self.ask("PUT", f"{path}.json", value, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def set_rules(self, rules: Any, namespace: str = NAMESPACE) -> None:
        """Replace the rules."""
        answer = self.ask("PUT", "/.settings/rules.json", {"rules": rules}, ns=namespace)
        assert answer.status_code == 200, answer.text

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """End it as Ctrl-C of its parent would; the exit code."""
        self.process.terminate()
        return self.process.wait(timeout=10)


def _part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def token(uid: str, *, lasts_sec: float = 3600, aud: str = "demo-plazza", **claims: Any) -> str:
    """An unsigned ID token as the Auth emulator makes them."""
    now = time.time()
    body = {
        "aud": aud,
        "iss": f"https://securetoken.google.com/{aud}",
        "sub": uid,
        "user_id": uid,
        "iat": int(now),
        "exp": now + lasts_sec,
        "firebase": {"sign_in_provider": "phone"},
        **claims,
    }
    return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(body)}."


class Catcher:
    """Where the functions emulator would be: keeps every event, answers as `answer` says."""

    def __init__(self, port: int = 0, answer: Callable[[dict[str, Any]], int] = lambda _event: 200) -> None:
        self.events: list[tuple[str, str, dict[str, Any]]] = []
        catcher = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                event = json.loads(self.rfile.read(int(self.headers["content-length"])))
                status = answer(event)
                catcher.events.append((self.path, self.headers["content-type"], event))
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
                """Say nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait_for(self, count: int, *, settle_sec: float = 0.15) -> list[dict[str, Any]]:
        """Exactly `count` events: waits for them, and a moment more for any too many."""
        eventually(lambda: len(self.events) >= count)
        time.sleep(settle_sec)
        assert len(self.events) == count, self.events
        return [event for _, _, event in self.events]

    def close(self) -> None:
        """Stop answering."""
        self.server.shutdown()
        self.server.server_close()


def eventually(holds: Callable[[], bool], within_sec: float = 10) -> None:
    """Wait until it holds; fail when it does not in time."""
    deadline = time.monotonic() + within_sec
    while not holds():
        assert time.monotonic() < deadline, "it did not come to hold in time"
        time.sleep(0.02)
