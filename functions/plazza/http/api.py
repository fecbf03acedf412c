"""Routes → Flask: a handler's signature is its declaration.

A handler may take `caller` (Caller), `once` (Once), `body` and `query` (models), `raw` (the body's bytes), `headers`, and the path's
own names; it gives a Model, a Page, a File, a Text or None (204). The order of the steps below is a security property: trace id → size limit → route →
limit by address → authenticate → role → limit by caller → validate → handler → log.
"""

import random
import re
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any, NamedTuple, Required, TypedDict, Unpack, get_args, get_origin, get_type_hints

import flask
from werkzeug.exceptions import HTTPException

from plazza import logs, settings
from plazza.data import answers
from plazza.errors import Forbidden, NotFound, TooLarge
from plazza.http import arguments, auth, failures, kept, limits
from plazza.identity import Role

PUBLIC: Collection[Role] = frozenset()
"""`roles=PUBLIC`: no token is asked for."""
EVERYONE: Collection[Role] = frozenset(Role)
"""`roles=EVERYONE`: any signed-in person."""

MAX_BODY_BYTES = 1_048_576
_MOST_PATHS = 1_000
_WHO_ASKS = {"caller", "once", "headers"}
_PREFIX = re.compile(r"^/api/v1(?=/)")
_TRACE_ID = re.compile(r"[0-9a-f]{32}")
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


class Found(NamedTuple):
    """A route whose answers are kept, with a path of it: its names, and the scopes that an answer shows."""

    route: Route
    path: str
    names: Mapping[str, Any]
    scopes: Sequence[str]


class Done(NamedTuple):
    """What a request came to; `path` is its route's, for the log."""

    response: flask.Response
    path: str
    uid: str | None = None
    allowance: limits.Allowance | None = None


class Api:
    """The routes of one service, served as one Flask app by one HTTPS function."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.routes: list[Route] = []
        self.flask = flask.Flask(name, static_folder=None)
        self.flask.url_map.strict_slashes = False
        self.flask.register_error_handler(Exception, failures.answer)
        self._kept: dict[str, Route] = {}
        self._places = self.flask.url_map.bind("")
        self._find = lru_cache(maxsize=_MOST_PATHS)(self._find_kept)

    def _declare(self, method: str, path: str, options: Options) -> Callable[[Handler], Handler]:
        def declare(handler: Handler) -> Handler:
            route = Route(method, path, handler, options, _hints_of(handler))
            if options.get("shows") and (options["roles"] or not route.hints.keys().isdisjoint(_WHO_ASKS)):
                raise TypeError(f"{method} {path} depends on who asks: nobody else may be shown what is kept of it.")
            self.routes.append(route)
            place = f"{method} {path}"
            if options.get("shows"):
                self._kept[place] = route
            self.flask.add_url_rule(path, place, lambda **names: _serve(route, names), methods=[method])
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
        started = time.monotonic()
        token = logs.trace_id.set(_trace_id(request))
        try:
            done = self._show(request) or self._work(request)
            _finish(request, done)
            _log(request, done, started)
            return done.response
        finally:
            logs.trace_id.reset(token)

    def _show(self, request: flask.Request) -> Done | None:
        """Answer for a route whose answers are kept, by the steps of `_serve` but without Flask, which costs more than all of them."""
        found = self._find(request.path, request.method) if self._kept else None
        if found is None:
            return None
        try:
            return Done(_serve_kept(found, request), found.route.path)
        except Exception as exc:  # noqa: BLE001 -- as Flask does for all other routes: every request gets an answer
            return Done(failures.answer(exc, found.route.path), found.route.path)

    def _find_kept(self, asked_path: str, method: str) -> Found | None:
        path = _PREFIX.sub("", asked_path)
        if method == "OPTIONS" or not path.isprintable():
            return None
        try:
            place, names = self._places.match(path, method)
        except HTTPException:
            return None
        route = self._kept.get(place)
        if route is None:
            return None
        return Found(route, path, names, [scope.format_map(names) for scope in route.options.get("shows", ())])

    def _work(self, request: flask.Request) -> Done:
        environ = dict(request.environ)
        environ["PATH_INFO"] = _PREFIX.sub("", environ.get("PATH_INFO", "/"))
        with self.flask.request_context(environ):
            response = _preflight() if request.method == "OPTIONS" else self.flask.full_dispatch_request()
            response.headers.setdefault("Cache-Control", "no-store")
            route: Route | None = flask.g.get("route")
            return Done(response, route.path if route else "(no route)", flask.g.get("uid"), flask.g.get("allowance"))


def _hints_of(handler: Handler) -> dict[str, Any]:
    """Give a handler's hints; what it wrote itself is of the model that it names."""
    hints = get_type_hints(handler, include_extras=True)
    if get_origin(hints["return"]) is Annotated:
        hints["return"] = get_args(hints["return"])[1]
    return hints


