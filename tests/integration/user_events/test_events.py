"""Events: in batches, once each, within a believable time, and owned by whoever did them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from plazza.user_events import consumers
from tests.support.client import Client
from tests.support.database import Builders, Database
from tests.support.people import new_uid


def event(session: str = "s-1", name: str = "product_viewed", late: timedelta = timedelta(0), **over: Any) -> Any:
    at = (datetime.now(UTC) - late).isoformat()
    return {"id": uuid4().hex, "session_id": session, "name": name, "at": at} | over


def signals(db: Database, product: str) -> tuple[Any, ...]:
    query = """
        SELECT coalesce(sum(views), 0)::INT8, coalesce(sum(cart_additions), 0)::INT8, coalesce(sum(purchases), 0)::INT8
          FROM product_signals WHERE product_id = %s"""
    return db.rows(query, UUID(product))[0]


def test_a_batch_is_recorded_once_and_counted(api: Client, db: Database, make: Builders) -> None:
    uid, product = new_uid(), make.product()
    batch = [
        *(event(product_id=product) for _ in range(3)),
        event(name="cart_item_added", product_id=product),
        event(name="purchase", product_id=product, order_id=str(uuid4())),
        event(name="search_performed", query="dolo 650"),
    ]

    first = api.post("/events", {"events": batch}, uid=uid)
    again = api.post("/events", {"events": batch}, uid=uid)
    mixed = api.post("/events", {"events": [batch[0], batch[0], event()]}, uid=uid)

    assert (first.status_code, first.json) == (200, {"recorded": 6, "duplicates": 0, "refused": []})
    assert again.json == {"recorded": 0, "duplicates": 6, "refused": []}
    assert mixed.json == {"recorded": 1, "duplicates": 2, "refused": []}
    assert signals(db, product) == (3, 1, 1)


def test_two_people_may_use_the_same_event_id(api: Client) -> None:
    one = event()

    answers = [api.post("/events", {"events": [one]}, uid=new_uid()).json["recorded"] for _ in range(2)]

    assert answers == [1, 1]


def test_ten_who_send_one_batch_at_once_record_it_once(api: Client, db: Database, make: Builders) -> None:
    uid, product = new_uid(), make.product()
    batch = [event(product_id=product) for _ in range(20)]

    with ThreadPoolExecutor(10) as crowd:
        answers = list(crowd.map(lambda _: api.post("/events", {"events": batch}, uid=uid).json, range(10)))

    assert sum(answer["recorded"] for answer in answers) == 20
    assert sum(answer["duplicates"] for answer in answers) == 180
    assert signals(db, product) == (20, 0, 0)


def test_what_is_too_old_or_to_come_is_named_and_the_rest_taken(api: Client) -> None:
    old, coming, good = event(late=timedelta(hours=25)), event(late=timedelta(minutes=-6)), event()

    answer = api.post("/events", {"events": [old, coming, good]}, uid=new_uid()).json

    assert (answer["recorded"], answer["duplicates"]) == (1, 0)
    assert answer["refused"] == [
        {"id": old["id"], "reason": "TOO_OLD"},
        {"id": coming["id"], "reason": "IN_THE_FUTURE"},
    ]


def test_a_batch_has_a_limit(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    uid = new_uid()
    assert api.post("/events", {"events": [event() for _ in range(500)]}, uid=uid).json["recorded"] == 500
    assert api.post("/events", {"events": [event() for _ in range(501)]}, uid=uid).status_code == 400
    monkeypatch.setenv("BATCH_SIZE", "10")

    answer = api.post("/events", {"events": [event() for _ in range(11)]}, uid=uid)

    assert (answer.status_code, answer.json["details"]["field"]) == (400, "events")


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "bought_everything"},
        {"id": ""},
        {"id": "x" * 65},
        {"id": "../../x"},
        {"session_id": "a/b"},
        {"at": "yesterday"},
        {"at": "2026-06-01T12:00:00"},
        {"product_id": "1"},
        {"query": "x" * 201},
        {"query": "a\u0000b"},
        {"platform": "fridge"},
        {"uid": "somebody"},
    ],
)
def test_one_bad_event_refuses_its_batch(api: Client, db: Database, wrong: dict[str, Any]) -> None:
    uid = new_uid()

    answer = api.post("/events", {"events": [event(), event() | wrong]}, uid=uid)

    assert (answer.status_code, answer.json["code"]) == (400, "VALIDATION_ERROR")
    assert answer.json["details"]["fields"][0]["field"].startswith("events.1.")
    assert db.value("SELECT count(*) FROM user_events WHERE uid = %s", uid) == 0


@pytest.mark.parametrize("body", [{}, {"events": []}, {"events": {}}, {"events": [1]}, [], None])
def test_a_body_that_is_no_batch_is_refused(api: Client, body: Any) -> None:
    assert api.call("POST", "/events", body).status_code == 400


def test_events_of_a_session_are_listed_page_by_page_for_their_owner(api: Client) -> None:
    uid, session = new_uid(), uuid4().hex
    batch = [event(session, late=timedelta(minutes=at)) for at in range(5)]
    api.post("/events", {"events": batch}, uid=uid)

    first = api.get(f"/events?session_id={session}&limit=3", uid=uid).json
    second = api.get(f"/events?session_id={session}&limit=3&cursor={first['next_cursor']}", uid=uid).json

    listed = [item["id"] for item in [*first["items"], *second["items"]]]
    assert listed == [entry["id"] for entry in reversed(batch)], "oldest first"
    assert second["next_cursor"] is None
    assert api.get(f"/events?session_id={session}", uid=new_uid()).json["items"] == []
    assert api.get(f"/events?session_id={session}&cursor=x", uid=uid).status_code == 400
    assert api.get("/events", uid=uid).status_code == 400
    assert api.get(f"/events?session_id={session}", role=None).status_code == 401


def test_an_event_pushed_into_the_live_database_is_the_same_event(api: Client, db: Database, make: Builders) -> None:
    uid, product, one = new_uid(), make.product(), uuid4().hex
    pushed = {"name": "product_viewed", "at": int(datetime.now(UTC).timestamp() * 1000), "product_id": product}

    consumers.copy_event(uid, "s-9", one, pushed)
    consumers.copy_event(uid, "s-9", one, pushed)
    by_api = api.post("/events", {"events": [event("s-9", id=one, product_id=product)]}, uid=uid)

    assert by_api.json["duplicates"] == 1
    assert signals(db, product) == (1, 0, 0)


@pytest.mark.parametrize(
    "pushed",
    [None, 5, "x", [], {}, {"name": "product_viewed"}, {"name": "x", "at": 1}, {"name": "purchase", "at": "now"},
     {"name": "purchase", "at": 10**30}, {"name": "purchase", "at": {}}, {"name": "purchase", "at": 1, "id": "other"}],
)  # fmt: skip
def test_what_is_pushed_and_no_event_is_dropped(db: Database, pushed: Any) -> None:
    uid = new_uid()

    consumers.copy_event(uid, "s-1", uuid4().hex, pushed)

    assert db.value("SELECT count(*) FROM user_events WHERE uid = %s", uid) == 0
