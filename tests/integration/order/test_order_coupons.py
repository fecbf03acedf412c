"""Coupons of orders: several at once, held as long as the order stands, and used by whoever ordered with them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from plazza.data.sql import run_transaction
from plazza.discount.actions import uses
from plazza.discount.models import Cart, CartLine
from plazza.order import consumers
from plazza.order.actions import coupons, money
from tests.integration.order.conftest import Shop
from tests.support.database import Builders, Database
from tests.support.people import new_uid


def somebodys_cart() -> Cart:
    return Cart(new_uid(), None, is_first=True, lines=[CartLine(uuid4(), "tablet", "none", 1, 9_000)], delivery_paise=0)


def statuses(pg: Database, order: str) -> list[str]:
    query = "SELECT status FROM coupon_redemptions WHERE order_id = %s ORDER BY discount_paise"
    return [row[0] for row in pg.rows(query, UUID(order))]


def counted(pg: Database, code: str) -> tuple[int, int]:
    """Give uses and what was spent."""
    return pg.rows("SELECT uses, spent_paise FROM coupons WHERE code = %s", code)[0]  # pyright: ignore[reportReturnType] -- two columns


def expire(pg: Database, order: str) -> None:
    pg.execute(
        "UPDATE coupon_redemptions SET expires_at = now() - INTERVAL '1 minute' WHERE order_id = %s", UUID(order)
    )


def test_three_coupons_on_one_order_each_take_their_part(shop: Shop, make: Builders, pg: Database) -> None:
    """A deal on strips, ten per cent of everything else, and the delivery; invoice lines, total and uses agree."""
    strip, syrup, spray = shop.product(), shop.product(form="syrup"), shop.product(price_paise=3_333, form="spray")
    deal = make.coupon(
        kind="buy_x_get_y", amount_paise=None, buy_quantity=2, get_quantity=1, product_ids=[UUID(strip)], priority=1
    )
    tenth = make.coupon(kind="percentage", percent_bp=1_000, amount_paise=None)
    ship = make.coupon(kind="free_delivery", amount_paise=None)
    cart = [(strip, 3), syrup, spray]

    quote = shop.quote(*cart, coupon_codes=[ship, tenth.lower(), deal]).json
    order = shop.place(*cart, coupon_codes=[ship, tenth, deal], expected_total_paise=quote["total_paise"]).json

    assert [one["discount_paise"] for one in order["items"]] == [9_000, 900, 333]
    assert (order["discount_paise"], order["delivery_paise"], order["total_paise"]) == (
        10_233,
        0,
        18_000 + 8_100 + 3_000,
    )
    assert order["coupon_codes"] == quote["coupon_codes"]
    assert set(order["coupon_codes"]) == {deal, tenth, ship}
    assert [counted(pg, code) for code in (deal, tenth, ship)] == [(1, 9_000), (1, 1_233), (1, 2_500)]
    shop.api.post(f"/orders/{order['id']}/cancel", {}, uid=shop.uid)
    consumers.release_coupon(order["id"])
    assert [counted(pg, code) for code in (deal, tenth, ship)] == [(0, 0)] * 3


def test_one_coupon_that_does_not_go_refuses_the_order_and_holds_none(shop: Shop, make: Builders, pg: Database) -> None:
    strip = shop.product()
    first, second = make.coupon(priority=1), make.coupon()

    quote, order = (ask(strip, coupon_codes=[first, second]) for ask in (shop.quote, shop.place))

    assert quote.status_code == order.status_code == 409
    assert order.json["details"] == {"reason": "ALREADY_DISCOUNTED", "code": second}
    assert [counted(pg, code) for code in (first, second)] == [(0, 0)] * 2
    assert shop.place(strip, coupon_codes=[first, first.lower()]).json["coupon_codes"] == [first]


def test_a_household_is_known_by_its_house(shop: Shop, make: Builders) -> None:
    """The same house, written otherwise by another person, has had its use; the next house has not."""
    strip, code = shop.product(), make.coupon(per_household_limit=1)
    people = [new_uid() for _ in range(2)]
    addresses = [
        make.address(uid, pincode=shop.pincode, line1=line)
        for uid, line in zip(people, ["2, TEST street", "3 Test Street"], strict=True)
    ]

    assert shop.place(strip, coupon_codes=[code]).status_code == 201
    answers = [
        shop.api.post("/orders/quote", shop.cart(strip, address_id=address, coupon_codes=[code]), uid=uid)
        for uid, address in zip(people, addresses, strict=True)
    ]

    assert [answer.status_code for answer in answers] == [409, 200]
    assert answers[0].json["details"]["reason"] == "USED_BY_HOUSEHOLD"


def test_an_applied_coupon_is_quoted_and_taken_over_by_the_order(shop: Shop, make: Builders, pg: Database) -> None:
    strip = shop.product()
    code = make.coupon(kind="percentage", percent_bp=1_000, amount_paise=None, global_limit=1, per_user_limit=1,
                       per_household_limit=1, budget_paise=1_000)  # fmt: skip
    body = {"code": code, "items": [{"product_id": strip, "quantity": 1}]}
    assert shop.api.post("/coupons/apply", body, uid=shop.uid).json["discount_paise"] == 900

    quote = shop.quote(strip, coupon_codes=[code])
    dearer = shop.place((strip, 2), coupon_codes=[code])
    order = shop.place(strip, coupon_codes=[code])

    assert (quote.status_code, quote.json["discount_paise"], order.status_code) == (200, 900, 201)
    assert (dearer.status_code, dearer.json["details"]["reason"]) == (409, "BUDGET_SPENT")
    assert statuses(pg, order.json["id"]) == ["held"]
    assert counted(pg, code) == (1, 900)
    query = "SELECT h.uses FROM coupon_households AS h JOIN coupons AS c ON c.id = h.coupon_id WHERE c.code = %s"
    assert pg.value(query, code) == 1


def test_applying_is_no_way_around_a_first_order(shop: Shop, make: Builders, pg: Database) -> None:
    strip, code = shop.product(), make.coupon(first_order_only=True)
    shop.place(strip)
    body = {"code": code, "items": [{"product_id": strip, "quantity": 1}]}
    assert shop.api.post("/coupons/apply", body, uid=shop.uid).status_code == 200

    order = shop.place(strip, coupon_codes=[code])

    assert (order.status_code, order.json["details"]["reason"]) == (409, "NOT_FIRST_ORDER")
    assert counted(pg, code) == (1, 1_000), "the cart's hold is there until it runs out"


def test_the_hold_of_an_order_does_not_run_out_before_the_order(shop: Shop, make: Builders, pg: Database) -> None:
    """A pending order keeps its use over any number of sweeps; a cart and an order that never came give theirs back."""
    code = make.coupon(global_limit=2)
    order = shop.place(shop.product(), coupon_codes=[code], payment_method="razorpay").json["id"]
    forgotten = uuid4()
    uses.reserve([code], somebodys_cart(), forgotten)
    expire(pg, order)
    expire(pg, str(forgotten))

    coupons.settle_expired()

    assert (statuses(pg, order), statuses(pg, str(forgotten))) == (["held"], ["released"])
    assert counted(pg, code) == (1, 1_000)
    assert UUID(order) not in uses.list_expired()


def test_a_sweep_finishes_what_the_outbox_did_not_say(shop: Shop, make: Builders, pg: Database) -> None:
    strip, kept, gone = shop.product(), make.coupon(), make.coupon()
    confirmed, cancelled = (shop.place(strip, coupon_codes=[code]).json["id"] for code in (kept, gone))
    shop.api.post(f"/orders/{cancelled}/cancel", {}, uid=shop.uid)
    expire(pg, confirmed)
    expire(pg, cancelled)

    coupons.settle_expired()

    assert (statuses(pg, confirmed), statuses(pg, cancelled)) == (["confirmed"], ["released"])
    assert (counted(pg, kept), counted(pg, gone)) == ((1, 1_000), (0, 0))


def test_a_use_that_was_given_back_is_taken_back_by_a_confirmed_order(shop: Shop, make: Builders, pg: Database) -> None:
    code = make.coupon(global_limit=1, per_user_limit=1, per_household_limit=1, budget_paise=1_000)
    order = shop.place(shop.product(), coupon_codes=[code], payment_method="razorpay").json["id"]
    uses.release(UUID(order))
    assert counted(pg, code) == (0, 0)

    run_transaction(lambda tx: money.settle(tx, UUID(order), by="test"))
    consumers.confirm_coupon(order)
    consumers.confirm_coupon(order)

    assert statuses(pg, order) == ["confirmed"]
    assert counted(pg, code) == (1, 1_000)


def test_a_use_that_somebody_else_took_meanwhile_is_listed_as_over_the_limit(
    shop: Shop, make: Builders, pg: Database
) -> None:
    """The order was priced with it: it keeps it, beside the counters, and staff see it until the order is cancelled."""
    strip, code = shop.product(), make.coupon(global_limit=1)
    order = shop.place(strip, coupon_codes=[code], payment_method="razorpay").json["id"]
    uses.release(UUID(order))
    uses.reserve([code], somebodys_cart(), uuid4())
    run_transaction(lambda tx: money.settle(tx, UUID(order), by="test"))

    consumers.confirm_coupon(order)

    assert statuses(pg, order) == ["confirmed"]
    assert counted(pg, code) == (1, 1_000)
    listed = shop.api.get("/coupons/over-limit?limit=1", role="support").json["items"][0]
    assert (listed["order_id"], listed["code"], listed["discount_paise"]) == (order, code, 1_000)
    shop.api.post(f"/orders/{order}/cancel", {}, uid=shop.uid)
    consumers.release_coupon(order)
    assert counted(pg, code) == (1, 1_000)
    mine = shop.api.get("/coupons/over-limit", role="support").json["items"]
    assert order not in {one["order_id"] for one in mine}


def test_confirming_and_cancelling_at_once_ends_with_nothing_used(shop: Shop, make: Builders, pg: Database) -> None:
    strip, codes = shop.product(), [make.coupon() for _ in range(8)]
    orders = [shop.place(strip, coupon_codes=[code]).json["id"] for code in codes]

    def cancel(order: str) -> None:
        shop.api.post(f"/orders/{order}/cancel", {}, uid=shop.uid)
        consumers.release_coupon(order)

    with ThreadPoolExecutor(16) as crowd:
        list(
            crowd.map(
                lambda call: call[0](call[1]),
                [(do, order) for order in orders for do in (cancel, consumers.confirm_coupon)],
            )
        )

    assert [statuses(pg, order) for order in orders] == [["released"]] * 8
    assert [counted(pg, code) for code in codes] == [(0, 0)] * 8


def test_a_cancellation_in_the_middle_of_a_confirmation_is_seen(
    shop: Shop, make: Builders, pg: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order is read as confirmed, cancelled and given back by another instance, and only then the use is confirmed."""
    code, confirm = make.coupon(), uses.confirm
    order = shop.place(shop.product(), coupon_codes=[code]).json["id"]

    def too_late(order_id: UUID) -> None:
        shop.api.post(f"/orders/{order}/cancel", {}, uid=shop.uid)
        consumers.release_coupon(order)
        confirm(order_id)

    monkeypatch.setattr(uses, "confirm", too_late)
    consumers.confirm_coupon(order)

    assert statuses(pg, order) == ["released"]
    assert counted(pg, code) == (0, 0)


