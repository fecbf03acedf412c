"""The REST interface: verbs, shapes of data, conditions, queries, streams and limits."""

import json
import threading
import time
from typing import Any

import pytest
import requests

from tests.emulators.database.rtdb_server import Server, eventually, token


def test_a_value_is_written_read_and_deleted(server: Server, ns: str) -> None:
    assert server.put("/a/b", {"n": 1.5, "s": "ü", "t": True, "none": None, "empty": {}}, ns=ns) == {
        "n": 1.5,
        "s": "ü",
        "t": True,
    }
    assert server.get("/a", ns=ns) == {"b": {"n": 1.5, "s": "ü", "t": True}}
    assert server.ask("DELETE", "/a/b.json", ns=ns).json() is None
    assert server.get("/", ns=ns) is None


def test_namespaces_are_apart_and_may_be_named_by_the_host(server: Server, ns: str) -> None:
    server.put("/x", 1, ns=ns)
    assert server.get("/x", ns=f"{ns}-other") is None
    answer = requests.get(f"{server.url}/x.json", headers={"Host": f"{ns}.localhost:{server.port}"}, timeout=5)
    assert answer.json() == 1
    assert requests.get(f"{server.url}/x.json", timeout=5).status_code == 400


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ([1, 2, 3], [1, 2, 3]),
        ({"0": "a", "1": "b"}, ["a", "b"]),
        ({"0": "a", "2": "c"}, ["a", None, "c"]),
        ({"0": "a", "9": "j"}, {"0": "a", "9": "j"}),
        ({"1": "b", "x": 1}, {"1": "b", "x": 1}),
        ({"a": {}, "b": []}, None),
        ({"__proto__": {"admin": 1}, "constructor": 2}, {"__proto__": {"admin": 1}, "constructor": 2}),
    ],
)
def test_arrays_and_empty_objects(server: Server, ns: str, written: Any, read: Any) -> None:
    server.put("/v", written, ns=ns)
    assert server.get("/v", ns=ns) == read


def test_print_and_shallow(server: Server, ns: str) -> None:
    server.put("/v", {"a": {"b": 1}, "c": 2}, ns=ns)
    assert server.ask("GET", "/v.json", ns=ns, print="pretty").text == json.dumps({"a": {"b": 1}, "c": 2}, indent=2)
    assert server.ask("PUT", "/v/c.json", 3, ns=ns, print="silent").status_code == 204
    assert server.get("/v", ns=ns, shallow="true") == {"a": True, "c": True}
    assert server.get("/v/c", ns=ns, shallow="true") == 3


def test_a_push_id_sorts_by_time(server: Server, ns: str) -> None:
    names = [server.ask("POST", "/list.json", i, ns=ns).json()["name"] for i in range(50)]
    assert sorted(names) == names
    assert {len(name) for name in names} == {20}
    assert [server.get("/list", ns=ns)[name] for name in names] == list(range(50))


def test_a_multi_path_update_is_atomic(server: Server, ns: str) -> None:
    server.put("/", {"a": {"x": 1, "y": 2}, "b": 3}, ns=ns)
    answer = server.ask("PATCH", "/.json", {"a/x": 9, "b": None, "c/d/e": 5}, ns=ns)
    assert answer.json() == {"a/x": 9, "b": None, "c/d/e": 5}
    assert server.get("/", ns=ns) == {"a": {"x": 9, "y": 2}, "c": {"d": {"e": 5}}}
    for bad in ({"a/x": 1, "a": 2}, {"a/x": 1, "q$": 2}, {"a/x": 1, "": 2}, [1], 5):
        assert server.ask("PATCH", "/.json", bad, ns=ns).status_code == 400
    assert server.get("/a/x", ns=ns) == 9


def test_server_values(server: Server, ns: str) -> None:
    before = time.time() * 1000
    written = server.put("/v", {"at": {".sv": "timestamp"}, "n": {".sv": {"increment": 4}}}, ns=ns)
    assert before - 1000 < written["at"] < before + 5000
    assert written["n"] == 4
    server.ask("PATCH", "/v.json", {"n": {".sv": {"increment": -1.5}}}, ns=ns)
    assert server.get("/v/n", ns=ns) == 2.5
    assert server.ask("PUT", "/v.json", {".sv": "date"}, ns=ns).status_code == 400


