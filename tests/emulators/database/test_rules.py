"""Who may do what: tokens, security rules, indexes, and the settings interface."""

import time
from typing import Any

import pytest

from tests.emulators.database.rtdb_server import Server, token

RULES = {
    "orders": {
        "$uid": {
            ".read": "auth != null && auth.uid === $uid",
            "$order": {
                ".write": "auth.uid === $uid && !data.exists()",
                ".validate": "newData.hasChildren(['total', 'at'])",
                "total": {".validate": "newData.isNumber() && newData.val() > 0"},
                "at": {".validate": "newData.val() === now"},
                "$other": {".validate": False},
            },
        },
    },
    "staff": {".read": "auth.token.role === 'admin' || auth.token.role === 'support'", ".indexOn": ["rank", ".value"]},
    "board": {
        ".read": "query.limitToLast <= 10 && query.orderByChild === 'rank'",
        ".indexOn": "rank",
    },
    "public": {".read": True, ".write": "newData.parent().child('open').val() === true"},
}
ORDER = {"total": 5, "at": {".sv": "timestamp"}}


@pytest.fixture
def ruled(server: Server, ns: str) -> Server:
    """The stand-in with rules."""
    server.set_rules(RULES, ns)
    return server


def test_rules_are_evaluated(ruled: Server, ns: str) -> None:
    asha, ravi = token("asha", aud=ns), token("ravi", aud=ns)

    def put(path: str, value: Any, who: str | None) -> int:
        return ruled.ask("PUT", f"{path}.json", value, ns=ns, auth=who).status_code

    assert put("/orders/asha/o1", ORDER, asha) == 200
    assert put("/orders/asha/o1", ORDER, asha) == 401, "exists already"
    assert put("/orders/asha/o2", ORDER, ravi) == 401
    assert put("/orders/asha/o2", ORDER, None) == 401
    assert put("/orders/asha/o2", {"total": 5}, asha) == 401
    assert put("/orders/asha/o2", {**ORDER, "total": "5"}, asha) == 401
    assert put("/orders/asha/o2", {**ORDER, "at": 5}, asha) == 401
    assert put("/orders/asha/o2", {**ORDER, "more": 5}, asha) == 401
    assert put("/orders/asha/o2", {**ORDER, "constructor": 5}, asha) == 401
    assert put("/orders/asha/o2", {**ORDER, "__proto__": {"a": 1}}, asha) == 401
    assert set(ruled.get("/orders/asha", ns=ns, auth=asha)) == {"o1"}
    refused = ruled.ask("GET", "/orders/asha.json", ns=ns, auth=ravi)
    assert (refused.status_code, refused.json()) == (401, {"error": "Permission denied"})
    assert ruled.ask("GET", "/orders.json", ns=ns, auth=asha).status_code == 401
    assert set(ruled.get("/orders", ns=ns)) == {"asha"}, "the administrator is not asked"


def test_an_update_is_refused_as_a_whole(ruled: Server, ns: str) -> None:
    asha = token("asha", aud=ns)
    both = {"asha/o1": ORDER, "ravi/o1": ORDER}
    assert ruled.ask("PATCH", "/orders.json", both, ns=ns, auth=asha).status_code == 401
    assert ruled.get("/orders", ns=ns) is None
    assert ruled.ask("PATCH", "/orders.json", {"asha/o1": ORDER, "asha/o2": ORDER}, ns=ns, auth=asha).status_code == 200


def test_claims_queries_and_siblings_are_seen(ruled: Server, ns: str) -> None:
    support, customer = token("s", aud=ns, role="support"), token("c", aud=ns)
    assert ruled.get("/staff", ns=ns, auth=support) is None
    assert ruled.ask("GET", "/staff.json", ns=ns, auth=customer).status_code == 401
    narrow = {"orderBy": '"rank"', "limitToLast": "10"}
    assert ruled.ask("GET", "/board.json", ns=ns, auth=customer, **narrow).status_code == 200
    assert ruled.ask("GET", "/board.json", ns=ns, auth=customer, **{**narrow, "limitToLast": "11"}).status_code == 401
    assert ruled.ask("GET", "/board.json", ns=ns, auth=customer).status_code == 401
    assert ruled.ask("PUT", "/public.json", 1, ns=ns, auth=customer).status_code == 401
    ruled.put("/open", True, ns=ns)
    assert ruled.ask("PUT", "/public.json", 1, ns=ns, auth=customer).status_code == 200


