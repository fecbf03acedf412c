"""Vendors' lists: certain matches at once, the rest with the best five and why, decisions kept and reused until they age."""

from typing import Any
from uuid import uuid4

import pytest

from plazza.catalogue.actions import vendors
from tests.support.client import Client
from tests.support.database import Database

OFFERS = "/api/v1/admin/vendor-products"


class Market:
    """A brand of its own in the catalogue, and vendors who offer it. The search answers from the database: no engine is up."""

    def __init__(self, api: Client, db: Database) -> None:
        self.api, self.db = api, db
        letters = uuid4().hex.translate(str.maketrans("0123456789", "ghijklmnop"))
        self.brand, self.vendor = f"Zq{letters[:10]}", f"vendor {letters[:12]}"

    def product(self, strength: int = 10, pack: str = "strip of 10 tablets", **said: Any) -> str:
        sku = f"V{uuid4().hex[:12]}"
        body = {
            "name": f"{self.brand} {strength}mg Tablet", "mrp_paise": 1000, "schedule": "none", "pack_label": pack,
            "manufacturer": "Example Labs Ltd", "salts": [{"salt": "Zincol", "strength": str(strength), "unit": "mg"}],
        } | said  # fmt: skip
        answer = self.api.put(f"/api/v1/admin/products/{sku}", body, role="admin")
        assert answer.status_code == 200, answer.json
        return answer.json["product"]["id"]

    def offer(self, number: str, name: str, vendor: str | None = None, **said: Any) -> dict[str, Any]:
        body = {"vendor": vendor or self.vendor, "products": [{"vendor_sku": number, "name": name} | said]}
        answer = self.api.post(OFFERS, body, role="admin")
        assert answer.status_code == 200, answer.json
        return answer.json["items"][0]

    def decide(self, number: str, product: str | None) -> dict[str, Any]:
        body = {"vendor": self.vendor, "vendor_sku": number, "product_id": product}
        answer = self.api.post(f"{OFFERS}/decide", body, role="admin", uid="admin-7")
        assert answer.status_code == 200, answer.json
        return answer.json

    def kept(self, number: str) -> dict[str, Any]:
        items = self.api.get(f"{OFFERS}?vendor={self.vendor}", role="support").json["items"]
        return next(item for item in items if item["vendor_sku"] == number)


@pytest.fixture
def market(api: Client, db: Database, monkeypatch: pytest.MonkeyPatch) -> Market:
    monkeypatch.setenv("ELASTICSEARCH_URL", "http://127.0.0.1:9")
    return Market(api, db)


def test_a_certain_match_is_made_at_once_and_says_why(market: Market) -> None:
    product = market.product()

    found = market.offer("1", f"{market.brand.upper()} 10 TAB 10'S", manufacturer="EXAMPLE LABORATORIES")

    assert (found["status"], found["reason"], found["product_id"], found["confidence_score"]) == (
        "matched",
        "certain",
        product,
        100,
    )
    assert [part["verdict"] for part in found["candidates"][0]["parts"]] == ["same"] * 5
    assert found["last_verified"] is not None


def test_another_strength_waits_for_a_person(market: Market) -> None:
    market.product(10)

    found = market.offer("1", f"{market.brand} 20mg Tablet", pack_label="10's")

    assert (found["status"], found["reason"], found["product_id"]) == ("queued", "contradicted", None)
    verdicts = {part["name"]: part["verdict"] for part in found["candidates"][0]["parts"]}
    assert (verdicts["brand"], verdicts["strength"]) == ("same", "differs")


def test_two_packs_of_one_medicine_are_ambiguous_until_the_pack_is_said(market: Market) -> None:
    ten, fifteen = market.product(), market.product(pack="strip of 15 tablets")

    open_question = market.offer("1", f"{market.brand} 10mg Tablet")
    said = market.offer("2", f"{market.brand} 10mg Tablet", pack_label="strip of 15 tablets")

    assert (open_question["status"], open_question["reason"]) == ("queued", "ambiguous")
    assert {one["product_id"] for one in open_question["candidates"]} == {ten, fifteen}
    assert (said["status"], said["product_id"]) == ("matched", fifteen)


def test_at_most_five_are_shown_the_best_first(market: Market) -> None:
    for strength in range(1, 8):
        market.product(strength)

    found = market.offer("1", f"{market.brand} 3mg Tablet")

    scores = [one["score"] for one in found["candidates"]]
    assert len(scores) == 5
    assert scores == sorted(scores, reverse=True)
    assert found["candidates"][0]["name"] == f"{market.brand} 3mg Tablet"


def test_something_unknown_waits_with_nothing_to_choose_from(market: Market) -> None:
    found = market.offer("1", "Wxyzzyqu Vwxq 77 Ointment")

    assert (found["status"], found["product_id"]) == ("queued", None)
    assert found["reason"] in {"nothing_like_it", "contradicted", "uncertain"}