def test_etags(server: Server, ns: str) -> None:
    wants = {"X-Firebase-ETag": "true"}
    assert server.ask("GET", "/v.json", ns=ns, headers=wants).headers["ETag"] == "null_etag"
    assert server.ask("PUT", "/v.json", 1, ns=ns, headers={"If-Match": "null_etag"}).status_code == 200
    refused = server.ask("PUT", "/v.json", 2, ns=ns, headers={"If-Match": "null_etag"})
    assert (refused.status_code, refused.json()) == (412, 1)
    current = refused.headers["ETag"]
    assert server.ask("GET", "/v.json", ns=ns, headers={"If-None-Match": current}).status_code == 304
    assert server.ask("DELETE", "/v.json", ns=ns, headers={"If-Match": current}).status_code == 200
    assert server.get("/v", ns=ns) is None
    assert server.ask("PATCH", "/v.json", {"a": 1}, ns=ns, headers={"If-Match": current}).status_code == 400


PLACES = {
    "agra": {"size": 3, "at": {"lat": 27.1}},
    "bhuj": {"size": 1, "at": {"lat": 23.2}},
    "cochin": {"size": "big", "at": {"lat": 9.9}},
    "daman": {"size": 2},
    "10": {"size": 2, "at": {"lat": 20.4}},
    "9": {"size": False},
}


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ({"orderBy": '"$key"', "limitToFirst": "3"}, {"9", "10", "agra"}),
        ({"orderBy": '"$key"', "limitToLast": "2"}, {"cochin", "daman"}),
        ({"orderBy": '"$key"', "startAt": '"b"', "endAt": '"cz"'}, {"bhuj", "cochin"}),
        ({"orderBy": '"$key"', "startAfter": '"agra"', "endBefore": '"daman"'}, {"bhuj", "cochin"}),
        ({"orderBy": '"size"', "equalTo": "2"}, {"daman", "10"}),
        ({"orderBy": '"size"', "startAt": "2"}, {"daman", "10", "agra", "cochin"}),
        ({"orderBy": '"size"', "startAfter": "2", "endBefore": '"big"'}, {"agra"}),
        ({"orderBy": '"size"', "endAt": "1"}, {"9", "bhuj"}),
        ({"orderBy": '"size"', "limitToFirst": "2"}, {"9", "bhuj"}),
        ({"orderBy": '"size"', "startAt": "1", "limitToLast": "2"}, {"agra", "cochin"}),
        ({"orderBy": '"at/lat"', "startAt": "20"}, {"10", "bhuj", "agra"}),
        ({"orderBy": '"at/lat"', "equalTo": "null"}, {"daman", "9"}),
    ],
)
def test_queries(server: Server, ns: str, query: dict[str, str], keys: set[str]) -> None:
    server.put("/places", PLACES, ns=ns)
    assert set(server.get("/places", ns=ns, **query)) == keys
    server.put("/places/agra/size", 3.5, ns=ns)  # the index that the first question built must follow
    server.put("/places/eluru", {"size": 99, "at": {"lat": 99}}, ns=ns)
    server.ask("DELETE", "/places/eluru.json", ns=ns)
    assert set(server.get("/places", ns=ns, **query)) == keys


def test_a_query_by_value(server: Server, ns: str) -> None:
    server.put("/scores", {"a": 5, "b": 1, "c": 9}, ns=ns)
    assert server.get("/scores", ns=ns, orderBy='"$value"', limitToLast="2") == {"a": 5, "c": 9}


@pytest.mark.parametrize(
    "query",
    [
        {"limitToFirst": "2"},
        {"orderBy": "size"},
        {"orderBy": '"size"', "limitToFirst": "0"},
        {"orderBy": '"size"', "limitToFirst": "2", "limitToLast": "2"},
        {"orderBy": '"size"', "startAt": "abc"},
        {"orderBy": '"$key"', "startAt": "5"},
        {"orderBy": '"a$b"'},
        {"print": "loud"},
        {"timeout": "soon"},
    ],
)
def test_bad_queries_are_refused(server: Server, ns: str, query: dict[str, str]) -> None:
    answer = server.ask("GET", "/places.json", ns=ns, **query)
    assert answer.status_code == 400
    assert answer.json()["error"]


