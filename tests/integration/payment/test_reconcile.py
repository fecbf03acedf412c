"""What Razorpay knows and we do not is found and taken in."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID

import pytest

from plazza import clock
from plazza.payment.actions import reconcile, refunds
from plazza.providers.errors import ProviderDown
from tests.integration.payment.conftest import TOTAL_PAISE, Till
from tests.integration.payment.test_refunds import refund
from tests.support.razorpay import Razorpay


@pytest.fixture(autouse=True)
def razorpays_clock(razorpay: Razorpay, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let our clock be Razorpay's, which other tests move."""
    ahead = datetime.fromtimestamp(razorpay.control("GET", "/health")["now"], UTC) - datetime.now(UTC)
    monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + ahead)


def due_now(till: Till) -> None:
    till.db.execute("UPDATE payments SET look_again_at = '2000-01-01' WHERE id = %s", UUID(till.payment["id"]))


def look(till: Till) -> datetime | None:
    return till.db.value("SELECT look_again_at FROM payments WHERE id = %s", UUID(till.payment["id"]))


def test_a_payment_whose_webhook_never_came_is_settled(till: Till) -> None:
    till.pay()
    due_now(till)

    done = reconcile.reconcile()

    assert done.repaired >= 1
    assert till.order_now() == ("confirmed", "captured")
    assert [event["source"] for event in till.read()["timeline"]] == ["customer", "reconcile"]
    assert look(till) is None


def test_what_was_told_in_time_is_not_told_again(till: Till) -> None:
    till.settle()
    before = till.read()

    reconcile.reconcile()
    reconcile.reconcile()

    assert till.read() == before


def test_a_payment_made_lately_is_found_before_it_is_due(till: Till) -> None:
    till.pay()

    reconcile.reconcile()

    assert till.order_now() == ("confirmed", "captured")


def test_a_second_payment_that_nobody_told_of_goes_back(till: Till) -> None:
    twice = till.razorpay.pay(till.asked, outcome="captured_twice")
    till.verify({name: twice[name] for name in ("razorpay_order_id", "razorpay_payment_id", "razorpay_signature")})
    assert till.read()["captured_paise"] == TOTAL_PAISE

    reconcile.reconcile()
    till.work()

    assert till.read()["refunded_paise"] == TOTAL_PAISE
    assert len(till.razorpay.refunds(twice["second_payment_id"])) == 1
    assert till.order_now() == ("confirmed", "captured")


def test_a_late_capture_of_a_cancelled_order_is_found_days_later_and_goes_back(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.create()
    till.cancel()
    till.work()
    paid = till.pay()
    till.db.execute(
        "UPDATE payments SET created_at = created_at - interval '4 days' WHERE id = %s", UUID(till.payment["id"])
    )
    monkeypatch.setattr(
        reconcile, "_look_at_recent", lambda _: (0, 0, 0)
    )  # made too long ago for the list of recent ones
    due_now(till)

    reconcile.reconcile()
    till.work()

    assert till.order_now() == ("cancelled", "refunded")
    assert [item["amount"] for item in till.razorpay.refunds(paid["razorpay_payment_id"])] == [TOTAL_PAISE]


def test_an_unpaid_payment_is_asked_about_again_later_and_at_last_no_more(till: Till) -> None:
    till.create()
    due_now(till)
    reconcile.reconcile()
    again = look(till)
    till.db.execute(
        "UPDATE payments SET created_at = created_at - interval '7 days' WHERE id = %s", UUID(till.payment["id"])
    )
    due_now(till)
    reconcile.reconcile()

    assert again is not None
    assert again > clock.now()
    assert look(till) is None


def test_an_order_that_razorpay_does_not_know_holds_up_no_other(till: Till, other: Till) -> None:
    till.create()
    till.db.execute(
        "UPDATE payments SET razorpay_order_id = %s WHERE id = %s",
        "order_" + till.payment["id"].replace("-", "")[:14],
        UUID(till.payment["id"]),
    )
    other.pay()
    due_now(till)
    due_now(other)

    reconcile.reconcile()

    assert other.order_now() == ("confirmed", "captured")
    assert look(till) is not None


def test_with_razorpay_down_the_next_run_goes_on(till: Till) -> None:
    till.pay()
    due_now(till)
    till.razorpay.fails("status", status=503, times="always")
    with pytest.raises(ProviderDown):
        reconcile.reconcile()
    till.razorpay.mend()

    reconcile.reconcile()

    assert till.order_now() == ("confirmed", "captured")


def test_a_refund_that_was_done_and_never_told_is_finished(till: Till, support: dict[str, str]) -> None:
    paid = till.settle()
    till.razorpay.control("PUT", "/razorpay/settings", {"refund_status": "pending"})
    refund(till, support)
    till.work()
    there = till.razorpay.refunds(paid["razorpay_payment_id"])[0]
    till.razorpay.control("POST", f"/razorpay/refunds/{there['id']}", {"status": "processed"})
    till.db.execute("UPDATE refunds SET updated_at = '2000-01-01' WHERE payment_id = %s", UUID(till.payment["id"]))

    reconcile.reconcile()

    assert till.read()["refunds"][0]["status"] == "processed"


def test_a_refund_whose_row_died_is_asked_for_again(till: Till, support: dict[str, str]) -> None:
    paid = till.settle()
    promised = refund(till, support).json
    till.db.execute("UPDATE outbox SET status = 'dead' WHERE key = %s", promised["id"])
    till.db.execute("UPDATE refunds SET updated_at = '2000-01-01' WHERE id = %s", UUID(promised["id"]))

    reconcile.reconcile()
    reconcile.reconcile()

    assert till.read()["refunds"][0]["status"] == "processed"
    assert len(till.razorpay.refunds(paid["razorpay_payment_id"])) == 1


def test_a_refund_at_work_twice_at_once_is_one(till: Till, support: dict[str, str]) -> None:
    paid = till.settle()
    promised = UUID(refund(till, support).json["id"])
    till.razorpay.control("PUT", "/razorpay/settings", {"refund_ms": 500})

    def ask(_: int) -> str:
        try:
            refunds.ask_razorpay(promised)
        except ProviderDown:  # 409: the first still runs
            return "later"
        return "done"

    with ThreadPoolExecutor(5) as workers:
        assert "done" in set(workers.map(ask, range(5)))

    assert till.read()["refunds"][0]["status"] == "processed"
    assert len(till.razorpay.refunds(paid["razorpay_payment_id"])) == 1
    assert till.kinds().count("refund processed") == 1
