"""What an instance gives again while the catalogue changes: a page that was made of the same documents, and no other."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import redis

from ops import mappings
from plazza.catalogue.actions import search
from tests.support.catalogue import new_brand, sell
from tests.support.client import Client
from tests.support.database import Builders
from tests.support.servers import Servers

AWAY = "http://127.0.0.1:9"


@pytest.fixture
def busy(engine: str, parts: Servers, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An engine, and a catalogue that changes all the time: no answer is kept."""
    monkeypatch.setenv("ELASTICSEARCH_URL", engine)
    mappings.create(engine)
    there = redis.Redis.from_url(parts.redis_url)
    there.set("settling:catalogue", "1", ex=60)
    yield
    there.delete("settling:catalogue")


@pytest.fixture
def ordered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The queries whose candidates were put in order."""
    seen: list[str] = []
    whole = search.rank

    def watched(query: Any, candidates: Any) -> Any:
        seen.append(query.joined)
        return whole(query, candidates)

    monkeypatch.setattr(search, "rank", watched)
    return seen


def ask(api: Client, q: str, **more: Any) -> dict[str, Any]:
    answer = api.post("/products/search", {"q": q} | more, role=None)
    assert answer.status_code == 200, answer.json
    return answer.json


@pytest.mark.usefixtures("busy")
def test_a_page_of_the_same_documents_is_made_once(api: Client, ordered: list[str]) -> None:
    brand = new_brand()
    sell(api, f"{brand} 500mg Tablet", price_paise=9_000)

    first, again, fewer = ask(api, brand), ask(api, brand), ask(api, brand, limit=1)
    typed = [api.get(f"/products/suggest?q={brand}", role=None).json for _ in range(2)]

    assert first == again
    assert first["items"] == fewer["items"]
    assert typed[0] == typed[1] != {"items": [], "degraded": False}
    assert len(ordered) == 3, "one for each question"


@pytest.mark.usefixtures("busy")
def test_a_change_of_one_document_or_another_one_is_seen(api: Client, ordered: list[str]) -> None:
    brand = new_brand()
    sell(api, f"{brand} 500mg Tablet", price_paise=9_000)

    before = ask(api, brand)
    sell(api, f"{brand} 500mg Tablet", price_paise=8_000)
    cheaper = ask(api, brand)
    sell(api, f"{brand} 650mg Tablet")
    both = ask(api, brand)

    assert [one["items"][0]["price_paise"] for one in (before, cheaper)] == [9_000, 8_000]
    assert (before["total"], both["total"]) == (1, 2)
    assert len(ordered) == 3


@pytest.mark.usefixtures("busy")
def test_without_the_engine_too_a_page_of_the_same_products_is_made_once(
    api: Client, engine: str, ordered: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    brand = new_brand()
    seen: list[Any] = []
    for price in (9_000, 8_000):
        monkeypatch.setenv("ELASTICSEARCH_URL", engine)
        sell(api, f"{brand} 500mg Tablet", price_paise=price)
        monkeypatch.setenv("ELASTICSEARCH_URL", AWAY)
        seen.append([ask(api, brand), ask(api, brand)])

    assert [(first["items"][0]["price_paise"], first["degraded"], first == again) for first, again in seen] == [
        (9_000, True, True),
        (8_000, True, True),
    ]
    assert len(ordered) == 2


@pytest.mark.usefixtures("busy")
def test_the_engines_page_and_the_databases_are_two(api: Client, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    brand = new_brand()
    sell(api, f"{brand} 500mg Tablet")

    degraded = [ask(api, brand)["degraded"]]
    for url in (AWAY, engine):
        monkeypatch.setenv("ELASTICSEARCH_URL", url)
        degraded.append(ask(api, brand)["degraded"])

    assert degraded == [False, True, False]


@pytest.mark.usefixtures("busy")
def test_what_a_store_has_is_looked_up_each_time(api: Client, make: Builders) -> None:
    brand, store = new_brand(), make.store()
    product = sell(api, f"{brand} 500mg Tablet", price_paise=9_000)

    empty = ask(api, brand, store_id=store)
    make.batch(store, product, 5)
    stocked = ask(api, brand, store_id=store)

    assert [one["items"][0]["in_stock"] for one in (empty, stocked)] == [False, True]


@pytest.mark.usefixtures("busy")
def test_an_empty_answer_of_the_engine_is_not_given_as_one_without_it(
    api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = uuid4().hex
    there = ask(api, nothing)
    monkeypatch.setenv("ELASTICSEARCH_URL", "http://127.0.0.1:9")

    assert (there["degraded"], ask(api, nothing)["degraded"]) == (False, True)
