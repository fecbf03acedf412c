"""database.rules.json: who may read what, what riders and customers may write, and in which form."""

import time
from typing import Any
from uuid import uuid4

import pytest

from tests.rules.database import Database
from tests.rules.people import (
    ADMIN,
    CASHIER,
    CUSTOMER,
    EVERYBODY,
    NOBODY,
    OTHER_RIDER,
    OTHER_STORES_CASHIER,
    PHARMACIST,
    RIDER,
    STORE,
    STORE_STAFF,
    STRANGER,
    SUPPORT,
    Person,
    name_of,
)

MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS
STORE_PEOPLE = {CASHIER, STORE_STAFF, PHARMACIST}


def now_ms() -> int:
    return int(time.time() * 1000)


@pytest.fixture
def order_id(database: Database) -> str:
    """An order on its way: from STORE to CUSTOMER by RIDER."""
    order_id = str(uuid4())
    parts = {"customer_uid": CUSTOMER.uid, "rider_uid": RIDER.uid, "store_id": STORE, "status": "picked_up"}
    database.put_as_server(
        f"deliveries/{order_id}", {**parts, "proofs": {"p1": {"kind": "otp", "outcome": "accepted"}}}
    )
    return order_id


def location(**changed: Any) -> dict[str, Any]:
    """A good location with some parts changed; None leaves a part out."""
    parts = {"latitude": 12.97, "longitude": 77.59, "accuracy_m": 8, "at": now_ms(), **changed}
    return {name: part for name, part in parts.items() if part is not None}


def otp_proof(**changed: Any) -> dict[str, Any]:
    """A good proof by code with some parts changed."""
    parts = {"kind": "otp", "otp": "482913", "latitude": 12.97, "longitude": 77.59, "at": now_ms(), **changed}
    return {name: part for name, part in parts.items() if part is not None}


def event(**changed: Any) -> dict[str, Any]:
    """A good event with some parts changed."""
    parts = {"name": "product_viewed", "at": now_ms(), "product_id": str(uuid4()), "platform": "android", **changed}
    return {name: part for name, part in parts.items() if part is not None}


def session(**changed: Any) -> dict[str, Any]:
    """A good session with some parts changed."""
    parts = {"started_at": now_ms(), "last_seen_at": now_ms(), "device": "Pixel 8", "platform": "android", **changed}
    return {name: part for name, part in parts.items() if part is not None}


# Reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("person", EVERYBODY, ids=name_of)
@pytest.mark.parametrize(
    ("path", "readers"),
    [
        (f"orders/{CUSTOMER.uid}/o1", {CUSTOMER}),
        (f"payments/{CUSTOMER.uid}/p1", {CUSTOMER}),
        (f"prescriptions/{CUSTOMER.uid}/rx1", {CUSTOMER, PHARMACIST, ADMIN}),
        (f"board/{STORE}/o1", {*STORE_PEOPLE, SUPPORT, ADMIN}),
        (f"riders/{RIDER.uid}/jobs", {RIDER}),
        (f"events/{CUSTOMER.uid}/s1", {CUSTOMER}),
        (f"sessions/{CUSTOMER.uid}/s1", {CUSTOMER}),
        ("whatsapp/sent", {SUPPORT, ADMIN}),
        ("whatsapp/dead", {SUPPORT, ADMIN}),
        ("whatsapp/queue", set[Person]()),
        ("support/thread-1", {SUPPORT, ADMIN}),
        ("delivery_proofs/o1", set[Person]()),
        *(
            (path, set[Person]())
            for path in ("orders", "payments", "board", "deliveries", "riders", "events", "unknown")
        ),
    ],
)
def test_a_path_is_read_by_its_people_alone(
    database: Database, person: Person | None, path: str, readers: set[Person]
) -> None:
    assert database.may_read(person, path) == (person in readers)


@pytest.mark.parametrize("person", EVERYBODY, ids=name_of)
def test_a_delivery_is_read_by_those_it_concerns(database: Database, order_id: str, person: Person | None) -> None:
    expected = person in {CUSTOMER, RIDER, *STORE_PEOPLE, SUPPORT, ADMIN}

    assert database.may_read(person, f"deliveries/{order_id}") == expected
    assert database.may_read(person, f"deliveries/{order_id}/location") == expected


def test_a_delivery_without_parties_is_read_by_no_party(database: Database) -> None:
    """An absent uid or store is not the same as a caller's absent one."""
    order_id = str(uuid4())
    database.put_as_server(f"deliveries/{order_id}", {"status": "new"})

    storeless = Person("cashier-nowhere", "cashier")
    assert not any(
        database.may_read(person, f"deliveries/{order_id}") for person in (NOBODY, CUSTOMER, RIDER, storeless)
    )
    assert database.may_read(SUPPORT, f"deliveries/{order_id}")