def test_a_coupon_is_tried_at_the_prices_of_the_store(shop: Shop, make: Builders, db: Database) -> None:
    """The store sells at ₹60: ₹40 are missing to the coupon's ₹100, in the quote as in the trial."""
    strip, code = shop.product(), make.coupon(minimum_order_paise=10_000)
    db.insert(
        "store_prices", store_id=UUID(shop.store), product_id=UUID(strip), mrp_paise=10_000, price_paise=6_000, updated_by="test",
        updated_at=datetime.now(UTC),
    )  # fmt: skip
    items = [{"product_id": strip, "quantity": 1}]

    tried = shop.api.post("/coupons/validate", {"code": code, "items": items, "store_id": shop.store}, uid=shop.uid)
    quote = shop.quote(strip, coupon_codes=[code])

    assert (tried.json["missing_paise"], tried.json["message"]) == (4_000, "Add items worth ₹40 more.")
    assert quote.json["details"]["missing_paise"] == 4_000


def test_one_coupon_use_and_thirty_orders(shop: Shop, make: Builders, pg: Database) -> None:
    strip, code = shop.product(), make.coupon(global_limit=1)
    people = [new_uid() for _ in range(30)]
    addresses = [make.address(uid, pincode=shop.pincode) for uid in people]

    def place(at: int) -> str:
        body = shop.cart(strip, address_id=addresses[at], payment_method="cod", coupon_codes=[code])
        answer = shop.api.post("/orders", body, uid=people[at], key=str(uuid4()))
        return "placed" if answer.status_code == 201 else str(answer.json["details"].get("reason"))

    with ThreadPoolExecutor(30) as crowd:
        results = sorted(crowd.map(place, range(30)))

    assert results == ["USED_UP"] * 29 + ["placed"]
    assert counted(pg, code) == (1, 1_000)
    assert shop.stock(strip) == (100, 1)


def test_a_cart_of_too_many_coupons_is_refused(shop: Shop, make: Builders) -> None:
    strip = shop.product()

    for wrong in (["SAVE10"] * 4, ["ABC"], "SAVE10", [1], [None]):
        assert shop.place(strip, coupon_codes=wrong).json["code"] == "VALIDATION_ERROR"
    answer = shop.place(strip, coupon_codes=["S\u0410VE10"])
    assert (answer.status_code, answer.json["details"]["reason"]) == (404, "UNKNOWN_CODE")
