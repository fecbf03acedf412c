"""The query log: searches are counted in Redis, moved to the database by a schedule, and read by staff. No person is in it.

It keeps no account, address, session or time of day, only how often a query was asked on a day.
"""

from datetime import date, timedelta

from plazza import clock, logs, settings
from plazza.catalogue.actions.candidates import synonyms
from plazza.catalogue.models.query_log import Outcome, SearchReport, SearchReportQuery, UnknownWord
from plazza.catalogue.rules import query_log as rules
from plazza.catalogue.store import query_log as store
from plazza.data import answers, cache
from plazza.data.sql import Tx, read, run_transaction
from plazza.http import paging

TALLY = "searches"
MOST_ENTRIES = 20_000
"""Queries that are counted from one hour to the next: what invented queries can fill of Redis and of the table."""
_MOST_WORDS = 100


def count(typed: str, became: Outcome) -> None:
    """Count a search and what became of it, also when its answer is kept and given again; Redis is told within a second, unless it is away."""
    query = rules.logged(typed)
    if query:
        answers.count(TALLY, rules.entry(clock.today(), query, became), MOST_ENTRIES)


def drain() -> int:
    """Move what was counted into the database; give how many queries that were.

    A crash at any point neither loses a count nor adds one twice: a tally is the same one until it is dropped, and its id is written
    down with its counts. Lost is what Redis itself loses, and the last second of an instance that is killed.
    """
    taken = cache.take_tally(TALLY)
    if taken is None:
        return 0
    asked, size = rules.read_entries(taken.counts), settings.number("BATCH_SIZE")

    def work(tx: Tx) -> None:
        if store.insert_drain(tx, taken.id, clock.now()):
            for at in range(0, len(asked), size):
                store.add_asked(tx, asked[at : at + size])

    run_transaction(work)
    cache.drop_tally(TALLY, taken.id)
    logs.write("INFO", "queries counted", queries=len(asked))
    return len(asked)


def report(wanted: SearchReportQuery) -> SearchReport:
    """Give a page of what people asked for and did not find, and, with the first one, the words to explain. Raises Invalid."""
    key = paging.decode(wanted.cursor, int, str)
    after = (key[0], key[1]) if key else None
    since = clock.today() - timedelta(days=wanted.days - 1)
    rows = read(lambda tx: store.list_asked(tx, wanted, since, after))
    page = paging.page(rows, wanted.limit, lambda row: (getattr(row, wanted.kind), row.query))
    words = _unknown_words(wanted, since) if wanted.kind == "no_hits" and after is None else []
    return SearchReport(items=page.items, next_cursor=page.next_cursor, words=words)


def _unknown_words(wanted: SearchReportQuery, since: date) -> list[UnknownWord]:
    known = rules.known_words(synonyms())
    words = read(lambda tx: store.list_words(tx, since, wanted.min_searches, known, _MOST_WORDS))
    guesses = [synonyms().guess([one.word]) for one in words]
    return [
        UnknownWord(**one._asdict(), suggestion=" + ".join(guess.compositions[0]) if guess else None)
        for one, guess in zip(words, guesses, strict=True)
    ]
