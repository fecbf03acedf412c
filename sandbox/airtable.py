"""Speaks Airtable's Web API: records of the sandbox's base, five requests a second, then thirty seconds of refusals."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from flask import Blueprint, Response, jsonify, request

from sandbox.airtable_rows import PER_REQUEST, Refused, Table
from sandbox.faults import RateCounter
from sandbox.providers import Panel
from sandbox.state import State

PER_SECOND: Final = 5
PENALTY_S: Final = 30
NAME: Final = re.compile(r"^[^/\x00-\x1f]{1,100}$")
SORT: Final = re.compile(r"^sort\[(\d{1,2})\]\[(field|direction)\]$")
MOST_SEEDED: Final = 5_000


def blueprint(state: State) -> Blueprint:
    """Return the records API."""
    airtable = Blueprint("airtable", __name__, url_prefix="/airtable")
    rates = RateCounter()
    state.on_reset(rates.clear)

    @airtable.before_request
    def admit() -> Response | None:
        base = (request.view_args or {}).get("base", "")
        token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if token != state.config.airtable_token:
            return _refuse(Refused(401, "AUTHENTICATION_REQUIRED", "Authentication required"))
        if base and not rates.allow(base, PER_SECOND, PENALTY_S, state.clock.time()):
            body = {
                "errors": [{"error": "RATE_LIMIT_REACHED", "message": "Rate limit exceeded. Please try again later"}]
            }
            return _json(body, 429)
        if base and base != state.config.airtable_base:
            return _refuse(_not_allowed())
        return None

    @airtable.errorhandler(Refused)
    def refuse(refused: Refused) -> Response:
        return _refuse(refused)

    _add_reads(airtable, state)
    _add_writes(airtable, state)
    _add_deletes(airtable, state)
    return airtable


def _add_reads(airtable: Blueprint, state: State) -> None:
    @airtable.get("/v0/<base>/<table>")
    def list_records(base: str, table: str) -> Response:
        return _json(_table(state, base, table).page(_question()))

    @airtable.post("/v0/<base>/<table>/listRecords")
    def list_by_post(base: str, table: str) -> Response:
        return _json(_table(state, base, table).page(_body()))

    @airtable.get("/v0/<base>/<table>/<record_id>")
    def get_record(base: str, table: str, record_id: str) -> Response:
        return _json(_table(state, base, table).get(record_id))


def _add_writes(airtable: Blueprint, state: State) -> None:
    @airtable.post("/v0/<base>/<table>")
    def create(base: str, table: str) -> Response:
        rows, body = _table(state, base, table), _body()
        with state.lock:
            if "records" not in body:
                return _json(rows.create(_fields(body)))
            return _json({"records": [rows.create(fields) for fields in map(_fields, _records(body))]})

    @airtable.route("/v0/<base>/<table>", methods=["PATCH", "PUT"])
    def update(base: str, table: str) -> Response:
        with state.lock:
            return _json(_update(_table(state, base, table), _body(), clear=request.method == "PUT"))

    @airtable.route("/v0/<base>/<table>/<record_id>", methods=["PATCH", "PUT"])
    def update_one(base: str, table: str, record_id: str) -> Response:
        with state.lock:
            rows = _table(state, base, table)
            return _json(rows.update(record_id, _fields(_body()), clear=request.method == "PUT"))


def _add_deletes(airtable: Blueprint, state: State) -> None:
    @airtable.delete("/v0/<base>/<table>")
    def delete(base: str, table: str) -> Response:
        rows, ids = _table(state, base, table), request.args.getlist("records[]") or request.args.getlist("records")
        if not 0 < len(ids) <= PER_REQUEST:
            raise Refused(422, "INVALID_REQUEST_UNKNOWN", f"Invalid request: 1 to {PER_REQUEST} records can be deleted")
        with state.lock:
            for one in ids:
                rows.check(one)
            return _json({"records": [rows.delete(one) for one in ids]})

    @airtable.delete("/v0/<base>/<table>/<record_id>")
    def delete_one(base: str, table: str, record_id: str) -> Response:
        with state.lock:
            return _json(_table(state, base, table).delete(record_id))


def control(state: State) -> Blueprint:
    """Return the calls that look at a table and replace its rows; they are not counted as requests."""
    calls = Blueprint("airtable_control", __name__, url_prefix="/_sandbox/airtable")

    @calls.get("/<base>/<table>")
    def look(base: str, table: str) -> Response:
        return jsonify(records=Table(state, base, table).all())

    @calls.put("/<base>/<table>")
    def seed(base: str, table: str) -> tuple[Response, int]:
        body = request.get_json(silent=True)
        given = body.get("records") if isinstance(body, dict) else None
        if not isinstance(given, list) or len(given) > MOST_SEEDED or not NAME.match(table):
            return jsonify(error=f"records must be a list of at most {MOST_SEEDED} objects with fields"), 400
        rows = [one.get("fields") if isinstance(one, dict) else None for one in given]
        fields = [one for one in rows if isinstance(one, dict)]
        if len(fields) != len(given):
            return jsonify(error="each record must have its fields"), 400
        with state.lock:
            Table(state, base, table).replace(fields)
        return jsonify(records=len(fields)), 200

    return calls


def panel(state: State) -> list[Panel]:
    """Return each table as it stands."""
    panels: list[Panel] = []
    for _, known in state.items("airtable_table"):
        records = Table(state, known["base"], known["table"]).all()
        names = sorted({name for record in records for name in record["fields"]})[:12]
        rows = [(record["id"], *(str(record["fields"].get(name, "")) for name in names)) for record in records[-50:]]
        panels.append(Panel(f"Airtable: {known['table']}", ("Record", *names), list(rows)))
    return panels or [Panel("Airtable: no records", ("Record",), [])]


def _json(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body), status, content_type="application/json; charset=utf-8")


def _refuse(refused: Refused) -> Response:
    if not refused.message:
        return _json({"error": refused.kind}, refused.status)
    return _json({"error": {"type": refused.kind, "message": refused.message}}, refused.status)


def _not_allowed() -> Refused:
    text = "Invalid permissions, or the requested model was not found. Check that both your user and your token have the required permissions."
    return Refused(403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", text)


def _table(state: State, base: str, table: str) -> Table:
    if not NAME.match(table):
        raise _not_allowed()
    return Table(state, base, table)


def _question() -> dict[str, Any]:
    """Read a list's query: plain names, `fields[]` and `sort[0][field]`."""
    sorting: dict[str, dict[str, str]] = {}
    for name, value in request.args.items():
        part = SORT.match(name)
        if part:
            sorting.setdefault(part[1], {})[part[2]] = value
    plain = {
        name: request.args[name]
        for name in ("pageSize", "maxRecords", "offset", "filterByFormula")
        if name in request.args
    }
    fields = request.args.getlist("fields[]") or request.args.getlist("fields")
    return {**plain, "fields": fields, "sort": [sorting[number] for number in sorted(sorting, key=int)]}


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True, force=True)
    if not isinstance(body, dict):
        raise Refused(422, "INVALID_REQUEST_MISSING_FIELDS", "Could not parse the request body as a JSON object")
    return body