def test_a_store_id_without_a_store_role_opens_no_board(database: Database) -> None:
    assert not database.may_read(Person("rider-here", "rider", STORE), f"board/{STORE}")
    assert not database.may_read(Person("someone-here", None, STORE), f"board/{STORE}")
    assert not database.may_read(OTHER_STORES_CASHIER, f"board/{STORE}")


def test_a_rider_who_is_not_one_any_more_reads_no_jobs(database: Database) -> None:
    assert not database.may_read(Person(RIDER.uid), f"riders/{RIDER.uid}/jobs")


def test_what_is_queried_has_an_index(database: Database) -> None:
    by_status = {"orderBy": '"status"', "equalTo": '"confirmed"'}

    assert database.may_read(CASHIER, f"board/{STORE}", **by_status)
    assert database.may_read(RIDER, f"riders/{RIDER.uid}/jobs", **by_status)
    assert database.may_read(CUSTOMER, f"events/{CUSTOMER.uid}/s1", orderBy='"at"', limitToLast="10")


# Writing what is the server's ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("person", EVERYBODY, ids=name_of)
@pytest.mark.parametrize(
    "path",
    [
        *(f"orders/{CUSTOMER.uid}/o1", f"payments/{CUSTOMER.uid}/p1", f"prescriptions/{CUSTOMER.uid}/rx1"),
        *(f"board/{STORE}/o1", f"riders/{RIDER.uid}/jobs/o1", "deliveries/o1", "deliveries/o1/rider_uid"),
        *("whatsapp/queue/m1", "whatsapp/sent/m1", "whatsapp/dead/m1", "support/thread-1", "unknown"),
        *(f"events/{CUSTOMER.uid}", f"sessions/{CUSTOMER.uid}", "delivery_proofs/o1"),
    ],
)
def test_what_the_server_writes_nobody_else_does(database: Database, person: Person | None, path: str) -> None:
    assert not database.may_put(person, path, {"status": "delivered"})
    assert not database.may_delete(person, path)


@pytest.mark.parametrize("part", ["customer_uid", "rider_uid", "store_id", "status", "proofs/p1/outcome"])
def test_an_assigned_rider_changes_nothing_of_a_delivery_but_the_location(
    database: Database, order_id: str, part: str
) -> None:
    assert database.may_put(RIDER, f"deliveries/{order_id}/location", location())
    assert not database.may_put(RIDER, f"deliveries/{order_id}/{part}", RIDER.uid)
    assert not database.may_patch(RIDER, f"deliveries/{order_id}", {"location": location(), part: RIDER.uid})


# Locations ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("person", EVERYBODY, ids=name_of)
def test_only_the_assigned_rider_writes_the_location(database: Database, order_id: str, person: Person | None) -> None:
    path = f"deliveries/{order_id}/location"

    assert database.may_put(person, path, location()) == (person == RIDER)


def test_a_rider_taken_off_the_order_or_out_of_the_role_stops_writing(database: Database, order_id: str) -> None:
    path = f"deliveries/{order_id}/location"
    assert not database.may_put(Person(RIDER.uid), path, location())

    database.put_as_server(f"deliveries/{order_id}/rider_uid", OTHER_RIDER.uid)

    assert not database.may_put(RIDER, path, location())
    assert database.may_put(OTHER_RIDER, path, location())


@pytest.mark.parametrize(
    "changed",
    [
        {"latitude": 90.1},
        {"latitude": -90.1},
        {"latitude": "12.97"},
        {"latitude": None},
        {"longitude": 180.1},
        {"longitude": -180.1},
        {"longitude": None},
        {"accuracy_m": -1},
        {"accuracy_m": 100_001},
        {"accuracy_m": None},
        {"at": None},
        {"at": "now"},
        {"speed": 4},
    ],
    ids=str,
)
def test_a_malformed_location_is_refused(database: Database, order_id: str, changed: dict[str, Any]) -> None:
    path = f"deliveries/{order_id}/location"

    assert database.may_put(RIDER, path, location())
    assert not database.may_put(RIDER, path, location(**changed))


