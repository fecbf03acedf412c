"""SQL of the queries that were asked, counted by day."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from plazza.catalogue.models.query_log import AskedQuery, SearchReportQuery
from plazza.catalogue.rules.query_log import Asked
from plazza.data.sql import Tx


class Word(NamedTuple):
    """A word, how many searches for queries with it found nothing, and when last."""

    word: str
    no_hits: int
    last_on: date


def insert_drain(tx: Tx, drain_id: UUID, at: datetime) -> bool:
    """Write down that a tally is being added; False when it was before."""
    query = "INSERT INTO query_drains (id, drained_at) VALUES (%s, %s) ON CONFLICT (id) DO NOTHING"
    return tx.execute(query, (drain_id, at)) == 1


def add_asked(tx: Tx, asked: Sequence[Asked]) -> None:
    """Add to the daily counts; each day and query is named once."""
    query = """
        INSERT INTO query_log (day, query, searches, no_hits, refined)
        SELECT day, query, searches, no_hits, refined
          FROM unnest(%s::DATE[], %s::TEXT[], %s::INT8[], %s::INT8[], %s::INT8[]) AS new (day, query, searches, no_hits, refined)
         ORDER BY day, query
        ON CONFLICT (day, query) DO UPDATE SET searches = query_log.searches + excluded.searches,
           no_hits = query_log.no_hits + excluded.no_hits, refined = query_log.refined + excluded.refined"""
    tx.execute(query, tuple(list(column) for column in zip(*asked, strict=True)))


def list_asked(tx: Tx, wanted: SearchReportQuery, since: date, after: tuple[int, str] | None) -> list[AskedQuery]:
    """Give the queries of a kind since a day, the most frequent first: those that follow one, and one more than the page holds."""
    # DECIMAL: a cursor may hold a number that no column does.
    query = """
        SELECT query, searches, no_hits, refined, last_on
          FROM (SELECT query, sum(searches)::INT8 AS searches, sum(no_hits)::INT8 AS no_hits, sum(refined)::INT8 AS refined,
                       sum(times)::INT8 AS times, max(CASE WHEN times > 0 THEN day END) AS last_on
                  FROM (SELECT day, query, searches, no_hits, refined,
                               CASE WHEN %(kind)s::TEXT = 'no_hits' THEN no_hits ELSE refined END AS times
                          FROM query_log WHERE day >= %(since)s) AS counted
                 GROUP BY query) AS asked
         WHERE times > 0 AND searches >= %(least)s
           AND (%(times)s::DECIMAL IS NULL OR times < %(times)s::DECIMAL OR (times = %(times)s::DECIMAL AND query > %(query)s))
         ORDER BY times DESC, query LIMIT %(count)s"""
    times, last = after or (None, None)
    params = {"kind": wanted.kind, "since": since, "least": wanted.min_searches, "count": wanted.limit + 1}
    return tx.rows(AskedQuery, query, params | {"times": times, "query": last})


def list_words(tx: Tx, since: date, least: int, known: Sequence[str], count: int) -> list[Word]:
    """Give the words of queries that found nothing, the most frequent first, without numbers and what is known."""
    # DISTINCT: a word that one person types twice in a query is still one search.
    query = """
        SELECT word, sum(no_hits)::INT8 AS no_hits, max(day) AS last_on
          FROM (SELECT DISTINCT day, query, no_hits, unnest(string_to_array(query, ' ')) AS word
                  FROM query_log WHERE day >= %(since)s AND no_hits > 0) AS said
         WHERE word !~ '^[0-9]' AND word <> ALL(%(known)s)
         GROUP BY word HAVING sum(no_hits) >= %(least)s ORDER BY 2 DESC, word LIMIT %(count)s"""
    return tx.rows(Word, query, {"since": since, "least": least, "known": list(known), "count": count})
