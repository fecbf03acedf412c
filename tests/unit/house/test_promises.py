"""The check of every answer against the document sees what it is there for."""

from collections.abc import Callable

import flask
import pytest
from werkzeug.test import EnvironBuilder

from plazza.http.api import PUBLIC, Api
from plazza.platform.routes import health
from plazza.schema import Model
from tests.support import promises


class _View(Model):
    name: str


class _Other(Model):
    price: int


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], flask.Response]:
    """Serve one handler and check what it answers."""

    def serve(handler: Callable[[], object]) -> flask.Response:
        api = Api("made-up")
        api.get("/made-up", roles=PUBLIC)(handler)
        monkeypatch.setattr(promises, "documented", lambda route: {"200", "404"})  # pyright: ignore[reportUnknownLambdaType] -- it takes any
        monkeypatch.setattr("plazza.http.limits.check", lambda subject, limit: None)  # pyright: ignore[reportUnknownLambdaType] -- the same
        response = api.dispatch(flask.Request(EnvironBuilder(path="/made-up").get_environ()))
        promises.check(api, "GET", "/made-up", response)
        return response

    return serve


def test_what_is_declared_passes(answered: Callable[[Callable[[], object]], flask.Response]) -> None:
    def handler() -> _View:
        """Give it."""
        return _View(name="x")

    assert answered(handler).get_json() == {"name": "x"}


def test_another_form_is_seen(answered: Callable[[Callable[[], object]], flask.Response]) -> None:
    def handler() -> _View:
        """Give another thing than is said."""
        return _Other(price=3)  # pyright: ignore[reportReturnType] -- the mistake that is to be seen

    with pytest.raises(ValueError, match="name"):
        answered(handler)


def test_a_status_that_the_document_does_not_know_is_seen(
    answered: Callable[[Callable[[], object]], flask.Response],
) -> None:
    def handler() -> _View:
        """Break."""
        raise ZeroDivisionError

    with pytest.raises(AssertionError, match="answered 500; the document knows"):
        answered(handler)


def test_the_document_has_every_route_of_a_service() -> None:
    assert all("200" in promises.documented(route) for route in health.api.routes)
