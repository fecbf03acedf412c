"""Many people at once, and a database that says "again"."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest

from tests.integration.order.conftest import Shop
from tests.support.client import Client
from tests.support.database import Builders, Database
from tests.support.people import new_uid


def test_the_last_five_packs_make_five_orders(shop: Shop, make: Builders) -> None:
    """Fifty people want the last five strips, three of one batch and two of another."""
    strip = make.product()
    make.batch(shop.store, strip, 3, 30)
    make.batch(shop.store, strip, 2, 60)
    people = [new_uid() for _ in range(50)]
    addresses = [make.address(uid, pincode=shop.pincode) for uid in people]

    def place(at: int) -> int:
        body = shop.cart(strip, address_id=addresses[at], payment_method="cod")
        return shop.api.post("/orders", body, uid=people[at], key=str(uuid4())).status_code

    with ThreadPoolExecutor(50) as crowd:
        statuses = list(crowd.map(place, range(50)))

    assert sorted(statuses) == [201] * 5 + [409] * 45
    assert shop.stock(strip) == (5, 5)
    query = "SELECT sum(quantity)::INT8 FROM order_batches AS o JOIN inventory_batches AS b ON b.id = o.batch_id WHERE b.product_id = %s"
    assert shop.db.value(query, UUID(strip)) == 5


def test_orders_and_counter_share_the_last_packs(shop: Shop) -> None:
    strip = shop.product(10)

    def take(at: int) -> int:
        if at % 2:
            return shop.place(strip, key=str(uuid4())).status_code
        sale = {"client_sale_id": f"s{at}", "payment_method": "cash", "items": [{"product_id": strip, "quantity": 1}]}
        return shop.api.post("/pos/transactions", sale, **shop.staff("cashier")).status_code

    with ThreadPoolExecutor(24) as crowd:
        statuses = list(crowd.map(take, range(24)))

    assert sorted(statuses) == [201] * 10 + [409] * 14
    on_hand, reserved = shop.stock(strip)
    assert on_hand == reserved == statuses[1::2].count(201)


def test_one_cancel_gives_back_once(shop: Shop) -> None:
    strip = shop.product()
    order = shop.place((strip, 4)).json["id"]

    with ThreadPoolExecutor(8) as crowd:
        answers = list(
            crowd.map(lambda _: shop.api.post(f"/orders/{order}/cancel", {}, uid=shop.uid).status_code, range(8))
        )

    assert sorted(answers) == [200] + [409] * 7
    assert shop.stock(strip) == (100, 0)
    query = (
        "SELECT count(*) FROM outbox WHERE key = %s AND event = 'order.cancelled' AND consumer = 'order.release_coupon'"
    )
    assert shop.db.value(query, order) == 1


@pytest.fixture
def flaky(db: Database) -> Iterator[None]:
    """Half of the commits that insert an order of a flaky customer fail with 40001, as CockroachDB's do."""
    db.execute(
        """
        CREATE FUNCTION say_again() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          IF random() < 0.5 THEN RAISE EXCEPTION 'restart transaction' USING ERRCODE = '40001'; END IF; RETURN NULL;
        END $$"""
    )
    db.execute(
        """
        CREATE CONSTRAINT TRIGGER say_again AFTER INSERT OR UPDATE ON orders DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (starts_with(NEW.uid, 'flaky')) EXECUTE FUNCTION say_again()"""
    )
    yield
    db.execute("DROP TRIGGER say_again ON orders")
    db.execute("DROP FUNCTION say_again()")


def test_a_commit_that_must_be_repeated_is(api: Client, db: Database, make: Builders, flaky: None) -> None:
    shop = Shop(api, db, make)
    shop.uid = new_uid("flaky")
    shop.address = make.address(shop.uid, pincode=shop.pincode)
    strip = shop.product()

    orders = [shop.place((strip, 2), key=str(uuid4())) for _ in range(20)]
    cancelled = [api.post(f"/orders/{order.json['id']}/cancel", {}, uid=shop.uid) for order in orders[:10]]

    assert {order.status_code for order in orders} == {201}
    assert {answer.status_code for answer in cancelled} == {200}
    assert shop.stock(strip) == (100, 20)
    query = "SELECT count(*), count(DISTINCT position) FROM order_events WHERE order_id = %s"
    assert shop.db.rows(query, UUID(orders[0].json["id"])) == [(3, 3)]
