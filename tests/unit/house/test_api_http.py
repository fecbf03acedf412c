"""`docs/api.http` names real routes, sends what their models take, as somebody who may, and leaves no group of routes out."""

import json
from importlib import import_module
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from pydantic import BaseModel, ValidationError

from ops.commands.docs import FILE as DOCUMENT
from plazza.http.api import Route
from tests.support import http_file
from tests.support.client import ROUTES
from tests.support.http_file import Request

UUID = "7b1f6c0e-0000-4000-8000-000000000001"
SAMPLES = {
    "run": "1",
    "now": "2026-11-27T09:00:00Z",
    "code": "123456",
    "sku": "X-1",
    "razorpay_signature": "0" * 64,
    "razorpay_order_id": "order_" + "A" * 14,
    "razorpay_payment_id": "pay_" + "A" * 14,
}
"""What a variable holds while a body is checked; every other one holds an id."""
REQUESTS = [request for request in http_file.read(http_file.FILE.read_text()) if request.url.startswith("{{api}}")]


def path_of(request: Request) -> str:
    return urlsplit(
        http_file.fill(request.url, lambda name: "/api/v1" if name == "api" else SAMPLES.get(name, UUID))
    ).path


def route_of(request: Request) -> Route | None:
    for name in ROUTES:
        api = import_module(name).api
        place = api.flask.url_map.bind("")
        for route in api.routes:
            path = path_of(request).removeprefix("/api/v1")
            if route.method == request.method and place.test(path, request.method):
                endpoint, _ = place.match(path, method=request.method)
                if endpoint == f"{route.method} {route.path}":
                    return route
    return None


def problems(request: Request) -> list[str]:
    """Give what is wrong with a request."""
    route = route_of(request)
    if route is None:
        return ["no such route"]
    found = list[str]()
    kind: type[BaseModel] | None = route.hints.get("body")
    try:
        if kind is not None:
            kind.model_validate_json(http_file.fill(request.body, lambda name: SAMPLES.get(name, UUID)))
        elif request.body:
            found.append("the route takes no body")
        query: type[BaseModel] | None = route.hints.get("query")
        asked = dict(parse_qsl(urlsplit(http_file.fill(request.url, lambda name: SAMPLES.get(name, UUID))).query))
        if query is not None:
            query.model_validate(asked)
        elif asked:
            found.append("the route takes no query")
    except ValidationError as problem:
        found.append(str(problem))
    who = request.headers.get("Authorization", "").removeprefix("Bearer {{").removesuffix("}}")
    if who not in ({str(role) for role in route.options["roles"]} or {""}):
        found.append(f"a {who or 'stranger'} may not")
    return found


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: f"{request.method} {request.url}")
def test_a_request_fits_its_route(request_: Request) -> None:
    assert problems(request_) == []


def test_every_group_of_routes_is_there() -> None:
    def group(path: str) -> str:
        return path.split("/")[3]

    documented = {group(path) for path in json.loads(DOCUMENT.read_text())["paths"]}

    assert {group(path_of(request)) for request in REQUESTS} == documented


def test_every_variable_and_answer_is_there_before_it_is_used() -> None:
    answered = set[str]()
    for request in http_file.read(http_file.FILE.read_text()):
        needed = [request.url, request.body, *request.headers.values()]
        for used in (name for text in needed for name in http_file.names_in(text)):
            held = request.variables.get(used, f"{{{{{used}}}}}" if "." in used else None)
            assert held is not None, f"{request.url}: {used} is not set"
            assert {name.split(".")[0] for name in http_file.names_in(held)} <= answered, f"{request.url}: {used}"
        answered |= {request.name} if request.name else set()


@pytest.mark.parametrize(
    ("over", "problem"),
    [
        ({"url": "{{api}}/nothing"}, "no such route"),
        ({"method": "DELETE"}, "no such route"),
        ({"body": '{"items": []}'}, "address_id"),
        ({"headers": {"Authorization": "Bearer {{rider}}"}}, "a rider may not"),
        ({"headers": {}}, "a stranger may not"),
        ({"url": "{{api}}/orders/quote?x=1"}, "the route takes no query"),
    ],
)
def test_a_request_that_does_not_fit_is_named(over: dict[str, Any], problem: str) -> None:
    quote = next(request for request in REQUESTS if request.url.endswith("/orders/quote"))

    assert problem in "\n".join(problems(quote._replace(**over)))
