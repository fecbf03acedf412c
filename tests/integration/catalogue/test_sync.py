"""Airtable in: what changed is taken once, faults leave no half, a death is repaired, and both sides' edits are told apart."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from plazza import clock
from plazza.catalogue.actions import sync, tombstones
from plazza.providers import airtable as provider
from plazza.providers.errors import ProviderDown, ProviderRefused
from tests.support.airtable import Airtable
from tests.support.client import Client
from tests.support.database import Database
from tests.support.servers import Servers


class Table(Airtable):
    """The table with skus of this test's own, and a look at the products they became."""

    def __init__(self, sandbox_url: str, db: Database) -> None:
        super().__init__(sandbox_url)
        self.db, self.prefix = db, f"A{uuid4().hex[:10]}"

    def row(self, number: int, **cells: Any) -> dict[str, Any]:
        return {
            "SKU": f"{self.prefix}-{number}",
            "Name": f"Airol {number} Tablet",
            "MRP": 100,
            "Schedule": "none",
        } | cells

    def stored(self, number: int) -> dict[str, Any]:
        rows = self.db.rows("SELECT row_to_json(p) FROM products AS p WHERE sku = %s", f"{self.prefix}-{number}")
        return rows[0][0] if rows else {}

    def count(self) -> int:
        return self.db.value("SELECT count(*) FROM products WHERE sku LIKE %s", f"{self.prefix}-%")

    def run(self, run_id: UUID | None = None) -> dict[str, Any]:
        """Give a run, the latest by default."""
        rows = self.db.rows(
            "SELECT row_to_json(r) FROM sync_runs AS r WHERE source = 'airtable' AND (%s::UUID IS NULL OR id = %s) ORDER BY started_at DESC LIMIT 1",
            run_id, run_id,
        )  # fmt: skip
        return rows[0][0]


