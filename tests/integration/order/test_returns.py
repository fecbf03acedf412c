"""What comes back of a delivered order: at its own share, with a credit note, and only what the policy takes."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from pypdf import PdfReader

from plazza import clock
from plazza.data.sql import run_transaction
from plazza.order.actions import handover, money, repair
from plazza.order.rules.states import SYSTEM
from tests.integration.order.conftest import Shop
from tests.support.client import Answer
from tests.support.database import Builders
from tests.support.people import new_uid


def deliver(shop: Shop, *products: Any, **over: Any) -> dict[str, Any]:
    """Place an order and bring it to its customer; gives it as it is then."""
    order = shop.place(*products, **over).json["id"]
    shop.api.post(f"/orders/{order}/status", {"status": "processing"}, **shop.staff())
    run_transaction(lambda tx: handover.ship(tx, UUID(order), SYSTEM))
    run_transaction(lambda tx: handover.deliver(tx, UUID(order), SYSTEM))
    run_transaction(lambda tx: money.settle(tx, UUID(order), by="rider"))
    return shop.api.get(f"/orders/{order}", uid=shop.uid).json


def line(line_no: int = 1, quantity: int = 1, **over: Any) -> dict[str, Any]:
    return {"line_no": line_no, "quantity": quantity, "opened": False} | over


def give_back(shop: Shop, order: str, *lines: dict[str, Any], reason: str = "unwanted", **who: Any) -> Answer:
    body = {"lines": list(lines), "reason": reason}
    return shop.api.post(f"/orders/{order}/returns", body, **({"key": str(uuid4())} | (who or {"role": "support"})))


def reason_of(answer: Answer) -> str:
    assert answer.status_code == 409, answer.json
    return answer.json["details"]["reason"]


def test_what_comes_back_is_credited_at_its_own_share(shop: Shop, make: Builders) -> None:
    """Three packs with 10.01 % off, and two at 18 %: in two returns all of it goes back, with all of the tax."""
    code = make.coupon(kind="percentage", percent_bp=1_001, amount_paise=None)
    strip, spray = shop.product(), shop.product(price_paise=3_333, gst_bp=1800)
    order = deliver(shop, (strip, 3), (spray, 2), coupon_codes=[code])
    invoice = shop.api.get(f"/orders/{order['id']}/invoice", uid=shop.uid).content

    first = give_back(shop, order["id"], line(1, 2, resaleable=True), line(2, 1), **shop.staff())
    second = give_back(shop, order["id"], line(1, 1), line(2, 1))

    assert (first.status_code, second.status_code) == (201, 201)
    notes = shop.api.get(f"/orders/{order['id']}/credit-notes", uid=shop.uid).json["items"]
    assert notes == [first.json, second.json]
    after = shop.api.get(f"/orders/{order['id']}", uid=shop.uid).json
    assert sum(note["total_paise"] for note in notes) == after["credited_paise"] == order["total_paise"]
    assert sum(note["tax_paise"] for note in notes) == order["tax_paise"]
    for name in ("taxable_paise", "cgst_paise", "sgst_paise", "discount_paise", "total_paise", "quantity"):
        for item in order["items"]:
            parts = [one[name] for note in notes for one in note["lines"] if one["line_no"] == item["line_no"]]
            assert sum(parts) == item[name], name
    assert sum(note["delivery_paise"] for note in notes) == order["delivery_paise"]
    assert (after["items"], after["total_paise"], after["status"]) == (
        order["items"],
        order["total_paise"],
        "delivered",
    )
    assert shop.api.get(f"/orders/{order['id']}/invoice", uid=shop.uid).content == invoice
    assert (shop.stock(strip), shop.stock(spray)) == ((99, 0), (98, 0))
    assert repair.report(UUID(shop.store)).differences == []
    assert give_back(shop, order["id"], line(1, 1)).status_code == 404
    query = """
        SELECT kind, sum(on_hand_change)::INT8 FROM stock_movements
         WHERE reference = %s AND kind IN ('return', 'quarantine') GROUP BY kind ORDER BY kind"""
    assert shop.db.rows(query, f"order:{order['id']}") == [("quarantine", -3), ("return", 5)]


def test_a_credit_note_says_what_the_law_asks(shop: Shop) -> None:
    order = deliver(shop, (shop.product(name="Backsol", manufacturer="Example Labs"), 2))
    note = give_back(shop, order["id"], line(1, 1)).json
    path = f"/orders/{order['id']}/credit-notes/{note['id']}"

    answer = shop.api.get(path, uid=shop.uid)

    pages = PdfReader(io.BytesIO(answer.content)).pages
    text = " ".join(" ".join(page.extract_text() for page in pages).split())
    invoice = shop.db.value("SELECT number FROM invoices WHERE order_id = %s", UUID(order["id"]))
    for part in (
        note["number"], invoice, order["number"], "Backsol", "Example Labs", note["lines"][0]["batch_no"], "30049099", "not wanted",
        "29ABCDE1234F1Z5", "Rupees One Hundred Two and Fifty Paise Only", "₹102.50",
    ):  # fmt: skip
        assert part in text, part
    assert shop.api.get(path, **shop.staff()).content == answer.content
    assert shop.api.get(path, uid=new_uid()).status_code == 404
    assert shop.api.get(f"/orders/{order['id']}/credit-notes/{uuid4()}", uid=shop.uid).status_code == 404
    other = deliver(shop, shop.product())["id"]
    assert shop.api.get(f"/orders/{other}/credit-notes/{note['id']}", uid=shop.uid).status_code == 404


def test_numbers_have_no_gap_and_the_schema_sees_to_it(shop: Shop) -> None:
    strip = shop.product()
    orders = [deliver(shop, strip)["id"] for _ in range(6)]

    with ThreadPoolExecutor(6) as staff:
        list(staff.map(lambda order: give_back(shop, order, line()), orders))

    query = "SELECT serial FROM credit_notes WHERE store_id = %s ORDER BY serial"
    assert [row[0] for row in shop.db.rows(query, UUID(shop.store))] == list(range(1, 7))
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        shop.db.execute("UPDATE credit_notes SET serial = 9, previous_serial = 8 WHERE store_id = %s AND serial = 6", UUID(shop.store))  # fmt: skip
    with pytest.raises(psycopg.errors.CheckViolation):
        shop.db.execute("UPDATE credit_notes SET serial = 9 WHERE store_id = %s AND serial = 6", UUID(shop.store))


def test_what_the_policy_does_not_take_back(shop: Shop) -> None:
    order = deliver(shop, (shop.product(), 2), (shop.product(form="injection"), 2))["id"]

    assert reason_of(give_back(shop, order, line(opened=True))) == "NOT_RETURNABLE"
    assert reason_of(give_back(shop, order, line(2))) == "NOT_RETURNABLE"
    assert reason_of(give_back(shop, order, line(2, resaleable=True), reason="wrong_item")) == "NOT_RESALEABLE"
    assert reason_of(give_back(shop, order, line(resaleable=True), reason="damaged")) == "NOT_RESALEABLE"
    assert reason_of(give_back(shop, order, line(1, 3))) == "TOO_MANY"
    assert reason_of(give_back(shop, order, line(batch_no="NOT-OURS"))) == "WRONG_BATCH"
    assert give_back(shop, order, line(2, opened=True), reason="damaged").status_code == 201
    late = clock.now() - timedelta(days=8)
    shop.db.execute("UPDATE order_events SET created_at = %s WHERE order_id = %s", late, UUID(order))
    assert reason_of(give_back(shop, order, line())) == "TOO_LATE"
    assert give_back(shop, order, line(), reason="recalled").status_code == 201
    waiting = shop.place(shop.product()).json["id"]
    assert reason_of(give_back(shop, waiting, line())) == "NOT_DELIVERED"
    assert repair.report(UUID(shop.store)).differences == []


def test_a_line_of_two_batches_comes_back_by_its_label(shop: Shop, make: Builders) -> None:
    strip = make.product()
    make.batch(shop.store, strip, 1, expires_in_days=100, batch_no="EARLY")
    make.batch(shop.store, strip, 9, expires_in_days=300, batch_no="LATE")
    order = deliver(shop, (strip, 3))["id"]

    unsaid = give_back(shop, order, line())
    assert (reason_of(unsaid), unsaid.json["details"]["batch_nos"]) == ("BATCH_NEEDED", ["EARLY", "LATE"])
    assert reason_of(give_back(shop, order, line(1, 2, batch_no="EARLY"))) == "TOO_MANY"
    assert give_back(shop, order, line(1, 1, batch_no="early")).json["lines"][0]["batch_no"] == "EARLY"
    assert give_back(shop, order, line(1, 2, resaleable=True)).json["lines"][0]["batch_no"] == "LATE"
    query = "SELECT batch_no, on_hand FROM inventory_batches WHERE product_id = %s ORDER BY batch_no"
    assert shop.db.rows(query, UUID(strip)) == [("EARLY", 0), ("LATE", 9)]


def test_the_same_packs_come_back_once(shop: Shop) -> None:
    order, key = deliver(shop, (shop.product(), 2))["id"], str(uuid4())

    with ThreadPoolExecutor(8) as crowd:
        same = list(crowd.map(lambda _: give_back(shop, order, line(1, 1), role="support", key=key), range(8)))
        others = list(crowd.map(lambda _: give_back(shop, order, line(1, 1)), range(8)))

    assert len({answer.json["id"] for answer in same if answer.status_code == 201}) == 1
    assert sorted(answer.status_code for answer in others)[:2] == [201, 404]
    query = "SELECT count(*) FROM credit_notes WHERE order_id = %s"
    assert shop.db.value(query, UUID(order)) == 2


@pytest.mark.parametrize("who", [{"role": "rider"}, {"role": "customer"}])
def test_only_staff_takes_packs_back(shop: Shop, who: dict[str, Any]) -> None:
    order = deliver(shop, shop.product())["id"]

    assert give_back(shop, order, line(), **who).status_code == 403


@pytest.mark.parametrize(
    "over", [{"quantity": 0}, {"quantity": 1.5}, {"opened": "no"}, {"opened": None}, {"line_no": 51}]
)
def test_bad_returns_change_nothing(shop: Shop, over: dict[str, Any]) -> None:
    order = deliver(shop, shop.product())

    assert give_back(shop, order["id"], line() | over).status_code == 400
    assert shop.api.get(f"/orders/{order['id']}", uid=shop.uid).json == order
