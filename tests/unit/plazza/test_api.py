"""What a route cannot declare: an answer that depends on who asks is kept for nobody."""

from collections.abc import Collection

import pytest
from werkzeug.datastructures import Headers

from plazza.http.api import EVERYONE, PUBLIC, Api
from plazza.identity import Caller, Role
from plazza.schema import Model


class _View(Model):
    name: str


def _by_caller(caller: Caller) -> _View:
    return _View(name=caller.uid)


def _by_headers(headers: Headers) -> _View:
    return _View(name=headers.get("Accept-Language", ""))


def _by_nobody() -> _View:
    return _View(name="the same for all")


@pytest.mark.parametrize(
    ("roles", "handler"),
    [(PUBLIC, _by_caller), (PUBLIC, _by_headers), (EVERYONE, _by_nobody), ([Role.ADMIN], _by_caller)],
)
def test_what_is_personal_cannot_be_kept(roles: Collection[Role], handler: object) -> None:
    with pytest.raises(TypeError, match="depends on who asks"):
        Api("made-up").get("/made-up", roles=roles, shows=("made-up",))(handler)  # type: ignore[arg-type] -- one of three
