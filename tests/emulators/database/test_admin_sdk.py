"""The official Python Admin SDK against the stand-in."""

import threading
from collections.abc import Iterator
from typing import Any, cast
from uuid import uuid4

import firebase_admin
import pytest
from firebase_admin import credentials, db, exceptions
from google.auth.credentials import AnonymousCredentials

from tests.emulators.database.rtdb_server import Server, eventually


class _NoCredentials(credentials.Base):
    """The SDK asks for some; towards an emulator it sends `owner`."""

    def get_credential(self) -> AnonymousCredentials:
        return AnonymousCredentials()


def _app(server: Server, ns: str, **options: Any) -> firebase_admin.App:
    url = f"http://127.0.0.1:{server.port}/?ns={ns}"
    return firebase_admin.initialize_app(_NoCredentials(), {"databaseURL": url, **options}, name=uuid4().hex)


@pytest.fixture
def app(server: Server, ns: str) -> Iterator[firebase_admin.App]:
    """An administrator's app."""
    made = _app(server, ns)
    yield made
    firebase_admin.delete_app(made)


DINOSAURS = {
    "bruhathkayosaurus": {"height": 25, "length": 44, "order": "saurischia"},
    "lambeosaurus": {"height": 2.1, "length": 12.5, "order": "ornithischia"},
    "linhenykus": {"height": 0.6, "length": 1, "order": "theropoda"},
    "pterodactyl": {"height": 0.6, "length": 0.8, "order": "pterosauria"},
    "stegosaurus": {"height": 4, "length": 9, "order": "ornithischia"},
    "triceratops": {"height": 3, "length": 8, "order": "ornithischia"},
}


def test_set_get_update_delete(app: firebase_admin.App) -> None:
    ref = db.reference("python/dinos", app)
    ref.set(DINOSAURS)
    assert ref.get() == DINOSAURS
    assert ref.get(shallow=True) == dict.fromkeys(DINOSAURS, True)
    ref.child("stegosaurus").update({"height": 5, "order": None})
    assert ref.child("stegosaurus").get() == {"height": 5, "length": 9}
    ref.update({"linhenykus/height": 1, "triceratops/length": None})
    assert ref.child("linhenykus/height").get() == 1
    assert ref.child("triceratops").get() == {"height": 3, "order": "ornithischia"}
    with pytest.raises(exceptions.InvalidArgumentError):
        ref.update({"a": 1, "a/b": 2})
    ref.delete()
    assert ref.get() is None


@pytest.mark.parametrize("value", ["a", "日本", 5, 0.25, True, {"a": {"b": [1, 2]}}, {"key with space, … and &?": 1}])
def test_values_come_back_as_they_were(app: firebase_admin.App, value: Any) -> None:
    ref = db.reference("v", app)
    ref.set(value)
    assert ref.get() == value


def test_push(app: firebase_admin.App) -> None:
    ref = db.reference("list", app)
    keys = [str(ref.push(cast("str", {"n": i})).key) for i in range(3)]  # the SDK's type hint knows strings only
    assert sorted(keys) == keys
    assert [ref.child(key).get() for key in keys] == [{"n": 0}, {"n": 1}, {"n": 2}]


def test_etags(app: firebase_admin.App) -> None:
    ref = db.reference("tagged", app)
    value, etag = ref.get(etag=True)
    assert (value, etag) == (None, "null_etag")
    assert ref.set_if_unchanged(etag, {"n": 1})[0]
    was_set, value, etag = ref.set_if_unchanged(etag, {"n": 2})
    assert (was_set, value) == (False, {"n": 1})
    assert ref.get_if_changed(etag) == (False, None, None)
    assert ref.get_if_changed("wrong") == (True, {"n": 1}, etag)
    assert ref.set_if_unchanged(etag, {"n": 2})[1] == {"n": 2}


def test_transactions_of_many_threads_lose_nothing(app: firebase_admin.App) -> None:
    ref = db.reference("counter", app)
    ref.set(0)

    def count() -> None:
        done = 0
        while done < 5:
            try:
                ref.transaction(lambda value: (value or 0) + 1)
                done += 1
            except db.TransactionAbortedError:
                continue

    threads = [threading.Thread(target=count) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ref.get() == 30


def test_queries(app: firebase_admin.App) -> None:
    ref = db.reference("dinos", app)
    ref.set(DINOSAURS)
    assert list(ref.order_by_child("height").limit_to_first(2).get()) == ["linhenykus", "pterodactyl"]
    assert list(ref.order_by_child("height").limit_to_last(2).get()) == ["stegosaurus", "bruhathkayosaurus"]
    assert list(ref.order_by_child("height").start_at(3).end_at(4).get()) == ["triceratops", "stegosaurus"]
    assert list(ref.order_by_child("height").equal_to(0.6).get()) == ["linhenykus", "pterodactyl"]
    assert list(ref.order_by_key().start_at("p").get()) == ["pterodactyl", "stegosaurus", "triceratops"]
    assert ref.child("stegosaurus").order_by_value().limit_to_last(1).get() == {"order": "ornithischia"}
    assert ref.order_by_key().equal_to("none").get() == {}


def test_an_index_is_asked_for(app: firebase_admin.App, server: Server, ns: str) -> None:
    server.set_rules({"dinos": {".indexOn": "height"}}, ns)
    ref = db.reference("dinos", app)
    ref.set(DINOSAURS)
    assert len(ref.order_by_child("height").get()) == 6
    with pytest.raises(exceptions.InvalidArgumentError, match="Index not defined"):
        ref.order_by_child("length").get()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # the SDK's thread, on closing
def test_listen(app: firebase_admin.App) -> None:
    ref = db.reference("watched", app)
    ref.set({"a": 1})
    events: list[tuple[str, str, Any]] = []
    listening = ref.listen(lambda event: events.append((event.event_type, event.path, event.data)))
    eventually(lambda: len(events) == 1)
    ref.child("b/c").set(2)
    ref.update({"a": 3, "b/c": None})
    eventually(lambda: len(events) == 3)
    closing = threading.Thread(target=listening.close)  # the SDK waits for one more event before it is closed
    closing.start()
    ref.child("last").set(1)
    closing.join(timeout=5)
    assert not closing.is_alive()
    assert events[:2] == [("put", "/", {"a": 1}), ("put", "/b/c", 2)]
    assert events[2] == ("patch", "/", {"a": 3, "b/c": None})


@pytest.mark.parametrize(("override", "may"), [({"uid": "asha"}, True), ({"uid": "ravi"}, False), (None, False)])
def test_limited_privileges(server: Server, ns: str, override: dict[str, str] | None, may: bool) -> None:
    server.set_rules({"$uid": {".read": "auth.uid === $uid", ".write": "auth.uid === $uid"}}, ns)
    limited = _app(server, ns, databaseAuthVariableOverride=override)
    ref = db.reference("asha", limited)
    try:
        if may:
            ref.set(1)
            assert ref.get() == 1
        else:
            with pytest.raises(exceptions.UnauthenticatedError, match="Permission denied"):
                ref.set(1)
    finally:
        firebase_admin.delete_app(limited)
