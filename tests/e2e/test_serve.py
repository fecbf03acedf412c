"""`ops serve` as a person uses it: beside another, killed in every way, and started again on the same data."""

import json
import re
import signal
import socket
import subprocess
import sys

import pytest
import requests

from ops.endpoints import Ports
from ops.paths import LOCAL, ROOT
from ops.process import port_answers
from ops.sign_ins import phone_sign_in
from ops.system import free_base
from tests.e2e.serving import Serve, remove, until
from tests.support import machine

pytestmark = pytest.mark.timeout(600)


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
        uid = phone_sign_in(second.found, "+919812345678")[0]

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
        assert phone_sign_in(second.found, "+919812345678")[0] == uid, "accounts are there after the stop"

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
