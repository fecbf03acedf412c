"""Airtable: rows of the operations team's tables, in and out.

Airtable takes five requests a second and base, then refuses everything for thirty: we keep to four. Nothing is repeated here (a
lost answer to a create makes a second row): writes are upserts by a key field, and the outbox or the schedule asks again.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import requests

from plazza import settings
from plazza.providers.errors import ProviderDown, ProviderRefused

Result = TypeVar("Result")
Cell = str | int | float | bool | None

NAME = "Airtable"
PER_REQUEST = 10
PAGE_SIZE = 100
MIN_PAUSE_SEC = 0.25
CONNECT_SEC, READ_SEC = 2, 10
PENALTY_SEC = 30


class Record(NamedTuple):
    """One row: `rec…` id, and the cells that are not empty, as JSON values by field name."""

    id: str
    fields: dict[str, Any]


_clients: dict[tuple[str, str], Any] = {}
_lock = threading.Lock()
_next_at = 0.0


def upsert(table: str, key_field: str, rows: Sequence[Mapping[str, Cell]]) -> None:
    """Write rows by `key_field`: one that is there is changed in the named fields, another is made. Safe to repeat.

    Raises ProviderDown (ask again) or ProviderRefused.
    """
    client = _table(table)  # loaded before the first turn: those who wait for the loading would else all leave at once
    for start in range(0, len(rows), PER_REQUEST):
        records = [{"fields": dict(row)} for row in rows[start : start + PER_REQUEST]]
        _call("upsert", lambda records=records: client.batch_upsert(records, key_fields=[key_field]))


def list_records(table: str, fields: Sequence[str], *, formula: str | None = None) -> Iterator[Record]:
    """Give a table's rows page by page, those for which the formula holds.

    Pages are no snapshot: a row that changes meanwhile may come twice or not at all, so ask again from a little earlier.
    Raises ProviderDown (also when a list took so long that Airtable forgot it: start again) or ProviderRefused.
    """
    pages = _table(table).iterate(page_size=PAGE_SIZE, fields=list(fields), formula=formula)
    while True:
        page = _call("list", lambda: _records(next(pages, None)))
        if page is None:
            return
        yield from page


def _records(page: Any) -> list[Record] | None:
    """Read a page. Raises KeyError, ValueError for one in another form than Airtable's."""
    if page is None:
        return None
    # `str` and `dict` refuse what only looks like a record of Airtable's.
    return [Record(str(record["id"]), dict(record["fields"])) for record in page]


def _call(operation: str, work: Callable[[], Result]) -> Result:
    _wait_for_turn()
    try:
        return work()
    except requests.HTTPError as exc:
        status = exc.response.status_code if exc.response is not None else 0
        text = str(exc.args[1]) if len(exc.args) > 1 else ""
        if status == 429:
            raise ProviderDown(NAME, operation, status, retry_after_sec=PENALTY_SEC) from exc
        if status >= 500 or "LIST_RECORDS_ITERATOR_NOT_AVAILABLE" in text:
            raise ProviderDown(NAME, operation, status) from exc
        raise ProviderRefused(NAME, operation, status) from exc
    except (requests.RequestException, ValueError, KeyError, TypeError) as exc:
        # A lost connection, a time-out, or an answer in another form than Airtable's: a proxy's page.
        raise ProviderDown(NAME, operation) from exc


def _wait_for_turn() -> None:
    global _next_at  # noqa: PLW0603 -- one instant per instance: when the next request may leave
    with _lock:
        at = max(time.monotonic(), _next_at)
        _next_at = at + MIN_PAUSE_SEC
    pause = at - time.monotonic()
    if pause > 0:
        time.sleep(pause)


def _table(name: str) -> Any:
    """Give the client of a table; pyairtable costs 0.2 s to load, so it is loaded by the first call."""
    token, url = settings.get("AIRTABLE_API_KEY"), settings.optional("AIRTABLE_BASE_URL") or "https://api.airtable.com"
    with _lock:
        if (token, url) not in _clients:
            from pyairtable import Api

            _clients[(token, url)] = Api(token, endpoint_url=url, timeout=(CONNECT_SEC, READ_SEC), retry_strategy=None)
        client = _clients[(token, url)]
    return client.table(settings.get("AIRTABLE_BASE_ID"), name)
