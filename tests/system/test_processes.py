"""Nothing that a run starts outlives its owner, and a part that dies is named with its last words."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from ops.errors import OpsError
from ops.keeper import marked
from ops.paths import ROOT
from ops.process import Run, free_ports, is_port_free, port_answers

# Starts a child that ignores SIGTERM and has a detached child of its own, then says which run it is.
_OWNER = """
import sys, time
from pathlib import Path
from ops.process import Run
run = Run(Path(sys.argv[1]))
grandchild = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'],"
grandchild += " start_new_session=True); time.sleep(600)"
run.start("stubborn", [sys.executable, "-c", "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + grandchild])
time.sleep(1.0)
print(run.token, flush=True)
time.sleep(600)
"""


def until(is_so: Callable[[], bool], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.1)
    return is_so()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_an_owner_that_is_killed_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    owner = subprocess.Popen([sys.executable, "-c", _OWNER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    token = owner.stdout.readline().strip()
    assert len(marked(token)) == 2, "the child and its detached child"

    owner.send_signal(number)
    owner.wait(10)

    assert until(lambda: not marked(token)), marked(token)


def test_leaving_the_block_ends_grandchildren_too(tmp_path: Path) -> None:
    detach = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True)"
    with Run(tmp_path) as run:
        child = run.start("parent", [sys.executable, "-c", f"{detach}; import time; time.sleep(600)"])
        assert until(lambda: len(marked(run.token)) == 2)

    assert not child.is_alive()
    assert marked(run.token) == []


def test_a_dead_child_is_named_with_its_last_words(tmp_path: Path) -> None:
    with Run(tmp_path) as run:
        child = run.start("talker", [sys.executable, "-c", "print('the disk is full'); raise SystemExit(3)"])
        assert until(lambda: run.first_dead() is child)

        assert "talker ended with 3" in child.obituary()
        assert "the disk is full" in child.obituary()
        with pytest.raises(OpsError, match="talker ended with 3"):
            run.wait_until(child, lambda: False, 5)


def test_a_killed_keeper_is_noticed(tmp_path: Path) -> None:
    with Run(tmp_path) as run:
        keepers = [child for child in psutil.Process(os.getpid()).children() if run.token in child.cmdline()]
        assert run.is_kept()

        keepers[0].kill()

        assert until(lambda: not run.is_kept())


def test_free_ports_are_different_and_free() -> None:
    ports = free_ports(20)

    assert len(set(ports)) == 20
    assert all(is_port_free(port) for port in ports)


def test_a_program_that_overwrites_its_environment_is_ended_with_its_owner(tmp_path: Path) -> None:
    """Redis writes its title over the environment it was given, so the token alone would not find it."""
    port = free_ports(1)[0]
    code = f"""
import time
from pathlib import Path
from ops.process import Run
from ops.stores import start_redis
start_redis(Run(Path({str(tmp_path)!r})), {port})
print("started", flush=True)
time.sleep(600)
"""
    owner = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    assert owner.stdout.readline().strip() == "started"
    assert port_answers(port)

    owner.kill()
    owner.wait(10)

    assert until(lambda: not port_answers(port)), "Redis outlived its owner"
