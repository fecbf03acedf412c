"""What the schedules of the night do, and what a missing setting does to a route."""

import gzip
import hashlib
import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import requests

from plazza import clock
from plazza.data import files, sql
from plazza.errors import NotFound
from plazza.platform.actions import backups, purge
from tests.support.auth import People
from tests.support.client import Client
from tests.support.database import Builders, Database
from tests.support.people import new_uid

BOUND = 50_000_000


def test_only_what_is_past_its_time_is_purged(parts: object, db: Database) -> None:
    uid, now = new_uid(), datetime.now(UTC)
    for days in (2, 4):
        at = now - timedelta(days=days)
        db.insert("idempotency_keys", uid=uid, key=f"key-of-{days}-days", fingerprint="f", created_at=at)
    for days in (170, 190):
        at = now - timedelta(days=days)
        db.insert(
            "user_events", uid=uid, id=f"e{days}", session_id="s", name="purchase", happened_at=at, received_at=at
        )
    rows = {"done": uuid4(), "dead": uuid4(), "pending": uuid4(), "fresh": uuid4()}
    for name, ident in rows.items():
        at = now - timedelta(days=1 if name == "fresh" else 30)
        db.insert(
            "outbox", id=ident, shard=0, lane=uid, position=1, event="e", consumer="test.none", key=name, available_at=now + timedelta(days=9),
            status="done" if name == "fresh" else name, created_at=at, delivered_at=None if name in {"dead", "pending"} else at,
        )  # fmt: skip

    deleted = purge.purge()

    assert deleted["idempotency_keys"] >= 1
    assert db.rows("SELECT key FROM idempotency_keys WHERE uid = %s", uid) == [("key-of-2-days",)]
    assert db.rows("SELECT id FROM user_events WHERE uid = %s", uid) == [("e170",)]
    left = {row[0] for row in db.rows("SELECT key FROM outbox WHERE lane = %s", uid)}
    assert left == {"dead", "pending", "fresh"}, "what was never delivered is never purged"
    again = purge.purge()
    assert again["idempotency_keys"] == again["user_events"] == 0
    db.execute("DELETE FROM outbox WHERE lane = %s", uid)


def test_a_backup_holds_every_table_and_says_what_it_holds(people: People, make: Builders) -> None:
    product, code = make.product(), make.coupon()

    folder = backups.back_up()

    manifest = json.loads(files.read_bytes(f"{folder}/manifest.json", BOUND))["files"]
    names = {name.removeprefix(f"{folder}/") for name in manifest}
    assert {"cockroach/orders.csv.gz", "cockroach/outbox.csv.gz", "postgres/coupons.csv.gz", "rtdb.json.gz"} <= names
    for name in ("cockroach/products.csv.gz", "postgres/coupons.csv.gz"):
        content = files.read_bytes(f"{folder}/{name}", BOUND)
        assert hashlib.sha256(content).hexdigest() == manifest[f"{folder}/{name}"]
        assert (product if "products" in name else code) in gzip.decompress(content).decode()


def test_two_backups_have_two_folders(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    first = backups.back_up()
    later = datetime.now(UTC) + timedelta(seconds=2)
    monkeypatch.setattr(clock, "now", lambda: later)

    assert backups.back_up() != first
    with pytest.raises(NotFound):
        files.read_bytes(f"{first}/no-such-file", BOUND)


def test_a_missing_setting_is_a_clear_503_that_gives_nothing_away(
    api: Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sql.close_pools()
    monkeypatch.delenv("COCKROACH_DB_URL")

    answer = api.get("/products?limit=1", role=None)

    sql.close_pools()
    assert (answer.status_code, answer.json["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert "COCKROACH" not in answer.content.decode()
    assert "COCKROACH_DB_URL" in capsys.readouterr().out, "the log names it"


def test_health_tells_what_is_away(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTGRES_URL", "postgresql://plazza_app@127.0.0.1:9/none")

    answer = api.get("/health", role=None)

    parts = {part["name"]: part["status"] for part in answer.json["parts"]}
    assert (answer.status_code, answer.json["status"]) == (200, "degraded")
    assert (parts["postgres"], parts["cockroach"], parts["rtdb"]) == ("down", "up", "up")


def test_the_offline_kits_rules_guard_backups(people: People) -> None:
    folder = backups.back_up()
    url = f"http://{people.storage_host}/v0/b/demo-plazza.appspot.com/o/{folder.replace('/', '%2F')}%2Fmanifest.json"

    assert requests.get(url, params={"alt": "media"}, timeout=10).status_code in {401, 403}