@pytest.mark.parametrize(
    ("path", "raw"),
    [
        ("/a.json", "{"),
        ("/a.json", ""),
        ("/a.json", b'"\xff"'),
        ("/a$b.json", "1"),
        ("/a%01b.json", "1"),
        ("/a%ff.json", "1"),
        ("/" + "x" * 769 + ".json", "1"),
        ("/" + "ü" * 385 + ".json", "1"),
        ("/" + "/".join("d" * 33) + ".json", "1"),
        ("/a.json", '{"b.c": 1}'),
        ("/a.json", '{"": 1}'),
        ("/a.json", '{"b\\u0000": 1}'),
        ("/a.json", '{"x":' * 32 + "1" + "}" * 32),
        ("/a.json", "[" * 100000 + "1" + "]" * 100000),
        ("/a.json", '"' + "x" * (10 * 1024 * 1024 + 1) + '"'),
        ("/a.json", " " * (16 * 1024 * 1024) + "1"),
    ],
)
def test_what_the_database_cannot_hold_is_refused(server: Server, ns: str, path: str, raw: str | bytes) -> None:
    answer = server.ask("PUT", path, raw=raw, ns=ns)
    assert (answer.status_code, list(answer.json())) == (400, ["error"]), answer.text
    assert server.get("/", ns=ns) is None


def test_the_limits_themselves_are_allowed(server: Server, ns: str) -> None:
    server.put("/" + "/".join("d" * 31), {"x": 1}, ns=ns)
    server.put("/" + "x" * 768, 1, ns=ns)
    large = "x" * (10 * 1024 * 1024)
    assert server.ask("PUT", "/large.json", large, ns=ns, print="silent").status_code == 204


def _events(answer: requests.Response, into: list[tuple[str, Any]]) -> None:
    name = ""
    try:
        for raw_line in answer.iter_lines(chunk_size=1):
            line = raw_line.decode()
            if line.startswith("event: "):
                name = line[7:]
            elif line.startswith("data: "):
                into.append((name, json.loads(line[6:])))
    except requests.RequestException:  # the server ended while the stream was open
        return
    into.append(("closed", None))


class Stream:
    """An event stream read in the background."""

    def __init__(self, server: Server, path: str, **parameters: str) -> None:
        parameters.setdefault("auth", "owner")
        headers = {"Accept": "text/event-stream"}
        self.answer = requests.get(server.url + path, params=parameters, headers=headers, stream=True, timeout=30)
        assert self.answer.status_code == 200, self.answer.text
        self.events: list[tuple[str, Any]] = []
        threading.Thread(target=_events, args=(self.answer, self.events), daemon=True).start()

    def next(self) -> tuple[str, Any]:
        """The next event."""
        eventually(lambda: bool(self.events))
        return self.events.pop(0)


def test_a_stream_tells_every_change(server: Server, ns: str) -> None:
    server.put("/o", {"a": 1}, ns=ns)
    stream = Stream(server, "/o.json", ns=ns)
    assert stream.next() == ("put", {"path": "/", "data": {"a": 1}})
    server.put("/o/b/c", 2, ns=ns)
    assert stream.next() == ("put", {"path": "/b/c", "data": 2})
    server.put("/elsewhere", 2, ns=ns)
    server.ask("PATCH", "/o.json", {"a": 5, "b/c": 6}, ns=ns)
    assert stream.next() == ("patch", {"path": "/", "data": {"a": 5, "b/c": 6}})
    server.ask("DELETE", "/.json", ns=ns)
    assert stream.next() == ("put", {"path": "/", "data": None})


def test_a_stream_of_a_query_follows_its_window(server: Server, ns: str) -> None:
    server.put("/q", {"a": 1, "b": 2, "c": 3}, ns=ns)
    stream = Stream(server, "/q.json", ns=ns, orderBy='"$value"', limitToLast="2")
    assert stream.next()[1]["data"] == {"b": 2, "c": 3}
    server.put("/q/d", 9, ns=ns)
    assert stream.next() == ("patch", {"path": "/", "data": {"b": None, "d": 9}})
    server.put("/q/a", 0, ns=ns)  # outside: nothing is told
    server.put("/q/c", None, ns=ns)
    assert stream.next() == ("patch", {"path": "/", "data": {"c": None, "b": 2}})


def test_a_stream_ends_with_the_permission(server: Server, ns: str) -> None:
    server.set_rules({"members": {".read": False}, "room": {".read": "root.child('members/' + auth.uid).exists()"}}, ns)
    server.put("/", {"members": {"asha": True}, "room": "hello"}, ns=ns)
    stream = Stream(server, "/room.json", ns=ns, auth=token("asha", aud=ns))
    assert stream.next()[0] == "put"
    server.put("/members/asha", None, ns=ns)
    assert stream.next() == ("cancel", None)
    assert stream.next() == ("closed", None)


def test_a_stream_ends_with_its_token(server: Server, ns: str) -> None:
    stream = Stream(server, "/room.json", ns=ns, auth=token("asha", aud=ns, lasts_sec=0.6))
    assert stream.next()[0] == "put"
    assert stream.next() == ("auth_revoked", "credential is no longer valid")
    assert stream.next() == ("closed", None)
