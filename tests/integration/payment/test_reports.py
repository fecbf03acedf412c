"""Razorpay's books are held against ours hour by hour, and what differs is written down once."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from plazza import clock
from plazza.payment.actions import reports
from plazza.providers.errors import ProviderDown
from tests.integration.payment.conftest import TOTAL_PAISE, Till
from tests.integration.payment.test_refunds import refund
from tests.support.database import Database
from tests.support.razorpay import Razorpay

Compare = Callable[[], None]


@pytest.fixture
def compare(db: Database, razorpay: Razorpay, monkeypatch: pytest.MonkeyPatch) -> Compare:
    """Compare the hour in which the test makes its payments, once that is over by our clock; no hour was compared before."""
    db.execute("DELETE FROM reconciliation_differences")
    db.execute("DELETE FROM reconciliations")

    def run() -> None:
        there = datetime.fromtimestamp(razorpay.control("GET", "/health")["now"], UTC)
        over = there.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1, minutes=16)
        monkeypatch.setattr(clock, "now", lambda: over)
        reports.report(time.monotonic() + 60)

    return run


def latest(till: Till, support: dict[str, str]) -> dict[str, Any]:
    return till.api.get("/payments/reconciliations?limit=1", **support).json["items"][0]


def differences(till: Till, support: dict[str, str], *razorpay_ids: str) -> list[tuple[Any, ...]]:
    """Give the differences about these ids; other tests' accounts are at the same Razorpay."""
    path, found, cursor = f"/payments/reconciliations/{latest(till, support)['id']}/differences", list[Any](), None
    while True:
        page = till.api.get(f"{path}?limit=100" + (f"&cursor={cursor}" if cursor else ""), **support)
        assert page.status_code == 200, page.json
        found, cursor = found + page.json["items"], page.json["next_cursor"]
        if cursor is None:
            break
    return [
        (one["subject"], one["kind"], one["payment_id"], one["ours_paise"], one["theirs_paise"])
        for one in found
        if one["razorpay_id"] in razorpay_ids
    ]


def test_books_that_agree_have_no_difference(till: Till, support: dict[str, str], compare: Compare) -> None:
    paid = till.settle()
    refund(till, support)
    till.work()

    compare()

    report = latest(till, support)
    made = till.razorpay.refunds(paid["razorpay_payment_id"])[0]["id"]
    assert differences(till, support, paid["razorpay_payment_id"], made) == []
    assert report["finished_at"] is not None
    assert min(report["payments_seen"], report["refunds_seen"]) >= 1
    assert report["captured_paise"] >= TOTAL_PAISE
    assert report["refunded_paise"] >= 10_000


def test_what_nobody_told_is_mended_first(till: Till, support: dict[str, str], compare: Compare) -> None:
    paid = till.pay()

    compare()

    assert latest(till, support)["repaired"] >= 1
    assert till.order_now() == ("confirmed", "captured")
    assert differences(till, support, paid["razorpay_payment_id"]) == []


def test_each_kind_of_difference_is_written_down(till: Till, support: dict[str, str], compare: Compare) -> None:
    order = till.razorpay.write("/orders", {"amount": 12_300, "currency": "INR", "receipt": uuid4().hex})
    foreign = till.razorpay.pay(order["id"])["razorpay_payment_id"]
    wrong = till.pay(amount=TOTAL_PAISE - 1)["razorpay_payment_id"]
    by_hand = till.razorpay.write(f"/payments/{wrong}/refund", {"amount": 1_000})["id"]
    invented, ident = f"pay_{uuid4().hex[:14]}", UUID(till.payment["id"])
    till.db.execute(
        """INSERT INTO payment_attempts (razorpay_payment_id, payment_id, status, amount_paise, created_at, updated_at)
           VALUES (%s, %s, 'captured', 777, now(), now())""",
        invented,
        ident,
    )
    lost = uuid4()
    till.db.execute(
        """INSERT INTO refunds (id, payment_id, razorpay_payment_id, cause, amount_paise, reason, status, requested_by, created_at, updated_at)
           VALUES (%s, %s, %s, %s, 555, 'lost', 'processed', 'x', now(), now())""",
        lost,
        ident,
        invented,
        uuid4().hex,
    )

    compare()

    assert differences(till, support, foreign) == [("payment", "theirs_only", None, None, 12_300)]
    assert differences(till, support, wrong) == [("payment", "amount", str(ident), TOTAL_PAISE, TOTAL_PAISE - 1)]
    assert differences(till, support, by_hand) == [("refund", "theirs_only", str(ident), None, 1_000)]
    assert differences(till, support, invented) == [("payment", "ours_only", str(ident), 777, None)]
    assert differences(till, support, str(lost)) == [("refund", "ours_only", str(ident), 555, None)]
    assert latest(till, support)["differences"] >= 5


def test_a_run_that_died_is_followed_up_where_it_stood(
    till: Till, support: dict[str, str], compare: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "PAGE", 2)
    for _ in range(4):
        till.pay(outcome="failed")
    paid = till.pay()
    till.razorpay.fails("status", path="/v1/payments", status=503, times=1, after=2)

    with pytest.raises(ProviderDown):
        compare()
    stood = latest(till, support)
    compare()

    done = latest(till, support)
    assert (stood["id"], stood["finished_at"], stood["payments_seen"]) == (done["id"], None, 4)
    assert done["finished_at"] is not None
    assert done["payments_seen"] >= 5
    assert till.order_now() == ("confirmed", "captured")
    assert till.db.value(
        "SELECT checked_at FROM payment_attempts WHERE razorpay_payment_id = %s", paid["razorpay_payment_id"]
    )


def test_without_time_it_stops_and_goes_on_later(till: Till, support: dict[str, str], compare: Compare) -> None:
    till.pay()
    reports.report(time.monotonic() - 1)
    assert till.db.value("SELECT count(*) FROM reconciliations") == 0

    compare()

    assert latest(till, support)["finished_at"] is not None


def test_several_runs_at_once_count_each_payment_once(till: Till, support: dict[str, str], compare: Compare) -> None:
    till.settle()

    with ThreadPoolExecutor(4) as runs:
        for one in [runs.submit(compare) for _ in range(4)]:
            one.result()
    compare()

    report = latest(till, support)
    since, until = (int(datetime.fromisoformat(report[name]).timestamp()) for name in ("since", "until"))
    there = till.razorpay.read("/payments", **{"from": since, "to": until - 1, "count": 100})["items"]
    assert till.db.value("SELECT count(*) FROM reconciliations") == 1
    assert report["finished_at"] is not None
    assert report["payments_seen"] == len(there) or len(there) == 100


def test_hours_follow_each_other_without_a_gap(
    till: Till, support: dict[str, str], compare: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare()
    later = clock.now() + timedelta(hours=2)
    monkeypatch.setattr(clock, "now", lambda: later)

    reports.report(time.monotonic() + 60)

    hours = till.api.get("/payments/reconciliations", **support).json["items"]
    assert [hour["since"] for hour in hours[:2]] == [hour["until"] for hour in hours[1:3]]
    assert len(hours) == 3


def test_who_may_read_reports(till: Till, support: dict[str, str]) -> None:
    assert till.api.get("/payments/reconciliations", uid=till.uid).status_code == 403
    assert till.api.get("/payments/reconciliations", role=None).status_code == 401
    assert till.api.get("/payments/reconciliations?cursor=x", **support).status_code == 400
    assert till.api.get("/payments/reconciliations?limit=101", **support).status_code == 400
    assert till.api.get(f"/payments/reconciliations/{uuid4()}/differences", **support).status_code == 404