def _serve(route: Route, names: dict[str, Any]) -> flask.Response:
    request, options = flask.request, route.options
    flask.g.route = route
    if not request.path.isprintable():
        raise NotFound("There is no such path.")  # no id of ours has a control character, and no database takes a NUL
    _limit_size(route, request)
    limits.check(f"address {_address(request)}", limits.PER_ADDRESS)
    caller = None
    if options["roles"]:
        caller = auth.authenticate(request.headers.get("Authorization"), check_revoked=options.get("sensitive", False))
        flask.g.uid = caller.uid
        if caller.role not in options["roles"]:
            raise Forbidden("Your role may not do this.", roles=sorted(options["roles"]))
        subject = f"caller {caller.uid} {route.method} {route.path}"
        flask.g.allowance = limits.check(subject, options.get("per_minute", limits.PER_CALLER))
    return _response(options, route.handler(**arguments.read(request, route.hints, names, caller)))


def _serve_kept(found: Found, request: flask.Request) -> flask.Response:
    """Give what is at hand or kept of an answer, or make it; its address's request is counted as Redis is read. Raises what a handler does."""
    route, body = found.route, b""
    if "body" in route.hints:
        _limit_size(route, request)
        body = request.get_data()
    ask = kept.ask((route.method, found.path, request.query_string, body), found.scopes)
    subject = f"address {_address(request)}"
    answer, values = answers.at_hand(ask), answers.unsettled(ask)
    if (answer is None and values is None) or not limits.count_later(subject):
        answer, values = None, limits.check_and_get(subject, limits.PER_ADDRESS, ask.keys())

    def work() -> answers.Made:
        read = arguments.read(request, route.hints, found.names, None)
        given = [read[name] for name in ("query", "body") if name in read]
        return kept.made(
            route.handler(**read), route.options.get("cache_sec", 0), route.options.get("fleeting", ()), given
        )

    answer = answer or answers.find(ask, values) or answers.make(ask, values, work)
    return kept.response(request, answer, is_shared=route.method == "GET", max_age=kept.CDN_SEC)


def _limit_size(route: Route, request: flask.Request) -> None:
    request.max_content_length = route.options.get("max_bytes", MAX_BODY_BYTES)
    if (request.content_length or 0) > request.max_content_length:
        raise TooLarge("The body is too large.", limit_bytes=request.max_content_length)


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
        return kept.response(flask.request, kept.made(answer, 0, (), ()), is_shared=True, max_age=cache_sec)
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


def _finish(request: flask.Request, done: Done) -> None:
    headers, allowance = done.response.headers, done.allowance
    origin = request.environ.get("HTTP_ORIGIN", "")
    if origin and origin in settings.optional("ALLOWED_ORIGINS").split(","):
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Expose-Headers"] = "X-Trace-Id, Retry-After, X-RateLimit-Remaining"
    # Added, not set: nobody has given these yet, and to set one is to look for it among all that are there.
    headers.add("Vary", "Origin")
    headers.add("X-Trace-Id", logs.trace_id.get())
    headers.add("X-Content-Type-Options", "nosniff")
    if allowance is not None:
        headers["X-RateLimit-Limit"] = str(allowance.limit)
        headers["X-RateLimit-Remaining"] = str(allowance.remaining)
        headers["X-RateLimit-Reset"] = str(allowance.reset_sec)


def _log(request: flask.Request, done: Done, started: float) -> None:
    status = done.response.status_code
    logs.write(
        "WARNING" if status >= 500 else "INFO",
        "request",
        method=request.method,
        path=done.path,
        status=status,
        duration_ms=round((time.monotonic() - started) * 1000),
        userAgent=request.environ.get("HTTP_USER_AGENT", "")[:120],
        uid=done.uid,
    )


def _trace_id(request: flask.Request) -> str:
    given = request.environ.get("HTTP_X_CLOUD_TRACE_CONTEXT", "").split("/")[0]
    return given if _TRACE_ID.fullmatch(given) else f"{random.getrandbits(128):032x}"


def _address(request: flask.Request) -> str:
    # Google's front end appends the address it saw; what stands before it is the caller's own claim.
    forwarded = request.environ.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2]
    return forwarded.strip() or request.remote_addr or ""
