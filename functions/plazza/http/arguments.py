"""A request → a handler's arguments, validated; what is refused is named by its fields, and never repeated."""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import flask
from pydantic import TypeAdapter, ValidationError
from werkzeug.datastructures import MultiDict

from plazza.data.once import Once
from plazza.errors import Invalid
from plazza.identity import Caller


def read(
    request: flask.Request, hints: Mapping[str, Any], names: Mapping[str, Any], caller: Caller | None
) -> dict[str, Any]:
    """Give a handler's arguments: the path's names, and from the request what its signature asks for. Raises Invalid."""
    arguments = dict(names)
    for name, kind in hints.items():
        if name == "caller":
            arguments[name] = caller
        elif name == "body":
            arguments[name] = _validate("body", _adapter(kind).validate_json, request.get_data())
        elif name == "query":
            arguments[name] = _validate("query", kind.model_validate, _query(kind, request.args))
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


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    """Give what reads bodies of a kind; there are as many as routes."""
    return TypeAdapter(kind)


@cache
def _lists(kind: Any) -> frozenset[str]:
    """Give the parameters that may be repeated."""
    return frozenset(name for name, field in kind.model_fields.items() if "list" in str(field.annotation))


def _query(kind: Any, arguments: MultiDict[str, str]) -> dict[str, Any]:
    lists = _lists(kind)
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
