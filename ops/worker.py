"""Run one function for the emulator suite as production would: with the secrets it declares and no others.

The Firebase CLI gives every function all of `.secret.local`; a secret that a function forgot to declare would then work
here and fail when deployed. Runs in the functions' own environment, so it imports nothing of this package.
"""

import importlib
import os
import sys
from pathlib import Path

from functions_framework._cli import (
    _cli,  # pyright: ignore[reportPrivateUsage] -- it is the package's console script
)


def forget_undeclared_secrets(folder: Path, target: str) -> None:
    """Drop every secret from the environment that the function's options do not name."""
    lines = (folder / ".secret.local").read_text().splitlines()
    function = getattr(importlib.import_module("main"), target)
    declared = {secret["key"] for secret in function.__firebase_endpoint__.secretEnvironmentVariables or []}
    for name in {line.partition("=")[0] for line in lines} - declared:
        os.environ.pop(name, None)


def main() -> None:
    """Forget the secrets of others, then serve the function the environment names."""
    folder = Path.cwd()
    sys.path.insert(0, str(folder))  # python -P left this file's own folder out
    forget_undeclared_secrets(folder, os.environ["FUNCTION_TARGET"])
    sys.argv = ["functions-framework"]
    _cli()


if __name__ == "__main__":
    main()
