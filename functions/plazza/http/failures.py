"""Errors → answers: the documented form for ours, for the web library's and for those that nobody foresaw."""

import json

import flask
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from plazza import errors, logs, settings
from plazza.errors import Invalid, NotFound, PlazzaError, RateLimited, TooLarge, Unavailable


def answer(exc: Exception, path: str | None = None) -> flask.Response:
    """Give the answer to an error; one that nobody foresaw is logged with its stack and its route's path."""
    error = _as_error(exc, path)
    body = {
        "status": "error",
        "code": error.code,
        "message": error.message,
        "details": error.details,
        "traceId": logs.trace_id.get(),
    }
    headers = {"Cache-Control": "no-store"}
    response = flask.Response(json.dumps(body, default=str), error.status, headers, content_type="application/json")
    if isinstance(error, Unavailable | RateLimited):
        response.headers["Retry-After"] = str(error.retry_after_sec)
    if isinstance(exc, MethodNotAllowed) and exc.valid_methods:
        response.headers["Allow"] = ", ".join(exc.valid_methods)
    return response


def _as_error(exc: Exception, path: str | None) -> PlazzaError:
    if isinstance(exc, PlazzaError):
        return exc
    if isinstance(exc, RequestEntityTooLarge):
        return TooLarge("The body is too large.")
    if isinstance(exc, MethodNotAllowed):
        return NotFound("This path does not take this method.", allowed=sorted(exc.valid_methods or []))
    if isinstance(exc, HTTPException):
        if (exc.code or 500) == 404:
            return NotFound("There is no such path.")
        return Invalid("The request cannot be read.")
    if path is None:
        route = flask.g.get("route")
        path = route.path if route else "(no route)"
    logs.error("unhandled error", exc, path=path)
    if isinstance(exc, settings.MissingSetting):
        return Unavailable("This part is not set up; its operators have been told.", retry_after_sec=60)
    return errors.PlazzaError("Something went wrong on our side; the traceId tells us what.")
