"""`ops import products`: what goes in, what is refused and why, and that a run which dies is finished by the next one."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from ops.errors import OpsError
from ops.paths import ROOT
from tests.integration.catalogue.conftest import Lists, as_json
from tests.support.client import Client
from tests.support.database import Database
from tests.support.servers import Servers

HEADER = "sku,name,mrp_paise,price_paise"


def test_a_row_becomes_a_product_with_its_parts_read(lists: Lists) -> None:
    run = lists.take(
        lists.csv(
            {
                "id": lists.sku(1), "name": "Testoxyl CV 625 Tablet", "manufacturer": "Example Labs",
                "pack_label": "strip of 10 tablets", "salts": json.dumps(["Amoxycillin  (500mg)", "Clavulanic Acid (125mg)"]),
                "salts_complete": "1", "mrp_paise": "20450", "form": "tablet", "discontinued": "false", "origin": "listed",
            }
        )
    )  # fmt: skip

    stored = lists.stored(1)
    assert (run.created, run.refused) == (1, 0)
    assert (stored["brand"], stored["form"], stored["pack_quantity"], stored["pack_unit"]) == (
        "testoxyl cv",
        "tablet",
        10,
        "tablet",
    )
    assert stored["salt_key"] == "amoxycillin:500mg+clavulanic acid:125mg"
    assert (stored["mrp_paise"], stored["price_paise"], stored["status"]) == (20450, 20450, "active")


def test_a_product_without_a_price_is_there_and_cannot_be_ordered(lists: Lists, api: Client) -> None:
    lists.take(lists.csv({"sku": lists.sku(1), "name": "Unpricedol 500 Tablet", "mrp_paise": ""}))
    product = lists.stored(1)["id"]

    shown = api.get(f"/api/v1/products/{product}", role=None).json
    checked = api.post("/api/v1/products/validate", {"items": [{"product_id": product, "quantity": 1}]}, role=None).json

    assert (shown["name"], shown["mrp_paise"], shown["price_paise"], shown["unit_price_paise"]) == (
        "Unpricedol 500 Tablet", None, None, None,
    )  # fmt: skip
    assert (checked["valid"], checked["items"][0]["problems"]) == (False, ["NOT_PRICED"])


def test_a_schedule_that_nobody_said_asks_for_a_prescription(lists: Lists) -> None:
    rows = [
        {"sku": lists.sku(1), "name": "Unsaidol", "schedule": ""},
        {"sku": lists.sku(2), "name": "Freeol", "schedule": "none"},
        {"sku": lists.sku(3), "name": "Strictol", "schedule": "H1"},
    ]

    lists.take(lists.csv(*rows))

    said = [(lists.stored(n)["schedule_known"], lists.stored(n)["prescription_required"]) for n in (1, 2, 3)]
    assert said == [(False, True), (True, False), (True, True)]


def test_a_list_of_salts_that_may_be_cut_makes_no_substitute(lists: Lists) -> None:
    row = {"name": "Cuttol Tablet", "salts": "Paracetamol (500mg)", "salts_complete": "0"}

    lists.take(lists.csv({"sku": lists.sku(1), **row}))

    stored = lists.stored(1)
    assert (stored["salt_key"], stored["salts_complete"], stored["salts"][0]["salt"]) == ("", False, "Paracetamol")


def test_the_same_list_again_changes_nothing(lists: Lists) -> None:
    file = lists.csv({"sku": lists.sku(1), "name": "Twicol 10 Tablet", "mrp_paise": 900, "salts": "Twicol (10mg)"})
    lists.take(file)
    before = lists.stored(1)

    again = lists.take(file)

    assert (again.created, again.updated, again.unchanged) == (0, 0, 1)
    assert lists.stored(1) == before


def test_what_a_list_leaves_out_stays(lists: Lists) -> None:
    full = {"sku": lists.sku(1), "name": "Keepol 10 Tablet", "mrp_paise": 900, "price_paise": 800, "schedule": "H", "hsn": "30049099",
            "salts": "Keepol (10mg)", "pack_label": "strip of 15 tablets", "manufacturer": "Example Labs"}  # fmt: skip
    lists.take(lists.csv(full))

    run = lists.take(lists.csv({"sku": lists.sku(1), "name": "Keepol 10 Tablet", "mrp_paise": 700}))

    stored = lists.stored(1)
    assert run.updated == 1
    assert (stored["mrp_paise"], stored["price_paise"]) == (700, 700)
    assert (stored["schedule"], stored["prescription_required"], stored["hsn"]) == ("H", True, "30049099")
    assert (stored["salt_key"], stored["pack_quantity"], stored["manufacturer"]) == ("keepol:10mg", 15, "Example Labs")
    assert stored["version"] == 2


def test_every_refused_row_is_listed_with_its_reason_and_the_others_go_in(lists: Lists) -> None:
    file = lists.text(
        "sku,name,mrp_paise,price_paise,salts,schedule",
        "{p}-1,Goodol,1000,900,Goodol (5mg),H",
        "{p}-2,Dearol,1000,1001,,",
        "{p}-3,Nopriceol,,500,,",
        "{p}-4,,1000,,,",
        "{p}-5,Halfol,10.5,,,",
        "{p}-6,Minusol,1000,,Minusol (-5mg),",
        "{p}-7,Wrongol,1000,,,Z",
        "{p}-1,Goodol again,1000,,,",
        ",Nosku,1000,,,",
        "{p}-10,Toomany,1,1,,,9,9",
        b"{p}-11,Br\xff\xfeken,1000,,,",
        "{p}-12,Nilol,0,,,",
        "bad sku!,Name,1000,,,",
    )

    run = lists.take(file)

    problems = {row: problem for row, _, problem in lists.refused()}
    assert (run.created, run.refused) == (1, 12)
    assert lists.count() == 1
    assert "must not exceed mrp_paise" in problems[2]
    assert "must not exceed mrp_paise" in problems[3]
    assert problems[4].startswith("name:")
    assert problems[5] == "mrp_paise: must be a whole number."
    assert "negative" in problems[6]
    assert problems[7].startswith("schedule:")
    assert problems[8] == "This sku stands in row 1 already."
    assert problems[9].startswith("sku:")
    assert problems[10] == "has 8 cells, the header 6."
    assert problems[11] == "name: holds bytes that are not UTF-8"
    assert problems[12].startswith("mrp_paise:")
    assert problems[13].startswith("sku:")


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["sku,name,colour", "{p}-1,Redol,red"], "Unknown column 'colour'"),
        (["sku,name,name", "{p}-1,Twol,Twol"], "stands there twice"),
        (["sku,mrp_paise", "{p}-1,100"], "Column name is missing"),
        (["id,sku,name", "{p}-1,{p}-1,Twol"], "stands there twice"),
        (["{p}-1;Semicolol;100"], "Unknown column"),
        ([HEADER, "{p}-1,Goodol,100,", '{p}-2,"Neverending,100,', "{p}-3,Lostol,100,"], "a quote is opened and never closed"),
        ([HEADER, '{p}-1,"Good"ol,100,'], "a quote is opened and never closed, or stands inside a cell"),
        ([HEADER], "has no rows"),
        ([b""], "Column sku, name is missing"),
        ([b"\x00\x01\x02\x03"], "Unknown column"),
        (["\ufeff".encode("utf-16-le") + HEADER.encode("utf-16-le")], "Unknown column"),
        ([HEADER, "{p}-1," + "x" * 1_100_000], "longer than"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_trusted_writes_nothing(lists: Lists, lines: list[str | bytes], reason: str) -> None:
    with pytest.raises(OpsError, match=reason):
        lists.take(lists.text(*lines))

    assert lists.count() == 0


def test_half_of_a_gzip_file_writes_nothing(lists: Lists) -> None:
    whole = lists.zipped(lists.csv(*({"sku": lists.sku(n), "name": f"Halfzip {n * 7919}"} for n in range(500))))
    whole.write_bytes(whole.read_bytes()[:-200])

    with pytest.raises(OpsError, match="not a whole gzip file"):
        lists.take(whole, batch=10)

    assert lists.count() == 0


def test_a_missing_file_is_named(lists: Lists) -> None:
    with pytest.raises(OpsError, match="cannot be read"):
        lists.take(lists.folder / "no.csv")


def test_json_lines_go_in_row_by_row(lists: Lists) -> None:
    good = {
        "sku": lists.sku(1),
        "name": "Jsonol 5 mg/5 ml Syrup",
        "salts": [{"salt": "Jsonol", "strength": "1", "unit": "mg", "per": "ml"}],
    }
    file = lists.text(
        *as_json(good, {"sku": lists.sku(2), "name": 5}, {"sku": lists.sku(3), "name": "Colourol", "colour": "red"}, ["sku"]),
        '{"sku": "{p}-5", "name": "Nanol", "mrp_paise": NaN}', "{not json", "[" * 100_000,
        *as_json({"sku": lists.sku(8), "name": "Trueol", "mrp_paise": True}),
        name="list.jsonl",
    )  # fmt: skip

    run = lists.take(lists.zipped(file))

    assert (run.created, run.refused) == (1, 7)
    assert lists.stored(1)["salt_key"] == "jsonol:1mg/ml"
    assert [row for row, _, _ in lists.refused()] == [2, 3, 4, 5, 6, 7, 8]


def test_a_run_that_dies_is_finished_by_the_next_one(lists: Lists, db: Database) -> None:
    rows = [
        {"sku": lists.sku(n), "name": f"Resumol {n}", "mrp_paise": 0 if n in {7, 25} else 100} for n in range(1, 41)
    ]
    file = lists.csv(*rows)

    def die(done: int, rows: int) -> None:
        if done == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lists.take(file, batch=10, progress=die)
    first = lists.count()
    seen: list[int] = []
    run = lists.take(file, batch=10, progress=lambda done, rows: seen.append(done))

    assert first == 19
    assert seen == [30, 40]
    assert (run.created, run.refused, lists.count()) == (38, 2, 38)
    assert [row for row, _, _ in lists.refused()] == [7, 25]
    assert db.rows("SELECT status, records_processed, refused FROM sync_runs WHERE id = %s", run.id) == [
        ("done", 38, 2)
    ]


def test_a_repeated_sku_is_found_also_after_a_resumption(lists: Lists) -> None:
    names = [*range(1, 21), 3]
    file = lists.csv(*({"sku": lists.sku(n), "name": f"Againol {n}"} for n in names))

    def die(done: int, rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lists.take(file, batch=10, progress=die)
    lists.take(file, batch=10)

    assert lists.refused() == [(21, "3", "This sku stands in row 3 already.")]


def test_several_processes_come_to_the_same_end_as_one(lists: Lists) -> None:
    rows = [{"sku": lists.sku(n), "name": f"Manyol {n}", "mrp_paise": n % 50} for n in range(1, 301)]

    run = lists.take(lists.csv(*rows), batch=20, processes=2)

    assert (run.created, run.refused) == (294, 6)
    assert [row for row, _, _ in lists.refused()] == [50, 100, 150, 200, 250, 300]


def test_the_command_imports_and_reports(lists: Lists, parts: Servers) -> None:
    file = lists.csv({"sku": lists.sku(1), "name": "Commandol"}, {"sku": lists.sku(2), "name": ""})
    command = [
        sys.executable,
        "-m",
        "ops",
        "import",
        "products",
        file,
        "--refused",
        lists.refused_file,
        "--processes",
        "1",
    ]

    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "COCKROACH_DB_URL": parts.cockroach_url}, capture_output=True, text=True, check=False, timeout=60
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith(
        "RESULT import-products ok created=1 updated=0 unchanged=0 refused=1"
    )
    assert lists.stored(1)["name"] == "Commandol"


def test_a_price_without_an_mrp_cannot_be_stored_at_all(lists: Lists, db: Database) -> None:
    lists.take(lists.csv({"sku": lists.sku(1), "name": "Lawol", "mrp_paise": 100}))

    for mrp, price in ((None, 100), (100, 101), (99, 100), (100, None)):
        with pytest.raises(psycopg.errors.CheckViolation):
            db.execute("UPDATE products SET mrp_paise = %s, price_paise = %s WHERE sku = %s", mrp, price, lists.sku(1))


def test_the_columns_are_in_the_help() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ops", "import", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert "mrp_paise" in done.stdout
    assert "salts_complete" in done.stdout
    assert Path(ROOT / "README.md").read_text().count("`salts_complete`") == 1


def test_a_killed_import_leaves_whole_batches_and_the_command_again_finishes(
    lists: Lists, parts: Servers, db: Database
) -> None:
    rows = [{"sku": lists.sku(n), "name": f"Killol {n}", "mrp_paise": 100 + n} for n in range(1, 4001)]
    command = [
        sys.executable, "-m", "ops", "import", "products", lists.csv(*rows), "--refused", lists.refused_file, "--processes", "1",
    ]  # fmt: skip
    environment = {**os.environ, "COCKROACH_DB_URL": parts.cockroach_url, "BATCH_SIZE": "50"}

    first = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while lists.count() == 0 and first.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    first.kill()
    first.wait(10)
    half = lists.count()
    again = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=60)

    assert 0 < half < 4000
    assert half % 50 == 0
    assert again.stdout.splitlines()[-1].startswith(
        "RESULT import-products ok created=4000 updated=0 unchanged=0 refused=0"
    )
    assert lists.count() == 4000
    assert db.value("SELECT max(version) FROM products WHERE sku LIKE %s", f"{lists.prefix}-%") == 1
