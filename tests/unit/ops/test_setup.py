"""Setup says in one line what is missing, and what to do about a network that is not there."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ops import jars, setup
from ops.paths import ROOT


def test_a_machine_without_node_is_told_so_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "python3").symlink_to(sys.executable)

    done = subprocess.run(
        [sys.executable, "-m", "ops", "doctor"],
        cwd=ROOT,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "Node 20 or newer" in done.stderr


def test_a_failure_of_the_network_says_which_registry_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "SETUP_LOGS", tmp_path)
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    script = "print('npm error code ENOTFOUND'); print('npm error getaddrinfo'); raise SystemExit(1)"

    with pytest.raises(setup.OpsError) as failure:
        setup._run("npm packages", [sys.executable, "-c", script], "npm", setup.threading.Event(), tmp_path)

    assert "getaddrinfo" in str(failure.value)
    assert "needs npm" in str(failure.value)
    assert "HTTPS_PROXY" in str(failure.value)


def test_a_stamped_step_runs_once_and_again_when_its_lock_changes(tmp_path: Path) -> None:
    ran: list[str] = []

    def step(stamp: str) -> setup.Step | None:
        return setup._stamped("it", tmp_path, stamp, lambda: ran.append(stamp) or "done", tmp_path)

    first = step("a")
    assert first is not None
    first.work()

    assert step("a") is None
    assert step("b") is not None


def test_a_jar_with_another_sum_than_the_lock_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("jars", "modules"):
        shutil.copytree(jars.JARS / folder, tmp_path / folder, copy_function=lambda a, b: Path(b).symlink_to(a))
    monkeypatch.setattr(jars, "JARS", tmp_path)
    assert jars.problem() == ""
    jar = next((tmp_path / "modules").glob("*.jar"))
    jar.unlink()

    assert "missing" in jars.problem()
    jar.write_bytes(b"something else")
    assert "another sha256" in jars.problem()
    assert jar.name in jars.problem()
