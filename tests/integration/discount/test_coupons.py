"""Coupons over HTTP: tried, held, limited exactly, and made by staff."""

import csv
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from plazza import clock
from plazza.discount import actions
from plazza.discount.models import CartLine
from plazza.errors import Conflict
from tests.support.client import Client
from tests.support.database import Builders, Database
from tests.support.people import new_uid


@pytest.fixture
def cart(make: Builders) -> list[dict[str, Any]]:
    """Two packs at ₹90."""
    return [{"product_id": make.product(), "quantity": 2}]


def terms(**over: Any) -> dict[str, Any]:
    at = datetime.now(UTC)
    return {
        "code": f"N{uuid4().hex[:10].upper()}", "title": "New coupon", "kind": "percentage", "percent_bp": 1000,
        "starts_at": (at - timedelta(hours=1)).isoformat(), "ends_at": (at + timedelta(days=1)).isoformat(),
    } | over  # fmt: skip


def test_a_coupon_says_what_it_takes_off(api: Client, make: Builders, cart: list[dict[str, Any]]) -> None:
    code = make.coupon(kind="percentage", percent_bp=1_000, amount_paise=None)

    answer = api.post("/coupons/validate", {"code": code.lower(), "items": cart})

    assert answer.status_code == 200
    assert answer.json == {
        "valid": True, "code": code, "title": "Test coupon", "discount_paise": 1_800, "reason": None, "message": "Test coupon",
        "missing_paise": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("over", "reason"),
    [
        ({"minimum_order_paise": 20_000}, "MINIMUM_NOT_MET"),
        ({"status": "disabled"}, "DISABLED"),
        ({"starts_at": datetime(2099, 1, 1, tzinfo=UTC), "ends_at": datetime(2099, 1, 2, tzinfo=UTC)}, "NOT_STARTED"),
        ({"starts_at": datetime(2020, 1, 1, tzinfo=UTC), "ends_at": datetime(2020, 1, 2, tzinfo=UTC)}, "EXPIRED"),
        ({"only_uid": "somebody-else"}, "UNKNOWN_CODE"),
        ({"forms": ["syrup"]}, "NO_ELIGIBLE_PRODUCT"),
    ],
)
def test_a_coupon_that_does_not_fit_says_why(
    api: Client, make: Builders, cart: list[dict[str, Any]], over: dict[str, Any], reason: str
) -> None:
    body = {"code": make.coupon(**over), "items": cart}

    tried, applied = api.post("/coupons/validate", body), api.post("/coupons/apply", body)

    assert (tried.status_code, tried.json["valid"], tried.json["reason"]) == (200, False, reason)
    assert tried.json["missing_paise"] == (2_000 if reason == "MINIMUM_NOT_MET" else None)
    assert applied.status_code == (404 if reason == "UNKNOWN_CODE" else 409)
    assert applied.json["details"]["reason"] == reason


