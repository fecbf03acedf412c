"""The OpenAPI document and the table of settings are made from the code, and the files are what the code says."""

import json
import re

import pytest

from ops import manifest, readme, setting_table
from ops.commands.docs import FILE, README, text, texts
from ops.errors import OpsError
from plazza import settings


def test_the_document_is_what_the_code_says() -> None:
    assert FILE.read_text() == text()


def test_the_table_of_settings_is_what_the_code_says() -> None:
    assert README.read_text() == texts()[README]


def test_every_setting_is_in_the_table_with_its_services_and_its_meaning() -> None:
    rows = [re.split(r" *\| *", line.strip("| ")) for line in setting_table.table(manifest.load()).splitlines()[2:]]
    services = {name.strip("`"): held for name, held, *_ in rows}

    assert set(services) == set(settings._PARAMS)
    assert all(len(row) == 5 and row[1] and row[4].endswith(".") for row in rows)
    assert services["COCKROACH_DB_URL"] == "all"
    assert services["ANTHROPIC_API_KEY"] == "catalogue"
    assert services["OTP_KEY"] == "delivery, platform, whatsapp"


def test_a_readme_without_a_place_for_a_table_is_an_error() -> None:
    with pytest.raises(OpsError, match="no place"):
        readme.with_table("# Plazza", setting_table.BEGIN, "|x|", setting_table.END)


def test_every_route_says_its_errors_and_who_may_call_it() -> None:
    paths = json.loads(text())["paths"]
    operations = [operation for methods in paths.values() for operation in methods.values()]

    assert len(operations) > 60
    assert all({"400", "401", "403", "404", "409", "503"} <= set(operation["responses"]) for operation in operations)
    assert paths["/api/v1/orders"]["post"]["security"] == [{"firebase": ["customer"]}]
    assert "security" not in paths["/api/v1/products/search"]["post"]
