"""How often quotes and orders wait for the databases, as a relay before each of them counts."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from ops.bench.round_trips import Relay
from plazza.data import sql
from tests.integration.order.conftest import Shop
from tests.support.client import Answer
from tests.support.database import Builders
from tests.support.servers import Servers

Count = Callable[[Callable[[], Answer]], tuple[int, int]]


@pytest.fixture
def trips(parts: Servers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Count]:
    """Count a request's round trips to CockroachDB and to PostgreSQL, once the connections are there."""
    with ExitStack() as ends:
        relays: list[Relay] = []
        for name, url in (("COCKROACH_DB_URL", parts.cockroach_url), ("POSTGRES_URL", parts.postgres_url)):
            relays.append(Relay(urlsplit(url).port or 0))
            ends.callback(relays[-1].stop)
            monkeypatch.setenv(name, relays[-1].url(url))
        monkeypatch.setattr(sql, "FRESH_SEC", 60)  # however slow the machine is
        sql.close_pools()
        ends.callback(sql.close_pools)

        def count(ask: Callable[[], Answer]) -> tuple[int, int]:
            assert ask().status_code in {200, 201}
            before = [relay.count for relay in relays]
            assert ask().status_code in {200, 201}
            cockroach, postgres = (relay.count - was for relay, was in zip(relays, before, strict=True))
            return cockroach, postgres

        yield count


def test_quotes_and_orders_wait_seldom(shop: Shop, make: Builders, trips: Count) -> None:
    """Ten lines from twenty batches wait as seldom as one of one line."""
    products = [shop.product(3) for _ in range(10)]
    for product in products:
        make.batch(shop.store, product, 300, 700)
    cart, coupon = [(product, 5) for product in products], make.coupon()

    quote = trips(lambda: shop.quote(*cart))
    order = trips(lambda: shop.place(*cart, key=str(uuid4())))
    with_coupon = trips(lambda: shop.place(*cart, coupon_codes=[coupon], key=str(uuid4())))

    assert quote == (2, 1)
    assert order == (5, 1), "at most 6"
    assert with_coupon == (6, 6)
