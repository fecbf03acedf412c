"""What happened to the money of a payment, for the customer whose it is and for support."""

import re

from tests.integration.payment.conftest import TOTAL_PAISE, Till
from tests.integration.payment.test_refunds import refund

PERSONAL = re.compile(r"@|\\+91|\\b[6-9][0-9]{9}\\b|success@|vpa|email|contact|phone")


def test_the_whole_story_of_the_money_is_told(till: Till, support: dict[str, str]) -> None:
    till.pay(outcome="failed")
    twice = till.razorpay.pay(till.asked, outcome="captured_twice")
    till.send_all()
    refund(till, support)
    till.work()
    first = till.db.value("SELECT settled_by FROM payments WHERE razorpay_order_id = %s", till.asked)
    till.razorpay.write(f"/payments/{first}/refund", {"amount": 1_000})
    till.razorpay.control("POST", f"/razorpay/payments/{first}/dispute", {"event": "lost", "amount": 2_000})
    till.send_all()

    seen = till.api.get(f"/payments/{till.payment['id']}", uid=till.uid)

    story = sorted((one["kind"], one["amount_paise"], one["source"]) for one in seen.json["timeline"])
    assert story == sorted(
        [
            ("created", TOTAL_PAISE, "customer"),
            ("failed", TOTAL_PAISE, "webhook"),
            ("authorized", TOTAL_PAISE, "webhook"),
            ("captured", TOTAL_PAISE, "webhook"),
            ("authorized", TOTAL_PAISE, "webhook"),
            ("captured", TOTAL_PAISE, "webhook"),
            ("refund requested", TOTAL_PAISE, "system"),
            ("refund processed", TOTAL_PAISE, "razorpay"),
            ("refund requested", 10_000, "support"),
            ("refund processed", 10_000, "razorpay"),
            ("refund processed by hand", 1_000, "webhook"),
            ("payment.dispute.lost", 2_000, "webhook"),
        ]
    )
    times = [one["created_at"] for one in seen.json["timeline"]]
    assert times == sorted(times)
    assert {twice["razorpay_payment_id"], twice["second_payment_id"]} <= {
        one["detail"] for one in seen.json["timeline"]
    }
    assert not PERSONAL.search(seen.content.decode())
    assert seen.json == till.read(**support)
