"""The frame: faults, journal, clock, reset, restart, refusals, panel."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import requests

from tests.sandbox.conftest import ROOT, Sandbox, start_sandbox, wait_until

AUTH = ("rzp_test_sandbox", "sandbox-razorpay-secret")
ORDER = {"amount": 45950, "currency": "INR", "receipt": "PLZ-7KQ2M9TA"}


def create(sandbox: Sandbox, timeout: float = 20) -> requests.Response:
    return sandbox.http.post(f"{sandbox.url}/razorpay/v1/orders", json=ORDER, auth=AUTH, timeout=timeout)


def count(sandbox: Sandbox) -> int:
    return int(sandbox.http.get(f"{sandbox.url}/razorpay/v1/orders", auth=AUTH, timeout=20).json()["count"])


def test_the_journal_has_the_call_and_not_the_secrets(sandbox: Sandbox) -> None:
    sandbox.http.get(f"{sandbox.url}/maps/api/geocode/json?key=AIzaHidden&address=x", timeout=20)
    create(sandbox)

    call = sandbox.calls("razorpay", "/v1/orders")[0]

    assert call["method"] == "POST"
    assert call["body"] == ORDER
    assert call["status"] == 200
    assert call["answer"]["id"].startswith("order_")
    assert "Authorization" not in call["headers"]
    assert "AIzaHidden" not in str(sandbox.calls("maps"))


def test_latency_delays_the_answer(sandbox: Sandbox) -> None:
    sandbox.fault("razorpay", "latency", ms=400)

    begun = time.monotonic()
    assert create(sandbox).status_code == 200

    assert time.monotonic() - begun >= 0.4


def test_a_status_fault_holds_for_its_times_after_its_start(sandbox: Sandbox) -> None:
    sandbox.fault("razorpay", "status", status=503, times=2, after=1, method="post", path="/v1/ord*")

    statuses = [create(sandbox).status_code for _ in range(5)]

    assert statuses == [200, 503, 503, 200, 200]


def test_a_429_carries_retry_after(sandbox: Sandbox) -> None:
    sandbox.fault("razorpay", "status", status=429, retry_after=7)

    answer = create(sandbox)

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")


def test_a_dropped_call_did_nothing(sandbox: Sandbox) -> None:
    sandbox.fault("razorpay", "drop")

    with pytest.raises(requests.ConnectionError):
        create(sandbox)

    assert count(sandbox) == 0


def test_an_answer_lost_after_acting_leaves_what_was_done(sandbox: Sandbox) -> None:
    sandbox.fault("razorpay", "act_then_drop")
    with pytest.raises(requests.ConnectionError):
        create(sandbox)

    sandbox.fault("razorpay", "act_then_status", status=502)
    assert create(sandbox).status_code == 502

    assert count(sandbox) == 2


@pytest.mark.parametrize(("kind", "done"), [("hang", 0), ("act_then_hang", 1)])
def test_a_hang_lasts_until_the_fault_is_removed(sandbox: Sandbox, kind: str, done: int) -> None:
    fault = sandbox.fault("razorpay", kind)
    failures: list[Exception] = []

    def ask() -> None:
        try:
            requests.post(f"{sandbox.url}/razorpay/v1/orders", json=ORDER, auth=AUTH, timeout=20)
        except requests.ConnectionError as problem:
            failures.append(problem)

    asking = threading.Thread(target=ask)
    asking.start()
    wait_until(lambda: sandbox.calls("razorpay"))
    assert asking.is_alive()
    sandbox.call("DELETE", f"/faults/{fault}")
    asking.join(5)

    assert len(failures) == 1
    assert count(sandbox) == done


def test_hanging_calls_never_keep_control_calls_from_being_answered(sandbox: Sandbox) -> None:
    sandbox.fault("razorpay", "hang", times="always")

    def ask() -> None:
        with pytest.raises(requests.ConnectionError):
            requests.post(f"{sandbox.url}/razorpay/v1/orders", json=ORDER, auth=AUTH, timeout=30)

    askers = [threading.Thread(target=ask) for _ in range(40)]
    for asker in askers:
        asker.start()
    wait_until(lambda: len(sandbox.calls("razorpay")) == 40)
    assert sandbox.get("/health")["status"] == "ok"
    sandbox.call("DELETE", "/faults")

    for asker in askers:
        asker.join(10)
        assert not asker.is_alive()


@pytest.mark.parametrize(("form", "start"), [("html", "<html>"), ("truncated", '{"id'), ("empty", "")])
def test_malformed_answers(sandbox: Sandbox, form: str, start: str) -> None:
    sandbox.fault("razorpay", "malformed", form=form, status=502)

    answer = create(sandbox)

    assert answer.status_code == 502
    assert answer.text.startswith(start)
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_a_rate_limit_counts_and_punishes_on_the_clock(sandbox: Sandbox) -> None:
    sandbox.fault("razorpay", "rate_limit", per_second=3, penalty_s=30)

    assert [create(sandbox).status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    sandbox.advance(31)

    assert create(sandbox).status_code == 200


@pytest.mark.parametrize(
    "fault",
    [
        {"provider": "paypal", "kind": "drop"},
        {"provider": "razorpay", "kind": "explode"},
        {"provider": "razorpay", "kind": "drop", "often": True},
        {"provider": "razorpay", "kind": "latency"},
        {"provider": "razorpay", "kind": "status", "status": 99},
        {"provider": "razorpay", "kind": "drop", "times": 0},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(sandbox: Sandbox, fault: dict[str, object]) -> None:
    assert sandbox.call("POST", "/faults", fault, status=400)["error"]
    assert sandbox.get("/faults")["faults"] == []


def test_bodies_that_are_no_objects_are_refused(sandbox: Sandbox) -> None:
    for path in ("/faults", "/reset", "/clock/advance", "/webhooks/deliver"):
        assert sandbox.call("POST", path, ["no"], status=400)["error"]


def test_reset_empties_everything_and_begins_the_same_again(sandbox: Sandbox) -> None:
    first = create(sandbox).json()["id"]
    sandbox.fault("razorpay", "latency", ms=1, times="always")
    sandbox.advance(86_400)

    sandbox.call("POST", "/reset", {"seed": 1})

    assert count(sandbox) == 0
    assert sandbox.get("/faults")["faults"] == []
    assert sandbox.get("/health")["now"] - time.time() < 5
    assert create(sandbox).json()["id"] == first
    sandbox.call("POST", "/reset", {"seed": 2})
    assert create(sandbox).json()["id"] != first


def test_a_restart_keeps_everything(tmp_path: Path) -> None:
    sandbox = start_sandbox("--data", str(tmp_path))
    order = create(sandbox).json()["id"]
    sandbox.fault("razorpay", "latency", ms=1, times="always")
    sandbox.advance(5_000)
    paid = {"outcome": "late_authorized", "failed_after_s": 10, "authorized_after_s": 20}
    payment = sandbox.call("POST", f"/razorpay/orders/{order}/pay", paid)["razorpay_payment_id"]
    sandbox.stop()

    sandbox = start_sandbox("--data", str(tmp_path))

    try:
        assert sandbox.get("/health")["now"] - time.time() > 4_900
        assert len(sandbox.get("/faults")["faults"]) == 1
        assert sandbox.calls("razorpay")[0]["body"] == ORDER
        assert create(sandbox).json()["id"] != order
        sandbox.advance(30)
        answer = sandbox.http.get(f"{sandbox.url}/razorpay/v1/payments/{payment}", auth=AUTH, timeout=20)
        assert answer.json()["status"] == "captured"
    finally:
        sandbox.stop()


@pytest.mark.parametrize("name", ["FIREBASE_PROJECT_ID", "GCLOUD_PROJECT"])
def test_it_refuses_a_project_that_is_no_demo(name: str) -> None:
    env = {key: value for key, value in os.environ.items() if key not in ("FIREBASE_PROJECT_ID", "GCLOUD_PROJECT")}

    done = subprocess.run(
        [sys.executable, "-m", "sandbox", "--port", "1"],
        cwd=ROOT,
        env=env | {name: "plazza-live"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 2
    assert "demo-" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_taken_port_is_one_clear_line(sandbox: Sandbox) -> None:
    port = sandbox.url.rpartition(":")[2]

    done = subprocess.run(
        [sys.executable, "-m", "sandbox", "--port", port],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 1
    assert f"port {port}" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_panel_shows_what_the_sandbox_holds(sandbox: Sandbox) -> None:
    order = create(sandbox).json()["id"]
    sandbox.call("POST", f"/razorpay/orders/{order}/pay", {})
    fault = sandbox.fault("maps", "latency", ms=5)

    page = sandbox.http.get(sandbox.url, timeout=20).text

    for part in (
        order,
        f"/razorpay/pay/{order}",
        "₹459.50",
        "payment.captured",
        "PLZ-7KQ2M9TA",
        fault,
        "WhatsApp outbox",
    ):
        assert part in page
    assert "https://" not in page
