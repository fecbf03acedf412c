"""One rules runtime for all tests of the language, and a way to ask it for the value of an expression."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.rules.runtime import RulesRuntime

AUTH = {"uid": "u1", "token": {"role": "rider", "level": 3, "tags": ["a", "b"], "nested": {"deep": {"x": 1}}}}
FILE = {
    "name": "files/a.png",
    "bucket": "bucket",
    "size": 2048,
    "contentType": "image/png",
    "timeCreated": None,
    "metadata": {"kind": "photo"},
}

Outcome = bool | str
"""True, False, or the message of the error that an expression ended in."""


@pytest.fixture(scope="session")
def runtime() -> Iterator[RulesRuntime]:
    runtime = RulesRuntime()
    yield runtime
    runtime.close()


@pytest.fixture
def outcome(runtime: RulesRuntime) -> Callable[..., Outcome]:
    """What a condition comes to: `get` is allowed if it holds, `delete` if it does not, neither if it has no value."""

    def ask(condition: str, functions: str = "", **changed: Any) -> Outcome:
        ruleset = runtime.load(f"""
            rules_version = '2';
            service firebase.storage {{
              {functions}
              match /b/{{bucket}}/o/{{folder}}/{{name}}/{{rest=**}} {{
                allow get: if {condition};
                allow delete: if !({condition});
              }}
            }}
        """)
        files = {"auth": AUTH, "after": FILE, "before": None, **changed}
        held = runtime.verify(ruleset, "get", "/b/bucket/o/files/a.png/x/y", **files)
        failed = runtime.verify(ruleset, "delete", "/b/bucket/o/files/a.png/x/y", **files)
        assert held.errors == failed.errors == []
        assert not (held.permit and failed.permit)
        if held.permit or failed.permit:
            return bool(held.permit)
        assert held.warnings
        return held.warnings[0]

    return ask
