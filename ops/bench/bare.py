"""A function that does nothing: what the framework and its server cost by themselves. Started as production starts a function."""

from firebase_functions.https_fn import on_request
from flask import Request, Response


@on_request()
def hello(request: Request) -> Response:
    """Answer at once."""
    return Response('{"hello": "world"}', content_type="application/json")
