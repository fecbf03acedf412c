"""What docs/openapi.json promises of an answer: its status, its form, its headers. The client holds every answer against it."""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import flask
from pydantic import TypeAdapter
from werkzeug.exceptions import HTTPException

from ops.commands.docs import FILE
from plazza.errors import PlazzaError
from plazza.http.api import Api, File, Route, Text

ERROR_FIELDS = {"status", "code", "message", "details", "traceId"}


def check(api: Api, method: str, path: str, answer: flask.Response) -> None:
    """Raise AssertionError for an answer that no client could expect."""
    asked = f"{method} {path} answered {answer.status_code}"
    route = _route(api, method, path)
    assert "X-Trace-Id" in answer.headers, asked
    if answer.status_code >= 400:
        _check_error(asked, answer)
    if route is None:
        assert answer.status_code in {204, 404}, f"{asked}, and there is no such route"
        return
    statuses = documented(route)
    assert str(answer.status_code) in statuses, f"{asked}; the document knows {sorted(statuses)}"
    if route.options["roles"]:
        assert answer.headers["Cache-Control"] == "no-store", f"{asked}: what is personal must be kept nowhere"
    if answer.status_code < 300:
        _check_success(asked, route, answer)


def documented(route: Route) -> set[str]:
    """Give the statuses that the document knows of a route; a conditional read may also find nothing new."""
    return set(_operations()[route.method, route.handler.__name__]["responses"]) | (
        {"304"} if route.options.get("cache_sec") else set()
    )


def _check_error(asked: str, answer: flask.Response) -> None:
    body: Any = answer.get_json(silent=True)
    assert isinstance(body, dict), f"{asked} without a body of JSON"
    assert set(body) == ERROR_FIELDS, f"{asked} with {sorted(body)}"
    assert (body["status"], body["traceId"]) == ("error", answer.headers["X-Trace-Id"]), asked
    assert (body["code"], answer.status_code) in set(_codes(PlazzaError)), f"{asked} with {body['code']}"
    assert isinstance(body["message"], str), asked
    assert isinstance(body["details"], dict), asked
    assert "Traceback" not in answer.get_data(as_text=True), asked
    if answer.status_code in {429, 503}:
        assert int(answer.headers["Retry-After"]) > 0, asked


def _check_success(asked: str, route: Route, answer: flask.Response) -> None:
    kind: Any = route.hints.get("return")
    if kind in {None, type(None)}:
        assert not answer.get_data(), f"{asked} with a body"
    elif kind is Text:
        assert answer.mimetype == "text/plain", asked
    elif kind is File:
        assert answer.mimetype != "application/json", asked
    else:
        assert answer.mimetype == "application/json", asked
        again = TypeAdapter[Any](kind).validate_json(answer.get_data()).model_dump_json()
        assert json.loads(again) == answer.get_json(), f"{asked} in another form than {kind.__name__}"


def _route(api: Api, method: str, path: str) -> Route | None:
    try:
        endpoint, _ = api.flask.url_map.bind("").match(path.removeprefix("/api/v1"), method=method)
    except HTTPException:
        return None
    return next(route for route in api.routes if f"{route.method} {route.path}" == endpoint)


def _codes(kind: type[PlazzaError]) -> Iterator[tuple[str, int]]:
    yield kind.code, kind.status
    for narrower in kind.__subclasses__():
        yield from _codes(narrower)


@lru_cache(maxsize=1)
def _operations() -> dict[tuple[str, str], dict[str, Any]]:
    paths = json.loads(FILE.read_text())["paths"]
    return {
        (method.upper(), operation["operationId"]): operation
        for methods in paths.values()
        for method, operation in methods.items()
    }
