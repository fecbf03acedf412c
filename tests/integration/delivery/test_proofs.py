"""What a proof does: the customer's code, a photo or a signature, at the door or far from it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest

from plazza import clock
from plazza.data import rtdb
from plazza.delivery import consumers
from plazza.delivery.actions.code import current_code
from tests.integration.delivery.conftest import Parcel
from tests.support.auth import upload

HERE = {"latitude": 12.9720, "longitude": 77.6410}
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100


def proofs(parcel: Parcel) -> list[tuple[str, str]]:
    query = """
        SELECT p.kind, p.outcome FROM delivery_proofs AS p JOIN deliveries AS d ON d.id = p.delivery_id
         WHERE d.order_id = %s ORDER BY p.created_at"""
    return [(kind, outcome) for kind, outcome in parcel.shop.db.rows(query, UUID(parcel.order))]


def file_of(parcel: Parcel, name: str = "a1.png") -> str:
    return f"proofs/{parcel.order}/{parcel.rider}_{name}"


def test_the_right_code_delivers_and_takes_the_cash(parcel: Parcel) -> None:
    parcel.ship()
    parcel.step("arrive")

    answer = parcel.verify(parcel.code(), **HERE)

    assert (answer.status_code, answer.json["outcome"], answer.json["flagged"]) == (200, "accepted", False)
    order = parcel.order_view()
    assert (order["status"], order["delivery_status"], order["payment_status"]) == (
        "delivered",
        "delivered",
        "captured",
    )
    payment = parcel.shop.db.rows(
        "SELECT method, status, captured_paise FROM payments WHERE order_id = %s", UUID(parcel.order)
    )
    assert payment == [("cod", "captured", order["total_paise"])]
    assert "order.delivered" in parcel.shop.outbox(parcel.order)
    assert parcel.live()["status"] == "delivered"
    assert rtdb.get(f"riders/{parcel.rider}/jobs/{parcel.order}") is None


def test_a_wrong_code_costs_a_try_and_five_lock_it(parcel: Parcel) -> None:
    parcel.ship()

    left = [parcel.verify(parcel.wrong_code(number)).json["details"]["tries_left"] for number in range(1, 5)]
    right = parcel.code()
    last = parcel.verify(parcel.wrong_code(5))

    assert left == [4, 3, 2, 1]
    assert (last.status_code, last.json["details"]) == (409, {"reason": "WRONG_CODE", "tries_left": 0})
    locked = parcel.verify(right)
    assert (locked.status_code, locked.json["details"]["reason"]) == (409, "LOCKED")
    assert current_code(UUID(parcel.order)) is None
    assert parcel.order_view()["status"] == "shipped"

    assert parcel.step("reissue-code", None, **parcel.shop.staff()).json["code_tries_left"] == 5
    if parcel.code() != right:
        assert parcel.verify(right).status_code == 409
    assert parcel.verify(parcel.code()).status_code == 200


def test_forty_guesses_at_once_spend_five_tries(parcel: Parcel) -> None:
    parcel.ship()
    guesses = [parcel.wrong_code(number) for number in range(1, 41)]

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(parcel.verify, guesses))

    reasons = [answer.json["details"]["reason"] for answer in answers]
    assert sorted(reasons) == ["LOCKED"] * 35 + ["WRONG_CODE"] * 5
    assert proofs(parcel) == [("otp", "refused")] * 5


def test_the_same_wrong_code_typed_twice_is_one_try(parcel: Parcel) -> None:
    parcel.ship()
    wrong = parcel.wrong_code()

    answers = [parcel.verify(wrong).json["details"]["tries_left"] for _ in range(3)]

    assert answers == [4, 4, 4]


def test_a_code_runs_out_and_arriving_issues_a_new_one(parcel: Parcel) -> None:
    parcel.ship()
    old = parcel.code()
    parcel.expire_code()

    refused = parcel.verify(old)

    assert (refused.status_code, refused.json["details"]["reason"]) == (409, "EXPIRED")
    assert current_code(UUID(parcel.order)) is None
    assert parcel.step("arrive").json["code_tries_left"] == 5
    assert "delivery.code_issued" in parcel.shop.outbox(parcel.order)
    assert parcel.verify(parcel.code()).status_code == 200


def test_arriving_does_not_open_a_locked_code(parcel: Parcel) -> None:
    parcel.ship()
    for number in range(1, 6):
        parcel.verify(parcel.wrong_code(number) if number < 5 else "000000")
        if current_code(UUID(parcel.order)) is None:
            break
    parcel.shop.db.execute("UPDATE deliveries SET code_tries = 5 WHERE order_id = %s", UUID(parcel.order))
    parcel.expire_code()

    parcel.step("arrive")

    assert current_code(UUID(parcel.order)) is None
    assert parcel.shop.db.value("SELECT code_issue FROM deliveries WHERE order_id = %s", UUID(parcel.order)) == 1


def test_no_place_holds_the_code_in_the_clear(parcel: Parcel) -> None:
    parcel.ship()
    code = parcel.code()

    rows = parcel.shop.db.rows("SELECT * FROM deliveries WHERE order_id = %s", UUID(parcel.order))
    events = parcel.shop.db.rows("SELECT * FROM order_events WHERE order_id = %s", UUID(parcel.order))

    assert code not in [str(value) for row in [*rows, *events] for value in row]
    assert code not in str(parcel.live())


def test_far_away_or_from_nowhere_it_is_accepted_with_a_flag(parcel: Parcel) -> None:
    parcel.ship()

    far = parcel.verify(parcel.code(), latitude=12.99, longitude=77.64).json

    assert (far["outcome"], far["flagged"], 1900 < far["distance_m"] < 2100) == ("accepted", True, True)
    staff = parcel.shop.api.get("/delivery?flagged=true", **parcel.shop.staff()).json["items"]
    assert [item["order_id"] for item in staff] == [parcel.order]
    nowhere = Parcel(parcel.shop, parcel.people)
    nowhere.ship()
    assert (nowhere.verify(nowhere.code()).json["flagged"], nowhere.view()["proof_kind"]) == (True, "otp")


def test_without_a_place_the_riders_live_location_counts(parcel: Parcel) -> None:
    parcel.ship()
    parcel.live()
    rtdb.put(f"deliveries/{parcel.order}/location", HERE)

    answer = parcel.verify(parcel.code()).json

    assert (answer["flagged"], answer["distance_m"] < 250) == (False, True)


def test_one_proof_is_judged_once_under_its_key_and_its_client_id(parcel: Parcel) -> None:
    parcel.ship()
    key, code = str(uuid4()), parcel.code()

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: parcel.prove(key, otp=code), range(10)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert parcel.prove(None, otp=code).json["outcome"] == "accepted"
    assert parcel.prove(key, otp=code, client_id="p2").status_code == 409
    assert proofs(parcel) == [("otp", "accepted")]


def test_a_refused_proof_stays_refused_under_its_key(parcel: Parcel) -> None:
    parcel.ship()
    key, wrong = str(uuid4()), parcel.wrong_code()

    answers = [parcel.prove(key, otp=wrong) for _ in range(3)]

    assert [answer.json["details"]["tries_left"] for answer in answers] == [4, 4, 4]


@pytest.mark.parametrize("kind", ["photo", "signature"])
def test_a_picture_delivers(parcel: Parcel, kind: str) -> None:
    parcel.ship()
    upload(parcel.people, file_of(parcel), PNG)

    answer = parcel.prove(kind=kind, file=file_of(parcel))

    assert (answer.status_code, answer.json["status"], answer.json["kind"]) == (201, "delivered", kind)


def test_a_picture_must_be_the_riders_own_and_be_one(parcel: Parcel) -> None:
    parcel.ship()
    elses = f"proofs/{parcel.order}/somebody_a1.png"
    broken = file_of(parcel, "b2.jpg")
    upload(parcel.people, elses, PNG)
    upload(parcel.people, broken, PNG, "image/jpeg")

    reasons = [
        parcel.prove(kind="photo", file=file).json["details"]["reason"]
        for file in (elses, f"proofs/{uuid4()}/{parcel.rider}_a1.png", file_of(parcel, "../x.png"), file_of(parcel, "c3.png"), broken)
    ]  # fmt: skip

    assert reasons == ["NOT_YOUR_FILE", "NOT_YOUR_FILE", "NOT_YOUR_FILE", "NO_FILE", "NO_PICTURE"]
    assert (parcel.order_view()["status"], proofs(parcel)) == ("shipped", [])


def test_bad_proofs_are_refused_before_they_cost_anything(parcel: Parcel) -> None:
    parcel.ship()
    bad: list[dict[str, Any]] = [
        {},
        {"otp": "12345"},
        {"otp": 123456},
        {"otp": "\uff11\uff12\uff13\uff14\uff15\uff16"},
        {"otp": "123456", "file": "x"},
        {"kind": "photo"},
        {"kind": "photo", "otp": "123456"},
        {"kind": "video", "otp": "123456"},
        {"otp": "123456", "latitude": 91},
        {"otp": "123456", "client_id": "a/b"},
        {"otp": "123456", "client_id": "x" * 65},
        {"otp": "123456", "extra": 1},
    ]
    for over in bad:
        assert parcel.prove(**over).status_code == 400, over
    for body in ({}, {"otp": "1"}, {"otp": "123456", "latitude": 12.9}, {"otp": "123456", "x": 1}):
        answer = parcel.shop.api.post(f"/delivery/verify/{parcel.order}", body, **parcel.as_rider())
        assert answer.status_code == 400, body
    assert parcel.view()["code_tries_left"] == 5


def test_a_proof_from_the_live_database_is_judged_like_one_by_http(parcel: Parcel) -> None:
    parcel.ship()
    at = round(clock.now().timestamp() * 1000)
    wrong, right = parcel.wrong_code(), parcel.code()

    consumers.receive_proof(parcel.order, "w1", {"kind": "otp", "otp": wrong, **HERE, "at": at})
    consumers.receive_proof(parcel.order, "w1", {"kind": "otp", "otp": wrong, **HERE, "at": at})
    assert parcel.view()["code_tries_left"] == 4
    consumers.receive_proof(parcel.order, "r1", {"kind": "otp", "otp": right, **HERE, "at": at})
    consumers.receive_proof(parcel.order, "r2", {"kind": "otp", "otp": right, **HERE, "at": at})

    live = rtdb.get(f"deliveries/{parcel.order}")
    assert {name: proof["outcome"] for name, proof in live["proofs"].items()} == {
        "w1": "refused", "r1": "accepted", "r2": "refused"
    }  # fmt: skip
    assert (live["status"], parcel.order_view()["status"], parcel.view()["flagged"]) == (
        "delivered",
        "delivered",
        False,
    )


def test_an_offline_proof_that_comes_late_is_accepted_with_a_flag(parcel: Parcel) -> None:
    parcel.ship()
    right = parcel.code()
    taken_at = round((clock.now().timestamp() - 60) * 1000)
    parcel.expire_code()

    consumers.receive_proof(parcel.order, "late", {"kind": "otp", "otp": right, **HERE, "at": taken_at})

    assert (parcel.view()["status"], parcel.view()["flagged"]) == ("delivered", True)


def test_nonsense_from_the_live_database_changes_nothing(parcel: Parcel) -> None:
    parcel.ship()
    good = {"kind": "otp", "otp": parcel.code(), **HERE, "at": 1}
    values: list[Any] = [
        None,
        7,
        "x",
        [],
        {},
        good | {"otp": 7},
        good | {"at": "x"},
        good | {"at": 1e300},
        good | {"x": 1},
    ]
    for value in values:
        consumers.receive_proof(parcel.order, "n1", value)
    for order in ("x", str(uuid4())):
        consumers.receive_proof(order, "n1", good)

    assert (parcel.view()["status"], parcel.view()["code_tries_left"]) == ("picked_up", 5)


def test_nothing_is_proved_before_the_pickup_or_by_another_rider(parcel: Parcel) -> None:
    parcel.pack()
    parcel.assign()

    assert parcel.verify("123456").status_code == 409
    body = {"otp": "123456"}
    assert (
        parcel.shop.api.post(f"/delivery/verify/{parcel.order}", body, role="rider", uid="another").status_code == 404
    )
    assert parcel.shop.api.post(f"/delivery/verify/{parcel.order}", body, uid=parcel.shop.uid).status_code == 403
    assert parcel.view()["code_tries_left"] == 0
