"""The query log: what is counted and what never is, its way from Redis to the table, and the report that staff reads."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import redis

from ops import mappings
from plazza import clock
from plazza.catalogue.actions import query_log
from plazza.data import answers, cache
from plazza.errors import Unavailable
from plazza.http import paging
from plazza.platform.actions import purge
from tests.support.catalogue import new_brand, sell
from tests.support.client import Client
from tests.support.database import Database
from tests.support.servers import Servers

REPORT = "/admin/search/report"
TAKEN = "{searches}:taken"


class Log:
    """Searches, and what the table says of them once the schedule has run."""

    def __init__(self, api: Client, db: Database, redis_url: str) -> None:
        self.api, self.db, self.redis = api, db, redis.Redis.from_url(redis_url)

    def ask(self, q: str, times: int = 1, **more: Any) -> dict[str, Any]:
        answers = [self.api.post("/products/search", {"q": q} | more, role=None) for _ in range(times)]
        assert {answer.status_code for answer in answers} == {200}
        return answers[-1].json

    def counts(self, query: str) -> tuple[int, int, int] | None:
        """Drain, and give how often a query was asked, found nothing, and was refined."""
        query_log.drain()
        rows = self.db.rows("SELECT searches, no_hits, refined FROM query_log WHERE query = %s", query)
        assert len(rows) <= 1
        return rows[0] if rows else None

    def is_empty(self) -> bool:
        return self.redis.exists(query_log.TALLY) == 0

    def put(self, query: str, days_ago: int = 0, **counts: int) -> None:
        day = clock.today() - timedelta(days=days_ago)
        self.db.insert("query_log", day=day, query=query, **({"no_hits": 0, "refined": 0} | counts))

    def report(self, **query: Any) -> dict[str, Any]:
        told = "&".join(f"{name}={value}" for name, value in query.items())
        answer = self.api.get(f"{REPORT}?{told}", role="support")
        assert answer.status_code == 200, answer.json
        return answer.json


@pytest.fixture
def log(parts: Servers, api: Client, db: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    """A Redis of its own, so that no other test's searches are counted in it, and one that a busy machine may wait for; no engine."""
    cache.tell()  # the others' searches, where they belong
    url = f"{parts.redis_url.removesuffix('/0')}/1"
    monkeypatch.setenv("REDIS_URL", url)
    monkeypatch.setenv("ELASTICSEARCH_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(cache, "TIMEOUT_SEC", 10.0)
    monkeypatch.setattr(cache, "STAY_AWAY_SEC", 0.0)
    opened = Log(api, db, url)
    yield opened
    opened.redis.flushdb()


@pytest.fixture
def indexed(log: Log, engine: str, monkeypatch: pytest.MonkeyPatch) -> Log:
    """The same, with a search engine that answers."""
    monkeypatch.setenv("ELASTICSEARCH_URL", engine)
    mappings.create(engine)
    return log


def new_word() -> str:
    """Make a word that nothing is like."""
    return new_brand().lower()


def test_searches_are_counted_by_what_became_of_them(indexed: Log, api: Client) -> None:
    """A brand, the brand with a letter left out, a word beside it that nothing has, and a word that nothing is like."""
    brand = new_word()
    sell(api, f"{brand} 500mg Tablet")
    misspelt, partly, unknown = brand[:6] + brand[7:], f"{brand} {new_word()}", new_word()

    assert indexed.ask(f" {brand.upper()}  500 ", times=2)["items"][0]["match"] == "name"
    assert indexed.ask(misspelt)["did_you_mean"] == brand
    assert {item["match"] for item in indexed.ask(partly)["items"]} == {"partial"}
    assert indexed.ask(unknown, times=3)["total"] == 0

    assert indexed.counts(f"{brand} 500") == (2, 0, 0)
    assert indexed.counts(misspelt) == (1, 0, 1)
    assert indexed.counts(partly) == (1, 0, 1)
    assert indexed.counts(unknown) == (3, 3, 0)


def test_the_same_question_again_is_not_counted(indexed: Log, api: Client) -> None:
    """Its next page, the same with a filter, why it is answered so, and suggestions while it is typed."""
    brand = new_word()
    for strength in (250, 500):
        sell(api, f"{brand} {strength}mg Tablet")

    cursor = indexed.ask(brand, limit=1)["next_cursor"]
    assert len(indexed.ask(brand, limit=1, cursor=cursor)["items"]) == 1
    assert indexed.ask(brand, form="syrup")["total"] == 0
    assert api.post("/products/search/explain", {"q": brand}, role="support").status_code == 200
    assert api.get(f"/products/suggest?q={brand}", role=None).status_code == 200

    assert indexed.counts(brand) == (1, 0, 0)


def test_an_answer_that_is_kept_is_counted_each_time_it_is_given(indexed: Log, api: Client) -> None:
    brand = new_word()
    sell(api, f"{brand} 500mg Tablet")
    time.sleep(answers.SETTLE_SEC)

    with ThreadPoolExecutor(4) as people:
        list(people.map(lambda _: indexed.ask(brand), range(4)))
    indexed.ask(brand, times=3)

    assert len(indexed.redis.keys("answer:*")) == 1
    assert indexed.counts(brand) == (7, 0, 0)


def test_a_degraded_answer_is_counted(log: Log) -> None:
    word = new_word()

    assert log.ask(word)["degraded"]

    assert log.counts(word) == (1, 1, 0)


@pytest.mark.parametrize(
    "private",
    [
        "9812345678", "+91 98123-45678", "call 98123 45678 please", "(981) 234.56.78", "९८१२३४५६७८", "\uff19\uff18\uff11\uff12\uff13\uff14\uff15", "1234567", "1234 5678 9012",
        "12/03/1985", "asha@example.in", "Asha Rao <asha.rao@example.in>", "asha\uff20okbank", "dolo " * 30 + "9812345678", "🙂", "?", "x" * 81,
    ],
)  # fmt: skip
def test_what_may_name_a_person_is_never_kept(log: Log, private: str) -> None:
    log.ask(private)

    assert log.is_empty()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Vitamin D3 60,000 IU", "vitamin d 3 60000 iu"),
        ("Dolo-650, 10's strip of 15", "dolo 650 10 s strip of 15"),
        ("amoxicillin 500mg clavulanic 125mg", "amoxicillin 500 mg clavulanic 125 mg"),
        ("dolo " * 30, "dolo " * 15 + "dolo"),
    ],
)
def test_what_names_a_medicine_is_kept(log: Log, typed: str, kept: str) -> None:
    log.ask(typed)

    taken = cache.take_tally(query_log.TALLY)
    assert taken is not None
    assert [written.split(" ", 2)[2] for written in taken.counts] == [kept], "whatever other tests' products it found"


