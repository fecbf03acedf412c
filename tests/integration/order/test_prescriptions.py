"""Orders of prescription medicines."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from plazza import clock
from plazza.data.sql import run_transaction
from plazza.order import consumers
from plazza.order.actions import money
from tests.integration.order.conftest import Shop
from tests.support.people import new_uid


class Paper:
    """A prescription as the pharmacist's review leaves it."""

    def __init__(self, shop: Shop, status: str = "read", uid: str | None = None) -> None:
        self.shop, self.id = shop, uuid4()
        at = datetime.now(UTC)
        shop.db.insert(
            "prescriptions", id=self.id, uid=uid or shop.uid, file_path=f"prescriptions/{self.id}.png", content_type="image/png",
            size_bytes=1, status=status, created_at=at, updated_at=at,
        )  # fmt: skip

    def review(
        self, packs: dict[str, int] | None = None, status: str = "approved", valid_until: date | None = None
    ) -> None:
        for line_no, (product, allowed) in enumerate((packs or {}).items(), start=1):
            self.shop.db.insert(
                "prescription_items", id=uuid4(), prescription_id=self.id, line_no=line_no, written="x", name="x",
                decision="approved", product_id=UUID(product), allowed_packs=allowed,
            )  # fmt: skip
        until = valid_until or clock.today() + timedelta(days=30)
        query = """
            UPDATE prescriptions SET status = %s, prescriber_registration = 'KMC-1', valid_until = %s, reviewed_by = 'p'
             WHERE id = %s"""
        self.shop.db.execute(query, status, until, self.id)

    def used(self, product: str) -> int:
        query = "SELECT used_packs FROM prescription_items WHERE prescription_id = %s AND product_id = %s"
        return self.shop.db.value(query, self.id, UUID(product))


@pytest.fixture
def medicine(shop: Shop) -> str:
    return shop.product(schedule="H", prescription_required=True)


def place(shop: Shop, paper: Paper | None, *products: Any, **over: Any) -> Any:
    return shop.place(*products, **({"prescription_id": str(paper.id)} if paper else {}), **over)


def test_without_a_prescription_there_is_no_order(shop: Shop, medicine: str) -> None:
    quote, order = shop.quote(medicine), shop.place(medicine)

    assert quote.json["prescription_required"]
    assert [problem["code"] for problem in quote.json["problems"]] == ["PRESCRIPTION_NEEDED"]
    assert (order.status_code, order.json["details"]["reason"]) == (409, "PRESCRIPTION_NEEDED")


def test_an_approved_prescription_allows_its_packs_and_no_more(shop: Shop, medicine: str) -> None:
    paper = Paper(shop)
    paper.review({medicine: 3})

    first = place(shop, paper, (medicine, 2))
    second = place(shop, paper, (medicine, 2))
    third = place(shop, paper, medicine)

    assert (first.json["status"], first.json["prescription_status"]) == ("confirmed", "approved")
    assert (second.status_code, second.json["details"]["reason"]) == (409, "NOT_COVERED")
    assert third.status_code == 201
    assert paper.used(medicine) == 3
    shop.api.post(f"/orders/{first.json['id']}/cancel", {}, uid=shop.uid)
    assert paper.used(medicine) == 1
    assert shop.stock(medicine) == (100, 1)


def test_an_order_waits_for_the_pharmacist(shop: Shop, medicine: str) -> None:
    paper = Paper(shop)
    plain = shop.product()

    order = place(shop, paper, medicine, plain).json
    consumers.confirm_covered_orders(str(paper.id))
    before = shop.api.get(f"/orders/{order['id']}", uid=shop.uid).json
    paper.review({medicine: 1})
    for _ in range(2):
        consumers.confirm_covered_orders(str(paper.id))
    after = shop.api.get(f"/orders/{order['id']}", uid=shop.uid).json

    assert (order["status"], order["payment_status"], order["prescription_status"]) == ("pending", "cod_due", "awaited")
    assert before == order
    assert (after["status"], after["prescription_status"]) == ("confirmed", "approved")
    assert [event["kind"] for event in after["events"]] == ["placed", "prescription_approved", "confirmed"]
    assert paper.used(medicine) == 1


