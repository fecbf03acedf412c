"""Run one function for the emulator suite as production would: with the secrets it declares and no others.

The Firebase CLI gives every function all of `.secret.local`; a secret that a function forgot to declare would then work
here and fail when deployed. Runs in the functions' own environment, so it imports nothing of this package.

The CLI picks a function's port seconds before the function's server takes it, and in between may give it to another: both
would then be served by one of them. So the port is taken here first, and handed to the server as systemd would.
"""

import importlib
import os
import runpy
import socket
import sys
from pathlib import Path

_FIRST_HANDED_SOCKET = 3  # systemd's protocol of socket activation, which gunicorn speaks


def take_port(host: str, port: int) -> None:
    """Listen at once; gunicorn finds the socket by the environment and answers when it is ready."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(64)
    handed = listener.detach()
    if handed != _FIRST_HANDED_SOCKET:
        os.dup2(handed, _FIRST_HANDED_SOCKET, inheritable=False)
        os.close(handed)
    os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")


def forget_undeclared_secrets(folder: Path, target: str) -> None:
    """Drop every secret from the environment that the function's options do not name."""
    lines = (folder / ".secret.local").read_text().splitlines()
    function = getattr(importlib.import_module("main"), target)
    declared = {secret["key"] for secret in function.__firebase_endpoint__.secretEnvironmentVariables or []}
    for name in {line.partition("=")[0] for line in lines} - declared:
        os.environ.pop(name, None)


def main() -> None:
    """Take the port, forget the secrets of others, then serve the function the environment names."""
    take_port(os.environ["HOST"], int(os.environ["PORT"]))
    folder = Path.cwd()
    sys.path.insert(0, str(folder))  # python -P left this file's own folder out
    forget_undeclared_secrets(folder, os.environ["FUNCTION_TARGET"])
    sys.argv = ["functions-framework"]
    runpy.run_module("functions_framework", run_name="__main__")


if __name__ == "__main__":
    main()