def _records(body: dict[str, Any]) -> list[Any]:
    given = body.get("records")
    if not isinstance(given, list) or not 0 < len(given) <= PER_REQUEST:
        text = (
            f"Invalid request: parameter validation failed. 1 to {PER_REQUEST} records can be written in one request."
        )
        raise Refused(422, "INVALID_RECORDS", text)
    return given


def _fields(record: Any) -> dict[str, Any]:
    fields = record.get("fields") if isinstance(record, dict) else None
    if not isinstance(fields, dict):
        raise Refused(422, "INVALID_REQUEST_MISSING_FIELDS", 'Could not find field "fields" in the request body')
    for name, value in fields.items():
        if not name or len(name) > 255:
            raise Refused(422, "UNKNOWN_FIELD_NAME", f'Unknown field name: "{name[:50]}"')
        if isinstance(value, str) and len(value) > 100_000:
            raise Refused(422, "INVALID_VALUE_FOR_COLUMN", f'Field "{name}" cannot accept the provided value')
    return fields


def _update(rows: Table, body: dict[str, Any], *, clear: bool) -> dict[str, Any]:
    """Update or upsert up to ten records; nothing is written when one of them is wrong."""
    records, merge = _records(body), body.get("performUpsert")
    given = [(str(record.get("id") or "") if isinstance(record, dict) else "", _fields(record)) for record in records]
    if merge is None:
        for record_id, _ in given:
            if not record_id:
                raise Refused(422, "INVALID_REQUEST_MISSING_FIELDS", "Each record must have an id")
            rows.check(record_id)
        return {"records": [rows.update(record_id, fields, clear=clear) for record_id, fields in given]}
    keys = merge.get("fieldsToMergeOn") if isinstance(merge, dict) else None
    if not isinstance(keys, list) or not 0 < len(keys) <= 3 or not all(isinstance(key, str) for key in keys):
        raise Refused(422, "INVALID_REQUEST_UNKNOWN", "performUpsert.fieldsToMergeOn must name 1 to 3 fields")
    for record_id, fields in given:
        rows.check(record_id) if record_id else rows.match(fields, keys)
    answer: dict[str, Any] = {"records": [], "createdRecords": [], "updatedRecords": []}
    for record_id, fields in given:
        known = record_id or rows.match(fields, keys)
        record = rows.update(known, fields, clear=clear) if known else rows.create(fields)
        answer["records"].append(record)
        answer["updatedRecords" if known else "createdRecords"].append(record["id"])
    return answer