def test_a_decision_is_remembered_and_served_to_other_vendors(market: Market) -> None:
    ten, _ = market.product(), market.product(pack="strip of 15 tablets")
    market.offer("1", f"{market.brand} 10mg Tablet")

    decided = market.decide("1", ten)
    again = market.offer("1", f"{market.brand} 10mg Tablet")
    elsewhere = market.offer("77", f"{market.brand.upper()}-10mg  tablet", vendor=f"{market.vendor} two")

    assert (decided["status"], decided["decided_by"], decided["reason"]) == ("matched", "admin-7", "decided")
    assert (again["status"], again["decided_by"], again["product_id"]) == ("matched", "admin-7", ten)
    assert (elsewhere["status"], elsewhere["reason"], elsewhere["product_id"]) == ("matched", "decided_elsewhere", ten)


def test_that_it_is_none_of_ours_is_remembered_too(market: Market) -> None:
    market.product()
    market.offer("1", f"{market.brand} 10mg Tablet")
    market.decide("1", None)

    elsewhere = market.offer("5", f"{market.brand} 10mg Tablet", vendor=f"{market.vendor} two")

    assert (market.kept("1")["status"], elsewhere["status"], elsewhere["product_id"]) == ("refused", "refused", None)


def test_two_decisions_that_differ_decide_nothing_elsewhere(market: Market) -> None:
    ten, fifteen = market.product(), market.product(pack="strip of 15 tablets")
    for number, product in (("1", ten), ("2", fifteen)):
        market.offer(number, f"{market.brand} 10mg Tablet")
        market.decide(number, product)

    assert market.offer("3", f"{market.brand} 10mg Tablet")["reason"] == "ambiguous"


def test_a_number_that_gets_another_name_is_judged_anew(market: Market) -> None:
    ten, twenty = market.product(10), market.product(20)
    market.offer("1", f"{market.brand} 10mg Tablet")
    market.decide("1", ten)

    found = market.offer("1", f"{market.brand} 20mg Tablet")

    assert (found["product_id"], found["decided_by"], found["reason"]) == (twenty, None, "certain")


def test_a_match_that_nobody_verified_for_long_goes_back_to_the_queue(market: Market) -> None:
    product = market.product()
    market.offer("1", f"{market.brand} 10mg Tablet")
    market.offer("2", f"{market.brand} 10mg Tablet", pack_label="10's")
    market.decide("1", product)
    market.db.execute(
        "UPDATE vendor_products SET last_verified = last_verified - INTERVAL '181 days' WHERE vendor = %s AND vendor_sku = '1'", market.vendor
    )  # fmt: skip

    vendors.queue_doubtful()

    assert (market.kept("1")["status"], market.kept("1")["reason"], market.kept("1")["product_id"]) == (
        "queued",
        "aged",
        product,
    )
    assert market.kept("2")["status"] == "matched"
    assert market.offer("3", f"{market.brand} 10mg Tablet")["reason"] == "certain"
    assert market.decide("1", product)["status"] == "matched"


def test_a_match_to_a_product_that_is_not_sold_any_more_goes_back_to_the_queue(market: Market) -> None:
    product = market.product()
    market.offer("1", f"{market.brand} 10mg Tablet")
    market.db.execute("UPDATE products SET status = 'discontinued' WHERE id = %s", product)

    vendors.queue_doubtful()

    assert (market.kept("1")["status"], market.kept("1")["reason"]) == ("queued", "discontinued")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"vendor": "v", "products": []},
        {"vendor": "", "products": [{"vendor_sku": "1", "name": "A"}]},
        {"vendor": "v", "products": [{"vendor_sku": "1", "name": ""}]},
        {"vendor": "v", "products": [{"vendor_sku": "1", "name": "x" * 201}]},
        {"vendor": "v", "products": [{"vendor_sku": "1", "name": "a\u0000"}]},
        {"vendor": "v", "products": [{"vendor_sku": "1", "name": "A", "colour": "red"}]},
        {"vendor": "v", "products": [{"vendor_sku": "1", "name": "A"}, {"vendor_sku": "1", "name": "B"}]},
        {"vendor": "v", "products": [{"vendor_sku": str(n), "name": "A"} for n in range(101)]},
    ],
)
def test_a_list_that_is_none_is_refused_and_nothing_kept(api: Client, db: Database, body: dict[str, Any]) -> None:
    before = db.value("SELECT count(*) FROM vendor_products")

    assert api.post(OFFERS, body, role="admin").status_code == 400
    assert db.value("SELECT count(*) FROM vendor_products") == before


def test_decisions_about_what_is_not_there_are_refused(market: Market, api: Client) -> None:
    market.product()
    market.offer("1", f"{market.brand} 10mg Tablet")
    body = {"vendor": market.vendor, "vendor_sku": "1", "product_id": str(uuid4())}

    assert api.post(f"{OFFERS}/decide", body, role="admin").status_code == 400
    assert api.post(f"{OFFERS}/decide", body | {"vendor_sku": "9", "product_id": None}, role="admin").status_code == 404
    assert market.kept("1")["decided_by"] is None