def test_a_location_is_at_most_ten_minutes_off(database: Database, order_id: str) -> None:
    path = f"deliveries/{order_id}/location"

    assert database.may_put(RIDER, path, location(at=now_ms() - 9 * MINUTE_MS))
    assert database.may_put(RIDER, path, location(at=now_ms() + 9 * MINUTE_MS))
    assert database.may_put(RIDER, path, location(at={".sv": "timestamp"}))
    assert not database.may_put(RIDER, path, location(at=now_ms() - 11 * MINUTE_MS))
    assert not database.may_put(RIDER, path, location(at=now_ms() + 11 * MINUTE_MS))


def test_a_location_stays_whole(database: Database, order_id: str) -> None:
    path = f"deliveries/{order_id}/location"
    assert database.may_put(RIDER, path, location())

    assert database.may_patch(RIDER, path, {"latitude": 13.0, "at": now_ms()})
    assert not database.may_put(RIDER, path, 7)
    assert not database.may_delete(RIDER, path)
    assert not database.may_put(RIDER, f"{path}/latitude", 100)
    assert not database.may_put(RIDER, f"{path}/altitude", 100)


# Proofs ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("person", EVERYBODY, ids=name_of)
def test_only_the_assigned_rider_hands_in_a_proof(database: Database, order_id: str, person: Person | None) -> None:
    path = f"delivery_proofs/{order_id}/{uuid4()}"

    assert database.may_put(person, path, otp_proof()) == (person == RIDER)


@pytest.mark.parametrize("person", EVERYBODY, ids=name_of)
def test_the_code_in_a_proof_is_read_by_nobody(database: Database, order_id: str, person: Person | None) -> None:
    path = f"delivery_proofs/{order_id}/p1"
    assert database.may_put(RIDER, path, otp_proof())

    assert not database.may_read(person, path)
    assert not database.may_read(person, f"{path}/otp")
    assert not database.may_read(person, f"delivery_proofs/{order_id}")
    assert database.value(f"{path}/otp") == "482913"


def test_a_proof_is_written_once(database: Database, order_id: str) -> None:
    path = f"delivery_proofs/{order_id}/p1"
    assert database.may_put(RIDER, path, otp_proof())

    assert not database.may_put(RIDER, path, otp_proof(otp="000000"))
    assert not database.may_put(RIDER, f"{path}/otp", "000000")
    assert not database.may_patch(RIDER, path, {"latitude": 13.0})
    assert not database.may_delete(RIDER, path)


@pytest.mark.parametrize("kind", ["photo", "signature"])
def test_a_picture_proof_names_the_riders_own_file_of_the_order(database: Database, order_id: str, kind: str) -> None:
    def tried(file: str | None, otp: str | None = None) -> bool:
        path = f"delivery_proofs/{order_id}/{uuid4()}"
        return database.may_put(RIDER, path, otp_proof(kind=kind, otp=otp, file=file))

    own = f"proofs/{order_id}/{RIDER.uid}_1.jpg"
    assert tried(own)
    assert not tried(None)
    assert not tried(own, otp="482913")
    assert not tried(f"proofs/{order_id}/{OTHER_RIDER.uid}_1.jpg")
    assert not tried(f"proofs/{uuid4()}/{RIDER.uid}_1.jpg")
    assert not tried(f"prescriptions/{CUSTOMER.uid}/rx.jpg")
    assert not tried(own + "x" * 200)


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "hearsay"},
        {"kind": None},
        {"otp": "48291"},
        {"otp": "4829130"},
        {"otp": "48291x"},
        {"otp": 482913},
        {"otp": None},
        {"file": "proofs/a"},
        {"latitude": 91},
        {"latitude": None},
        {"longitude": 181},
        {"longitude": None},
        {"at": None},
        {"at": "now"},
        {"accepted": True},
    ],
    ids=str,
)
def test_a_malformed_proof_is_refused(database: Database, order_id: str, changed: dict[str, Any]) -> None:
    assert database.may_put(RIDER, f"delivery_proofs/{order_id}/good", otp_proof())
    assert not database.may_put(RIDER, f"delivery_proofs/{order_id}/bad", otp_proof(**changed))


def test_a_proof_written_offline_arrives_within_a_day(database: Database, order_id: str) -> None:
    path = f"delivery_proofs/{order_id}"

    assert database.may_put(RIDER, f"{path}/p1", otp_proof(at=now_ms() - DAY_MS + MINUTE_MS))
    assert not database.may_put(RIDER, f"{path}/p2", otp_proof(at=now_ms() - DAY_MS - MINUTE_MS))
    assert not database.may_put(RIDER, f"{path}/p3", otp_proof(at=now_ms() + 11 * MINUTE_MS))