def test_nothing_of_who_asked_is_kept(log: Log, api: Client, db: Database) -> None:
    word = new_word()

    api.post("/products/search", {"q": word}, role="customer", uid="somebody-1")

    cache.tell()
    kept = {key: log.redis.hgetall(key) for key in log.redis.keys("*search*")}
    assert kept == {b"searches": {f"{clock.today()} no_hit {word}".encode(): b"1"}}
    columns = db.rows("SELECT column_name FROM information_schema.columns WHERE table_name = 'query_log' ORDER BY 1")
    assert [name for (name,) in columns] == ["day", "no_hits", "query", "refined", "searches"]


def test_searches_at_once_are_counted_one_by_one(log: Log) -> None:
    """Twenty people ask five times each, and two schedules drain meanwhile."""
    word = new_word()

    with ThreadPoolExecutor(22) as people:
        drains = [people.submit(lambda: [query_log.drain() for _ in range(10)]) for _ in range(2)]
        list(people.map(lambda _: log.ask(word, times=5), range(20)))
    for drain in drains:
        drain.result()

    assert log.counts(word) == (100, 100, 0)


def test_a_connection_that_ends_while_its_answer_is_unread_is_made_anew(log: Log) -> None:
    """Nobody waits for Redis to say that it counted: the thread's next request reads that, or finds the connection gone."""
    word = new_word()
    log.ask(word)
    log.redis.client_kill_filter(_type="normal")

    log.ask(word, times=2)

    assert log.counts(word) == (3, 3, 0)


