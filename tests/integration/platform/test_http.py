"""The HTTP contract, shown on the platform's own routes: what every route answers to bad input."""

import json
from typing import Any

from tests.support.client import Client
from tests.support.people import new_uid, token


def test_health_names_every_part(api: Client) -> None:
    answer = api.get("/api/v1/health", role=None)

    assert answer.status_code == 200
    assert {part["name"] for part in answer.json["parts"]} == {"cockroach", "postgres", "redis", "search", "rtdb"}
    assert {part["name"]: part["status"] for part in answer.json["parts"]}["cockroach"] == "up"


def test_nobody_without_a_token(api: Client) -> None:
    for header in (
        {},
        {"Authorization": "Bearer x"},
        {"Authorization": "Basic abc"},
        {"Authorization": "Bearer a.b.c"},
    ):
        answer = api.get("/me", role=None, headers=header)

        assert answer.status_code == 401
        assert answer.json["code"] == "UNAUTHORIZED"
        assert answer.json["traceId"] == answer.headers["X-Trace-Id"]


def test_a_token_of_another_project_or_past_its_time_is_refused(api: Client) -> None:
    refused: tuple[dict[str, Any], ...] = (
        {"aud": "other"},
        {"exp": 1},
        {"iss": "https://securetoken.google.com/other"},
    )
    for claims in refused:
        answer = api.get("/me", headers={"Authorization": f"Bearer {token(new_uid(), **claims)}"})

        assert answer.status_code == 401


def test_a_role_that_may_not_is_told_who_may(api: Client) -> None:
    answer = api.get("/accounts/someone", role="customer")

    assert (answer.status_code, answer.json["code"]) == (403, "FORBIDDEN")
    assert answer.json["details"]["roles"] == ["admin", "support"]


def test_unknown_paths_and_methods_answer_in_our_form(api: Client) -> None:
    answer = api.call("DELETE", "/api/v1/health", None, role=None)

    assert (answer.status_code, answer.json["code"]) == (404, "RESOURCE_NOT_FOUND")


def test_a_bad_body_names_its_fields_and_never_repeats_them(api: Client) -> None:
    answer = api.call("PATCH", "/me", None, raw=json.dumps({"name": 7, "phone": "+919812345678"}).encode())

    assert answer.status_code == 400
    assert {field["field"] for field in answer.json["details"]["fields"]} == {"name", "phone"}
    assert "919812345678" not in answer.content.decode()


def test_broken_json_is_a_clear_error(api: Client) -> None:
    for raw in (b"", b"{", b"\xff\xfe", b"[" * 5000, b'{"name": NaN}', b"null"):
        answer = api.call("PATCH", "/me", None, raw=raw)

        assert (answer.status_code, answer.json["code"]) == (400, "VALIDATION_ERROR")


def test_a_huge_body_is_refused_unread(api: Client) -> None:
    answer = api.call("PATCH", "/me", None, raw=b"x" * 1_048_577)

    assert (answer.status_code, answer.json["code"]) == (413, "PAYLOAD_TOO_LARGE")