# Events and sessions ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("person", EVERYBODY, ids=name_of)
def test_a_person_adds_events_and_sessions_to_the_own_folder_alone(database: Database, person: Person | None) -> None:
    assert database.may_put(person, f"events/{CUSTOMER.uid}/s1/{uuid4()}", event()) == (person == CUSTOMER)
    assert database.may_put(person, f"sessions/{CUSTOMER.uid}/{uuid4()}", session()) == (person == CUSTOMER)


def test_an_event_is_added_once_and_stays(database: Database) -> None:
    path = f"events/{CUSTOMER.uid}/s1/{uuid4()}"
    assert database.may_put(CUSTOMER, path, event())

    assert not database.may_put(CUSTOMER, path, event())
    assert not database.may_put(CUSTOMER, f"{path}/query", "crocin")
    assert not database.may_delete(CUSTOMER, path)


def test_a_batch_of_events_is_added_at_once_or_not_at_all(database: Database) -> None:
    folder = f"events/{CUSTOMER.uid}/{uuid4()}"

    assert database.may_patch(CUSTOMER, folder, {"e1": event(), "e2": event()})
    assert not database.may_patch(CUSTOMER, folder, {"e3": event(), "e4": {"name": "x"}})
    assert set(database.value(folder)) == {"e1", "e2"}


@pytest.mark.parametrize(
    "changed",
    [
        {"name": None},
        {"name": "Product Viewed"},
        {"name": "x" * 41},
        {"name": 7},
        {"at": None},
        {"at": "yesterday"},
        {"product_id": "PLZ-1"},
        {"order_id": "PLZ-1"},
        {"query": ""},
        {"query": "q" * 201},
        {"query": 5},
        {"platform": "windows"},
        {"phone": "+919800000000"},
        {"query": {"nested": "x"}},
    ],
    ids=str,
)
def test_a_malformed_event_is_refused(database: Database, changed: dict[str, Any]) -> None:
    folder = f"events/{CUSTOMER.uid}/s1"

    assert database.may_put(CUSTOMER, f"{folder}/{uuid4()}", event(order_id=str(uuid4()), query="q" * 200))
    assert not database.may_put(CUSTOMER, f"{folder}/{uuid4()}", event(**changed))


def test_an_event_is_at_most_a_week_late_and_ten_minutes_early(database: Database) -> None:
    folder = f"events/{CUSTOMER.uid}/s1"

    assert database.may_put(CUSTOMER, f"{folder}/{uuid4()}", event(at=now_ms() - 7 * DAY_MS + MINUTE_MS))
    assert not database.may_put(CUSTOMER, f"{folder}/{uuid4()}", event(at=now_ms() - 7 * DAY_MS - MINUTE_MS))
    assert not database.may_put(CUSTOMER, f"{folder}/{uuid4()}", event(at=now_ms() + 11 * MINUTE_MS))


def test_an_odd_key_is_refused(database: Database) -> None:
    assert not database.may_put(CUSTOMER, f"events/{CUSTOMER.uid}/{'s' * 65}/e1", event())
    assert not database.may_put(CUSTOMER, f"events/{CUSTOMER.uid}/s1/{'e' * 65}", event())
    assert not database.may_put(CUSTOMER, f"sessions/{CUSTOMER.uid}/a b", session())


def test_a_session_is_kept_up_to_date_but_starts_once(database: Database) -> None:
    path = f"sessions/{CUSTOMER.uid}/{uuid4()}"
    started = now_ms() - MINUTE_MS
    assert database.may_put(CUSTOMER, path, session(started_at=started))

    assert database.may_patch(CUSTOMER, path, {"last_seen_at": now_ms()})
    assert database.may_put(CUSTOMER, path, session(started_at=started))
    assert not database.may_put(CUSTOMER, path, session(started_at=started + 1))
    assert not database.may_patch(CUSTOMER, path, {"last_seen_at": started - 1})
    assert not database.may_delete(CUSTOMER, path)
    assert not database.may_patch(STRANGER, path, {"last_seen_at": now_ms()})


@pytest.mark.parametrize(
    "changed",
    [
        {"started_at": None},
        {"started_at": "now"},
        {"last_seen_at": None},
        {"last_seen_at": 1},
        {"device": "d" * 101},
        {"device": 8},
        {"platform": None},
        {"platform": "windows"},
        {"uid": "someone"},
    ],
    ids=str,
)
def test_a_malformed_session_is_refused(database: Database, changed: dict[str, Any]) -> None:
    folder = f"sessions/{CUSTOMER.uid}"

    assert database.may_put(CUSTOMER, f"{folder}/{uuid4()}", session())
    assert not database.may_put(CUSTOMER, f"{folder}/{uuid4()}", session(**changed))
