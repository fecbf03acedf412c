"""Taking packs out of an order: what stays keeps its price, and everything behind what goes is given back."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest

from plazza.data.sql import run_transaction
from plazza.order import consumers
from plazza.order.actions import handover, repair
from plazza.order.rules.states import SYSTEM
from tests.integration.order.conftest import Shop
from tests.support.client import Answer
from tests.support.database import Builders, Database
from tests.support.people import new_uid

_FROZEN = ("line_no", "product_id", "mrp_paise", "price_paise", "gst_bp", "hsn", "coupon_code")


def reduce(shop: Shop, order: str, *lines: tuple[int, int], key: str | None = None, **who: Any) -> Answer:
    body = {"lines": [{"line_no": line_no, "quantity": quantity} for line_no, quantity in lines], "reason": "Too many"}
    return shop.api.post(f"/orders/{order}/lines", body, key=key or str(uuid4()), **(who or {"uid": shop.uid}))


def units(db: Database, order: str, state: str) -> tuple[int, int, int]:
    """Give packs, their money and their tax, of one state."""
    query = """
        SELECT count(*)::INT8, coalesce(sum(total_paise + fee_paise), 0)::INT8,
               coalesce(sum(cgst_paise + sgst_paise + igst_paise + fee_cgst_paise + fee_sgst_paise + fee_igst_paise), 0)::INT8
          FROM order_units WHERE order_id = %s AND state = %s"""
    return db.rows(query, UUID(order), state)[0]  # pyright: ignore[reportReturnType] -- three columns


def test_an_order_keeps_what_each_pack_cost(shop: Shop, make: Builders) -> None:
    code = make.coupon(kind="percentage", percent_bp=1_111, amount_paise=None)
    order = shop.place((shop.product(), 3), (shop.product(price_paise=3_333, gst_bp=1800), 7), coupon_codes=[code]).json

    assert units(shop.db, order["id"], "kept") == (10, order["total_paise"], order["tax_paise"])
    assert [line["coupon_code"] for line in order["items"]] == [code, code]


def test_what_stays_keeps_its_price_and_what_goes_is_free_again(shop: Shop, make: Builders, pg: Database) -> None:
    strip, syrup, code = shop.product(), shop.product(price_paise=3_333, form="syrup"), make.coupon(amount_paise=1_000)
    before = shop.place((strip, 3), (syrup, 2), coupon_codes=[code]).json

    answer = reduce(shop, before["id"], (1, 1))

    after = answer.json
    assert answer.status_code == 200
    assert [line["quantity"] for line in after["items"]] == [1, 2]
    assert after["items"][1] == before["items"][1]
    assert {name: after["items"][0][name] for name in _FROZEN} == {name: before["items"][0][name] for name in _FROZEN}
    gone, kept = units(shop.db, before["id"], "dropped"), units(shop.db, before["id"], "kept")
    assert (gone[0], kept[0]) == (2, 3)
    assert (kept[1], kept[2]) == (after["total_paise"], after["tax_paise"])
    assert (gone[1] + kept[1], gone[2] + kept[2]) == (before["total_paise"], before["tax_paise"])
    assert after["total_paise"] == after["items_paise"] - after["discount_paise"] + after["delivery_paise"]
    assert (shop.stock(strip), shop.stock(syrup)) == ((100, 1), (100, 2))
    assert (after["events"][-1]["kind"], after["version"]) == ("reduced", before["version"] + 1)
    assert after["events"][-1]["note"].startswith("Too many: 2 x ")
    assert "order.reduced" in shop.outbox(before["id"])
    query = "SELECT uses, spent_paise FROM coupons WHERE code = %s"
    consumers.lower_coupon(before["id"])
    consumers.lower_coupon(before["id"])
    assert pg.rows(query, code) == [(1, after["discount_paise"])]
    shop.api.post(f"/orders/{before['id']}/cancel", {}, uid=shop.uid)
    consumers.release_coupon(before["id"])
    assert pg.rows(query, code) == [(0, 0)]
    assert (shop.stock(strip), shop.stock(syrup)) == ((100, 0), (100, 0))
    assert repair.report(UUID(shop.store)).differences == []


def test_a_line_that_is_dropped_is_gone_from_the_invoice(shop: Shop) -> None:
    order = shop.place(shop.product(name="Staysol"), shop.product(name="Gosol")).json["id"]
    assert [line["name"] for line in reduce(shop, order, (2, 0)).json["items"]] == ["Staysol"]
    assert [line["name"] for line in shop.api.get(f"/orders/{order}", uid=shop.uid).json["items"]] == ["Staysol"]
    shop.api.post(f"/orders/{order}/status", {"status": "processing"}, **shop.staff())

    run_transaction(lambda tx: handover.ship(tx, UUID(order), SYSTEM))

    assert shop.api.get(f"/orders/{order}/invoice", uid=shop.uid).status_code == 200
    assert repair.report(UUID(shop.store)).differences == []


def test_the_batch_that_expires_last_goes_back_first(shop: Shop, make: Builders) -> None:
    strip = make.product()
    early = make.batch(shop.store, strip, 2, expires_in_days=100)
    late = make.batch(shop.store, strip, 9, expires_in_days=300)
    order = shop.place((strip, 5)).json["id"]

    assert reduce(shop, order, (1, 1)).status_code == 200

    query = "SELECT reserved FROM inventory_batches WHERE id = %s"
    assert [shop.db.value(query, UUID(str(batch))) for batch in (early, late)] == [1, 0]
    assert reduce(shop, order, (1, 0)).json["details"]["reason"] == "NOTHING_LEFT"


def test_the_last_line_cannot_be_dropped(shop: Shop) -> None:
    order = shop.place(shop.product(), shop.product()).json["id"]

    assert reduce(shop, order, (1, 0), (2, 0)).json["details"]["reason"] == "NOTHING_LEFT"
    assert reduce(shop, order, (1, 0)).status_code == 200
    assert reduce(shop, order, (1, 0)).status_code == 404
    assert reduce(shop, order, (2, 0)).json["details"]["reason"] == "NOTHING_LEFT"
    assert reduce(shop, order, (2, 1)).json["details"]["reason"] == "NOT_FEWER"


@pytest.mark.parametrize(
    "lines",
    [[], [{"line_no": 1}], [{"line_no": 1, "quantity": -1}], [{"line_no": 1, "quantity": 0.5}], [{"line_no": 1, "quantity": 10**9}],
     [{"line_no": 0, "quantity": 1}], [{"line_no": 1, "quantity": 0}] * 2, [{"line_no": 1, "quantity": "0"}]],
)  # fmt: skip
def test_bad_lines_change_nothing(shop: Shop, lines: list[dict[str, Any]]) -> None:
    strip = shop.product()
    order = shop.place((strip, 3)).json

    answer = shop.api.post(f"/orders/{order['id']}/lines", {"lines": lines}, uid=shop.uid)

    assert answer.status_code == 400
    assert shop.api.get(f"/orders/{order['id']}", uid=shop.uid).json == order


def test_who_may_change_an_order_and_until_when(shop: Shop) -> None:
    order = shop.place((shop.product(), 9)).json["id"]

    assert reduce(shop, order, (1, 8), uid=new_uid()).status_code == 404
    assert reduce(shop, order, (1, 8), role="rider").status_code == 403
    assert reduce(shop, order, (1, 8), **shop.staff("cashier")).status_code == 403
    assert reduce(shop, order, (1, 8), **shop.staff()).status_code == 200
    shop.api.post(f"/orders/{order}/status", {"status": "processing"}, **shop.staff())
    assert reduce(shop, order, (1, 7)).json["details"]["reason"] == "NOT_ALLOWED_FOR_ROLE"
    assert reduce(shop, order, (1, 7), role="support").status_code == 200
    run_transaction(lambda tx: handover.ship(tx, UUID(order), SYSTEM))
    assert reduce(shop, order, (1, 6), role="admin").json["details"]["reason"] == "NOT_ALLOWED_NOW"


def test_the_same_key_takes_out_once_and_two_people_at_once_do_not_mix(shop: Shop) -> None:
    strip = shop.product()
    order, key = shop.place((strip, 9)).json["id"], str(uuid4())

    with ThreadPoolExecutor(8) as crowd:
        same = list(crowd.map(lambda _: reduce(shop, order, (1, 8), key=key), range(8)))
        mixed = list(crowd.map(lambda at: reduce(shop, order, (1, at), **shop.staff()), range(1, 8)))

    assert {answer.status_code for answer in same} <= {200, 409}
    assert len({answer.json["version"] for answer in same if answer.status_code == 200}) == 1
    assert {answer.status_code for answer in mixed} <= {200, 409}
    assert shop.stock(strip) == (100, 1)
    assert units(shop.db, order, "kept")[0] == 1
    assert repair.report(UUID(shop.store)).differences == []


def test_an_order_changed_and_cancelled_at_once_gives_everything_back_once(shop: Shop) -> None:
    strip = shop.product()
    orders = [shop.place((strip, 3)).json["id"] for _ in range(6)]

    with ThreadPoolExecutor(12) as crowd:
        for order in orders:
            crowd.submit(reduce, shop, order, (1, 1))
            crowd.submit(shop.api.post, f"/orders/{order}/cancel", {}, uid=shop.uid)

    assert shop.stock(strip) == (100, 0)
    assert repair.report(UUID(shop.store)).differences == []


def test_an_order_of_before_is_shared_out_when_it_changes(shop: Shop) -> None:
    order = shop.place((shop.product(), 3), shop.product()).json
    shop.db.execute("DELETE FROM order_units WHERE order_id = %s", UUID(order["id"]))
    shop.db.execute("UPDATE orders SET delivery_gst_bp = NULL WHERE id = %s", UUID(order["id"]))

    after = reduce(shop, order["id"], (1, 1)).json

    gone, kept = units(shop.db, order["id"], "dropped"), units(shop.db, order["id"], "kept")
    assert (gone[1] + kept[1], gone[2] + kept[2]) == (order["total_paise"], order["tax_paise"])
    assert (kept[1], kept[2]) == (after["total_paise"], after["tax_paise"])
    assert reduce(shop, order["id"], (1, 0)).status_code == 200
