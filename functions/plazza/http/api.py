"""Routes → Flask: a handler's signature is its declaration.

A handler may take `caller` (Caller), `once` (Once), `body` and `query` (models), `raw` (the body's bytes), `headers`, and the path's
own names; it gives a Model, a Page, a File, a Text or None (204). The order of the steps below is a security property: trace id → size limit → route →
limit by address → authenticate → role → limit by caller → validate → handler → log.
"""

import re
import time
import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, NamedTuple, Required, TypedDict, Unpack, get_type_hints

import flask
from pydantic import TypeAdapter, ValidationError

from plazza import logs, settings
from plazza.data import answers
from plazza.data.once import Once
from plazza.errors import Forbidden, Invalid, NotFound, TooLarge
from plazza.http import auth, failures, kept, limits
from plazza.identity import Caller, Role

PUBLIC: Collection[Role] = frozenset()
"""`roles=PUBLIC`: no token is asked for."""
EVERYONE: Collection[Role] = frozenset(Role)
"""`roles=EVERYONE`: any signed-in person."""

MAX_BODY_BYTES = 1_048_576
_WHO_ASKS = {"caller", "once", "headers"}
Handler = Callable[..., Any]


class File(NamedTuple):
    """An answer that is a file; one that is long comes in pieces, each made when it is sent."""

    content: bytes | Iterable[bytes]
    content_type: str
    name: str


class Text(NamedTuple):
    """An answer that is plain text, as some providers' challenges want."""

    text: str


class Options(TypedDict, total=False):
    """What a route says beside its path; `roles` must be said."""

    roles: Required[Collection[Role]]
    status: int  # of success; 200 unless said
    sensitive: bool  # a revoked token is refused: one more call to Firebase Auth
    cache_sec: int  # a public answer may be kept that long: by us if `shows` says what ends it sooner, else by clients and the CDN
    shows: Sequence[str]  # scopes (data/answers.py) whose change ends a kept answer; `{name}` is one of the path
    fleeting: Collection[str]  # fields of query or body with which an answer shows what nobody announces
    per_minute: int  # requests of one caller
    max_bytes: int  # of the body


class Route(NamedTuple):
    """One declared route."""

    method: str
    path: str
    handler: Handler
    options: Options
    hints: dict[str, Any]


