"""Refunds at their limits: all that is left, a paisa more, and the greatest amount there is."""

from concurrent.futures import ThreadPoolExecutor

from plazza.money import MAX_PAISE
from tests.integration.order.conftest import Shop
from tests.integration.payment.conftest import TOTAL_PAISE, Till
from tests.integration.payment.test_reductions import deliver
from tests.integration.payment.test_refunds import refund
from tests.support.auth import People
from tests.support.client import Client
from tests.support.database import Builders, Database
from tests.support.people import new_uid
from tests.support.razorpay import Razorpay

FIVE_LAKH = 50_000_000


def test_more_than_is_left_is_refused_and_all_of_it_is_not(till: Till, support: dict[str, str]) -> None:
    paid = till.settle()
    assert refund(till, support, 20_000).status_code == 201

    for amount_paise in (30_001, MAX_PAISE):
        refused = refund(till, support, amount_paise)
        assert (refused.status_code, refused.json["details"]) == (409, {"left_paise": 30_000})
    assert refund(till, support, 30_000).status_code == 201
    assert refund(till, support, 100).json["details"] == {"left_paise": 0}
    till.work()

    assert sorted(one["amount"] for one in till.razorpay.refunds(paid["razorpay_payment_id"])) == [20_000, 30_000]


def test_two_people_who_each_give_all_that_is_left_give_it_once(
    till: Till, support: dict[str, str], people: People
) -> None:
    paid = till.settle()
    other = {"role": "admin", "uid": people.sign_up("admin", uid=new_uid("adm"))}

    with ThreadPoolExecutor(2) as staff:
        answers = list(staff.map(lambda who: refund(till, who, TOTAL_PAISE), (support, other)))
    till.work()

    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert [one["amount"] for one in till.razorpay.refunds(paid["razorpay_payment_id"])] == [TOTAL_PAISE]


def test_the_greatest_amount_that_razorpay_takes_goes_back_to_the_paisa(
    api: Client, db: Database, make: Builders, razorpay: Razorpay, support: dict[str, str]
) -> None:
    """Five lakh rupees, the usual limit of an account."""
    till = Till(Shop(api, db, make), razorpay)
    till.order = till.shop.place(
        till.shop.product(mrp_paise=FIVE_LAKH, price_paise=FIVE_LAKH - 2_500), payment_method="razorpay"
    ).json
    assert till.order["total_paise"] == FIVE_LAKH
    till.settle()
    deliver(till)

    assert refund(till, support, FIVE_LAKH - 100).status_code == 201
    assert refund(till, support, 100).status_code == 201
    till.work()

    notes = api.get(f"/orders/{till.order['id']}/credit-notes", uid=till.uid).json["items"]
    assert [note["total_paise"] for note in notes] == [FIVE_LAKH - 100, 100]
    assert sum(note["tax_paise"] for note in notes) == till.order["tax_paise"]
    assert till.read()["refunded_paise"] == FIVE_LAKH


def test_what_is_more_than_any_amount_is_refused_everywhere(till: Till, make: Builders) -> None:
    pearl = till.shop.product(mrp_paise=MAX_PAISE, price_paise=MAX_PAISE)
    code = make.coupon(kind="percentage", percent_bp=10_000, amount_paise=None)
    sale = {"client_sale_id": "till-1", "items": [{"product_id": pearl, "quantity": 99}], "payment_method": "cash"}

    answers = [
        till.shop.quote(pearl),
        till.shop.quote((pearl, 99), coupon_codes=[code]),
        till.shop.place(pearl, payment_method="razorpay"),
        till.shop.place((pearl, 99), coupon_codes=[code]),
        till.api.post("/coupons/apply", {"code": code, "items": sale["items"]}, uid=till.uid),
        till.api.post("/pos/transactions", sale, **till.shop.staff("cashier")),
    ]
    check = till.api.post("/coupons/validate", {"code": code, "items": sale["items"]}, uid=till.uid)

    assert {answer.status_code for answer in answers} == {409}
    assert {answer.json["details"]["reason"] for answer in answers} == {"ABOVE_MAXIMUM"}
    assert (check.status_code, check.json["reason"]) == (200, "ABOVE_MAXIMUM")