@pytest.fixture
def table(parts: Servers, db: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    monkeypatch.setattr(provider, "MIN_PAUSE_SEC", 0.0)
    db.execute("DELETE FROM sync_runs WHERE source = 'airtable'")
    db.execute("UPDATE products SET airtable_record_id = NULL WHERE airtable_record_id IS NOT NULL")
    table = Table(parts.sandbox_url, db)
    table.mend()
    table.passes(60)
    yield table
    table.mend()
    table.seed()
    table.passes(60)


def test_rows_become_products_and_the_run_is_written_down(table: Table, api: Client) -> None:
    table.seed(
        table.row(1, Manufacturer="Example Labs", Pack="strip of 15 tablets", HSN="30049099", MRP=30.91, Price=27.5, Schedule="H"),
        table.row(2, MRP="12.345"),
        {"Name": "No number", "MRP": 5},
    )  # fmt: skip

    run_id = sync.sync_products()

    stored = table.stored(1)
    assert (stored["mrp_paise"], stored["price_paise"], stored["schedule"], stored["pack_quantity"]) == (
        3091,
        2750,
        "H",
        15,
    )
    assert table.count() == 1
    runs = api.get("/api/v1/admin/sync?source=airtable", role="support").json["items"]
    shown = next(run for run in runs if run["id"] == str(run_id))
    assert (shown["status"], shown["created"], shown["refused"], shown["records_processed"]) == ("done", 1, 2, 1)
    assert "MRP is no amount" in shown["error_log"]
    assert "sku" in shown["error_log"]


def test_only_what_changed_since_is_asked_for(table: Table) -> None:
    ids = table.seed(*(table.row(n) for n in range(1, 4)))
    sync.sync_products()
    table.passes(3600)
    table.db.execute(
        "UPDATE sync_runs SET cursor = %s WHERE source = 'airtable'", (clock.now() + timedelta(minutes=30)).isoformat()
    )

    table.edit(ids[1], {"MRP": 120})
    run = table.run(sync.sync_products())

    assert (run["updated"], run["unchanged"], run["created"]) == (1, 0, 0)
    assert table.stored(2)["mrp_paise"] == 12_000


def test_several_pages_are_taken(table: Table) -> None:
    table.seed(*(table.row(n) for n in range(1, 231)))

    run = table.run(sync.sync_products())

    assert (run["created"], table.count()) == (230, 230)


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("status", {"status": 500}),
        ("status", {"status": 429, "retry_after": 30}),
        ("drop", {}),
        ("act_then_drop", {}),
        ("malformed", {"status": 200, "form": "truncated"}),
        ("malformed", {"status": 200, "form": "html"}),
        ("malformed", {"status": 502, "form": "empty"}),
        ("status", {"status": 422, "body": {"error": {"type": "LIST_RECORDS_ITERATOR_NOT_AVAILABLE", "message": ""}}}),
        ("status", {"status": 200, "body": {"records": [{"id": "rec1"}]}}),
        ("status", {"status": 200, "body": {"records": [{"id": "rec1", "fields": 5}]}}),
        ("status", {"status": 200, "body": {"records": 7}}),
    ],
)
def test_a_fault_on_the_second_page_fails_the_run_and_the_next_one_finishes(
    table: Table, kind: str, more: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATCH_SIZE", "50")
    table.seed(*(table.row(n) for n in range(1, 131)))
    table.fails(kind, after=1, **more)

    with pytest.raises(ProviderDown):
        sync.sync_products()
    failed, half = table.run(), table.count()
    table.mend()
    table.passes(60)
    run = table.run(sync.sync_products())

    assert (failed["status"], failed["cursor"], failed["finished_at"] is not None) == ("failed", None, True)
    assert half == failed["created"] == 100
    assert (run["status"], run["created"], run["unchanged"], table.count()) == ("done", 30, 100, 130)


def test_a_wrong_token_is_a_refusal_that_the_run_keeps(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRTABLE_API_KEY", "patWrong")

    with pytest.raises(ProviderRefused):
        sync.sync_products()

    assert (table.run()["status"], table.run()["error_log"]) == ("failed", "ProviderRefused: list 401")


def test_a_run_that_dies_is_marked_and_repeated_without_harm(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATCH_SIZE", "20")
    table.seed(*(table.row(n) for n in range(1, 61)))
    batches: list[int] = []
    real = sync.put_one

    def die(*given: Any) -> Any:
        batches.append(1)
        if len(batches) == 30:
            raise KeyboardInterrupt
        return real(*given)

    monkeypatch.setattr(sync, "put_one", die)
    with pytest.raises(KeyboardInterrupt):
        sync.sync_products()
    dead, half = table.run(), table.count()
    monkeypatch.setattr(sync, "put_one", real)
    table.db.execute("UPDATE sync_runs SET started_at = started_at - INTERVAL '11 minutes' WHERE id = %s", dead["id"])
    run = table.run(sync.sync_products())

    assert (dead["status"], half, dead["created"]) == ("running", 20, 20)
    assert table.run(dead["id"])["status"] == "failed"
    assert (run["created"], run["unchanged"], table.count()) == (40, 20, 60)


def test_a_new_number_in_the_table_renames_the_product(table: Table) -> None:
    (record,) = table.seed(table.row(1))
    sync.sync_products()
    before = table.stored(1)["id"]

    table.edit(record, {"SKU": f"{table.prefix}-9"})
    sync.sync_products()

    assert (table.stored(9)["id"], table.stored(1)) == (before, {})


def test_a_number_that_belongs_to_another_record_is_refused(table: Table) -> None:
    first, second = table.seed(table.row(1), table.row(2))
    sync.sync_products()

    table.edit(second, {"SKU": f"{table.prefix}-1"})
    table.add(table.row(1, Name="A third one"))
    run = table.run(sync.sync_products())

    assert run["refused"] == 2
    assert run["error_log"].count("belongs to another product") == 2
    assert table.stored(1)["airtable_record_id"] == first
    assert table.stored(2)["name"] == "Airol 2 Tablet"


def test_what_only_staff_changed_stays_and_what_both_changed_is_airtables(table: Table, api: Client) -> None:
    (record,) = table.seed(table.row(1, Manufacturer="Old Labs", Pack="strip of 10 tablets"))
    sync.sync_products()
    sku = f"{table.prefix}-1"
    body = {
        "name": "Airol 1 Tablet", "manufacturer": "Staff Labs", "pack_label": "strip of 15 tablets", "mrp_paise": 10_000,
        "schedule": "none", "salts": [{"salt": "Airol", "strength": "1", "unit": "mg"}], "image_url": "https://img.example/a.png",
    }  # fmt: skip
    assert api.put(f"/api/v1/admin/products/{sku}", body, role="admin").status_code == 200

    table.edit(record, {"Manufacturer": "Airtable Labs", "MRP": 110})
    run = table.run(sync.sync_products())

    stored = table.stored(1)
    assert (stored["manufacturer"], stored["mrp_paise"]) == ("Airtable Labs", 11_000)
    assert (stored["pack_label"], stored["salt_key"], stored["image_url"]) == (
        "strip of 15 tablets", "airol:1mg", "https://img.example/a.png",
    )  # fmt: skip
    assert run["error_log"] == f"{record}: manufacturer was changed on both sides; Airtable's is kept"


def test_a_new_name_is_read_again(table: Table) -> None:
    (record,) = table.seed(table.row(1, Name="Firstol 10 mg Tablet"))
    sync.sync_products()

    table.edit(record, {"Name": "Secondol SR 20 mg Capsule"})
    sync.sync_products()

    stored = table.stored(1)
    assert (stored["brand"], stored["form"], stored["release"], stored["strength"]) == (
        "secondol",
        "capsule",
        "SR",
        "20mg",
    )


def test_our_price_gives_way_to_a_lower_mrp(table: Table, api: Client) -> None:
    (record,) = table.seed(table.row(1))
    sync.sync_products()
    body = {"name": "Airol 1 Tablet", "mrp_paise": 10_000, "price_paise": 9_000, "schedule": "none"}
    api.put(f"/api/v1/admin/products/{table.prefix}-1", body, role="admin")

    table.edit(record, {"MRP": 80})
    sync.sync_products()

    assert (table.stored(1)["mrp_paise"], table.stored(1)["price_paise"]) == (8_000, 8_000)


def test_a_deleted_row_discontinues_its_product_and_a_restored_one_brings_it_back(table: Table) -> None:
    _, second = table.seed(table.row(1), table.row(2))
    sync.sync_products()
    version = table.stored(2)["version"]

    table.delete(second)
    gone = table.run(tombstones.sweep_deleted())

    assert (gone["status"], gone["updated"]) == ("done", 1)
    assert (table.stored(2)["status"], table.stored(2)["version"]) == ("discontinued", version + 1)
    assert table.stored(2)["airtable_deleted_at"] is not None
    assert table.stored(1)["status"] == "active"
    product = table.stored(2)["id"]
    assert table.db.value("SELECT count(*) FROM outbox WHERE event = 'product.changed' AND key = %s", product) == 2

    again = table.add(table.row(2))
    sync.sync_products()

    assert (table.stored(2)["id"], table.stored(2)["status"]) == (product, "active")
    assert table.stored(2)["airtable_record_id"] == again
    assert table.run(tombstones.sweep_deleted())["updated"] == 0


def test_a_product_that_staff_discontinued_stays_so(table: Table, api: Client) -> None:
    (record,) = table.seed(table.row(1))
    sync.sync_products()
    body = {"name": "Airol 1 Tablet", "mrp_paise": 10_000, "schedule": "none", "status": "discontinued"}
    api.put(f"/api/v1/admin/products/{table.prefix}-1", body, role="admin")

    table.edit(record, {"MRP": 120})
    sync.sync_products()

    assert (table.stored(1)["status"], table.stored(1)["mrp_paise"]) == ("discontinued", 12_000)


def test_an_empty_table_discontinues_nothing(table: Table) -> None:
    table.seed(*(table.row(n) for n in range(1, 31)))
    sync.sync_products()
    table.seed()

    run = table.run(tombstones.sweep_deleted())

    assert (run["status"], run["updated"]) == ("failed", 0)
    assert "30 of 30 records are gone at once" in run["error_log"]
    assert (
        table.db.value("SELECT count(*) FROM products WHERE sku LIKE %s AND status <> 'active'", f"{table.prefix}-%")
        == 0
    )


def test_a_record_that_slipped_between_two_pages_is_not_deleted(table: Table) -> None:
    first, _ = table.seed(table.row(1), table.row(2))
    sync.sync_products()
    page = {"records": [{"id": first, "createdTime": "2026-01-01T00:00:00.000Z", "fields": {}}]}
    table.fails("status", status=200, body=page)

    run = table.run(tombstones.sweep_deleted())

    assert (run["status"], run["updated"], table.stored(2)["status"]) == ("done", 0, "active")


def test_the_sweep_is_made_when_it_is_due(table: Table) -> None:
    table.seed(table.row(1))
    sync.sync_products()

    first, second = tombstones.sweep_if_due(), tombstones.sweep_if_due()
    table.db.execute(
        "UPDATE sync_runs SET cursor = %s WHERE id = %s", (clock.now() - timedelta(hours=7)).isoformat(), first
    )
    third = tombstones.sweep_if_due()

    assert (first is not None, second, third is not None) == (True, None, True)


def test_requests_keep_below_airtables_limit(parts: Servers, db: Database) -> None:
    table = Table(parts.sandbox_url, db)
    table.seed(*({"SKU": ""} for _ in range(701)))
    table.passes(60)

    records = list(provider.list_records("Products", ["SKU"]))  # eight pages; six in a second would be refused

    assert len(records) == 701
    table.seed()


@pytest.mark.parametrize("role", [None, "customer", "cashier", "store_staff", "pharmacist", "rider"])
def test_runs_are_shown_to_support_and_admins_only(api: Client, role: str | None) -> None:
    answer = api.get("/api/v1/admin/sync", role=role, store=str(uuid4()))

    assert answer.status_code == (401 if role is None else 403)