def test_an_applied_coupon_is_held_once_and_runs_out(
    api: Client, make: Builders, pg: Database, cart: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    body, uid = {"code": make.coupon(global_limit=1), "items": cart}, new_uid()

    first, again = (api.post("/coupons/apply", body, uid=uid) for _ in range(2))
    other = api.post("/coupons/apply", body, uid=new_uid())

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json["discount_paise"] == 1_000
    until = datetime.fromisoformat(first.json["expires_at"]) - datetime.now(UTC)
    assert timedelta(minutes=14) < until <= timedelta(minutes=15)
    assert (other.status_code, other.json["details"]["reason"]) == (409, "USED_UP")
    assert pg.value("SELECT uses FROM coupons WHERE code = %s", body["code"]) == 1

    later = datetime.now(UTC) + timedelta(minutes=16)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert actions.release_expired() >= 1
    monkeypatch.undo()
    assert pg.value("SELECT uses FROM coupons WHERE code = %s", body["code"]) == 0
    assert api.post("/coupons/apply", body, uid=new_uid()).status_code == 200


def _crowd(count: int, work: Callable[[int], str]) -> list[str]:
    with ThreadPoolExecutor(count) as crowd:
        return sorted(crowd.map(work, range(count)))


def _reserve(code: str, uid: str) -> str:
    lines, later = [CartLine(uuid4(), "tablet", 10_000)], datetime.now(UTC) + timedelta(minutes=5)
    try:
        actions.reserve(code, uid, uuid4(), lines, 0, first_order=True, expires_at=later)
    except Conflict as exc:
        return str(exc.details["reason"])
    return "held"


def test_forty_people_and_seven_uses(parts: object, make: Builders, pg: Database) -> None:
    code = make.coupon(global_limit=7)

    results = _crowd(40, lambda _: _reserve(code, new_uid()))

    assert results == ["USED_UP"] * 33 + ["held"] * 7
    assert pg.value("SELECT uses FROM coupons WHERE code = %s", code) == 7


def test_one_person_forty_times_and_two_uses(parts: object, make: Builders, pg: Database) -> None:
    code, uid = make.coupon(per_user_limit=2), new_uid()

    results = _crowd(40, lambda _: _reserve(code, uid))

    assert results == ["USED_BY_YOU"] * 38 + ["held"] * 2
    assert pg.value("SELECT uses FROM coupons WHERE code = %s", code) == 2


def test_holding_and_giving_back_at_once_ends_at_nothing(parts: object, make: Builders, pg: Database) -> None:
    """Thirty orders hold a use and give it back twice each, at once."""
    code, lines = make.coupon(global_limit=30), [CartLine(uuid4(), "tablet", 10_000)]

    def hold_and_release(_: int) -> str:
        order, later = uuid4(), datetime.now(UTC) + timedelta(minutes=5)
        actions.reserve(code, f"u{order.hex}", order, lines, 0, first_order=True, expires_at=later)
        with ThreadPoolExecutor(2) as two:
            list(two.map(lambda _: actions.release(order), range(2)))
        actions.confirm(order)
        return "done"

    assert _crowd(30, hold_and_release) == ["done"] * 30
    assert pg.value("SELECT uses FROM coupons WHERE code = %s", code) == 0
    query = "SELECT sum(u.uses)::INT8 FROM coupon_users AS u JOIN coupons AS c ON c.id = u.coupon_id WHERE c.code = %s"
    assert pg.value(query, code) == 0
    query = "SELECT count(*) FROM coupon_redemptions AS r JOIN coupons AS c ON c.id = r.coupon_id WHERE c.code = %s AND r.status <> 'released'"
    assert pg.value(query, code) == 0


def test_the_database_itself_refuses_a_use_above_the_limit(make: Builders, pg: Database) -> None:
    code = make.coupon(global_limit=1)

    with pytest.raises(Exception, match="check"):
        pg.execute("UPDATE coupons SET uses = 2 WHERE code = %s", code)


def test_staff_make_list_and_end_coupons(api: Client, cart: list[dict[str, Any]]) -> None:
    body = terms(per_user_limit=1)

    made = api.post("/coupons", body, role="admin")
    again = api.post("/coupons", body, role="admin")

    assert (made.status_code, again.status_code) == (201, 409)
    assert made.json["status"] == "active"
    listed = api.get("/coupons?limit=2", role="support")
    assert listed.json["items"][0]["code"] == body["code"]
    following = api.get(f"/coupons?limit=2&cursor={listed.json['next_cursor']}", role="support")
    assert not {item["id"] for item in listed.json["items"]} & {item["id"] for item in following.json["items"]}
    ended = api.post(f"/coupons/{made.json['id']}/disable", {}, role="admin")
    assert (ended.status_code, ended.json["status"]) == (200, "disabled")
    assert api.post("/coupons/validate", {"code": body["code"], "items": cart}).json["reason"] == "DISABLED"
    assert api.post(f"/coupons/{uuid4()}/disable", {}, role="admin").status_code == 404


def test_a_batch_of_codes_is_made_once_and_exported(api: Client, pg: Database, cart: list[dict[str, Any]]) -> None:
    body, key = {"coupon": terms(code="RAIN"), "count": 1_200}, str(uuid4())

    made, again = (api.post("/coupons/batches", body, role="admin", key=key) for _ in range(2))
    other = api.post("/coupons/batches", body | {"count": 3}, role="admin", key=key)

    assert (made.status_code, again.status_code, other.status_code) == (201, 201, 409)
    assert made.json == again.json
    batch = made.json["batch_id"]
    exported = api.get(f"/coupons/batches/{batch}/export", role="admin")
    rows = list(csv.DictReader(io.StringIO(exported.content.decode())))
    assert exported.headers["Content-Type"].startswith("text/csv")
    assert len({row["code"] for row in rows}) == len(rows) == 1_200
    assert all(row["code"].startswith("RAIN") for row in rows)
    once = {"code": rows[0]["code"], "items": cart}
    assert api.post("/coupons/apply", once, uid=new_uid()).status_code == 200
    assert api.post("/coupons/apply", once, uid=new_uid()).json["details"]["reason"] == "USED_UP"
    assert pg.value("SELECT count(*) FROM coupons WHERE batch_id = %s", UUID(batch)) == 1_200
    assert api.get(f"/coupons/batches/{uuid4()}/export", role="admin").status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "percentage", "percent_bp": None},
        {"kind": "fixed"},
        {"kind": "fixed", "percent_bp": None, "amount_paise": 0},
        {"percent_bp": 10_001},
        {"percent_bp": 9.5},
        {"percent_bp": "1000"},
        {"cap_paise": -1},
        {"global_limit": 0},
        {"minimum_order_paise": -1},
        {"minimum_order_paise": 10**30},
        {"starts_at": "2027-01-02T00:00:00Z", "ends_at": "2027-01-01T00:00:00Z"},
        {"starts_at": "2026-01-01T00:00:00"},
        {"code": "low"},
        {"code": "lower10"},
        {"code": "WITH SPACE"},
        {"title": ""},
        {"title": "x" * 201},
        {"title": "a\u0000b"},
        {"only_uid": "../x"},
        {"product_ids": ["no-uuid"]},
        {"unknown": 1},
    ],
)
def test_a_coupon_that_says_nonsense_is_not_made(api: Client, pg: Database, wrong: dict[str, Any]) -> None:
    body = terms(**wrong)

    answer = api.post("/coupons", body, role="admin")

    assert (answer.status_code, answer.json["code"]) == (400, "VALIDATION_ERROR")
    assert answer.json["details"]["fields"]
    assert pg.value("SELECT count(*) FROM coupons WHERE code = %s", str(body["code"])) == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"code": "SAVE10"},
        {"code": "SAVE10", "items": []},
        {"code": "SAVE10", "items": [{"product_id": str(uuid4()), "quantity": 0}]},
        {"code": "SAVE10", "items": [{"product_id": str(uuid4()), "quantity": 1.5}]},
        {"code": "SAVE10", "items": [{"product_id": str(uuid4()), "quantity": 10**9}]},
        {"code": "SAVE10", "items": [{"product_id": str(uuid4()), "quantity": 1}] * 31},
        {"code": "A" * 10_000, "items": [{"product_id": str(uuid4()), "quantity": 1}]},
        {"code": ["SAVE10"], "items": [{"product_id": str(uuid4()), "quantity": 1}]},
        {"code": "SAVE10", "items": [{"product_id": str(uuid4()), "quantity": 1}], "discount_paise": 5},
        [],
        None,
    ],
)
@pytest.mark.parametrize("path", ["/coupons/validate", "/coupons/apply"])
def test_a_cart_that_is_none_is_refused(api: Client, path: str, body: Any) -> None:
    answer = api.call("POST", path, body)

    assert (answer.status_code, answer.json["code"]) == (400, "VALIDATION_ERROR")


