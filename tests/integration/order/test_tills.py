"""A till that was offline, and the end of its day."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from plazza import clock
from tests.integration.order.conftest import Shop
from tests.support.client import Answer, Client
from tests.support.database import Builders, Database

TODAY = clock.today().isoformat()


def sale(product: str, quantity: int = 1, **over: Any) -> dict[str, Any]:
    """Make a cash sale's body."""
    line = {"product_id": product, "quantity": quantity}
    return {"client_sale_id": f"till-{uuid4()}", "payment_method": "cash", "items": [line]} | over


def send(shop: Shop, *sales: dict[str, Any]) -> Answer:
    return shop.api.post("/pos/transactions/batch", {"sales": list(sales)}, **shop.staff("cashier"))


def close(shop: Shop, cash: int, card: int = 0, upi: int = 0, **over: Any) -> Answer:
    body = {"counted_paise": {"cash": cash, "card": card, "upi": upi}} | over
    return shop.api.post("/pos/day-close", body, **shop.staff("cashier"))


def verdicts(answer: Answer) -> list[str]:
    return [item["verdict"] for item in answer.json["items"]]


# ── offline batches ─────────────────────────────────────────────────


def test_each_sale_of_a_batch_has_its_verdict(shop: Shop) -> None:
    """One sale too big, one twice, one under another's id, one of a wrong form, one from last year: the others are recorded."""
    strip, medicine = shop.product(10), shop.product(schedule="H1", prescription_required=True)
    good, twice = sale(strip, 2), sale(strip, 1)
    wrong = sale(strip, 1) | {"payment_method": "barter"}

    answer = send(
        shop, good, sale(strip, 50), twice, twice, twice | {"payment_method": "upi"}, wrong, {"client_sale_id": 7},
        sale(strip, sold_at="2020-01-01T00:00:00Z"), sale(medicine), sale(strip, 3),
    )  # fmt: skip

    assert answer.status_code == 200
    refused = "refused"
    assert verdicts(answer) == ["recorded", refused, "recorded", "repeated", *[refused] * 5, "recorded"]
    items = answer.json["items"]
    reasons = [item["details"].get("reason") for item in items if item["verdict"] == refused]
    assert reasons == ["OUT_OF_STOCK", "SALE_EXISTS", None, None, "CLOCK", "PRESCRIBER_NEEDED"]
    assert [items[at]["code"] for at in (1, 5, 6)] == ["CONFLICT", "VALIDATION_ERROR", "VALIDATION_ERROR"]
    assert items[5]["details"]["fields"][0]["field"] == "payment_method"
    assert [item["client_sale_id"] for item in items[:3]] == [
        good["client_sale_id"], items[1]["client_sale_id"], twice["client_sale_id"],
    ]  # fmt: skip
    assert items[2]["sale"]["id"] == items[3]["sale"]["id"]
    assert shop.stock(strip) == (4, 0)


def test_a_batch_sent_eight_times_at_once_is_recorded_once(shop: Shop) -> None:
    strip = shop.product(100)
    sales = [sale(strip, 2) for _ in range(5)]

    with ThreadPoolExecutor(8) as taps:
        answers = list(taps.map(lambda _: send(shop, *sales), range(8)))

    assert {answer.status_code for answer in answers} == {200}
    told = [verdict for answer in answers for verdict in verdicts(answer)]
    assert sorted(told) == ["recorded"] * 5 + ["repeated"] * 35
    assert shop.stock(strip) == (90, 0)


@pytest.mark.parametrize("body", [{}, {"sales": []}, {"sales": [{}] * 101}, {"sales": ["x"]}, {"sales": {}}])
def test_a_batch_of_another_form_is_refused(shop: Shop, body: dict[str, Any]) -> None:
    assert shop.api.post("/pos/transactions/batch", body, **shop.staff("cashier")).status_code == 400


def test_a_sale_made_offline_takes_what_had_not_expired_then(shop: Shop, make: Builders) -> None:
    strip = make.product()
    make.batch(shop.store, strip, 1, 0)
    yesterday = (clock.now() - timedelta(days=1)).isoformat()

    assert verdicts(send(shop, sale(strip), sale(strip, sold_at=yesterday))) == ["refused", "recorded"]


# ── the day's end ───────────────────────────────────────────────────


def test_a_day_that_agrees_is_closed(shop: Shop) -> None:
    strip = shop.product()
    send(shop, *(sale(strip, packs, payment_method=method) for packs, method in ((1, "cash"), (2, "card"), (3, "upi"))))

    closed = close(shop, 9_000, 18_000, 27_000)

    assert closed.status_code == 201
    assert (closed.json["day"], closed.json["sales_count"], closed.json["reason"]) == (TODAY, 3, None)
    assert closed.json["expected_paise"] == closed.json["counted_paise"] == {"cash": 9_000, "card": 18_000, "upi": 27_000}  # fmt: skip
    assert closed.json["difference_paise"] == {"cash": 0, "card": 0, "upi": 0}


