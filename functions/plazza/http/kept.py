"""Public answers that are kept: which request asks for which entry, and how the answer tells clients and the CDN so."""

import hashlib
import os
from collections.abc import Collection, Sequence

import flask
from pydantic import BaseModel
from werkzeug.datastructures import Headers

from plazza.data import answers
from plazza.data.answers import Ask, Made
from plazza.schema import Written

CDN_SEC = 1
"""The CDN is not told of changes, so it may only spare us the crowd: two seconds after a change nobody sees what was before it."""

_REVISION = os.environ.get("K_REVISION", "").encode()
"""Of the function, as Cloud Run names it: another deployment may answer in another form."""


def ask(question: tuple[str, str, bytes, bytes], scopes: Sequence[str]) -> Ask:
    """Give what a request asks for: the same method, path, query and body are the same question."""
    method, path, query, body = question
    whole = b"\0".join((_REVISION, method.encode(), path.encode(), query, body))
    return Ask(f"answer:{hashlib.sha256(whole).hexdigest()[:40]}", tuple(scopes))


def made(answer: BaseModel | Written, keep_sec: float, fleeting: Collection[str], given: Sequence[BaseModel]) -> Made:
    """Give an answer's bytes; one that names a fleeting thing, as the stock of a store, is kept shortly, a degraded one not at all."""
    if getattr(answer, "degraded", False):
        keep_sec = 0
    elif any(getattr(one, name, None) is not None for one in given for name in fleeting):
        keep_sec = min(keep_sec, answers.FLEETING_SEC)
    body = answer.body if isinstance(answer, Written) else answer.model_dump_json().encode()
    return Made(body, keep_sec)


def response(request: flask.Request, answer: Made, *, is_shared: bool, max_age: int) -> flask.Response:
    """Give an answer over HTTP; a shared one may stay with clients and the CDN for `max_age` seconds and has a tag."""
    headers = Headers()
    headers.add("Content-Type", "application/json")
    headers.add("Cache-Control", f"public, max-age={max_age}" if is_shared else "no-store")
    if is_shared:
        headers.add("ETag", f'W/"{hashlib.sha256(answer.body).hexdigest()[:32]}"')
    shown = flask.Response(answer.body, headers=headers)
    if is_shared and "HTTP_IF_NONE_MATCH" in request.environ:
        shown.make_conditional(request)
    return shown