class Api:
    """The routes of one service, served as one Flask app by one HTTPS function."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.routes: list[Route] = []
        self.flask = flask.Flask(name, static_folder=None)
        self.flask.url_map.strict_slashes = False
        self.flask.register_error_handler(Exception, failures.answer)

    def _declare(self, method: str, path: str, options: Options) -> Callable[[Handler], Handler]:
        def declare(handler: Handler) -> Handler:
            route = Route(method, path, handler, options, get_type_hints(handler, include_extras=True))
            if options.get("shows") and (options["roles"] or not route.hints.keys().isdisjoint(_WHO_ASKS)):
                raise TypeError(f"{method} {path} depends on who asks: nobody else may be shown what is kept of it.")
            self.routes.append(route)
            self.flask.add_url_rule(path, f"{method} {path}", lambda **names: _serve(route, names), methods=[method])
            return handler

        return declare

    def get(self, path: str, **options: Unpack[Options]) -> Callable[[Handler], Handler]:
        """Declare a GET route."""
        return self._declare("GET", path, options)

    def post(self, path: str, **options: Unpack[Options]) -> Callable[[Handler], Handler]:
        """Declare a POST route."""
        return self._declare("POST", path, options)

    def put(self, path: str, **options: Unpack[Options]) -> Callable[[Handler], Handler]:
        """Declare a PUT route."""
        return self._declare("PUT", path, options)

    def patch(self, path: str, **options: Unpack[Options]) -> Callable[[Handler], Handler]:
        """Declare a PATCH route."""
        return self._declare("PATCH", path, options)

    def delete(self, path: str, **options: Unpack[Options]) -> Callable[[Handler], Handler]:
        """Declare a DELETE route."""
        return self._declare("DELETE", path, options)

    def dispatch(self, request: flask.Request) -> flask.Response:
        """Serve a function's request; the path may begin with /api/v1 (through Hosting) or not (the function's own URL)."""
        environ = dict(request.environ)
        environ["PATH_INFO"] = re.sub(r"^/api/v1(?=/)", "", environ.get("PATH_INFO", "/"))
        started = time.monotonic()
        token = logs.trace_id.set(_trace_id(request))
        try:
            with self.flask.request_context(environ):
                response = _preflight() if request.method == "OPTIONS" else self.flask.full_dispatch_request()
                _finish(response)
                _log(response, started)
                return response
        finally:
            logs.trace_id.reset(token)


def _serve(route: Route, names: dict[str, Any]) -> flask.Response:
    request, options = flask.request, route.options
    flask.g.route = route
    if not request.path.isprintable():
        raise NotFound("There is no such path.")  # no id of ours has a control character, and no database takes a NUL
    request.max_content_length = options.get("max_bytes", MAX_BODY_BYTES)
    if (request.content_length or 0) > request.max_content_length:
        raise TooLarge("The body is too large.", limit_bytes=request.max_content_length)
    shows = options.get("shows", ())
    ask = kept.ask(request, shows, names) if shows else None
    subject = f"address {_address(request)}"
    _, values = limits.check_and_get(subject, limits.PER_ADDRESS, ask.keys() if ask else ())
    if ask is not None:
        return _kept(route, names, ask, values)
    caller = None
    if options["roles"]:
        caller = auth.authenticate(request.headers.get("Authorization"), check_revoked=options.get("sensitive", False))
        flask.g.uid = caller.uid
        if caller.role not in options["roles"]:
            raise Forbidden("Your role may not do this.", roles=sorted(options["roles"]))
        subject = f"caller {caller.uid} {route.method} {route.path}"
        flask.g.allowance = limits.check(subject, options.get("per_minute", limits.PER_CALLER))
    return _response(options, route.handler(**_arguments(route, names, caller)))


def _kept(route: Route, names: dict[str, Any], ask: answers.Ask, values: answers.Values | None) -> flask.Response:
    def work() -> answers.Made:
        arguments = _arguments(route, names, None)
        given = [arguments[name] for name in ("query", "body") if name in arguments]
        return kept.made(
            route.handler(**arguments), route.options.get("cache_sec", 0), route.options.get("fleeting", ()), given
        )

    answer = answers.find(ask, values) or answers.make(ask, values, work)
    return kept.response(answer, is_shared=route.method == "GET", max_age=kept.CDN_SEC)


def _arguments(route: Route, names: dict[str, Any], caller: Caller | None) -> dict[str, Any]:
    request, arguments = flask.request, dict(names)
    for name, kind in route.hints.items():
        if name == "caller":
            arguments[name] = caller
        elif name == "body":
            arguments[name] = _validate("body", TypeAdapter(kind).validate_json, request.get_data())
        elif name == "query":
            arguments[name] = _validate("query", kind.model_validate, _query(kind))
        elif name == "raw":
            arguments[name] = request.get_data()
        elif name == "headers":
            arguments[name] = request.headers
        elif name == "once" and caller is not None:
            arguments[name] = flask.g.once = _once(request, caller)
    return arguments


def _once(request: flask.Request, caller: Caller) -> Once:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not re.fullmatch(r"[A-Za-z0-9_.:-]{8,100}", key):
        raise Invalid("Idempotency-Key must be 8 to 100 letters, digits, or any of `_.:-`.", field="Idempotency-Key")
    return Once(caller.uid, request.method, request.path, key, request.get_data())


def _query(kind: Any) -> dict[str, Any]:
    lists = {name for name, field in kind.model_fields.items() if "list" in str(field.annotation)}
    arguments = flask.request.args
    repeated = [name for name in arguments if name not in lists and len(arguments.getlist(name)) > 1]
    if repeated:
        raise Invalid("Give each parameter once.", fields=repeated)
    return {name: arguments.getlist(name) if name in lists else arguments[name] for name in arguments}


def _validate(where: str, read: Callable[[Any], Any], given: Any) -> Any:
    try:
        return read(given)
    except ValidationError as exc:
        # The input itself is not repeated: it may hold what must not reach a log.
        fields = [
            {"field": ".".join(str(part) for part in error["loc"]) or where, "problem": error["msg"]}
            for error in exc.errors(include_input=False, include_url=False, include_context=False)[:20]
        ]
        raise Invalid(f"The {where} is not of the documented form.", fields=fields) from exc


def _response(options: Options, answer: Any) -> flask.Response:
    if answer is None:
        return flask.Response(status=204)
    status = options.get("status", 200)
    if isinstance(answer, File):
        headers = {"Content-Disposition": f'attachment; filename="{answer.name}"'}
        return flask.Response(answer.content, status, headers, content_type=answer.content_type)
    if isinstance(answer, Text):
        return flask.Response(answer.text, status, content_type="text/plain; charset=utf-8")
    cache_sec = options.get("cache_sec", 0)
    if cache_sec and not options["roles"] and not options.get("shows"):
        return kept.response(kept.made(answer, 0, (), ()), is_shared=True, max_age=cache_sec)
    response = flask.Response(answer.model_dump_json(), status, content_type="application/json")
    if getattr(flask.g.get("once"), "replayed", False):
        response.headers["Idempotent-Replayed"] = "true"
    return response


def _preflight() -> flask.Response:
    response = flask.Response(status=204)
    response.headers["Access-Control-Allow-Methods"] = "GET, POST, PUT, PATCH, DELETE"
    response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, Idempotency-Key, If-None-Match"
    response.headers["Access-Control-Max-Age"] = "3600"
    return response


def _finish(response: flask.Response) -> None:
    origin = flask.request.headers.get("Origin", "")
    if origin and origin in settings.optional("ALLOWED_ORIGINS").split(","):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = "X-Trace-Id, Retry-After, X-RateLimit-Remaining"
    response.vary.add("Origin")
    response.headers["X-Trace-Id"] = logs.trace_id.get()
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Cache-Control", "no-store")
    allowance = flask.g.get("allowance")
    if allowance is not None:
        response.headers["X-RateLimit-Limit"] = str(allowance.limit)
        response.headers["X-RateLimit-Remaining"] = str(allowance.remaining)
        response.headers["X-RateLimit-Reset"] = str(allowance.reset_sec)


def _log(response: flask.Response, started: float) -> None:
    logs.write(
        "WARNING" if response.status_code >= 500 else "INFO",
        "request",
        method=flask.request.method,
        path=_template(),
        status=response.status_code,
        duration_ms=round((time.monotonic() - started) * 1000),
        userAgent=(flask.request.user_agent.string or "")[:120],
        uid=flask.g.get("uid"),
    )


def _template() -> str:
    route: Route | None = flask.g.get("route")
    return route.path if route else "(no route)"


def _trace_id(request: flask.Request) -> str:
    given = request.headers.get("X-Cloud-Trace-Context", "").split("/")[0]
    return given if re.fullmatch(r"[0-9a-f]{32}", given) else uuid.uuid4().hex


def _address(request: flask.Request) -> str:
    # Google's front end appends the address it saw; what stands before it is the caller's own claim.
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    return forwarded[-1].strip() or request.remote_addr or ""
