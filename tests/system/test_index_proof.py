"""The proof of the search index in its small form: it holds on one node, and tells a swap with a gap. Nodes are killed by the command only."""

import subprocess
import sys
from typing import NamedTuple

from ops.paths import ROOT


class Proof(NamedTuple):
    """What the last line says: ok or fail, and the figures."""

    verdict: str
    figures: dict[str, str]


def prove(*options: str) -> Proof:
    command = [sys.executable, "-m", "ops", "prove", "search-index", "--nodes", "1", "--count", "200", *options]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    last = ended.stdout.strip().splitlines()[-1].split()
    assert last[:2] == ["RESULT", "prove-search-index"], ended.stdout + ended.stderr
    assert (ended.returncode == 0) == (last[2] == "ok"), ended.stdout + ended.stderr
    return Proof(last[2], dict(pair.split("=") for pair in last[3:]))


def test_no_search_notices_what_is_done_to_the_index() -> None:
    proof = prove("--seed", "7")

    assert proof.verdict == "ok", proof
    assert int(proof.figures["searches"]) > 50
    assert {proof.figures[name] for name in ("failed", "degraded", "lacking", "wrong")} == {"0"}


def test_a_swap_with_a_gap_is_noticed() -> None:
    proof = prove("--seed", "7", "--break", "swap")

    assert proof.verdict == "fail"
    assert int(proof.figures["degraded"]) > 0
