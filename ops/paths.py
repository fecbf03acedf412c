"""Where things are in the repository; standard library only, so that it loads before anything is installed."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
FUNCTIONS = ROOT / "functions"
FUNCTIONS_VENV = FUNCTIONS / "venv"
NODE_MODULES = ROOT / "node_modules"
FIREBASE_CLI = NODE_MODULES / "firebase-tools" / "lib" / "bin" / "firebase.js"
ENGINE = ROOT / "ops" / "engine"
JARS = ENGINE / ".jgo"
EMULATORS = ROOT / "emulators"
MIGRATIONS = ROOT / "migrations"
MAPPINGS = ROOT / "mappings"
LOCAL = ROOT / ".plazza"
SETUP_LOGS = LOCAL / "setup"


def use_functions() -> None:
    """Let this process import the functions' own code, which lives in their folder."""
    if str(FUNCTIONS) not in sys.path:
        sys.path.append(str(FUNCTIONS))
