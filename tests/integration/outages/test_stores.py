"""What a customer still can do while a store is away: search, order, pay, follow. A test per row of the outage table."""

import json
import os
import time
from collections.abc import Callable

import firebase_admin
import pytest

from plazza.data import cache, firebase
from tests.integration.outages.conftest import ALL_WORK, CUTS, Journey, Lay, either, is_away
from tests.support.client import Answer
from tests.support.outbox import deliver_lane
from tests.support.people import new_uid
from tests.support.razorpay import webhook_headers


@either
def test_without_elasticsearch_search_is_degraded(lay: Lay, begin: Callable[[], Journey], cut: str) -> None:
    line = lay("ELASTICSEARCH_URL")
    journey = begin()
    CUTS[cut](line)

    played = journey.play()

    assert played.statuses == ALL_WORK
    assert played.search.json["degraded"] is True
    assert [item["id"] for item in played.search.json["items"]] == [journey.product]
    started = time.monotonic()
    assert journey.search().json["degraded"] is True
    assert time.monotonic() - started < 1, "the next search does not wait again"
    assert journey.api.get(f"/products/suggest?q={journey.word}", role=None).json["degraded"] is True


@either
def test_without_redis_everything_works_uncounted(lay: Lay, begin: Callable[[], Journey], cut: str) -> None:
    line = lay("REDIS_URL")
    journey = begin()
    assert "X-RateLimit-Limit" in journey.track().headers
    CUTS[cut](line)

    played = journey.play()

    assert played.statuses == ALL_WORK
    assert played.search.json["degraded"] is False
    assert "X-RateLimit-Limit" not in played.track.headers
    line.mend()
    time.sleep(cache.STAY_AWAY_SEC)
    assert "X-RateLimit-Limit" in journey.track().headers


@either
def test_without_postgresql_known_addresses_have_a_quote(lay: Lay, begin: Callable[[], Journey], cut: str) -> None:
    line = lay("POSTGRES_URL")
    journey = begin()
    shop, coupon = journey.shop, journey.shop.make.coupon()
    known, new = shop.quote(journey.product).json, shop.make.address(shop.uid, pincode=shop.pincode)
    CUTS[cut](line)

    played = journey.play(
        lambda: shop.quote(journey.product, address_id=new),
        lambda: journey.api.post("/orders/quote", shop.cart(journey.product), uid=new_uid()),
        lambda: journey.api.get("/addresses", uid=shop.uid),
        coupon_codes=[coupon],
    )

    assert played.statuses == ALL_WORK | {"order": 503}
    quote = played.quote.json
    assert (quote["degraded"], quote["can_be_ordered"], quote["coupon_codes"]) == (True, False, [])
    assert (quote["total_paise"], quote["store_id"]) == (known["total_paise"], known["store_id"])
    assert is_away(played.order)
    assert all(is_away(answer) for answer in played.more)
    assert shop.stock(journey.product) == (100, 1)
    assert journey.api.post(f"/orders/{journey.unpaid}/cancel", {}, uid=shop.uid).status_code == 200
    assert shop.stock(journey.product) == (100, 0)
    line.mend()
    assert shop.place(journey.product, coupon_codes=[coupon]).status_code == 201
    assert shop.quote(journey.product).json["degraded"] is False


@either
def test_without_cockroachdb_nothing_is_half_done_or_lost(lay: Lay, begin: Callable[[], Journey], cut: str) -> None:
    line = lay("COCKROACH_DB_URL")
    journey = begin()
    handed = journey.paid(journey.create())
    event = journey.razorpay.events(handed["razorpay_order_id"], "payment.captured")[0]
    coupon = journey.shop.make.coupon(per_user_limit=1)
    CUTS[cut](line)

    def webhook() -> Answer:
        raw = event["body"].encode()
        headers = webhook_headers(raw, event["id"])
        return journey.api.call("POST", "/webhooks/razorpay", None, raw=raw, headers=headers, role=None)

    sale = {"client_sale_id": "s", "payment_method": "cash", "items": [{"product_id": journey.product, "quantity": 1}]}
    played = journey.play(
        webhook,
        lambda: journey.api.post(f"/orders/{journey.unpaid}/cancel", {}, uid=journey.shop.uid),
        lambda: journey.api.post("/pos/transactions", sale, **journey.shop.staff("cashier")),
        lambda: journey.api.get("/stores", role=None),
        key="a-key-of-mine",
        coupon_codes=[coupon],
    )

    assert played.search.status_code == 200
    assert played.search.json["degraded"] is False
    assert [item["id"] for item in played.search.json["items"]] == [journey.product]
    assert all(is_away(answer) for answer in (played.quote, played.order, played.create, played.track, *played.more))
    assert journey.live(journey.unpaid) == "pending", "the app still sees the last known state"
    served = journey.api.post("/serviceability/check", {"address_id": journey.shop.address}, uid=journey.shop.uid)
    assert (served.json["serviceable"], served.json["degraded"]) == (True, True)
    assert journey.shop.stock(journey.product) == (100, 1)
    line.mend()
    assert webhook().status_code == 200
    deliver_lane(journey.db, event["id"])
    deliver_lane(journey.db, journey.unpaid)
    assert journey.track().json["status"] == "confirmed"
    assert journey.shop.place(journey.product, key="a-key-of-mine", coupon_codes=[coupon]).status_code == 201
    assert journey.shop.stock(journey.product) == (100, 2)


@either
def test_without_the_live_database_projections_catch_up(
    monkeypatch: pytest.MonkeyPatch, lay: Lay, begin: Callable[[], Journey], cut: str
) -> None:
    line = lay("FIREBASE_DATABASE_EMULATOR_HOST")
    host = os.environ["FIREBASE_DATABASE_EMULATOR_HOST"]
    config = json.loads(os.environ["FIREBASE_CONFIG"])
    there = config["databaseURL"].replace(config["databaseURL"].split("/")[2], host)
    monkeypatch.setenv("FIREBASE_CONFIG", json.dumps(config | {"databaseURL": there}))
    monkeypatch.setattr(firebase, "HTTP_TIMEOUT_SEC", 0.2)
    _forget_app()
    try:
        journey = begin()
        CUTS[cut](line)

        played = journey.play()
        waiting = deliver_lane(journey.db, journey.unpaid)

        assert played.statuses == ALL_WORK
        assert played.verify is not None
        assert waiting > 0
        line.mend()
        assert journey.live(journey.unpaid) == "pending"
        assert deliver_lane(journey.db, journey.unpaid) == 0
        assert journey.live(journey.unpaid) == "confirmed"
    finally:
        monkeypatch.undo()
        _forget_app()


def _forget_app() -> None:
    """Let the next call make the Firebase app anew: it keeps the addresses it was made with."""
    firebase_admin.delete_app(firebase.app())
