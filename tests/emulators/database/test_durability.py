"""What the data folder keeps: everything acknowledged, through kills, torn writes, snapshots and restarts."""

import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.emulators.database.rtdb_server import MAIN, Server, eventually, token


class Home:
    """A data folder and the servers started on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[Server] = []

    def start(self) -> Server:
        """Start a server on the folder."""
        self.started.append(Server(self.folder))
        return self.started[-1]

    def journal(self) -> Path:
        """The journal that is appended to."""
        (file,) = self.folder.glob("journal-*")
        return file


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A fresh folder."""
    made = Home(tmp_path / "data")
    yield made
    for server in made.started:
        server.kill()


def test_a_stopped_server_comes_back_whole(home: Home) -> None:
    server = home.start()
    value = {"list": [1, {"x": "日本"}], "n": 0.1, "t": True, "__proto__": {"a": 1}}
    server.put("/a", value)
    server.ask("PATCH", "/a.json", {"n": {".sv": {"increment": 1}}, "list/1/x": None, "at": {".sv": "timestamp"}})
    server.put("/b", {".value": 5, ".priority": 2})
    server.put("/c", 1, ns="another")
    server.set_rules({".read": "auth != null"})
    before = server.get("/", format="export")
    assert server.stop() == 0

    again = home.start()
    assert again.get("/", format="export") == before
    assert again.get("/b", format="export") == {".value": 5, ".priority": 2}
    assert again.get("/c", ns="another") == 1
    assert again.ask("GET", "/c.json", auth=None).status_code == 401
    assert again.ask("GET", "/c.json", auth=token("asha")).status_code == 200


def test_a_kill_loses_nothing_acknowledged(home: Home) -> None:
    server = home.start()
    acknowledged: list[tuple[int, int]] = []

    def write(worker: int) -> None:
        session = requests.Session()
        headers = {"Authorization": "Bearer owner"}
        for i in range(100000):
            try:
                url = f"{server.url}/w/{worker}/{i}.json?ns=crash"
                if session.put(url, data="1", headers=headers, timeout=5).status_code == 200:
                    acknowledged.append((worker, i))
            except requests.RequestException:
                return

    workers = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for worker in workers:
        worker.start()
    eventually(lambda: len(acknowledged) > 300)
    server.kill()
    for worker in workers:
        worker.join()
    again = home.start()
    kept = {n: again.get(f"/w/{n}", ns="crash") for n in range(4)}
    missing = [(n, i) for n, i in acknowledged if i >= len(kept[n])]
    assert missing == []


def test_a_torn_tail_is_cut_off(home: Home) -> None:
    server = home.start()
    server.put("/a", 1)
    server.put("/b", 2)
    server.kill()
    whole = home.journal().read_bytes()
    home.journal().write_bytes(whole + whole[: len(whole) // 3])
    again = home.start()
    assert again.get("/") == {"a": 1, "b": 2}
    again.put("/c", 3)
    again.kill()
    assert home.start().get("/") == {"a": 1, "b": 2, "c": 3}


def test_damage_in_the_middle_is_not_passed_over(home: Home) -> None:
    server = home.start()
    for i in range(3):
        server.put(f"/k{i}", i)
    server.kill()
    lines = home.journal().read_bytes().split(b"\n")
    lines[1] = lines[1].replace(b"k1", b"k9")
    home.journal().write_bytes(b"\n".join(lines))
    with pytest.raises(AssertionError, match="line 2 is damaged"):
        home.start()


def test_a_folder_serves_one_process(home: Home) -> None:
    server = home.start()
    with pytest.raises(AssertionError, match="in use by another process"):
        home.start()
    server.kill()
    home.start()


def test_a_snapshot_takes_over_from_a_long_journal(home: Home) -> None:
    server = home.start()
    text = "x" * 4 * 1024 * 1024
    for i in range(11):
        server.ask("PUT", f"/big/{i % 3}.json", text + str(i), print="silent")
    server.ask("PUT", "/last.json", 1, print="silent")
    server.kill()
    files = {file.name.split("-")[0] for file in home.folder.iterdir()}
    assert files == {"state", "journal"}
    assert sum(file.stat().st_size for file in home.folder.iterdir()) < 30 * 1024 * 1024
    again = home.start()
    assert [value[len(text) :] for value in again.get("/big")] == ["9", "10", "8"]
    assert again.get("/last") == 1


def test_a_port_in_use_is_named(server: Server) -> None:
    command = ["node", str(MAIN), "--port", str(server.port)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    assert done.returncode == 1
    assert done.stderr == f"Port {server.port} of 127.0.0.1 is in use.\n"


def test_the_server_ends_with_its_parent(home: Home) -> None:
    server = home.start()
    assert server.process.stdin is not None
    server.process.stdin.close()
    assert server.process.wait(timeout=10) == 0


def test_the_server_ends_with_a_parent_that_is_not_its_input() -> None:
    script = f"PLAZZA_EXIT_WITH_PARENT=1 node {MAIN} --port 0 & read line; kill -9 $$"
    parent = subprocess.Popen(["sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdin is not None
    assert parent.stdout is not None
    url = parent.stdout.readline().split()[3]
    assert requests.get(url, timeout=5).ok
    parent.stdin.write("die\n")
    parent.stdin.flush()
    assert parent.wait(timeout=5) == -9
    assert parent.stdout.read() == "", "the server closed its output"