def test_products_that_nobody_knows_are_named(api: Client, make: Builders) -> None:
    unknown = str(uuid4())

    answer = api.post("/coupons/apply", {"code": make.coupon(), "items": [{"product_id": unknown, "quantity": 1}]})

    assert answer.status_code == 400
    assert answer.json["details"]["product_ids"] == [unknown]


@pytest.mark.parametrize("role", ["customer", "cashier", "store_staff", "pharmacist", "rider"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/coupons"),
        ("GET", "/coupons"),
        ("POST", "/coupons/batches"),
        ("GET", "/coupons/batches/7b1f6c0e-0000-4000-8000-000000000001/export"),
        ("POST", "/coupons/7b1f6c0e-0000-4000-8000-000000000001/disable"),
    ],
)
def test_coupons_are_made_by_admins(api: Client, role: str, method: str, path: str) -> None:
    """The role is looked at before the body: an empty one would be a 400."""
    answer = api.call(method, path, {}, role=role, store=str(uuid4()))

    assert (answer.status_code, answer.json["code"]) == (403, "FORBIDDEN")


def test_support_reads_coupons_and_makes_none(api: Client) -> None:
    assert api.get("/coupons", role="support").status_code == 200
    assert api.post("/coupons", terms(), role="support").status_code == 403


def test_guessing_codes_is_slowed_down(api: Client, cart: list[dict[str, Any]]) -> None:
    uid = new_uid()

    statuses = [
        api.post("/coupons/validate", {"code": f"GUESS{at}", "items": cart}, uid=uid).status_code for at in range(32)
    ]

    assert statuses == [200] * 30 + [429] * 2


@pytest.mark.parametrize("cursor", ["x", "AAAA", "eyJhIjoxfQ==", "%00", "a" * 500])
def test_a_cursor_of_somebodys_making_is_refused(api: Client, cursor: str) -> None:
    answer = api.get(f"/coupons?cursor={cursor}", role="admin")

    assert (answer.status_code, answer.json["code"]) == (400, "VALIDATION_ERROR")
