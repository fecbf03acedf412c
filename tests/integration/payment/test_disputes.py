"""What a bank disputes is recorded and shown, in whatever order it is told."""

from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.payment.conftest import TOTAL_PAISE, Till
from tests.integration.payment.test_refunds import refund
from tests.integration.payment.test_webhook import entity, stored
from tests.support.razorpay import webhook_body


def move(till: Till, paid: dict[str, Any], event: str, **more: Any) -> None:
    """Let the bank move its dispute on, and its webhook come."""
    path = f"/razorpay/payments/{paid['razorpay_payment_id']}/dispute"
    till.razorpay.control("POST", path, {"event": event} | more)


def shown(till: Till) -> list[tuple[str, int]]:
    return [(dispute["status"], dispute["deducted_paise"]) for dispute in till.read()["disputes"]]


def told(till: Till, ident: str, name: str, at: int, **over: Any) -> str:
    """Bring a webhook about a dispute that says it happened at `at`; gives the event's id."""
    dispute: dict[str, Any] = {
        "id": f"disp_{ident}",
        "payment_id": f"pay_{ident}",
        "amount": 1_000,
        "amount_deducted": 0,
    }
    dispute |= {
        "status": name,
        "phase": "chargeback",
        "reason_code": "fraud",
        "respond_by": at + 600,
        "created_at": 1_790_000_000,
    }
    raw = webhook_body(f"payment.dispute.{name}", at, payment=entity(till, f"pay_{ident}"), dispute=dispute | over)
    event_id = f"evt_{uuid4().hex}"
    assert till.post(raw, event_id).status_code == 200
    till.work()
    return event_id


@pytest.mark.parametrize("end", ["won", "lost", "closed"])
def test_a_dispute_is_followed_to_its_end(till: Till, support: dict[str, str], end: str) -> None:
    paid = till.settle()
    for event in ("created", "under_review", "action_required", "under_review", end):
        move(till, paid, event, amount=20_000)
    till.send_all()

    assert shown(till) == [(end, 20_000 if end == "lost" else 0)]
    lines = [event for event in till.read()["timeline"] if event["kind"].startswith("payment.dispute")]
    assert len(lines) == 5
    assert {(line["amount_paise"], line["source"]) for line in lines} == {(20_000, "webhook")}
    assert till.read()["disputes"] == till.read(**support)["disputes"]
    assert till.order_now() == ("confirmed", "captured")


def test_the_newest_word_holds_in_whatever_order_it_comes(till: Till) -> None:
    till.settle()
    events = [("open", 1_790_000_100), ("under_review", 1_790_000_200), ("won", 1_790_000_300)]

    for order in permutations(events):
        ident = uuid4().hex[:14]
        for status, at in order:
            told(till, ident, status, at)

    assert shown(till) == [("won", 0)] * 6


def test_of_one_second_the_later_state_holds(till: Till) -> None:
    till.settle()

    for order in permutations(("open", "under_review", "lost")):
        ident = uuid4().hex[:14]
        for status in order:
            told(till, ident, status, 1_790_000_100)

    assert shown(till) == [("lost", 0)] * 6


def test_what_was_lost_is_not_given_back_as_well(till: Till, support: dict[str, str]) -> None:
    paid = till.settle()
    move(till, paid, "lost", amount=TOTAL_PAISE - 5_000)
    till.send_all()

    too_much = refund(till, support)
    assert (too_much.status_code, too_much.json["details"]) == (409, {"left_paise": 5_000})
    till.cancel()
    till.work()

    assert [item["amount"] for item in till.razorpay.refunds(paid["razorpay_payment_id"])] == [5_000]


def test_staff_find_the_disputes_that_are_not_over(till: Till, other: Till, support: dict[str, str]) -> None:
    paid, over = till.settle(), other.settle()
    move(till, paid, "created")
    move(other, over, "won")
    till.send_all()
    other.send_all()

    found, cursor = list[dict[str, Any]](), None
    while True:
        query = "limit=1" + (f"&cursor={cursor}" if cursor else "")
        page = till.api.get(f"/payments/disputes?{query}", **support).json
        found, cursor = found + page["items"], page["next_cursor"]
        if cursor is None:
            break

    mine = [dispute for dispute in found if dispute["payment_id"] == till.payment["id"]]
    assert [(one["status"], one["order_id"], one["amount_paise"]) for one in mine] == [
        ("open", till.order["id"], TOTAL_PAISE)
    ]
    assert other.payment["id"] not in {dispute["payment_id"] for dispute in found}
    assert till.api.get("/payments/disputes", uid=till.uid).status_code == 403
    assert till.api.get("/payments/disputes?cursor=WyJ4Il0", **support).status_code == 400


@pytest.mark.parametrize(
    "change", [{"amount": 0}, {"amount": 10**30}, {"status": "odd"}, {"id": "disp_1"}, {"respond_by": 10**20}, {"phase": "<b>"}]
)  # fmt: skip
def test_a_dispute_of_another_form_is_set_aside(till: Till, change: dict[str, Any]) -> None:
    till.settle()

    event_id = told(till, uuid4().hex[:14], "open", 1_790_000_100, **change)

    assert (stored(till, event_id), shown(till)) == ("ignored", [])


@pytest.mark.parametrize("amount", [10**15, 2**63, 10**40])
def test_an_amount_that_no_column_holds_is_set_aside(till: Till, amount: int) -> None:
    ident = f"pay_{uuid4().hex[:14]}"
    raw, event_id = webhook_body("payment.captured", payment=entity(till, ident, amount=amount)), f"evt_{uuid4().hex}"

    till.post(raw, event_id)
    till.work()

    assert (stored(till, event_id), till.read()["status"]) == ("ignored", "created")
