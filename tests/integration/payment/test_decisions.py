"""Money that is not what was asked waits for a person, and the person's word is carried out once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.integration.payment.conftest import TOTAL_PAISE, Till
from tests.integration.payment.test_webhook import entity, new_pay_id, tell
from tests.support.auth import People
from tests.support.client import Answer
from tests.support.people import new_uid

Staff = dict[str, str]


@pytest.fixture(scope="session")
def admin(people: People) -> Staff:
    """The arguments with which an administrator calls."""
    return {"role": "admin", "uid": people.sign_up("admin", uid=new_uid("adm"))}


def resolve(till: Till, who: Staff, decision: str, key: str | None = None, **over: Any) -> Answer:
    body = {"decision": decision, "note": "rang the customer"} | over
    more: dict[str, Any] = {"key": key} if key else {}
    return till.api.post(f"/payments/{till.payment['id']}/resolve", body, **who, **more)


def wrong(till: Till, amount_paise: int) -> str:
    """Pay another amount than was asked; gives Razorpay's id of it."""
    paid = till.pay(amount=amount_paise)
    till.send_all()
    assert till.read()["status"] == "conflicted"
    return paid["razorpay_payment_id"]


def returned(till: Till, ident: str) -> list[int]:
    return [item["amount"] for item in till.razorpay.refunds(ident)]


def test_more_than_was_asked_is_taken_and_the_rest_goes_back(till: Till, support: Staff) -> None:
    ident = wrong(till, TOTAL_PAISE + 2_500)

    answer = resolve(till, support, "accept")
    till.work()

    assert (answer.status_code, answer.json["status"]) == (200, "captured")
    assert till.order_now() == ("confirmed", "captured")
    assert returned(till, ident) == [2_500]
    assert {"decided: accept", "refund requested", "refund processed"} <= set(till.kinds())
    assert till.read()["refunded_paise"] == 2_500


def test_a_few_paise_too_much_cannot_be_sent_back(till: Till, support: Staff) -> None:
    ident = wrong(till, TOTAL_PAISE + 99)

    assert resolve(till, support, "accept").json["status"] == "captured"
    till.work()

    assert (returned(till, ident), till.order_now()) == ([], ("confirmed", "captured"))


def test_less_than_was_asked_is_taken_by_an_administrator_only(till: Till, support: Staff, admin: Staff) -> None:
    wrong(till, TOTAL_PAISE - 1)

    refused, taken = resolve(till, support, "accept"), resolve(till, admin, "accept")

    assert (refused.status_code, refused.json["code"]) == (403, "FORBIDDEN")
    assert (taken.status_code, taken.json["status"]) == (200, "captured")
    assert till.order_now() == ("confirmed", "captured")


def test_what_was_not_asked_goes_back_and_the_order_waits_on(till: Till, support: Staff) -> None:
    ident = wrong(till, TOTAL_PAISE - 1)

    answer = resolve(till, support, "refund")
    till.work()

    assert (answer.status_code, answer.json["status"]) == (200, "created")
    assert returned(till, ident) == [TOTAL_PAISE - 1]
    assert till.order_now() == ("pending", "pending")
    assert till.read()["refunded_paise"] == TOTAL_PAISE - 1


def test_a_wrong_amount_beside_the_right_one_goes_back_alone(till: Till, support: Staff) -> None:
    paid, odd = till.settle(), new_pay_id()
    tell(till, "payment.captured", entity(till, odd, amount=777))
    assert till.read()["status"] == "conflicted"

    accepted, answer = resolve(till, support, "accept"), resolve(till, support, "refund")

    assert (accepted.status_code, accepted.json["code"]) == (409, "CONFLICT")
    assert (answer.json["status"], answer.json["refunded_paise"]) == ("captured", 777)
    assert returned(till, paid["razorpay_payment_id"]) == []
    assert till.order_now() == ("confirmed", "captured")


def test_money_that_razorpay_no_longer_holds_pays_no_order(till: Till, admin: Staff) -> None:
    ident = wrong(till, TOTAL_PAISE + 500)
    till.razorpay.write(f"/payments/{ident}/refund", {"amount": TOTAL_PAISE})

    taken, handled = resolve(till, admin, "accept"), resolve(till, admin, "handled")

    assert (taken.status_code, taken.json["code"]) == (409, "CONFLICT")
    assert (handled.status_code, handled.json["status"]) == (200, "created")
    assert till.order_now() == ("pending", "pending")


