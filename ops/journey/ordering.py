"""Steps of the journey about orders and their money."""

from typing import Any
from uuid import uuid4

from ops.journey.live import Watch
from ops.journey.prescribing import Prescribed
from ops.journey.shopping import Cast, Medicine
from ops.journey.stage import Stage, today_in_india

COUPON = "SAVE10"
ONCE_COUPON = "FIRST100"
MONEY = ("items_paise", "discount_paise", "delivery_paise", "tax_paise", "total_paise")


def place(stage: Stage, cast: Cast, address: str, medicine: Medicine, prescribed: Prescribed) -> dict[str, Any]:
    """Step 5."""
    packs = max(1, 20_000 // medicine.price_paise + 1)
    cart = {
        "address_id": address,
        "prescription_id": prescribed.id,
        "coupon_codes": [COUPON],
        "items": [
            {"product_id": medicine.id, "quantity": min(packs, 8)},
            {"product_id": prescribed.product_id, "quantity": prescribed.packs},
        ],
    }
    quote = stage.call("POST", "/orders/quote", cart, by=cast.customer, show="items_paise discount_paise total_paise")
    stage.check(quote["discount_paise"] > 0 and quote["can_be_ordered"], "the coupon takes something off", quote)
    key = f"demo-{uuid4()}"
    wanted = {**cart, "payment_method": "razorpay", "expected_total_paise": quote["total_paise"]}
    order = stage.call(
        "POST", "/orders", wanted, by=cast.customer, key=key, expect=201, show="number status total_paise"
    )
    again = stage.call("POST", "/orders", wanted, by=cast.customer, key=key, expect=201, show="number")
    stage.check(again["id"] == order["id"], "the same key gives the same order", again)
    stage.check(
        all(order[name] == quote[name] for name in MONEY), "the order's numbers are the quote's", [quote, order]
    )
    stage.check(
        sum(line["total_paise"] for line in order["items"]) + order["delivery_paise"] == order["total_paise"],
        "the lines add up",
    )
    other = {**wanted, "items": wanted["items"][:1]}
    stage.call("POST", "/orders", other, by=cast.customer, key=key, expect=409)
    stage.call("GET", f"/orders/{order['id']}", by=cast.rider, expect=403)
    history = stage.call("GET", "/orders/history", by=cast.customer)
    stage.check([entry["id"] for entry in history["items"]] == [order["id"]], "there is one order", history)
    return order


def pay(stage: Stage, cast: Cast, order: dict[str, Any]) -> dict[str, Any]:
    """The first part of step 6: pay through the sandbox's checkout, with webhooks twice and out of order."""
    stage.sandbox(
        "PUT", "/_sandbox/webhooks/razorpay", {"mode": "auto", "duplicate": 1, "order": "reverse", "verify": False}
    )
    payment = stage.call(
        "POST",
        "/payments/create",
        {"order_id": order["id"]},
        by=cast.customer,
        key=f"pay-{order['id']}",
        expect=201,
        show="status amount_paise razorpay_order_id",
    )
    stage.check(payment["amount_paise"] == order["total_paise"], "the amount is the order's", payment)
    with Watch(stage.system, f"payments/{cast.customer.uid}/{payment['id']}", cast.customer) as watch:
        paid = stage.sandbox(
            "POST",
            f"/_sandbox/razorpay/orders/{payment['razorpay_order_id']}/pay",
            {"method": "upi", "outcome": "captured"},
        )
        handed = {name: paid[name] for name in ("razorpay_order_id", "razorpay_payment_id", "razorpay_signature")}
        stage.call("POST", "/payments/verify", {**handed, "razorpay_signature": "0" * 64}, by=cast.customer, expect=400)
        verified = stage.call("POST", "/payments/verify", handed, by=cast.customer, show="status captured_paise")
        stage.check(verified["captured_paise"] == order["total_paise"], "the whole amount is captured", verified)
        watch.wait_for(lambda value: value and value["status"] == "captured")
        stage.held("the customer's app sees the payment as captured")
    stage.until(
        lambda: stage.sandbox("GET", "/_sandbox/webhooks?provider=razorpay"),
        lambda seen: _delivered_often(seen, payment["razorpay_order_id"]),
        "Razorpay's webhooks came, more than once each",
    )
    settled = stage.call("GET", f"/payments/{payment['id']}", by=cast.customer)
    captures = [event for event in settled["timeline"] if event["kind"] == "captured"]
    stage.check(
        len(captures) == 1 and settled["captured_paise"] == order["total_paise"],
        "and the money was settled once",
        settled,
    )
    return settled


def _delivered_often(seen: Any, razorpay_order_id: str) -> bool:
    events = [event for event in seen["events"] if razorpay_order_id in str(event)]
    return bool(events) and all(len(event["attempts"]) >= 2 for event in events)


def see_it_confirmed(stage: Stage, cast: Cast, order: dict[str, Any], phone: str) -> None:
    """The second part of step 6: what everybody sees of the confirmed order."""
    seen = stage.call(
        "GET", f"/orders/{order['id']}", by=cast.customer, show="status payment_status prescription_status"
    )
    stage.check(seen["status"] == "confirmed", "the order is confirmed", seen)
    with Watch(stage.system, f"board/{order['store_id']}/{order['id']}", cast.staff) as board:
        board.wait_for(lambda value: value and value["status"] == "confirmed")
        stage.held("the store's board shows it")
    batches = stage.call("GET", f"/inventory/batches?product_id={order['items'][0]['product_id']}", by=cast.staff)[
        "items"
    ]
    held = [batch for batch in batches if batch["reserved"] > 0]
    stage.check(
        bool(held) and _is_first_expiring(batches, held), "stock is reserved from the batch that expires first", batches
    )
    stage.until(
        lambda: stage.sandbox("GET", "/_sandbox/airtable/appSandbox0000001/Orders"),
        lambda table: order["number"] in str(table),
        "Airtable has the row",
    )
    _check_told_once(stage, phone, "order_confirmed", order["number"])


def _is_first_expiring(batches: list[dict[str, Any]], held: list[dict[str, Any]]) -> bool:
    today = today_in_india().isoformat()
    sellable = sorted(
        (batch for batch in batches if batch["expires_on"] > today), key=lambda batch: batch["expires_on"]
    )
    usable = [batch for batch in sellable if batch["on_hand"] > 0]
    return min(batch["expires_on"] for batch in held) in {batch["expires_on"] for batch in usable[:2]}


def _check_told_once(stage: Stage, phone: str, template: str, about: str) -> None:
    def messages() -> list[dict[str, Any]]:
        listed = stage.sandbox("GET", f"/_sandbox/whatsapp/messages?to={phone.removeprefix('+')}&template={template}")
        return [message for message in listed["messages"] if about in str(message["parameters"])]

    stage.until(messages, bool, f"WhatsApp has {template}")
    stage.check(len(messages()) == 1, "and only one", messages())


def cancel_a_paid_order(stage: Stage, cast: Cast, address: str, medicine: Medicine, phone: str) -> None:
    """Step 9."""
    packs = min(30_000 // medicine.price_paise + 1, 10)
    items = [{"product_id": medicine.id, "quantity": packs}]
    cart = {"address_id": address, "items": items, "coupon_codes": [ONCE_COUPON], "payment_method": "razorpay"}
    attempt = {"code": ONCE_COUPON, "items": items}
    before, asked = _reserved(stage, cast, medicine), _refunds_asked(stage)
    order = stage.call(
        "POST", "/orders", cart, by=cast.customer, key=f"demo-{uuid4()}", expect=201, show="number total_paise"
    )
    stage.check(_reserved(stage, cast, medicine) == before + packs, "its stock is held")
    used = stage.call("POST", "/coupons/validate", attempt, by=cast.customer, show="valid reason")
    stage.check(used["reason"] == "USED_BY_YOU", "its coupon cannot be used a second time", used)
    payment = pay(stage, cast, order)
    stage.call(
        "POST", f"/orders/{order['id']}/cancel", {"reason": "Ordered by mistake"}, by=cast.customer, show="status"
    )
    stage.check(_reserved(stage, cast, medicine) == before, "the stock is back")
    refunded = stage.until(
        lambda: stage.peek(f"/payments/{payment['id']}", cast.customer),
        lambda seen: [refund["status"] for refund in seen["refunds"]] == ["processed"],
        "the refund is processed",
    )
    stage.check(refunded["refunded_paise"] == order["total_paise"], "all of it went back", refunded)
    stage.check(_refunds_asked(stage) == asked + 1, "Razorpay was asked for it once")
    stage.until(
        lambda: stage.sandbox("GET", f"/_sandbox/whatsapp/messages?to={phone.removeprefix('+')}")["messages"],
        lambda sent: order["number"] in str(sent),
        "the customer hears of it",
    )
    again = stage.call("POST", "/coupons/validate", attempt, by=cast.customer, show="valid")
    stage.check(again["valid"], "the coupon can be used again", again)
    stage.call("POST", f"/orders/{order['id']}/cancel", {"reason": "Ordered by mistake"}, by=cast.customer, expect=409)
    _check_told_once(stage, phone, "order_cancelled", order["number"])


def _refunds_asked(stage: Stage) -> int:
    calls = stage.sandbox("GET", "/_sandbox/calls?provider=razorpay")["calls"]
    return sum(call["method"] == "POST" and call["path"].endswith("/refund") for call in calls)


def _reserved(stage: Stage, cast: Cast, medicine: Medicine) -> int:
    return sum(
        batch["reserved"] for batch in stage.peek(f"/inventory/batches?product_id={medicine.id}", cast.staff)["items"]
    )


def sell_at_the_counter(stage: Stage, cast: Cast, medicine: Medicine) -> None:
    """Step 10."""

    def on_hand() -> int:
        path = f"/inventory/batches?product_id={medicine.id}"
        return sum(batch["on_hand"] for batch in stage.call("GET", path, by=cast.staff)["items"])

    before, sale_id = on_hand(), f"till-1-{uuid4().hex[:12]}"
    body = {"client_sale_id": sale_id, "payment_method": "cash", "items": [{"product_id": medicine.id, "quantity": 2}]}
    sale = stage.call(
        "POST", "/pos/transactions", body, by=cast.cashier, key=f"pos-{sale_id}", expect=201, show="total_paise"
    )
    again = stage.call("POST", "/pos/transactions", body, by=cast.cashier, key=f"pos-{sale_id}", expect=201)
    stage.check(again["id"] == sale["id"], "sent again, it is the same sale")
    stage.check(on_hand() == before - 2, "two strips left the shelf")
    day = stage.call("GET", "/pos/transactions", by=cast.cashier, show="count total_paise")
    stage.check(sale["id"] in {entry["id"] for entry in day["items"]}, "the day's sales list shows it", day)
