"""The pharmacist's decision: what it needs, what it allows, and that there is one."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from plazza.catalogue.actions import reading
from tests.integration.catalogue.desk import TODAY, Desk


def test_an_approval_allows_its_lines_and_no_other(desk: Desk) -> None:
    prescription = desk.written()
    first, second = desk.see(prescription)["items"]
    before = desk.cart(prescription).json
    assert {line["product_id"] for line in before["lines"]} == {desk.tablet, desk.capsule}

    answer = desk.review(
        prescription, items=[{"item_id": first["id"], "product_id": desk.tablet, "allowed_packs": 3}], note="one only"
    )

    assert (answer.status_code, answer.json["status"]) == (200, "approved")
    assert answer.json["prescriber_registration"] == "KMC-40213"
    assert answer.json["valid_until"] == (TODAY + timedelta(days=30)).isoformat()
    assert [item["decision"] for item in answer.json["items"]] == ["approved", "rejected"]
    assert second["decision"] == "pending"
    cart = desk.cart(prescription).json
    assert [(line["product_id"], line["packs"]) for line in cart["lines"]] == [(desk.tablet, 3)]
    told = "SELECT DISTINCT consumer FROM outbox WHERE event = 'prescription.reviewed' AND key = %s"
    assert len(desk.db.rows(told, str(prescription))) == 3


def test_a_rejection_says_why_and_allows_nothing(desk: Desk) -> None:
    prescription = desk.written()

    assert desk.reject(prescription, note=None).status_code == 400
    answer = desk.reject(prescription)

    assert (answer.json["status"], answer.json["review_note"]) == ("rejected", "It is not dated.")
    assert {item["decision"] for item in answer.json["items"]} == {"rejected"}
    cart = desk.cart(prescription)
    assert (cart.status_code, cart.json["details"]["reason"]) == (409, "PRESCRIPTION_REJECTED")


@pytest.mark.parametrize(
    "wrong",
    [
        {"prescriber_registration": None},
        {"prescriber_registration": ""},
        {"prescriber_name": None},
        {"valid_until": None},
        {"valid_until": (TODAY - timedelta(days=1)).isoformat()},
        {"valid_until": (TODAY + timedelta(days=181)).isoformat()},
        {"issued_on": (TODAY + timedelta(days=2)).isoformat()},
        {"issued_on": (TODAY - timedelta(days=200)).isoformat()},
        {"items": []},
        {"items": [{"written": "x", "product_id": str(UUID(int=7)), "allowed_packs": 1}]},
        {"decision": "maybe"},
        {"approved_by": "me"},
    ],
    ids=lambda wrong: " ".join(f"{name}={value}" for name, value in wrong.items())[:40],
)
def test_an_approval_that_is_not_whole_changes_nothing(desk: Desk, wrong: dict[str, Any]) -> None:
    prescription = desk.written()
    before = desk.see(prescription)

    answer = desk.review(prescription, **wrong)

    assert (answer.status_code, answer.json["code"]) == (400, "VALIDATION_ERROR")
    assert desk.see(prescription) == before


def test_a_line_of_another_prescription_is_not_there(desk: Desk) -> None:
    mine, theirs = desk.written(), desk.written()
    line = {"item_id": desk.see(theirs)["items"][0]["id"], "product_id": desk.tablet, "allowed_packs": 1}

    answer = desk.review(mine, items=[line])

    assert (answer.status_code, answer.json["code"]) == (404, "RESOURCE_NOT_FOUND")
    assert [desk.see(one)["status"] for one in (mine, theirs)] == ["read", "read"]
    assert desk.decide(UUID(int=7), {"decision": "reject", "note": "nobody's"}).status_code == 404


def test_of_two_pharmacists_at_once_one_decides(desk: Desk) -> None:
    """Five pairs: the approval and the rejection meet, and what is kept is whole."""
    for _ in range(5):
        prescription = desk.written(on=(0,))
        item = {"item_id": desk.see(prescription)["items"][0]["id"], "product_id": desk.tablet, "allowed_packs": 1}
        with ThreadPoolExecutor(2) as pharmacists:
            approving = pharmacists.submit(desk.review, prescription, items=[item])
            rejecting = pharmacists.submit(desk.reject, prescription)
        statuses = [approving.result().status_code, rejecting.result().status_code]

        assert sorted(statuses) == [200, 409]
        seen = desk.see(prescription)
        decided = "approved" if statuses[0] == 200 else "rejected"
        assert (seen["status"], seen["items"][0]["decision"]) == (decided, decided)
    assert desk.reject(prescription).status_code == 409  # pyright: ignore[reportPossiblyUnboundVariable] -- the loop ran


def test_a_reading_that_ends_after_the_decision_changes_nothing(desk: Desk) -> None:
    prescription = desk.written(on=(0,))
    desk.db.execute("UPDATE prescriptions SET status = 'reading' WHERE id = %s", prescription)
    assert desk.review(prescription).status_code == 200
    before = desk.see(prescription)

    reading.read(prescription)

    assert desk.see(prescription) == before


def test_an_approval_runs_out(desk: Desk) -> None:
    prescription = desk.written()
    assert desk.review(prescription).status_code == 200
    desk.db.execute("UPDATE prescriptions SET valid_until = %s WHERE id = %s", TODAY - timedelta(days=1), prescription)

    cart = desk.cart(prescription)

    assert (cart.status_code, cart.json["details"]["reason"]) == (409, "PRESCRIPTION_EXPIRED")
