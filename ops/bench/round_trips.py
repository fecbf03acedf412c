"""How often a process asks its database and waits: a relay in between counts, so that BEGIN, COMMIT and checks are counted too."""

import socket
import threading
from urllib.parse import urlsplit

_FLUSH = b"H\0\0\0\4"
"""It asks for no answer, and on a busy machine it comes when the answer was given already."""


class Relay:
    """Passes connections on to a server on this machine; `count` is the number of times that a client spoke after its server had."""

    def __init__(self, port: int) -> None:
        """Listen on a free port for what is meant for `port`."""
        self.count = 0
        self._to, self._lock = port, threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, url: str) -> str:
        """Give a database's URL with the relay in between."""
        return url.replace(f":{urlsplit(url).port}/", f":{self._listener.getsockname()[1]}/")

    def stop(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._to))
            turn = threading.Event()  # set: the server spoke last
            turn.set()
            threading.Thread(target=self._pass_on, args=(client, server, turn), daemon=True).start()
            threading.Thread(target=_pass_back, args=(server, client, turn), daemon=True).start()

    def _pass_on(self, client: socket.socket, server: socket.socket, turn: threading.Event) -> None:
        while data := _receive(client):
            if turn.is_set() and data != _FLUSH:
                turn.clear()
                with self._lock:
                    self.count += 1
            server.sendall(data)
        _end(server)


def _pass_back(server: socket.socket, client: socket.socket, turn: threading.Event) -> None:
    while data := _receive(server):
        turn.set()
        client.sendall(data)
    _end(client)


def _receive(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65_536)
    except OSError:
        return b""


def _end(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it has ended already
