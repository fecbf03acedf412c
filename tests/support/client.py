"""Calls routes as a function would: through `Api.dispatch`, with everything behind it real; each answer keeps the document's promises."""

import ipaddress
import json
from importlib import import_module
from typing import Any, NamedTuple
from uuid import uuid4

import flask
from werkzeug.datastructures import Headers
from werkzeug.exceptions import NotFound
from werkzeug.test import EnvironBuilder

from plazza.http.api import Api
from tests.support import promises
from tests.support.people import token

ROUTES = (
    "plazza.catalogue.routes.products",
    "plazza.catalogue.routes.admin",
    "plazza.catalogue.routes.prescriptions",
    "plazza.payment.routes.payments",
    "plazza.payment.routes.webhook",
    "plazza.order.routes.orders",
    "plazza.order.routes.inventory",
    "plazza.location.routes",
    "plazza.user_events.routes",
    "plazza.discount.routes",
    "plazza.whatsapp.routes.messages",
    "plazza.whatsapp.routes.webhook",
    "plazza.delivery.routes",
    "plazza.platform.routes.accounts",
    "plazza.platform.routes.health",
)


class Answer(NamedTuple):
    """What came back; `json` is None for another content type."""

    status_code: int
    json: Any
    headers: Headers
    content: bytes


class Client:
    """One method per verb; `role`, `uid` and `store` say who calls (`role=None`: nobody).

    Each client has an address of its own, so that the limit by address counts one test and not all of them.
    """

    def __init__(self) -> None:
        self.address = str(ipaddress.IPv6Address(uuid4().int))

    def get(self, path: str, **who: Any) -> Answer:
        return self.call("GET", path, None, **who)

    def post(self, path: str, body: Any = None, **who: Any) -> Answer:
        return self.call("POST", path, {} if body is None else body, **who)

    def put(self, path: str, body: Any = None, **who: Any) -> Answer:
        return self.call("PUT", path, {} if body is None else body, **who)

    def patch(self, path: str, body: Any = None, **who: Any) -> Answer:
        return self.call("PATCH", path, {} if body is None else body, **who)

    def delete(self, path: str, **who: Any) -> Answer:
        return self.call("DELETE", path, None, **who)

    def call(
        self,
        method: str,
        path: str,
        body: Any,
        *,
        role: str | None = "customer",
        uid: str = "customer-1",
        store: str | None = None,
        key: str | None = None,
        headers: dict[str, str] | None = None,
        raw: bytes | None = None,
    ) -> Answer:
        sent = {"X-Forwarded-For": self.address, **(headers or {})}
        if role is not None and "Authorization" not in sent:
            sent["Authorization"] = f"Bearer {token(uid, role, store)}"
        if key is not None:
            sent["Idempotency-Key"] = key
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        builder = EnvironBuilder(
            path=path, method=method, headers=list(sent.items()), data=data, content_type="application/json"
        )
        request = flask.Request(builder.get_environ())
        api = _api(request.path, method)
        response = api.dispatch(request)
        promises.check(api, method, request.path, response)
        return Answer(response.status_code, response.get_json(silent=True), response.headers, response.get_data())


def _api(path: str, method: str) -> Api:
    """Find who answers for a path: the service that has it, else the one with its first part, as Hosting would."""
    neighbour: Api | None = None
    for name in ROUTES:
        try:
            api: Api = import_module(name).api
        except ModuleNotFoundError as exc:
            if exc.name and not name.startswith(exc.name):
                raise
            continue
        try:
            api.flask.url_map.bind("").match(path.removeprefix("/api/v1"), method=method)
        except NotFound:
            first = path.removeprefix("/api/v1").split("/")[1]
            if any(route.path.split("/")[1] == first for route in api.routes):
                neighbour = neighbour or api
            continue
        except Exception:  # noqa: BLE001, S110 -- another method of this path: this Api answers for it
            pass
        return api
    if neighbour is not None:
        return neighbour
    raise LookupError(f"no service has {path}")
