"""One of several search nodes dies, hangs or cannot be reached: what a search still gives, and how soon."""

import contextlib
import socket
import threading
import time
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ops import mappings
from plazza.data import answers as kept
from plazza.data import search
from tests.support.catalogue import new_brand, sell
from tests.support.client import Client
from tests.support.wire import Wire, wire

ANSWER_SEC = 1.5
"""Of a search that finds one of two nodes out of reach: half of the two seconds it has, and the search itself."""
DRIP_SEC = 0.3


@contextlib.contextmanager
def unreachable() -> Generator[str]:
    """Give the URL of a server that takes no connection and refuses none, as a machine does that was unplugged."""
    with contextlib.ExitStack() as waiting, socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        for _ in range(4):
            knock = waiting.enter_context(socket.socket())
            knock.setblocking(False)
            knock.connect_ex(full.getsockname())
        yield f"http://127.0.0.1:{full.getsockname()[1]}"


@contextlib.contextmanager
def dripping() -> Generator[str]:
    """Give the URL of a server that says who it is, and to all else begins an answer of which a byte comes now and then."""
    stopped = threading.Event()

    class Drip(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._begin(b'{"version": {"distribution": "opensearch"}}')

        def do_POST(self) -> None:
            self._begin(b"")
            while not stopped.wait(DRIP_SEC):
                self.wfile.write(b" ")

        def _begin(self, content: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content) or 1_000_000))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Drip)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    stopped.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def nodes(engine: str, monkeypatch: pytest.MonkeyPatch) -> Generator[tuple[Wire, Wire]]:
    """Two ways to the engine, as if to two nodes."""
    mappings.create(engine)
    with wire(engine) as first, wire(engine) as second:
        monkeypatch.setenv("ELASTICSEARCH_URL", f"{first.url}, {second.url}")
        yield first, second


def _ask(api: Client, word: str) -> tuple[bool, int, float]:
    """Give whether it was the database that answered, how many products, and after how long."""
    kept.forget("catalogue")  # a kept answer would hide that a node is away
    began = time.monotonic()
    answer = api.post("/products/search", {"q": word}, role=None)
    assert answer.status_code == 200, answer.json
    return answer.json["degraded"], len(answer.json["items"]), time.monotonic() - began


@pytest.fixture
def word(api: Client, nodes: tuple[Wire, Wire]) -> str:
    brand = new_brand()
    sell(api, f"{brand} 500mg Tablet")
    return brand


def test_a_node_that_dies_is_left_out_and_no_search_notices(api: Client, nodes: tuple[Wire, Wire], word: str) -> None:
    first, second = nodes
    for cut in (first, second):
        cut.refuse()
        answers = [_ask(api, word) for _ in range(8)]
        assert [answer[:2] for answer in answers] == [(False, 1)] * 8
        assert mappings.status(f"{first.url},{second.url}").index
        cut.mend()


def test_a_node_out_of_reach_costs_one_search_a_part_of_its_time(
    api: Client, nodes: tuple[Wire, Wire], word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with unreachable() as gone:
        monkeypatch.setenv("ELASTICSEARCH_URL", f"{gone},{nodes[0].url}")
        search.call(lambda client: client.info())  # makes the client, which asks who is there

        answers = [_ask(api, word) for _ in range(4)]

    assert [answer[:2] for answer in answers] == [(False, 1)] * 4
    assert sum(answer[2] for answer in answers) < ANSWER_SEC


def test_an_answer_that_never_ends_is_waited_for_no_longer_than_one_that_never_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with dripping() as node:
        monkeypatch.setenv("ELASTICSEARCH_URL", node)
        began = time.monotonic()

        with pytest.raises(search.SearchDown):
            search.search("products", b"{}")

        assert search.TIMEOUT_SEC <= time.monotonic() - began < search.TIMEOUT_SEC + ANSWER_SEC


def test_without_any_node_one_search_waits_and_the_next_does_not(
    api: Client, nodes: tuple[Wire, Wire], word: str
) -> None:
    for node in nodes:
        node.hush()

    answers = [_ask(api, word) for _ in range(3)]

    assert [answer[:2] for answer in answers] == [(True, 1)] * 3
    assert search.TIMEOUT_SEC <= answers[0][2] < search.TIMEOUT_SEC + ANSWER_SEC
    assert answers[1][2] + answers[2][2] < ANSWER_SEC
