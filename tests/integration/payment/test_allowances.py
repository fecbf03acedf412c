"""What staff give back of an invoiced order is credited: exactly, once, and never more than its invoice."""

import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from pypdf import PdfReader

from plazza.data.sql import run_transaction
from plazza.order.actions import handover
from plazza.order.rules.states import SYSTEM
from plazza.payment import consumers
from tests.integration.payment.conftest import TOTAL_PAISE, Till
from tests.integration.payment.test_reductions import bring_back, deliver, reduce
from tests.integration.payment.test_refunds import refund
from tests.support.database import Builders


@pytest.fixture
def mixed(till: Till, make: Builders) -> Till:
    """A till with a paid order of three packs at 12 % and two at 18 %, with 10.01 % off and ₹25 of delivery."""
    code = make.coupon(kind="percentage", percent_bp=1_001, amount_paise=None)
    spray = till.shop.product(price_paise=3_333, gst_bp=1_800)
    answer = till.shop.place((till.product, 3), (spray, 2), payment_method="razorpay", coupon_codes=[code])
    till.order = answer.json
    till.settle()
    return till


def notes(till: Till) -> list[dict[str, Any]]:
    return till.api.get(f"/orders/{till.order['id']}/credit-notes", uid=till.uid).json["items"]


def order_now(till: Till) -> dict[str, Any]:
    return till.api.get(f"/orders/{till.order['id']}", uid=till.uid).json


def check_sums(till: Till) -> None:
    """Each note adds up in itself, and all of them to what the order shows."""
    found = notes(till)
    for note in found:
        assert note["total_paise"] == sum(line["total_paise"] for line in note["lines"]) + note["delivery_paise"]
        for line in note["lines"]:
            taxes = line["cgst_paise"] + line["sgst_paise"] + line["igst_paise"]
            assert line["total_paise"] == line["taxable_paise"] + taxes
            if line["quantity"]:
                assert line["total_paise"] == line["quantity"] * line["price_paise"] - line["discount_paise"]
    assert sum(note["total_paise"] for note in found) == order_now(till)["credited_paise"]


def test_a_refund_by_staff_after_the_invoice_is_credited(mixed: Till, support: dict[str, str]) -> None:
    deliver(mixed)
    invoice = mixed.api.get(f"/orders/{mixed.order['id']}/invoice", uid=mixed.uid).content

    given = refund(mixed, support, 10_000).json

    (note,) = notes(mixed)
    assert (note["reason"], note["note"], note["total_paise"]) == ("allowance", "damaged strip", 10_000)
    assert [(line["line_no"], line["quantity"], line["batch_no"]) for line in note["lines"]] == [
        (1, 0, None),
        (2, 0, None),
    ]
    check_sums(mixed)
    total, tax = mixed.order["total_paise"], mixed.order["tax_paise"]
    assert abs(note["tax_paise"] - 10_000 * tax / total) < 2
    assert mixed.db.value("SELECT refund_id FROM credit_notes WHERE id = %s", UUID(note["id"])) == UUID(given["id"])
    after = order_now(mixed)
    assert (after["items"], after["total_paise"]) == (mixed.order["items"], total)
    assert (after["events"][-1]["kind"], after["events"][-1]["note"]) == (
        "credited",
        f"allowance: credit note {note['number']}",
    )
    assert mixed.api.get(f"/orders/{mixed.order['id']}/invoice", uid=mixed.uid).content == invoice
    mixed.work()
    assert mixed.read()["refunded_paise"] == 10_000
    assert mixed.announced("credit_note.issued") == 1


def test_its_paper_names_the_invoice_and_the_tax(mixed: Till, support: dict[str, str]) -> None:
    deliver(mixed)
    refund(mixed, support, 10_000)
    (note,) = notes(mixed)

    answer = mixed.api.get(f"/orders/{mixed.order['id']}/credit-notes/{note['id']}", uid=mixed.uid)

    pages = PdfReader(io.BytesIO(answer.content)).pages
    text = " ".join(" ".join(page.extract_text() for page in pages).split())
    invoice = mixed.db.value("SELECT number FROM invoices WHERE order_id = %s", UUID(mixed.order["id"]))
    tax = f"including GST of ₹{note['tax_paise'] // 100}.{note['tax_paise'] % 100:02d}"
    for part in (
        note["number"],
        invoice,
        "price reduced",
        "Credit ₹100.00",
        tax,
        "Rupees One Hundred and Zero",
        "Delivery charge",
    ):
        assert part.removesuffix(" and Zero") in text, part


