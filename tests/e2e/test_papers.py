"""The pictures of the README are made anew on a running system, and its line to paste shows what became of the money."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from ops.paths import ROOT
from tests.e2e.serving import Serve
from tests.support import machine

pytestmark = pytest.mark.timeout(420)


def test_an_order_with_a_return_is_drawn_and_its_money_told(serve: Serve, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ops", "papers", "--base", str(serve.base), "--to", str(tmp_path)]
    done = subprocess.run(
        command, cwd=ROOT, env=machine.ENVIRONMENT, capture_output=True, text=True, check=False, timeout=300
    )

    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    for name in ("invoice", "credit-note"):
        with Image.open(tmp_path / f"{name}.png") as page:
            assert page.width == 1516, "a whole page wide"
            assert 400 < page.height < 900, "and not its blank half"
    line = done.stdout.splitlines()[-1]
    told = json.loads(subprocess.run(line, shell=True, capture_output=True, text=True, check=True, timeout=60).stdout)  # noqa: S602 -- the line as a person pastes it
    kinds = [(event["kind"], event["amount_paise"]) for event in told["timeline"]]
    back = told["refunds"][0]["amount_paise"]
    assert kinds == [
        ("created", told["amount_paise"]), ("captured", told["amount_paise"]), ("refund requested", back), ("refund processed", back),
    ]  # fmt: skip