def test_a_difference_needs_a_reason(shop: Shop) -> None:
    send(shop, sale(shop.product()))

    silent = close(shop, 8_900)
    told = close(shop, 8_900, reason="gave a rupee too much")

    assert (silent.status_code, silent.json["details"]["reason"]) == (409, "REASON_NEEDED")
    assert silent.json["details"]["difference_paise"] == {"cash": -100, "card": 0, "upi": 0}
    assert (told.status_code, told.json["difference_paise"]["cash"]) == (201, -100)


def test_a_sale_after_the_close_counts_to_the_next_day(shop: Shop) -> None:
    strip = shop.product()
    send(shop, sale(strip))
    close(shop, 9_000)
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()

    late = send(shop, sale(strip, 2)).json["items"][0]["sale"]

    assert late["booked_on"] == tomorrow
    listed = [shop.api.get(f"/pos/transactions?day={day}", **shop.staff("cashier")).json for day in (TODAY, tomorrow)]
    assert [day["total_paise"] for day in listed] == [9_000, 18_000]


def test_a_close_takes_in_the_days_that_nobody_closed(shop: Shop) -> None:
    strip = shop.product()
    for days in (3, 2, 1, 0):
        send(shop, sale(strip, sold_at=(clock.now() - timedelta(days=days)).isoformat()))
    day = (clock.today() - timedelta(days=2)).isoformat()

    first, again, last = close(shop, 18_000, day=day), close(shop, 18_000, day=day), close(shop, 18_000)

    assert [first.json["sales_count"], last.json["sales_count"]] == [2, 2]
    assert (again.status_code, again.json["details"]) == (409, {"reason": "DAY_CLOSED", "closed_until": day})
    late = send(shop, sale(strip, sold_at=(clock.now() - timedelta(days=2)).isoformat()))
    assert late.json["items"][0]["sale"]["booked_on"] == (clock.today() + timedelta(days=1)).isoformat()


def test_a_day_is_closed_once_and_every_sale_is_in_one_close(shop: Shop) -> None:
    """Sales come in while five people close the day: what the close expects and what books later are all sales."""
    strip = shop.product()

    def act(at: int) -> Answer:
        return close(shop, 1, reason="race") if at % 4 == 3 else send(shop, sale(strip))

    with ThreadPoolExecutor(10) as crowd:
        answers = list(crowd.map(act, range(20)))
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    rest = shop.api.get(f"/pos/transactions?day={tomorrow}", **shop.staff("cashier")).json

    closes = answers[3::4]
    assert sorted(answer.status_code for answer in closes) == [201] + [409] * 4
    (closed,) = (answer.json for answer in closes if answer.status_code == 201)
    assert closed["sales_count"] + rest["sales_count"] == 15
    assert closed["expected_paise"]["cash"] + rest["cash_paise"] == 15 * 9_000


def test_closes_are_listed_latest_first(shop: Shop, api: Client, db: Database, make: Builders) -> None:
    days = [(clock.today() - timedelta(days=days)).isoformat() for days in (2, 1, 0)]
    for day in days:
        close(shop, 0, day=day)
    other = Shop(api, db, make)

    page = api.get("/pos/day-close?limit=2", **shop.staff("cashier")).json
    rest = api.get(f"/pos/day-close?limit=2&cursor={page['next_cursor']}", **shop.staff("cashier")).json

    assert [one["day"] for one in page["items"] + rest["items"]] == days[::-1]
    assert api.get(f"/pos/day-close?store_id={shop.store}", role="admin").json["items"][0]["day"] == TODAY
    assert api.get("/pos/day-close", **other.staff("cashier")).json["items"] == []
    assert api.get(f"/pos/day-close?store_id={shop.store}", **other.staff("cashier")).status_code == 404
    assert api.post("/pos/day-close", {}, role="admin").status_code == 403


@pytest.mark.parametrize(
    ("over", "status"),
    [
        ({"day": (clock.today() + timedelta(days=1)).isoformat()}, 409),
        ({"day": "today"}, 400),
        ({"counted_paise": {"cash": -1, "card": 0, "upi": 0}}, 400),
        ({"counted_paise": {"cash": 0.5, "card": 0, "upi": 0}}, 400),
        ({"counted_paise": {"cash": 0}}, 400),
        ({"reason": ""}, 400),
    ],
)
def test_a_bad_close_closes_nothing(shop: Shop, over: dict[str, Any], status: int) -> None:
    assert close(shop, 0, **over).status_code == status
    assert shop.api.get("/pos/day-close", **shop.staff("cashier")).json["items"] == []