@pytest.mark.parametrize(
    "bad",
    [
        token("asha", aud="another-project"),
        token("asha", lasts_sec=-1),
        token(""),
        token("asha", iss="https://securetoken.google.com/another"),
        token("asha") + "signature",
        token("asha").replace("eyJhbGciOiAibm9uZ", "eyJhbGciOiAiSFMyN"),
        "nonsense",
        "a.b.c",
    ],
)
def test_a_bad_token_is_refused(server: Server, bad: str) -> None:
    answer = server.ask("GET", "/public.json", auth=bad)
    assert answer.status_code == 401
    assert "oken" in answer.json()["error"]
    assert server.ask("GET", "/public.json", auth=token("asha")).status_code == 200


def test_the_administrator_may_act_as_another(ruled: Server, ns: str) -> None:
    as_asha = {"auth_variable_override": '{"uid": "asha"}'}
    assert ruled.ask("PUT", "/orders/asha/o1.json", ORDER, ns=ns, **as_asha).status_code == 200
    assert ruled.ask("PUT", "/orders/ravi/o1.json", ORDER, ns=ns, **as_asha).status_code == 401
    assert ruled.ask("GET", "/orders/asha.json", ns=ns, auth_variable_override="null").status_code == 401
    user = token("ravi", aud=ns)
    assert ruled.ask("GET", "/orders/asha.json", ns=ns, auth=user, **as_asha).status_code == 401


def test_a_query_needs_its_index(ruled: Server, ns: str) -> None:
    answer = ruled.ask("GET", "/staff.json", ns=ns, orderBy='"height"')
    expected = 'Index not defined, add ".indexOn": "height", for path "/staff", to the rules'
    assert (answer.status_code, answer.json()) == (400, {"error": expected})
    for order in ("rank", "$value", "$key", "$priority"):
        assert ruled.ask("GET", "/staff.json", ns=ns, orderBy=f'"{order}"').status_code == 200


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{\n  // comment\n  "rules": {\n    ".read": true,,\n  }\n}', "4:"),
        ('{\n"rules": {\n  "a": {".write": true},\n  "b": {\n ".write": "auth.uid =="}}}', "5:"),
        ('{\n"rules": {\n "$a": { "x": {".read": true} },\n "b": {".read": "nope === 1"}}}', "4:"),
        ('{\n"rules": {"a": {\n".validate": 5}}}', "3:"),
        ('{"rules": {', "1:"),
        ('{"other": {}}', "1:"),
    ],
)
def test_a_fault_in_rules_names_its_line_and_changes_nothing(server: Server, ns: str, text: str, place: str) -> None:
    server.set_rules({".read": True}, ns)
    answer = server.ask("PUT", "/.settings/rules.json", raw=text, ns=ns)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(place), answer.text
    assert server.ask("GET", "/.settings/rules.json", ns=ns).json() == {"rules": {".read": True}}


def test_rules_may_have_comments(server: Server, ns: str) -> None:
    text = '{ /* "a" */ "rules": { // "}\n ".read": "\'http://x\' === \'http://x\'" } }'
    assert server.ask("PUT", "/.settings/rules.json", raw=text, ns=ns).status_code == 200
    assert server.ask("GET", "/.settings/rules.json", ns=ns).text == text
    assert server.get("/x", ns=ns, auth=None) is None


def test_settings_are_for_the_administrator(server: Server, ns: str) -> None:
    for path in ("/.settings/rules.json", "/.settings/functionTriggers.json", "/.inspect/databases.json"):
        assert server.ask("GET", path, ns=ns, auth=token("asha", aud=ns)).status_code == 401
        assert server.ask("GET", path, ns=ns).status_code == 200
    server.put("/x", 1, ns=ns)
    assert {"name": ns} in server.ask("GET", "/.inspect/databases.json", ns=ns).json()


def test_an_operation_on_a_large_database_stays_cheap(ruled: Server, ns: str) -> None:
    orders = {f"o{i}": {"total": i + 1, "at": 1} for i in range(20000)}
    ruled.ask("PUT", "/orders/asha.json", orders, ns=ns, print="silent")
    asha = token("asha", aud=ns)
    ruled.ask("PUT", "/orders/asha/first.json", ORDER, ns=ns, auth=asha)
    began = time.perf_counter()
    for i in range(100):
        assert ruled.ask("PUT", f"/orders/asha/new{i}.json", ORDER, ns=ns, auth=asha).status_code == 200
    each_ms = (time.perf_counter() - began) * 10
    assert each_ms < 15, f"{each_ms:.1f} ms for each write"