def test_draining_twice_counts_once(log: Log) -> None:
    word = new_word()
    log.ask(word)

    assert [query_log.drain(), query_log.drain()] == [1, 0]
    assert log.counts(word) == (1, 1, 0)
    log.ask(word, times=2)
    assert log.counts(word) == (3, 3, 0)


def test_a_crash_before_the_table_is_written_loses_nothing(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tally was taken, then the database was away; searches went on."""
    word, later = new_word(), new_word()
    log.ask(word, times=2)
    with monkeypatch.context() as away:
        away.setenv("COCKROACH_DB_URL", "postgresql://plazza_app@127.0.0.1:9/none")
        with pytest.raises(Unavailable):
            query_log.drain()
    log.ask(word)
    log.ask(later)

    assert log.counts(word) == (2, 2, 0), "what was taken comes first"
    assert log.counts(word) == (3, 3, 0)
    assert log.counts(later) == (1, 1, 0)


def test_a_crash_after_the_table_is_written_counts_nothing_twice(log: Log) -> None:
    """Redis has the tally still that the table has already, because dropping it never arrived."""
    word = new_word()
    log.ask(word)
    taken = cache.take_tally(query_log.TALLY)
    before = log.redis.dump(TAKEN)
    assert before is not None
    assert log.counts(word) == (1, 1, 0)
    log.redis.restore(TAKEN, 0, before)
    log.ask(word)

    assert cache.take_tally(query_log.TALLY) == taken
    assert log.counts(word) == (1, 1, 0), "the same tally is dropped"
    assert log.counts(word) == (2, 2, 0), "and the next one added"


def test_a_late_drop_leaves_the_next_tally(log: Log) -> None:
    cache.tally("some", "a", 9)
    first = cache.take_tally("some")
    assert first is not None
    cache.drop_tally("some", first.id)
    cache.tally("some", "b", 9)
    second = cache.take_tally("some")

    cache.drop_tally("some", first.id)

    assert cache.take_tally("some") == second
    assert second is not None
    assert (first.counts, second.counts) == ({"a": 1}, {"b": 1})


def test_invented_queries_fill_a_tally_only_so_far(log: Log) -> None:
    for entry in ("a", "b", "c", "a"):
        cache.tally("some", entry, 2)

    taken = cache.take_tally("some")

    assert taken is not None
    assert taken.counts == {"a": 2, "b": 1}


def test_more_queries_than_a_batch_are_added(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATCH_SIZE", "2")
    words = [new_word() for _ in range(5)]
    for word in words:
        log.ask(word)

    assert query_log.drain() == 5
    assert [log.counts(word) for word in words] == [(1, 1, 0)] * 5


def test_without_redis_search_answers_the_same_uncounted(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    word = new_word()
    counted, there = log.ask(word), os.environ["REDIS_URL"]
    cache.tell()
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:9/0")

    assert log.ask(word) == counted
    assert query_log.drain() == 0

    monkeypatch.setenv("REDIS_URL", there)
    assert log.counts(word) == (1, 1, 0)


def test_the_report_lists_what_was_not_found(log: Log) -> None:
    """Asked on two days, asked too rarely, too long ago, found, and only refined."""
    word, rare, old, found, refined = (new_word() for _ in range(5))
    log.put(word, searches=2_000, no_hits=1_990, refined=10)
    log.put(word, days_ago=6, searches=10, no_hits=10)
    log.put(rare, searches=2, no_hits=2)
    log.put(old, days_ago=7, searches=9_000, no_hits=9_000)
    log.put(found, searches=9_000)
    log.put(refined, days_ago=1, searches=4, refined=3)

    missed = {item["query"]: item for item in log.report(limit=100)["items"]}
    guessed = {item["query"]: item for item in log.report(kind="refined", limit=100)["items"]}

    today = clock.today()
    assert missed[word] == {
        "query": word,
        "searches": 2_010,
        "no_hits": 2_000,
        "refined": 10,
        "last_on": today.isoformat(),
    }
    assert not missed.keys() & {rare, old, found, refined}
    assert guessed[refined]["last_on"] == (today - timedelta(days=1)).isoformat()
    assert word in guessed
    assert not guessed.keys() & {rare, old, found}
    assert rare not in {item["query"] for item in log.report(min_searches=3)["items"]}
    assert refined not in {item["query"] for item in log.report(kind="refined", min_searches=5)["items"]}
    assert old in {item["query"] for item in log.report(days=8)["items"]}


def test_the_report_tells_the_words_that_the_synonyms_lack(log: Log) -> None:
    """Of "a rare thing in a tablet for fever" only the word that nobody explained; nobody's word said thrice in one query."""
    word, said_thrice = new_word(), new_word()
    log.put(f"{word} tablet 650 mg bukhar ki dawai %", searches=5_000, no_hits=5_000)
    log.put(f"{word} psylium", searches=4_000, no_hits=4_000)
    log.put(f"{said_thrice} {said_thrice} {said_thrice}", searches=1, no_hits=1)

    report = log.report(limit=1)
    words = {one["word"]: one for one in report["words"]}

    today = clock.today().isoformat()
    assert words[word] == {"word": word, "no_hits": 9_000, "last_on": today, "suggestion": None}
    assert words["psylium"]["suggestion"] == "ispaghula husk"
    assert not words.keys() & {"tablet", "650", "mg", "bukhar", "ki", "dawai", "%", said_thrice}
    assert log.report(limit=1, cursor=report["next_cursor"])["words"] == []
    assert log.report(kind="refined")["words"] == []


def test_pages_of_the_report_show_everything_once(log: Log) -> None:
    """Seven queries, five of them asked equally often."""
    words = [new_word() for _ in range(7)]
    for at, word in enumerate(words):
        log.put(word, days_ago=60, searches=20, no_hits=20 if at < 5 else 10 + at)
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        page = log.report(days=90, limit=3, **({"cursor": cursor} if cursor else {}))
        seen += [item["query"] for item in page["items"]]
        cursor = page["next_cursor"]

    mine = [query for query in seen if query in words]
    assert len(seen) == len(set(seen))
    assert mine == [*sorted(words[:5]), words[6], words[5]]


def test_only_staff_reads_the_report(log: Log, api: Client) -> None:
    for role, status in {"admin": 200, "support": 200, "customer": 403, "rider": 403, "pharmacist": 403}.items():
        assert (
            api.get(REPORT, role=role, **({"store": str(uuid4())} if role == "pharmacist" else {})).status_code
            == status
        )
    assert api.get(REPORT, role=None).status_code == 401


@pytest.mark.parametrize(
    "bad",
    ["min_searches=2", "min_searches=0", "days=0", "days=91", "kind=all", "limit=101", "cursor=W10", "cursor=WyJhIiwxXQ", "who=1"],
)  # fmt: skip
def test_a_bad_report_is_refused(log: Log, api: Client, bad: str) -> None:
    answer = api.get(f"{REPORT}?{bad}", role="admin")

    assert (answer.status_code, answer.json["code"]) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize("times", [10**30, -(10**300), 0])
def test_a_number_that_no_column_holds_ends_the_report_or_begins_it(log: Log, times: int) -> None:
    log.put(new_word(), searches=9, no_hits=9)

    assert bool(log.report(cursor=paging.encode(times, "a"))["items"]) == (times > 0)


def test_the_log_is_purged_after_ninety_days(log: Log, db: Database) -> None:
    word = new_word()
    for days in (89, 92):
        log.put(word, days_ago=days, searches=1)
        db.insert("query_drains", id=uuid4(), drained_at=clock.now() - timedelta(days=days))

    deleted = purge.purge()

    assert (deleted["query_log"], deleted["query_drains"]) == (1, 1)
    assert db.rows("SELECT day FROM query_log WHERE query = %s", word) == [(clock.today() - timedelta(days=89),)]