@pytest.mark.parametrize("is_paid_first", [True, False])
def test_an_online_order_needs_both_money_and_review(shop: Shop, medicine: str, is_paid_first: bool) -> None:
    paper = Paper(shop)
    order = place(shop, paper, medicine, payment_method="razorpay").json["id"]

    def pay() -> None:
        run_transaction(lambda tx: money.settle(tx, UUID(order), by="webhook"))

    def review() -> None:
        paper.review({medicine: 1})
        consumers.confirm_covered_orders(str(paper.id))

    first, second = (pay, review) if is_paid_first else (review, pay)
    first()
    half = shop.api.get(f"/orders/{order}", uid=shop.uid).json
    second()
    whole = shop.api.get(f"/orders/{order}", uid=shop.uid).json

    assert half["status"] == "pending"
    assert whole["status"] == "confirmed"
    query = "SELECT count(*) FROM outbox WHERE key = %s AND consumer = 'whatsapp.tell_order_confirmed'"
    assert shop.db.value(query, order) == 1


def test_the_oldest_order_takes_what_the_prescription_allows(shop: Shop, medicine: str) -> None:
    paper = Paper(shop)
    orders = [place(shop, paper, (medicine, 2)).json["id"] for _ in range(3)]
    paper.review({medicine: 4})

    consumers.confirm_covered_orders(str(paper.id))

    views = [shop.api.get(f"/orders/{order}", uid=shop.uid).json for order in orders]
    assert [view["status"] for view in views] == ["confirmed", "confirmed", "cancelled"]
    assert "does not cover" in views[2]["cancelled_reason"]
    assert paper.used(medicine) == 4
    assert shop.stock(medicine) == (100, 4)


def test_a_rejected_prescription_cancels_what_waited(shop: Shop, medicine: str) -> None:
    paper = Paper(shop)
    order = place(shop, paper, medicine).json["id"]
    paper.review(status="rejected")

    consumers.confirm_covered_orders(str(paper.id))

    assert shop.api.get(f"/orders/{order}", uid=shop.uid).json["status"] == "cancelled"
    assert place(shop, paper, medicine).status_code == 409
    assert shop.stock(medicine) == (100, 0)


def test_another_persons_or_an_old_prescription_is_no_use(shop: Shop, medicine: str) -> None:
    foreign = Paper(shop, uid=new_uid())
    foreign.review({medicine: 5})
    old = Paper(shop)
    old.review({medicine: 5}, valid_until=clock.today() - timedelta(days=2))

    assert place(shop, foreign, medicine).status_code == 404
    assert place(shop, old, medicine).status_code == 409
    assert shop.stock(medicine) == (100, 0)


def test_a_prescription_nobody_needs_is_left_alone(shop: Shop) -> None:
    paper = Paper(shop)

    order = place(shop, paper, shop.product()).json

    assert (order["status"], order["prescription_status"], order["prescription_id"]) == (
        "confirmed",
        "not_needed",
        None,
    )


def test_packs_outlast_the_course_that_the_prescription_says(shop: Shop, medicine: str) -> None:
    """Thirty days on paper: the batch of ten days is left alone, also by an order that took from it before the review."""
    shop.make.batch(shop.store, medicine, 5, 10)
    reviewed, awaited = Paper(shop), Paper(shop)
    waiting = place(shop, awaited, medicine).json["id"]
    for paper in (reviewed, awaited):
        paper.review({medicine: 2})
        shop.db.execute("UPDATE prescription_items SET duration_days = 30 WHERE prescription_id = %s", paper.id)

    order = place(shop, reviewed, medicine).json["id"]
    consumers.confirm_covered_orders(str(awaited.id))

    query = """
        SELECT b.expires_on FROM order_batches AS o JOIN inventory_batches AS b ON b.id = o.batch_id WHERE o.order_id = %s"""
    assert shop.db.value(query, UUID(order)) > clock.today() + timedelta(days=30)
    cancelled = shop.api.get(f"/orders/{waiting}", uid=shop.uid).json
    assert (cancelled["status"], awaited.used(medicine)) == ("cancelled", 0)
    assert "expire before the course" in cancelled["cancelled_reason"]
    assert shop.stock(medicine) == (105, 1)


