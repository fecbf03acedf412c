"""A task queue for proofs: takes tasks where Cloud Tasks would, and brings each once to its function; a task may be lost."""

import base64
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ops.errors import OpsError
from ops.http import request

_WORKERS = 3
_TIMEOUT_SEC = 120.0


class TaskQueue:
    """The queues by function name. A nudge that waits already stands for those that come meanwhile."""

    def __init__(self) -> None:
        """Listen on a free port; `host` is what CLOUD_TASKS_EMULATOR_HOST names."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self._take))
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self._targets: dict[str, Callable[[], str]] = {}
        self._waiting: set[tuple[str, str]] = set()
        self._lock = threading.Lock()
        self._workers: dict[str, ThreadPoolExecutor] = {}
        threading.Thread(target=self._server.serve_forever, name="tasks", daemon=True).start()

    def serve(self, function: str, url: Callable[[], str]) -> None:
        """Bring a function's tasks to an instance, whose URL is asked for each time; others' tasks are forgotten."""
        self._workers[function] = ThreadPoolExecutor(_WORKERS)
        self._targets[function] = url

    def stop(self) -> None:
        """Take no more, and drop what waits."""
        self._targets.clear()
        for workers in self._workers.values():
            workers.shutdown(cancel_futures=True)
        self._server.shutdown()
        self._server.server_close()

    def _take(self, function: str, body: str) -> None:
        with self._lock:
            if function not in self._targets or (function, body) in self._waiting:
                return
            self._waiting.add((function, body))
        self._workers[function].submit(self._bring, function, body)

    def _bring(self, function: str, body: str) -> None:
        with self._lock:
            self._waiting.discard((function, body))
            url = self._targets.get(function)
        if url is not None:
            try:
                request(url(), "POST", body.encode(), timeout_sec=_TIMEOUT_SEC)
            except OpsError:
                return  # its instance was killed: the row comes up again when its lease ends


def _handler(take: Callable[[str, str], None]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet: else each answer waits for the other side's acknowledgement

        def do_POST(self) -> None:
            task = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["task"]
            take(self.path.split("/queues/")[1].split("/")[0], base64.b64decode(task["httpRequest"]["body"]).decode())
            answer = json.dumps({"task": {"name": f"{self.path}/1"}}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
            """Say nothing."""

    return Handler
