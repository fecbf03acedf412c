"""The line protocol between the Firebase CLI and the rules runtime, and the `java` that starts it."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rules.runtime import PROGRAM, ROOT, RulesRuntime

JAVA = ROOT / "emulators" / "java"
OPEN = "rules_version = '2'; service firebase.storage { match /{all=**} { allow read; } }"
CLOSED = "service firebase.storage { }"


@pytest.fixture
def fresh() -> Iterator[RulesRuntime]:
    runtime = RulesRuntime()
    yield runtime
    runtime.close()


def test_it_greets_and_ends_with_its_input() -> None:
    runtime = RulesRuntime()

    assert runtime.greeting == {"id": -1, "status": "ok", "action": ""}
    assert runtime.close() == 0


def test_a_loaded_ruleset_tells_its_version(fresh: RulesRuntime) -> None:
    def load(content: str) -> dict[str, object]:
        source = {"files": [{"name": "storage.rules", "content": content}]}
        return fresh.request("load_ruleset", {"rulesetName": "0", "source": source})

    assert load(OPEN)["result"] == {"rulesVersion": 2}
    assert load(CLOSED)["result"] == {"rulesVersion": 1}


def test_rulesets_stand_side_by_side_and_a_refused_one_replaces_nothing(fresh: RulesRuntime) -> None:
    def load(name: str, content: str) -> bool:
        source = {"files": [{"name": "storage.rules", "content": content}]}
        return fresh.request("load_ruleset", {"rulesetName": name, "source": source})["status"] == "ok"

    assert load("open", OPEN)
    assert load("closed", CLOSED)
    assert not load("open", "service nonsense")

    assert fresh.verify("open", "get", "/b/x/o/a").permit is True
    assert fresh.verify("closed", "get", "/b/x/o/a").permit is False


def test_an_unknown_ruleset_service_method_or_value_never_permits(fresh: RulesRuntime) -> None:
    ruleset = fresh.load(OPEN)
    request = {"map_value": {"fields": {}}}
    good = {"rulesetName": ruleset, "service": "firebase.storage", "path": "/b/x/o/a", "method": "get"}
    variables = {"variables": {"request": request, "resource": {"null_value": None}}}
    assert fresh.request("verify", {**good, **variables})["result"] == {"permit": True}

    for wrong in (
        {"rulesetName": "other"},
        {"service": "cloud.firestore"},
        {"method": "peek"},
        {"path": None},
        {"variables": None},
        {"variables": {"request": request, "resource": {"odd_value": 1}}},
        {"variables": {"request": request, "resource": {"timestamp_value": "soon"}}},
        {"variables": {"request": request, "resource": {"int_value": 1.5}}},
        {"variables": {"resource": {"null_value": None}}},
    ):
        answer = fresh.request("verify", {**good, **variables, **wrong})
        assert answer["errors"], wrong
        assert "result" not in answer, wrong


def test_a_line_that_is_no_request_is_answered_and_the_next_one_works(fresh: RulesRuntime) -> None:
    for line in ("not json", "[]", "null", '{"id": 7, "action": "explode"}', '{"id": 8, "action": "verify"}'):
        assert fresh.send_line(line)["errors"], line

    assert fresh.load(OPEN)


def test_answers_come_in_order_when_many_are_asked_at_once() -> None:
    process = subprocess.Popen(["node", str(PROGRAM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    source = {"files": [{"name": "storage.rules", "content": OPEN}]}
    load = {"id": 0, "action": "load_ruleset", "context": {"rulesetName": "0", "source": source}}
    request = {"rulesetName": "0", "service": "firebase.storage", "path": "/b/x/o/a", "method": "get"}
    variables = {"request": {"map_value": {"fields": {}}}, "resource": {"null_value": None}}
    verify = {"action": "verify", "context": {**request, "variables": variables}}

    lines = [load, *({**verify, "id": number} for number in range(1, 501))]
    output, _ = process.communicate("".join(json.dumps(line) + "\n" for line in lines), timeout=30)

    answers = [json.loads(line) for line in output.splitlines()]
    assert [answer["id"] for answer in answers] == [-1, *range(501)]
    assert all(answer["result"] == {"permit": True} for answer in answers[2:])


def test_java_tells_the_version_the_cli_asks_for() -> None:
    asked = [str(JAVA), "-Duser.language=en", "-Dfile.encoding=UTF-8", "-version"]

    answer = subprocess.run(asked, capture_output=True, text=True, check=True)

    assert answer.stdout == ""
    assert answer.stderr.startswith('openjdk version "21"')


def test_java_runs_a_node_program_in_its_own_place(tmp_path: Path) -> None:
    program = tmp_path / "with space.mjs"
    program.write_text("console.log(JSON.stringify([process.pid, ...process.argv.slice(2)])); process.exit(7);")
    command = [str(JAVA), "-Dx=y", "-jar", str(program), "serve", "--host", "a b", "-version"]

    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    output, _ = process.communicate(timeout=10)

    assert json.loads(output) == [process.pid, "serve", "--host", "a b", "-version"]
    assert process.returncode == 7


@pytest.mark.parametrize("arguments", [["-jar", "emulator.jar"], ["-jar"], ["Main"], []])
def test_java_refuses_what_it_is_not(arguments: list[str]) -> None:
    answer = subprocess.run([str(JAVA), *arguments], capture_output=True, text=True, check=False)

    assert answer.returncode == 2
    assert answer.stderr.startswith("java stand-in: ")


def test_java_starts_the_rules_runtime() -> None:
    started = ["-Djava.security.manager=disallow", "-Duser.language=en", "-jar", str(PROGRAM), "serve"]

    runtime = RulesRuntime([str(JAVA), *started])

    assert os.access(JAVA, os.X_OK)
    assert runtime.greeting["status"] == "ok"
    assert runtime.close() == 0