def test_a_quote_judges_the_stock_by_the_course_that_the_prescription_says(shop: Shop) -> None:
    """Two packs outlast thirty days, five more do not: three are too many, before and after the review alike for quote and order."""
    medicine = shop.product(2, schedule="H", prescription_required=True)
    shop.make.batch(shop.store, medicine, 5, 10)
    paper = Paper(shop)

    def both(packs: int) -> tuple[list[tuple[str, int | None]], Any]:
        quote = shop.quote((medicine, packs), prescription_id=str(paper.id)).json
        problems = [(one["code"], one["available"]) for one in quote["problems"]]
        assert quote["can_be_ordered"] is (not problems)
        return problems, place(shop, paper, (medicine, packs)).json

    before, waiting = both(3)
    shop.api.post(f"/orders/{waiting['id']}/cancel", {}, uid=shop.uid)
    paper.review({medicine: 9})
    shop.db.execute("UPDATE prescription_items SET duration_days = 30 WHERE prescription_id = %s", paper.id)
    too_many, refused = both(3)
    enough, order = both(2)

    assert (before, waiting["prescription_status"]) == ([], "awaited")
    assert too_many == [("OUT_OF_STOCK", 2)]
    assert refused["details"]["reason"] == "OUT_OF_STOCK"
    assert (enough, order["status"]) == ([], "confirmed")


def test_a_quote_says_what_an_order_would_not_take_of_its_prescription(shop: Shop, medicine: str) -> None:
    rejected, old, small, foreign = Paper(shop), Paper(shop), Paper(shop), Paper(shop, uid=new_uid())
    rejected.review(status="rejected")
    old.review({medicine: 5}, valid_until=clock.today() - timedelta(days=2))
    small.review({medicine: 1})

    def say(paper: Paper) -> tuple[list[tuple[str, str | None]], str]:
        quote = shop.quote((medicine, 2), prescription_id=str(paper.id)).json
        order = place(shop, paper, (medicine, 2)).json
        assert quote["can_be_ordered"] is False
        return [(one["code"], one["product_id"]) for one in quote["problems"]], order["details"]["reason"]

    assert say(rejected) == ([("PRESCRIPTION_REJECTED", None)], "PRESCRIPTION_REJECTED")
    assert say(old) == ([("PRESCRIPTION_EXPIRED", None)], "PRESCRIPTION_EXPIRED")
    assert say(small) == ([("NOT_COVERED", medicine)], "NOT_COVERED")
    assert shop.quote(medicine, prescription_id=str(foreign.id)).status_code == 404
    plain = shop.quote(shop.product(), prescription_id=str(rejected.id)).json
    assert plain["can_be_ordered"] is True, "nobody needs it"
    assert shop.quote(medicine, prescription_id=str(small.id)).json["can_be_ordered"] is True
    assert small.used(medicine) == 0


def take_out(shop: Shop, order: str, line_no: int, quantity: int) -> Any:
    body = {"lines": [{"line_no": line_no, "quantity": quantity}]}
    return shop.api.post(f"/orders/{order}/lines", body, uid=shop.uid).json


def test_what_is_taken_out_may_be_ordered_again_on_the_prescription(shop: Shop, medicine: str) -> None:
    paper = Paper(shop)
    paper.review({medicine: 3})
    order = place(shop, paper, (medicine, 3)).json["id"]

    take_out(shop, order, 1, 1)

    assert paper.used(medicine) == 1
    assert place(shop, paper, (medicine, 2)).status_code == 201


@pytest.mark.parametrize(("method", "status"), [("cod", "confirmed"), ("razorpay", "pending")])
def test_an_order_without_its_medicine_waits_for_no_prescription(
    shop: Shop, medicine: str, method: str, status: str
) -> None:
    order = place(shop, Paper(shop), medicine, shop.product(), payment_method=method).json["id"]

    after = take_out(shop, order, 1, 0)

    assert (after["status"], after["prescription_status"]) == (status, "not_needed")
