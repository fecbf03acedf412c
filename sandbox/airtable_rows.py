"""Airtable's tables: records in the order they were made, upserts, deletes, and pages that expire."""

from __future__ import annotations

import datetime
from typing import Any, Final

from sandbox.airtable_formula import BadFormula, Formula, Row
from sandbox.state import State

ITERATOR: Final = "airtable_iterator"
PER_REQUEST: Final = 10
ITERATOR_LIVES_S: Final = 300
MOST_ITERATORS: Final = 200


class Refused(Exception):
    """An error by type; without a message the body carries the type alone."""

    def __init__(self, status: int, kind: str, message: str = "") -> None:
        super().__init__(message or kind)
        self.status, self.kind, self.message = status, kind, message


class Table:
    """One table of one base."""

    def __init__(self, state: State, base: str, name: str) -> None:
        self._state, self._base, self._name = state, base, name
        self._kind = f"airtable:{base}/{name}"

    def all(self) -> list[dict[str, Any]]:
        """Give every record with its times."""
        return [record for _, record in self._state.items(self._kind)]

    def get(self, record_id: str) -> dict[str, Any]:
        """Give one record as the API shows it. Raises Refused."""
        return shown(self._known(record_id))

    def create(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Add a record."""
        now = self._state.clock.time()
        record = {"id": self._state.make_id("rec"), "fields": filled(fields), "created": now, "modified": now}
        self._save(record)
        return shown(record)

    def update(self, record_id: str, fields: dict[str, Any], *, clear: bool) -> dict[str, Any]:
        """Change a record's named fields; with `clear` the others are emptied. Raises Refused."""
        record = self._known(record_id)
        record["fields"] = filled(fields if clear else record["fields"] | fields)
        record["modified"] = self._state.clock.time()
        self._save(record)
        return shown(record)

    def match(self, fields: dict[str, Any], keys: list[str]) -> str | None:
        """Give the record that has the same key fields; None when there is none. Raises Refused when there are several."""
        if missing := [key for key in keys if fields.get(key) in (None, "")]:
            raise Refused(422, "INVALID_VALUE_FOR_COLUMN", f"Field {missing[0]} is used to merge and must have a value")
        found = [
            one["id"] for one in self.all() if all(str(one["fields"].get(key)) == str(fields[key]) for key in keys)
        ]
        if len(found) > 1:
            raise Refused(
                422, "INVALID_REQUEST_UNKNOWN", "Cannot upsert: more than one record matches the fields to merge on"
            )
        return found[0] if found else None

    def check(self, record_id: str) -> None:
        """Raise Refused unless there is such a record."""
        self._known(record_id)

    def delete(self, record_id: str) -> dict[str, Any]:
        """Remove a record. Raises Refused."""
        self._known(record_id)
        self._state.delete(self._kind, record_id)
        return {"id": record_id, "deleted": True}

    def replace(self, rows: list[dict[str, Any]]) -> None:
        """Put these rows in place of all records."""
        for record in self.all():
            self._state.delete(self._kind, record["id"])
        for fields in rows:
            self.create(fields)

    def page(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Give one page of records. Raises Refused for a bad question or an offset that has expired."""
        size = _whole(asked.get("pageSize", 100), "pageSize", 1, 100)
        most = _whole(asked.get("maxRecords", 10**9), "maxRecords", 1, 10**9)
        skip, iterator = self._resume(str(asked.get("offset") or ""))
        records = _sorted(self._filtered(str(asked.get("filterByFormula") or "")), asked.get("sort") or [])[:most]
        answer: dict[str, Any] = {"records": [shown(one, asked.get("fields")) for one in records[skip : skip + size]]}
        if skip + size < len(records):
            answer["offset"] = f"{iterator}/{records[skip + size]['id']}"
            self._remember(iterator, skip + size)
        return answer

    def _filtered(self, text: str) -> list[dict[str, Any]]:
        if not text:
            return self.all()
        try:
            formula = Formula(text)
            return [
                one
                for one in self.all()
                if formula.holds(Row(one["id"], one["fields"], one["created"], one["modified"]))
            ]
        except BadFormula as problem:
            raise Refused(
                422, "INVALID_FILTER_BY_FORMULA", f"The formula for filtering records is invalid: {problem}"
            ) from problem

    def _remember(self, iterator: str, skip: int) -> None:
        expires = self._state.clock.time() + ITERATOR_LIVES_S
        self._state.put(ITERATOR, iterator, {"skip": skip, "table": self._kind, "expires": expires})
        known = self._state.items(ITERATOR)
        for key, _ in known[: max(0, len(known) - MOST_ITERATORS)]:
            self._state.delete(ITERATOR, key)

    def _resume(self, offset: str) -> tuple[int, str]:
        if not offset:
            return 0, self._state.make_id("itr")
        iterator = offset.partition("/")[0]
        known = self._state.get(ITERATOR, iterator)
        if known is None or known["table"] != self._kind or known["expires"] < self._state.clock.time():
            raise Refused(422, "LIST_RECORDS_ITERATOR_NOT_AVAILABLE")
        return int(known["skip"]), iterator

    def _known(self, record_id: str) -> dict[str, Any]:
        record = self._state.get(self._kind, record_id)
        if record is None:
            raise Refused(404, "NOT_FOUND")
        return record

    def _save(self, record: dict[str, Any]) -> None:
        self._state.put(self._kind, record["id"], record)
        self._state.put("airtable_table", f"{self._base}/{self._name}", {"base": self._base, "table": self._name})


def filled(fields: dict[str, Any]) -> dict[str, Any]:
    """Leave out what Airtable does not show: empty cells and unticked boxes."""
    return {
        name: value
        for name, value in fields.items()
        if value is not None and value is not False and value not in ("", [])
    }


def shown(record: dict[str, Any], names: Any = None) -> dict[str, Any]:
    """Give a record as the API shows it, with all fields or the named ones."""
    created = datetime.datetime.fromtimestamp(record["created"], datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    fields = {name: value for name, value in record["fields"].items() if not names or name in names}
    return {"id": record["id"], "createdTime": created, "fields": fields}


def _sorted(records: list[dict[str, Any]], sorting: Any) -> list[dict[str, Any]]:
    """Sort by the last column first, so that the first one rules; empty cells come first, numbers before texts."""
    if not isinstance(sorting, list) or not all(isinstance(one, dict) and one.get("field") for one in sorting):
        raise Refused(422, "INVALID_REQUEST_UNKNOWN", "sort must be a list of objects with a field")

    def key(record: dict[str, Any], name: str) -> tuple[int, float, str]:
        value = record["fields"].get(name)
        if value is None:
            return 0, 0.0, ""
        return (1, float(value), "") if isinstance(value, int | float) else (2, 0.0, str(value).casefold())

    for one in reversed(sorting):
        name, down = str(one["field"]), one.get("direction") == "desc"
        records = sorted(records, key=lambda record: key(record, name), reverse=down)
    return records


def _whole(value: Any, name: str, least: int, most: int) -> int:
    try:
        number = int(str(value))
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        raise Refused(
            422, "INVALID_REQUEST_UNKNOWN", f"Invalid request: {name} must be a whole number from {least} to {most}"
        )
    return number
