"""A parcel's way: who may take which step, and what each step makes true."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

from plazza.data import rtdb
from plazza.delivery import consumers
from tests.integration.delivery.conftest import Parcel


def test_pickup_ships_the_order_consumes_its_stock_and_issues_a_code(parcel: Parcel) -> None:
    parcel.pack()
    parcel.assign()
    before = parcel.shop.stock(parcel.product)

    answer = parcel.step("pickup")

    assert (answer.status_code, answer.json["status"], answer.json["code_tries_left"]) == (200, "picked_up", 5)
    order = parcel.order_view()
    assert (order["status"], order["delivery_status"]) == ("shipped", "picked_up")
    assert (before, parcel.shop.stock(parcel.product)) == ((100, 1), (99, 0))
    assert {"order.shipped", "delivery.changed"} <= parcel.shop.outbox(parcel.order)
    assert parcel.code() not in answer.content.decode()


def test_a_parcel_that_is_not_packed_is_not_picked_up_and_nothing_changes(parcel: Parcel) -> None:
    parcel.assign()

    answer = parcel.step("pickup")

    assert (answer.status_code, answer.json["code"]) == (409, "CONFLICT")
    assert (parcel.view()["status"], parcel.order_view()["status"]) == ("assigned", "confirmed")
    assert parcel.view()["code_expires_at"] is None


def test_twenty_pickups_at_once_ship_once(parcel: Parcel) -> None:
    parcel.pack()
    parcel.assign()

    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda _: parcel.step("pickup").status_code, range(20)))

    assert statuses == [200] * 20
    assert parcel.shop.stock(parcel.product) == (99, 0)
    shipped = "SELECT count(*) FROM order_events WHERE order_id = %s AND to_status = 'shipped'"
    assert parcel.shop.db.value(shipped, UUID(parcel.order)) == 1
    assert parcel.shop.db.value("SELECT code_issue FROM deliveries WHERE order_id = %s", UUID(parcel.order)) == 1


def test_only_riders_can_be_assigned(parcel: Parcel) -> None:
    for uid in (parcel.people.sign_up("customer"), "nobody-at-all", parcel.people.sign_up("rider", disabled=True)):
        answer = parcel.assign(uid)

        assert (answer.status_code, answer.json["details"]["reason"]) == (409, "NO_RIDER")
    assert parcel.view()["status"] == "unassigned"


def test_another_rider_takes_over_while_the_parcel_is_in_the_store(parcel: Parcel) -> None:
    first, second = parcel.rider, parcel.people.sign_up("rider")
    parcel.pack()
    parcel.assign(first)
    parcel.live()
    rtdb.put(f"deliveries/{parcel.order}/location", {"latitude": 12.9, "longitude": 77.6})

    answer = parcel.assign(second)

    assert (answer.status_code, answer.json["rider_uid"]) == (200, second)
    live = parcel.live()
    assert (live["rider_uid"], live.get("location")) == (second, None)
    assert rtdb.get(f"riders/{first}/jobs/{parcel.order}") is None
    assert rtdb.get(f"riders/{second}/jobs/{parcel.order}")["status"] == "assigned"
    assert parcel.step("pickup", role="rider", uid=first).status_code == 404
    assert parcel.step("pickup", role="rider", uid=second).status_code == 200
    assert parcel.assign(first).status_code == 409


def test_the_live_state_follows_and_leaves_the_riders_location(parcel: Parcel) -> None:
    parcel.ship()
    parcel.live()
    rtdb.put(f"deliveries/{parcel.order}/location", {"latitude": 12.9, "longitude": 77.6})

    parcel.step("arrive")
    live = parcel.live()

    assert (live["status"], live["customer_uid"], live["store_id"]) == ("arrived", parcel.shop.uid, parcel.shop.store)
    assert live["location"] == {"latitude": 12.9, "longitude": 77.6}
    assert parcel.code() not in str(live)


def test_another_persons_delivery_is_not_found(parcel: Parcel) -> None:
    parcel.ship()
    other_store = parcel.shop.make.store()
    strangers = (
        {"role": "customer", "uid": "somebody-else"},
        {"role": "rider", "uid": "another-rider"},
        {"role": "pharmacist", "uid": "p", "store": other_store},
    )
    for who in strangers:
        assert parcel.shop.api.get(f"/delivery/{parcel.order}", **who).status_code == 404
    for name, body in (("arrive", None), ("fail", {"reason": "nobody home"})):
        assert parcel.step(name, body, role="rider", uid="another-rider").status_code == 404
    body = {"rider_uid": parcel.rider}
    assert parcel.step("assign", body, role="store_staff", uid="s", store=other_store).status_code == 404
    assert parcel.step("reissue-code", None, role="store_staff", uid="s", store=other_store).status_code == 404
    assert parcel.view()["status"] == "picked_up"


def test_roles_are_checked_before_the_body(parcel: Parcel) -> None:
    for path, role in (
        ("assign", "rider"),
        ("pickup", "store_staff"),
        ("arrive", "customer"),
        ("reissue-code", "rider"),
    ):
        answer = parcel.shop.api.post(f"/delivery/{parcel.order}/{path}", {"x": 1}, role=role, store=parcel.shop.store)

        assert (answer.status_code, answer.json["code"]) == (403, "FORBIDDEN")


def test_bad_bodies_are_refused(parcel: Parcel) -> None:
    bad = [
        ("assign", {}),
        ("assign", {"rider_uid": 7}),
        ("assign", {"rider_uid": "a/b"}),
        ("assign", {"rider_uid": "a", "x": 1}),
        ("fail", {}),
        ("fail", {"reason": "x" * 201}),
        ("fail", {"reason": "a\x00bc"}),
    ]
    for path, body in bad:
        answer = parcel.step(path, body, **parcel.shop.staff())

        assert (answer.status_code, answer.json["code"]) == (400, "VALIDATION_ERROR"), (path, body)
    assert parcel.view()["status"] == "unassigned"


def test_a_failed_delivery_is_tried_again_with_a_new_code_and_the_same_stock(parcel: Parcel) -> None:
    parcel.ship()
    first = parcel.code()

    assert parcel.step("fail", {"reason": "nobody at home"}).json["status"] == "failed"
    assert parcel.verify(first).status_code == 409
    assert parcel.step("reattempt", None, **parcel.shop.staff()).json["attempt_no"] == 2
    assert parcel.step("pickup").json["status"] == "picked_up"

    assert parcel.code() != first
    assert parcel.shop.stock(parcel.product) == (99, 0)
    assert "delivery.code_issued" in parcel.shop.outbox(parcel.order)
    assert parcel.verify(parcel.code()).json["status"] == "delivered"


def test_five_attempts_are_enough(parcel: Parcel) -> None:
    parcel.ship()
    for _ in range(4):
        parcel.step("fail", {"reason": "nobody at home"})
        assert parcel.step("reattempt", None, **parcel.shop.staff()).status_code == 200
        assert parcel.step("pickup").status_code == 200
    parcel.step("fail", {"reason": "nobody at home"})

    answer = parcel.step("reattempt", None, **parcel.shop.staff())

    assert (answer.status_code, answer.json["details"]["reason"]) == (409, "TOO_OFTEN")


def test_a_cancelled_order_takes_its_delivery_along(parcel: Parcel) -> None:
    parcel.assign()
    parcel.live()
    assert parcel.shop.api.post(f"/orders/{parcel.order}/cancel", {}, uid=parcel.shop.uid).status_code == 200

    consumers.cancel_delivery(parcel.order)
    consumers.cancel_delivery(parcel.order)
    consumers.create_delivery(parcel.order)

    assert parcel.live()["status"] == "cancelled"
    assert rtdb.get(f"riders/{parcel.rider}/jobs/{parcel.order}") is None
    assert parcel.step("pickup").status_code == 409


def test_an_order_has_one_delivery_however_often_it_is_announced(parcel: Parcel) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(consumers.create_delivery, [parcel.order] * 8))
    consumers.create_delivery(str(uuid4()))

    assert parcel.shop.db.value("SELECT count(*) FROM deliveries WHERE order_id = %s", UUID(parcel.order)) == 1
    assert parcel.order_view()["delivery_status"] == "unassigned"


def test_jobs_say_where_to_and_how_much_cash(parcel: Parcel) -> None:
    parcel.ship()

    jobs = parcel.shop.api.get("/delivery/jobs", **parcel.as_rider()).json["items"]

    order = parcel.order_view()
    assert [(job["order_id"], job["cash_paise"], job["number"]) for job in jobs] == [
        (parcel.order, order["total_paise"], order["number"])
    ]
    assert jobs[0]["address"]["pincode"] == parcel.shop.pincode
    assert parcel.shop.api.get("/delivery/jobs", role="rider", uid="another").json == {"items": []}


def test_a_store_lists_its_own_deliveries_page_by_page(parcel: Parcel) -> None:
    other = Parcel(parcel.shop, parcel.people)
    staff = parcel.shop.staff()

    first = parcel.shop.api.get("/delivery?limit=1", **staff).json
    second = parcel.shop.api.get(f"/delivery?limit=1&cursor={first['next_cursor']}", **staff).json

    assert [page["items"][0]["order_id"] for page in (first, second)] == [other.order, parcel.order]
    assert second["next_cursor"] is None
    assert parcel.shop.api.get("/delivery?status=delivered", **staff).json["items"] == []
    assert parcel.shop.api.get("/delivery?limit=0", **staff).status_code == 400
    assert parcel.shop.api.get("/delivery?cursor=zzz", **staff).status_code == 400
