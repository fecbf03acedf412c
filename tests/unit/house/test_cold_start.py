"""What every instance pays: `main.py` stays cheap. A fact about imports, not a timing."""

import json
import os
import subprocess
import sys

from ops.paths import FUNCTIONS

HEAVY = (
    "pydantic",
    "psycopg",
    "redis",
    "elasticsearch",
    "boto3",
    "anthropic",
    "razorpay",
    "googlemaps",
    "pyairtable",
    "fpdf",
    "pypdf",
    "PIL",
)
FIREBASE_CONFIG = json.dumps({"projectId": "demo-plazza", "storageBucket": "demo-plazza.appspot.com"})


def test_importing_main_loads_no_room_and_no_heavy_library() -> None:
    code = "import main, sys, json; print(json.dumps(sorted(sys.modules)))"
    env = {**os.environ, "FIREBASE_CONFIG": FIREBASE_CONFIG, "GCLOUD_PROJECT": "demo-plazza"}

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=FUNCTIONS, env=env, capture_output=True, text=True, check=True
    )

    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert not loaded & set(HEAVY)
    rooms = ("routes", "actions", "store", "consumers", "rules", "models")
    assert not [name for name in loaded if name.startswith("plazza.") and name.split(".")[-1] in rooms]