def test_of_a_cancelled_order_nothing_is_taken(till: Till, admin: Staff) -> None:
    ident = wrong(till, TOTAL_PAISE + 500)
    till.cancel()
    till.work()

    taken, back = resolve(till, admin, "accept"), resolve(till, admin, "refund")
    till.work()

    assert (taken.status_code, back.json["status"]) == (409, "captured")
    assert returned(till, ident) == [TOTAL_PAISE + 500]
    assert till.order_now() == ("cancelled", "refunded")


def test_ten_people_decide_once(till: Till, support: Staff) -> None:
    ident = wrong(till, TOTAL_PAISE + 500)

    with ThreadPoolExecutor(10) as staff:
        answers = list(staff.map(lambda number: resolve(till, support, ("accept", "refund")[number % 2]), range(10)))
    till.work()

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9
    assert len(till.read(**support)["decisions"]) == 1
    assert till.order_now() == (("confirmed", "captured") if returned(till, ident) == [500] else ("pending", "pending"))


def test_the_same_key_gives_the_same_answer(till: Till, support: Staff) -> None:
    wrong(till, TOTAL_PAISE + 500)
    key = str(uuid4())

    first, again = resolve(till, support, "accept", key), resolve(till, support, "accept", key)
    other = resolve(till, support, "refund", key)

    assert (first.status_code, first.json) == (again.status_code, again.json)
    assert other.status_code == 409


def test_with_razorpay_down_nothing_is_decided(till: Till, support: Staff) -> None:
    wrong(till, TOTAL_PAISE + 500)
    till.razorpay.fails("status", status=503)

    assert resolve(till, support, "accept").status_code == 503
    assert till.read()["status"] == "conflicted"
    assert resolve(till, support, "accept").status_code == 200


def test_staff_find_what_waits_and_read_why_it_was_decided(
    till: Till, support: Staff, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong(till, TOTAL_PAISE + 500)
    ident = till.payment["id"]

    waiting, cursor = [], None
    while True:
        page = till.api.get("/payments/conflicted?limit=2" + (f"&cursor={cursor}" if cursor else ""), **support).json
        waiting += page["items"]
        if (cursor := page["next_cursor"]) is None:
            break
    resolve(till, support, "accept")

    mine = [item for item in waiting if item["id"] == ident]
    assert [(item["amount_paise"], item["captured_paise"]) for item in mine] == [(TOTAL_PAISE, TOTAL_PAISE + 500)]
    assert [item["created_at"] for item in waiting] == sorted(item["created_at"] for item in waiting)
    decided = till.read(**support)["decisions"]
    assert [(one["decision"], one["note"], one["decided_by"]) for one in decided] == [
        ("accept", "rang the customer", support["uid"])
    ]
    assert "a person decided about a payment" in capsys.readouterr().out
    mine_to_see = till.api.get(f"/payments/{ident}", uid=till.uid).content.decode()
    assert "rang the customer" not in mine_to_see
    assert support["uid"] not in mine_to_see


@pytest.mark.parametrize(
    "change", [{"decision": "keep"}, {"decision": None}, {"note": ""}, {"note": " a "}, {"note": "x" * 201}, {"amount_paise": 1}]
)  # fmt: skip
def test_a_bad_body_is_refused(till: Till, support: Staff, change: dict[str, Any]) -> None:
    till.payment = {"id": str(uuid4())}

    answer = resolve(till, support, **({"decision": "refund"} | change))

    assert (answer.status_code, answer.json["code"]) == (400, "VALIDATION_ERROR")


def test_who_may_decide(till: Till, people: People, support: Staff) -> None:
    till.settle()

    settled = resolve(till, support, "refund")
    assert (settled.status_code, settled.json["details"]) == (409, {"payment_status": "captured"})
    assert resolve(till, {"role": "customer", "uid": people.sign_up("customer")}, "refund").status_code == 403
    assert till.api.get("/payments/conflicted", uid=till.uid).status_code == 403
    assert (
        till.api.post(f"/payments/{uuid4()}/resolve", {"decision": "refund", "note": "abc"}, **support).status_code
        == 404
    )
    assert till.db.value("SELECT count(*) FROM payment_decisions WHERE payment_id = %s", UUID(till.payment["id"])) == 0
