"""Airtable through pyairtable: upserts, pages, formulas, errors by form, and the rate limit."""

import time
from typing import Any

import pyairtable
import pytest
import requests

from tests.sandbox.conftest import Sandbox

BASE, TOKEN = "appSandbox0000001", "patSandbox.token"


def table(sandbox: Sandbox, *, token: str = TOKEN, base: str = BASE, read: int = 10) -> Any:
    api = pyairtable.Api(token, endpoint_url=f"{sandbox.url}/airtable", timeout=(2, read), retry_strategy=None)
    return api.table(base, "Orders")


def seed(sandbox: Sandbox, *rows: dict[str, Any]) -> None:
    sandbox.call("PUT", f"/airtable/{BASE}/Orders", {"records": [{"fields": row} for row in rows]})


def rows(sandbox: Sandbox) -> list[dict[str, Any]]:
    return [one["fields"] for one in sandbox.get(f"/airtable/{BASE}/Orders")["records"]]


def failure(call: Any) -> tuple[int, Any]:
    with pytest.raises(requests.exceptions.HTTPError) as raised:
        call()
    assert raised.value.response is not None
    return raised.value.response.status_code, raised.value.response.json()


def test_upserts_create_once_and_then_update(sandbox: Sandbox) -> None:
    orders = table(sandbox)

    first = orders.batch_upsert([{"fields": {"Order": "A1", "Status": "placed", "Empty": ""}}], key_fields=["Order"])
    second = orders.batch_upsert([{"fields": {"Order": "A1", "Status": "paid"}}], key_fields=["Order"])

    assert (len(first["createdRecords"]), first["updatedRecords"]) == (1, [])
    assert second["updatedRecords"] == first["createdRecords"]
    assert rows(sandbox) == [{"Order": "A1", "Status": "paid"}]
    assert len(first["createdRecords"][0]) == 17


def test_patch_keeps_and_put_clears_what_is_not_named(sandbox: Sandbox) -> None:
    seed(sandbox, {"Order": "A1", "Status": "placed", "Total": 459.5})
    orders = table(sandbox)
    record_id = orders.all()[0]["id"]

    orders.update(record_id, {"Status": "paid"})
    assert rows(sandbox) == [{"Order": "A1", "Status": "paid", "Total": 459.5}]
    orders.update(record_id, {"Order": "A1"}, replace=True)
    assert rows(sandbox) == [{"Order": "A1"}]


def test_an_upsert_that_matches_several_changes_nothing(sandbox: Sandbox) -> None:
    seed(sandbox, {"Order": "A1", "n": 1}, {"Order": "A1", "n": 2})
    given = [{"fields": {"Order": "B2"}}, {"fields": {"Order": "A1", "n": 3}}]

    status, _ = failure(lambda: table(sandbox).batch_upsert(given, key_fields=["Order"]))

    assert status == 422
    assert rows(sandbox) == [{"Order": "A1", "n": 1}, {"Order": "A1", "n": 2}]


def test_pages_follow_each_other_and_an_old_offset_is_gone(sandbox: Sandbox) -> None:
    seed(sandbox, *({"Order": f"A{number:03}", "Note": "x"} for number in range(250)))

    pages = list(table(sandbox).iterate(page_size=100, fields=["Order"], sort=["-Order"]))

    assert [len(page) for page in pages] == [100, 100, 50]
    assert pages[0][0]["fields"] == {"Order": "A249"}
    sandbox.call("POST", "/clock/advance", {"seconds": 31})
    reading = table(sandbox).iterate(page_size=100)
    next(reading)
    sandbox.advance(600)
    assert failure(lambda: next(reading)) == (422, {"error": "LIST_RECORDS_ITERATOR_NOT_AVAILABLE"})