def test_an_order_that_is_not_invoiced_is_credited_when_it_is(mixed: Till, support: dict[str, str]) -> None:
    refund(mixed, support, 10_000)
    mixed.work()
    assert notes(mixed) == []

    deliver(mixed)
    mixed.work()
    consumers.credit_earlier_refunds(mixed.order["id"])

    (note,) = notes(mixed)
    assert (note["total_paise"], note["reason"], note["note"]) == (10_000, "allowance", None)
    check_sums(mixed)


def test_an_order_that_is_cancelled_needs_no_credit_note(mixed: Till, support: dict[str, str]) -> None:
    refund(mixed, support, 10_000)
    mixed.cancel()
    mixed.work()

    consumers.credit_earlier_refunds(mixed.order["id"])

    assert notes(mixed) == []
    assert mixed.read()["refunded_paise"] == mixed.order["total_paise"]


def test_allowances_and_returns_come_to_the_invoice_and_what_was_paid(mixed: Till, support: dict[str, str]) -> None:
    """In turn: out before packing, allowed, back, allowed, all the rest back."""
    assert reduce(mixed, 2).status_code == 200
    deliver(mixed)
    invoiced = order_now(mixed)
    mixed.work()

    refund(mixed, support, 12_345)
    first = bring_back(mixed, 1).json
    mixed.work()
    refund(mixed, support, 6_789)
    mixed.work()
    check_sums(mixed)
    rest = [{"line_no": 1, "quantity": 1, "opened": False}, {"line_no": 2, "quantity": 2, "opened": False}]
    body = {"lines": rest, "reason": "unwanted"}
    assert (
        mixed.api.post(f"/orders/{mixed.order['id']}/returns", body, role="support", key=str(uuid4())).status_code
        == 201
    )
    mixed.work()

    check_sums(mixed)
    found = notes(mixed)
    assert [note["reason"] for note in found] == ["allowance", "unwanted", "allowance", "unwanted"]
    assert (
        first["lines"][0]["total_paise"]
        < first["lines"][0]["price_paise"] - invoiced["items"][0]["discount_paise"] // 2
    )
    assert sum(note["total_paise"] for note in found) == invoiced["total_paise"]
    assert sum(note["tax_paise"] for note in found) == invoiced["tax_paise"]
    for name in ("taxable_paise", "cgst_paise", "sgst_paise", "igst_paise", "total_paise"):
        for item in invoiced["items"]:
            lines = [line for note in found for line in note["lines"] if line["line_no"] == item["line_no"]]
            assert sum(line[name] for line in lines) == item[name], name
    assert mixed.read()["refunded_paise"] == mixed.order["total_paise"]
    assert mixed.order_now() == ("delivered", "refunded")


def test_money_that_did_not_pay_the_order_is_not_credited(till: Till, support: dict[str, str]) -> None:
    """₹499 came beside the ₹500: given back it lowers no price."""
    till.pay(amount=TOTAL_PAISE - 100)
    till.send_all()
    assert till.verify(till.pay(amount=TOTAL_PAISE)).json["status"] == "conflicted"
    deliver(till)

    assert refund(till, support, TOTAL_PAISE - 100).status_code == 201

    assert notes(till) == []


def test_a_refund_that_failed_is_given_again_without_a_second_note(till: Till, support: dict[str, str]) -> None:
    paid = till.settle()
    deliver(till)
    refund(till, support, 10_000)
    till.work()
    there = till.razorpay.refunds(paid["razorpay_payment_id"])[0]
    till.razorpay.control("POST", f"/razorpay/refunds/{there['id']}", {"status": "failed"})
    till.send_all("refund.failed")
    assert till.read()["refunded_paise"] == 0

    refund(till, support, 10_000)
    refund(till, support, 5_000)

    assert [note["total_paise"] for note in notes(till)] == [10_000, 5_000]


