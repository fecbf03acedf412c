"""`ops serve` as a person uses it: beside another, killed in every way, and started again on the same data."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import requests

from ops.endpoints import Ports, local_endpoints
from ops.keeper import members
from ops.paths import LOCAL, ROOT
from ops.process import ledger_of, port_answers
from ops.system import free_base
from tests.support import machine

_START_SEC = 150.0
pytestmark = pytest.mark.timeout(600)


class Serve:
    """A `serve` in a process of its own, on ports of its own."""

    def __init__(self, base: int) -> None:
        self.base = base
        self.folder = LOCAL / str(base)
        self.found = local_endpoints(base)
        self._output = self.folder.with_suffix(".out")

    def start(self) -> None:
        self.folder.parent.mkdir(exist_ok=True)
        with self._output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ops", "serve", "--local", "--base", str(self.base)],
                cwd=ROOT, env=machine.ENVIRONMENT, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def wait_until_ready(self) -> None:
        assert until(lambda: "Ctrl-C" in self.said() or self.process.poll() is not None, _START_SEC), self.said()
        assert self.process.poll() is None, self.said()

    def said(self) -> str:
        return self._output.read_text()

    def token(self) -> str:
        return str(json.loads((self.folder / "run.json").read_text())["token"])

    def processes(self, token: str) -> list[psutil.Process]:
        return members(token, ledger_of(self.folder / "logs", token))

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)
        self._output.unlink(missing_ok=True)


def until(is_so: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.2)
    return is_so()


@pytest.fixture(scope="module")
def serve() -> Iterator[Serve]:
    running = Serve(free_base())
    running.start()
    running.wait_until_ready()
    yield running
    running.end()
    remove(running.folder)


def remove(folder: Path) -> None:
    subprocess.run(["rm", "-rf", str(folder)], check=True)


def test_what_it_prints_works_when_pasted(serve: Serve) -> None:
    command = re.search(r"curl -H .*", serve.said())
    assert command is not None

    answer = subprocess.run(f"{command.group()} -s", shell=True, capture_output=True, text=True, check=True)  # noqa: S602 -- a person pastes it into a shell

    assert json.loads(answer.stdout)["role"] == "customer"
    for role in ("customer", "admin", "cashier", "pharmacist", "rider", "store_staff", "support"):
        assert re.search(rf"^ +{role} +\S+ +uid \S+", serve.said(), re.MULTILINE), role


def test_a_schedule_runs_when_asked(serve: Serve) -> None:
    command = [sys.executable, "-m", "ops", "run-schedule", "purge_expired_data", "--base", str(serve.base)]
    done = subprocess.run(command, cwd=ROOT, env=machine.ENVIRONMENT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    wrong = subprocess.run(
        [*command[:4], "nonsense", *command[5:]],
        cwd=ROOT, env=machine.ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert wrong.returncode == 1
    assert "purge_expired_data" in wrong.stderr


def test_a_second_serve_on_the_same_ports_says_so_in_one_line(serve: Serve) -> None:
    command = [sys.executable, "-m", "ops", "serve", "--local", "--base", str(serve.base)]

    done = subprocess.run(
        command, cwd=ROOT, env=machine.ENVIRONMENT, capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "PLAZZA_BASE_PORT" in done.stderr
    assert requests.get(f"{serve.found.api_url}/health", timeout=60).ok


def test_a_port_that_something_else_holds_is_named() -> None:
    base = free_base()
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", Ports(base).of("redis")))
        holder.listen()

        command = [sys.executable, "-m", "ops", "serve", "--local", "--base", str(base)]
        done = subprocess.run(
            command, cwd=ROOT, env=machine.ENVIRONMENT, capture_output=True, text=True, check=False, timeout=60
        )

    remove(LOCAL / str(base))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"ort {base + 12} (redis)" in done.stderr
    assert "PLAZZA_BASE_PORT" in done.stderr


def test_a_second_system_beside_the_first_and_each_dies_alone(serve: Serve) -> None:
    """Beside the running one: started, a part of the suite killed, started again on its data, then itself killed."""
    second = Serve(free_base())
    try:
        second.start()
        second.wait_until_ready()
        uid = phone_sign_up(second, "+919812345678")

        token = second.token()
        database = next(
            process for process in second.processes(token) if "/database/main.mjs" in str(process.cmdline())
        )
        database.send_signal(signal.SIGKILL)

        assert second.process.wait(60) == 1
        assert "the Realtime Database's emulator has ended" in second.said()
        assert until(lambda: not second.processes(token), 20)

        second.start()
        second.wait_until_ready()
        assert phone_sign_up(second, "+919812345678") == uid, "accounts are there after the stop"

        token = second.token()
        second.process.send_signal(signal.SIGKILL)
        second.process.wait(10)

        assert until(lambda: not second.processes(token), 20), second.processes(token)
        assert until(lambda: not listening(second.base), 20), listening(second.base)
        assert requests.get(f"{serve.found.api_url}/health", timeout=60).ok, "the first one goes on"
    finally:
        second.end()
        remove(second.folder)


def listening(base: int) -> list[int]:
    return [port for port in Ports(base).all().values() if port_answers(port)]


def phone_sign_up(serve: Serve, phone: str) -> str:
    from ops.sign_ins import phone_sign_in

    return phone_sign_in(serve.found, phone)[0]
