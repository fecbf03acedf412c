"""A wire to a server, which a test cuts as an outage would: refused, or open and silent."""

import contextlib
import select
import socket
import struct
import threading
import time
from collections.abc import Generator
from urllib.parse import urlsplit

_LOOK_SEC = 0.05


class Wire:
    """Carries connections to a server on a port of its own, until it is cut.

    `refuse` is a server that died: connections are reset, new ones refused. `hush` is one that hangs: connections stay, new ones
    are taken, and nothing is ever answered.
    """

    def __init__(self, url: str) -> None:
        whole = urlsplit(url)
        self._there = (str(whole.hostname), int(whole.port or 0))
        self._is_silent = False
        self._ends: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = self._listen(0)
        self.port: int = self._listener.getsockname()[1]
        self.url = url.replace(f"{whole.hostname}:{whole.port}", f"127.0.0.1:{self.port}", 1)

    def refuse(self) -> None:
        """Die."""
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in it
        self._listener.close()
        self._reset()

    def hush(self) -> None:
        """Hang."""
        self._is_silent = True

    def mend(self) -> None:
        """Be there again, on the same port."""
        self._is_silent = False
        self._reset()
        if self._listener.fileno() < 0:
            self._listener = self._listen(self.port)

    def _listen(self, port: int) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", port), backlog=128)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near = listener.accept()[0]
                far = socket.create_connection(self._there, timeout=5)
                far.settimeout(None)
                with self._lock:
                    self._ends |= {near, far}
                threading.Thread(target=self._carry, args=(near, far), daemon=True).start()

    def _carry(self, near: socket.socket, far: socket.socket) -> None:
        with near, far, contextlib.suppress(OSError, ValueError):
            sent = b"-"
            while sent:
                if self._is_silent:
                    time.sleep(_LOOK_SEC)
                    continue
                for end in select.select([near, far], [], [], _LOOK_SEC)[0]:
                    sent = end.recv(65536)
                    if not self._is_silent:
                        (far if end is near else near).sendall(sent)
        with self._lock:
            self._ends -= {near, far}

    def _reset(self) -> None:
        with self._lock:
            ends = list(self._ends)
        for end in ends:
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def wire(url: str) -> Generator[Wire]:
    """Lay a wire, and take it away."""
    laid = Wire(url)
    try:
        yield laid
    finally:
        laid.mend()
        laid.refuse()