def test_a_return_whose_refund_is_under_way_is_not_credited_twice(till: Till, support: dict[str, str]) -> None:
    till.order = till.shop.place((till.product, 2), payment_method="razorpay").json
    till.settle()
    deliver(till)
    back = bring_back(till, 1).json["total_paise"]

    refund(till, support, till.order["total_paise"])
    till.work()

    assert [note["total_paise"] for note in notes(till)] == [back, till.order["total_paise"] - back]
    assert till.read()["refunded_paise"] == till.order["total_paise"]


def test_paise_that_could_not_be_left_behind_go_along_and_are_credited(till: Till, support: dict[str, str]) -> None:
    """Two packs cost ₹487.50 each with their delivery; ₹488 are left when one goes: fifty paise could never be sent back."""
    till.order = till.shop.place((till.product, 2), payment_method="razorpay").json
    total = till.order["total_paise"]
    paid = till.settle()
    refund(till, support, total - 48_800)
    assert reduce(till, 1).json["total_paise"] == 48_750

    till.work()
    deliver(till)
    till.work()

    assert sum(item["amount"] for item in till.razorpay.refunds(paid["razorpay_payment_id"])) == total
    check_sums(till)
    assert order_now(till)["credited_paise"] == 48_750


def test_staff_at_once_credit_what_they_give_and_numbers_have_no_gap(mixed: Till, support: dict[str, str]) -> None:
    deliver(mixed)

    with ThreadPoolExecutor(8) as staff:
        answers = list(staff.map(lambda at: refund(mixed, support, 9_999 + at), range(8)))

    given = sum(answer.json["amount_paise"] for answer in answers if answer.status_code == 201)
    assert {answer.status_code for answer in answers} == {201}
    found = notes(mixed)
    assert sum(note["total_paise"] for note in found) == given
    check_sums(mixed)
    query = "SELECT serial FROM credit_notes WHERE store_id = %s ORDER BY serial"
    assert [row[0] for row in mixed.db.rows(query, UUID(mixed.shop.store))] == list(range(1, 9))


def test_staff_and_the_store_at_once_take_off_no_more_than_the_invoice(mixed: Till, support: dict[str, str]) -> None:
    deliver(mixed)

    with ThreadPoolExecutor(6) as everybody:
        asked = [everybody.submit(refund, mixed, support, 40_000) for _ in range(3)]
        back = [everybody.submit(bring_back, mixed, 1) for _ in range(3)]
        statuses = {one.result().status_code for one in [*asked, *back]}
    mixed.work()

    assert statuses <= {201, 409}
    check_sums(mixed)
    payment, after = mixed.read(), order_now(mixed)
    assert payment["captured_paise"] - payment["refunded_paise"] == after["total_paise"] - after["credited_paise"]


def test_the_schema_refuses_what_is_no_allowance(mixed: Till, support: dict[str, str]) -> None:
    deliver(mixed)
    refund(mixed, support, 10_000)
    note = UUID(notes(mixed)[0]["id"])

    with pytest.raises(psycopg.errors.CheckViolation):
        mixed.db.execute("UPDATE credit_notes SET reason = 'unwanted' WHERE id = %s", note)
    with pytest.raises(psycopg.errors.CheckViolation):
        mixed.db.execute("UPDATE credit_notes SET reason = 'because' WHERE id = %s", note)
    with pytest.raises(psycopg.errors.CheckViolation):
        mixed.db.execute("UPDATE unit_allowances SET cgst_paise = cgst_paise + 1 WHERE credit_note_id = %s", note)
    with pytest.raises(psycopg.errors.CheckViolation):
        mixed.db.execute("UPDATE orders SET credited_paise = total_paise + 1 WHERE id = %s", UUID(mixed.order["id"]))


def test_what_was_only_shipped_is_credited_too(mixed: Till, support: dict[str, str]) -> None:
    order = UUID(mixed.order["id"])
    mixed.api.post(f"/orders/{order}/status", {"status": "processing"}, **mixed.shop.staff())
    run_transaction(lambda tx: handover.ship(tx, order, SYSTEM))

    refund(mixed, support, 10_000)
    mixed.work()
    consumers.credit_earlier_refunds(str(order))

    assert [note["total_paise"] for note in notes(mixed)] == [10_000]
