"""How the databases find what an order needs on its way, among many: by their indexes, never by reading a table that grows."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from ops.bench.replaying import Said, Statement, recording
from plazza import clock
from plazza.data import outbox
from plazza.data.sql import POSTGRES, read
from plazza.discount.store import uses
from plazza.order.store import orders
from plazza.payment.store import payments
from tests.integration.payment.conftest import Till
from tests.support import crowd
from tests.support.database import Builders, Database
from tests.support.plans import whole_reads

FEW = {"stores", "compositions"}
"""Tables of some thousand rows however much is sold: of these a plan may read all."""


class Day:
    """What was said to the databases, by what it was said for."""

    def __init__(self) -> None:
        self.said: list[tuple[str, int, Statement]] = []

    @contextmanager
    def part(self, name: str) -> Generator[None]:
        kept: list[Said] = []
        with recording(kept):
            yield
        assert kept, name
        asked = [(one.database, statement) for one in kept for statement in one.statements]
        self.said += [(name, *one) for one in asked if one[1].query not in {"BEGIN", "COMMIT"}]


def live(till: Till, make: Builders) -> Day:
    """Let a customer and the store's people do what they do each day; gives what was said meanwhile."""
    day, api, who = Day(), till.api, {"uid": till.uid}
    staff, office = till.shop.staff(), {"role": "support", "uid": "sup-1"}
    code = make.coupon(per_user_limit=5, per_household_limit=5)
    cart = till.shop.cart((till.product, 2), coupon_codes=[code])
    with day.part("search without the engine"):
        assert api.post("/products/search", {"q": f"paravlon {uuid4().hex}"}).json["degraded"]
    with day.part("product"):
        assert api.get(f"/products/{till.product}").status_code == 200
        assert api.get(f"/products/{till.product}/substitutes?store_id={till.shop.store}").status_code == 200
    with day.part("serviceability"):
        assert api.post("/serviceability/check", {"pincode": till.shop.pincode}).status_code == 200
    with day.part("quote"):
        assert api.post("/orders/quote", cart, **who).status_code == 200
    with day.part("order"):
        placed = api.post("/orders", cart | {"payment_method": "razorpay"}, key=uuid4().hex, **who)
        assert placed.status_code == 201, placed.json
    till.order = placed.json
    with day.part("payment"):
        assert till.create(key=uuid4().hex).status_code == 201
        till.verify(till.pay())
        assert till.read()["status"] == "captured"
    with day.part("webhook"):
        till.send_all()
    with day.part("outbox"):
        outbox.claim(50, owner="plans")
    for page in ("", "&cursor=" + api.get("/orders/history?limit=1", **who).json["next_cursor"]):
        with day.part(f"history{page[:7]}"):
            for person in (who, staff, office):
                assert api.get(f"/orders/history?limit=20{page}", **person).status_code == 200
            assert api.get(f"/orders/history?limit=20&status=confirmed{page}", **office).status_code == 200
    with day.part("board"):
        assert api.get("/orders/board", **staff).status_code == 200
        assert api.get("/orders/board?late=true", **staff).status_code == 200
    with day.part("an order"):
        assert api.get(f"/orders/{till.order['id']}", **who).status_code == 200
    with day.part("preparing and cancelling"):
        for path, body in (("status", {"status": "processing"}), ("cancel", {"reason": "out of stock"})):
            answer = api.post(f"/orders/{till.order['id']}/{path}", body, **staff)
            assert answer.status_code == 200, answer.json
    with day.part("schedules"):
        at = clock.now()
        read(lambda tx: orders.list_expired(tx, at, 100))
        read(lambda tx: payments.list_to_look_at(tx, at, 100))
        read(lambda tx: uses.list_expired(tx, at + timedelta(days=1), 100), on=POSTGRES)
    return day


def test_nothing_that_is_said_each_day_reads_a_growing_table(
    till: Till, make: Builders, db: Database, pg: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ELASTICSEARCH_URL", "http://127.0.0.1:9")
    day, store = live(till, make), UUID(till.shop.store)
    db.execute("UPDATE outbox SET claimed_until = NULL WHERE claimed_by = 'plans'")

    found: set[tuple[str, str, str]] = set()
    with psycopg.connect(db.url) as cockroach, psycopg.connect(pg.url) as postgres:
        crowd.fill_cockroach(cockroach, store)
        crowd.fill_postgres(postgres, store)
        connections: dict[int, psycopg.Connection[Any]] = {one.info.port: one for one in (cockroach, postgres)}
        for name, database, said in day.said:
            for table in whole_reads(connections[database], said) - FEW:
                found.add((name, table, " ".join(str(said.query).split())))
        unindexed = whole_reads(cockroach, Statement("SELECT id FROM orders WHERE cancelled_reason = %s", ("x",)))
        cockroach.rollback()
        postgres.rollback()

    assert unindexed == {"orders"}, "a whole read would not be seen"
    assert len({" ".join(str(said.query).split()) for _, _, said in day.said}) > 40
    assert found == set(), "\n".join(map(str, sorted(found)))
