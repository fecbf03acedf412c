"""Coupons that staff make, list, end and export."""

import csv
import io
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from plazza.discount.actions import making
from tests.support.client import Client
from tests.support.database import Database
from tests.support.people import new_uid


def terms(**over: Any) -> dict[str, Any]:
    at = datetime.now(UTC)
    return {
        "code": f"N{uuid4().hex[:10].upper()}", "title": "New coupon", "kind": "percentage", "percent_bp": 1000,
        "starts_at": (at - timedelta(hours=1)).isoformat(), "ends_at": (at + timedelta(days=1)).isoformat(),
    } | over  # fmt: skip


def test_staff_make_list_and_end_coupons(api: Client, cart: list[dict[str, Any]]) -> None:
    for _ in range(3):  # so that there is another page
        assert api.post("/coupons", terms(), role="admin").status_code == 201
    body = terms(per_user_limit=1)
    for _ in range(2):
        api.post("/coupons", terms(), role="admin")

    made = api.post("/coupons", body, role="admin")
    again = api.post("/coupons", body, role="admin")

    assert (made.status_code, again.status_code) == (201, 409)
    assert (made.json["status"], made.json["uses"], made.json["spent_paise"]) == ("active", 0, 0)
    listed = api.get("/coupons?limit=2", role="support")
    assert listed.json["items"][0]["code"] == body["code"]
    following = api.get(f"/coupons?limit=2&cursor={listed.json['next_cursor']}", role="support")
    assert not {item["id"] for item in listed.json["items"]} & {item["id"] for item in following.json["items"]}
    ended = api.post(f"/coupons/{made.json['id']}/disable", {}, role="admin")
    assert (ended.status_code, ended.json["status"]) == (200, "disabled")
    assert api.post("/coupons/validate", {"code": body["code"], "items": cart}).json["reason"] == "DISABLED"
    assert api.post(f"/coupons/{uuid4()}/disable", {}, role="admin").status_code == 404


def test_a_coupon_is_made_as_it_was_said(api: Client) -> None:
    body = terms(
        kind="buy_x_get_y", percent_bp=None, buy_quantity=2, get_quantity=1, product_ids=[str(uuid4())], get_product_ids=[str(uuid4())],
        per_household_limit=2, budget_paise=10**9, excluded_schedules=["H1", "X"], exclusive=True, priority=7, cap_paise=5_000,
    )  # fmt: skip

    made = api.post("/coupons", body, role="admin")

    assert made.status_code == 201
    moments = {"starts_at", "ends_at"}
    assert {name: made.json[name] for name in body.keys() - moments} == {
        name: body[name] for name in body.keys() - moments
    }


@pytest.mark.parametrize("limit", ["global_limit", "per_user_limit", "per_household_limit", "budget_paise"])
def test_a_batch_has_no_limits_but_one_use_each(api: Client, limit: str) -> None:
    answer = api.post("/coupons/batches", {"coupon": terms(code="RAIN", **{limit: 5}), "count": 3}, role="admin")

    assert (answer.status_code, answer.json["code"]) == (400, "VALIDATION_ERROR")


def test_two_who_make_a_batch_by_one_key_make_one(api: Client, pg: Database) -> None:
    body, key = {"coupon": terms(code="RAIN"), "count": 7_000}, str(uuid4())

    with ThreadPoolExecutor(3) as people:
        made = list(people.map(lambda _: api.post("/coupons/batches", body, role="admin", key=key), range(3)))

    assert len({one.json["batch_id"] for one in made}) == 1
    assert pg.value("SELECT count(*) FROM coupons WHERE batch_id = %s", UUID(made[0].json["batch_id"])) == 7_000


def test_a_hundred_thousand_codes_within_the_functions_time(api: Client, pg: Database) -> None:
    started = time.monotonic()

    made = api.post(
        "/coupons/batches", {"coupon": terms(code="SUMMER"), "count": 100_000}, role="admin", key=str(uuid4())
    )
    pieces = list(making.export(UUID(made.json["batch_id"])))

    assert time.monotonic() - started < 120
    assert len(pieces) == 21
    codes = [line.split(b",")[0] for piece in pieces[1:] for line in piece.splitlines()]
    assert len(set(codes)) == len(codes) == 100_000
    assert (
        api.post("/coupons/batches", {"coupon": terms(code="SUMMER"), "count": 100_001}, role="admin").status_code
        == 400
    )


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
        {"kind": "buy_x_get_y"},
        {"kind": "buy_x_get_y", "percent_bp": None, "buy_quantity": 2},
        {"kind": "buy_x_get_y", "percent_bp": None, "buy_quantity": 0, "get_quantity": 1},
        {
            "kind": "buy_x_get_y",
            "percent_bp": None,
            "buy_quantity": 2,
            "get_quantity": 1,
            "get_product_ids": [str(uuid4())],
        },
        {"get_product_ids": [str(uuid4())], "product_ids": [str(uuid4())]},
        {"buy_quantity": 2, "get_quantity": 1},
        {"per_household_limit": 0},
        {"budget_paise": 0},
        {"budget_paise": 2**63},
        {"excluded_schedules": ["Z"]},
        {"exclusive": "maybe"},
        {"priority": 1.5},
    ],
)
def test_a_coupon_that_says_nonsense_is_not_made(api: Client, pg: Database, wrong: dict[str, Any]) -> None:
    body = terms(**wrong)

    answer = api.post("/coupons", body, role="admin")

    assert (answer.status_code, answer.json["code"]) == (400, "VALIDATION_ERROR")
    assert answer.json["details"]["fields"]
    assert pg.value("SELECT count(*) FROM coupons WHERE code = %s", str(body["code"])) == 0


@pytest.mark.parametrize("role", ["customer", "cashier", "store_staff", "pharmacist", "rider"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/coupons"),
        ("GET", "/coupons"),
        ("GET", "/coupons/over-limit"),
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


@pytest.mark.parametrize("cursor", ["x", "AAAA", "eyJhIjoxfQ==", "%00", "a" * 500])
def test_a_cursor_of_somebodys_making_is_refused(api: Client, cursor: str) -> None:
    answer = api.get(f"/coupons?cursor={cursor}", role="admin")

    assert (answer.status_code, answer.json["code"]) == (400, "VALIDATION_ERROR")
