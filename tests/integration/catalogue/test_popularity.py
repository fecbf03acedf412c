"""Popularity from events to the index: what people do raises a product, and time lowers it."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from ops import mappings
from plazza import clock
from plazza.catalogue import consumers
from plazza.catalogue.actions.popularity import refresh_popularity
from plazza.catalogue.rules.popularity import HALF_LIFE_DAYS, WINDOW_DAYS
from plazza.data import search
from tests.support.client import Client
from tests.support.database import Builders, Database
from tests.support.people import new_uid


def popularity(db: Database, product: str) -> tuple[int, int]:
    """Give a product's popularity and version."""
    popular, version = db.rows("SELECT popularity, version FROM products WHERE id = %s", UUID(product))[0]
    return popular, version


def announced(db: Database, product: str) -> int:
    return db.value("SELECT count(*) FROM outbox WHERE event = 'product.changed' AND key = %s", product)


def signal(db: Database, product: str, days_ago: int, **counts: int) -> None:
    day = clock.today() - timedelta(days=days_ago)
    known = {"views": 0, "cart_additions": 0, "purchases": 0} | counts
    db.insert("product_signals", product_id=UUID(product), day=day, **known)


def test_events_raise_a_product_once_and_reach_the_index(
    monkeypatch: pytest.MonkeyPatch, engine: str, api: Client, db: Database, make: Builders
) -> None:
    mappings.create(engine)
    monkeypatch.setenv("ELASTICSEARCH_URL", engine)
    product, at = make.product(), clock.now().isoformat()
    names = ("product_viewed", "cart_item_added", "purchase")
    events = [{"id": uuid4().hex, "session_id": "s-1", "name": name, "at": at, "product_id": product} for name in names]
    assert api.post("/events", {"events": events}, uid=new_uid()).json["recorded"] == 3

    refresh_popularity()
    refresh_popularity()
    consumers.index_product(product)

    assert popularity(db, product) == (15_000, 2), "one new version, however often it is counted"
    assert announced(db, product) == 1
    found = search.call(lambda client: client.get(index="products", id=product))
    assert (found["_source"]["popularity"], found["_version"]) == (15_000, 2)


def test_what_lies_back_counts_less_and_in_the_end_nothing(db: Database, make: Builders) -> None:
    fresh, older, over = make.product(), make.product(), make.product(popularity=5_000)
    signal(db, fresh, 0, purchases=2)
    signal(db, older, HALF_LIFE_DAYS, purchases=2)
    signal(db, over, WINDOW_DAYS + 1, purchases=2)

    refresh_popularity()

    assert [popularity(db, one)[0] for one in (fresh, older, over)] == [20_000, 10_000, 0]
    assert announced(db, over) == 1