@pytest.mark.parametrize(
    ("formula", "found"),
    [
        ("{Status}='paid'", ["A2"]),
        ("AND({Status}='paid', {Total}>100)", ["A2"]),
        ("OR({Order}='A1', {Order}=\"A3\")", ["A1", "A3"]),
        ("NOT({Status}='paid')", ["A1", "A3"]),
        ("IS_AFTER(LAST_MODIFIED_TIME(), '2020-01-01T00:00:00.000Z')", ["A1", "A2", "A3"]),
        ("IS_AFTER(LAST_MODIFIED_TIME(), '2099-01-01')", []),
        ("FIND('it\\'s', {Note})", ["A3"]),
        ("{Missing}=''", ["A1", "A2", "A3"]),
    ],
)
def test_formulas_choose_records(sandbox: Sandbox, formula: str, found: list[str]) -> None:
    seed(
        sandbox,
        {"Order": "A1", "Status": "placed"},
        {"Order": "A2", "Status": "paid", "Total": 459.5},
        {"Order": "A3", "Note": "it's"},
    )

    assert [one["fields"]["Order"] for one in table(sandbox).all(formula=formula)] == found


def test_a_long_question_goes_by_post(sandbox: Sandbox) -> None:
    seed(sandbox, {"Order": "A1"})

    found = table(sandbox).all(formula="OR({Order}='A1'" + ", {Order}='none'" * 900 + ")", fields=["Order"])

    assert len(found) == 1
    assert sandbox.calls("airtable")[-1]["method"] == "POST"


def test_deletes(sandbox: Sandbox) -> None:
    seed(sandbox, {"Order": "A1"}, {"Order": "A2"})
    orders = table(sandbox)

    gone = orders.batch_delete([orders.all()[0]["id"]])

    assert [one["deleted"] for one in gone] == [True]
    assert rows(sandbox) == [{"Order": "A2"}]


def test_errors_have_airtables_forms(sandbox: Sandbox) -> None:
    url, headers = f"{sandbox.url}/airtable/v0/{BASE}/Orders", {"Authorization": "Bearer patSandbox.token"}

    assert failure(table(sandbox, token="pat.other").all)[0] == 401
    assert (
        failure(table(sandbox, base="appOther000000001").all)[1]["error"]["type"]
        == "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"
    )
    assert failure(lambda: table(sandbox).get("recNone0000000000")) == (404, {"error": "NOT_FOUND"})
    assert failure(lambda: table(sandbox).all(formula="{Order"))[1]["error"]["type"] == "INVALID_FILTER_BY_FORMULA"
    eleven = sandbox.http.post(url, json={"records": [{"fields": {}}] * 11}, headers=headers, timeout=20)
    assert eleven.status_code == 422


def test_the_sixth_request_of_a_second_is_refused_for_thirty(sandbox: Sandbox) -> None:
    url, headers = f"{sandbox.url}/airtable/v0/{BASE}/Orders", {"Authorization": "Bearer patSandbox.token"}

    started = time.monotonic()
    answers = [sandbox.http.get(url, headers=headers, timeout=20) for _ in range(8)]
    assert time.monotonic() - started < 1, "the machine was too slow for the question"

    assert [one.status_code for one in answers] == [200] * 5 + [429] * 3
    assert answers[-1].json()["errors"][0]["error"] == "RATE_LIMIT_REACHED"
    sandbox.advance(29)
    assert failure(table(sandbox).all)[0] == 429
    sandbox.advance(2)
    assert table(sandbox).all() == []


def test_a_lost_answer_to_an_upsert_leaves_one_record(sandbox: Sandbox) -> None:
    given = [{"fields": {"Order": "A1"}}]
    sandbox.fault("airtable", "act_then_drop", method="PATCH")

    with pytest.raises(requests.exceptions.ConnectionError):
        table(sandbox).batch_upsert(given, key_fields=["Order"])
    table(sandbox).batch_upsert(given, key_fields=["Order"])

    assert rows(sandbox) == [{"Order": "A1"}]


def test_faults_arrive_as_the_sdk_names_them(sandbox: Sandbox) -> None:
    for status in (429, 500, 503):
        sandbox.fault("airtable", "status", status=status)
        assert failure(table(sandbox).all)[0] == status
    sandbox.fault("airtable", "hang")
    with pytest.raises(requests.exceptions.ReadTimeout):
        table(sandbox, read=1).all()
