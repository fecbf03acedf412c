"""Log lines: what they carry, and what they never do."""

import json

import pytest

from plazza import logs
from plazza.providers.errors import ProviderDown


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("+919812345678", "9812345678"),
        ("9812345678", "9812345678"),
        ("91 9812345678", "9812345678"),
        ("asha@example.com", "asha"),
        ("Bearer abc.def.ghi", "abc"),
        ("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.", "eyJ"),
        ("rzp_test_Abc123", "Abc123"),
        ("AIzaSyExample", "SyExample"),
        ("https://maps.example/?key=other&address=x", "other"),
        ("postgresql://user:hunter2@db.example/plazza", "hunter2"),
        ("patAbCdEfGhIjKlMn.hidden", "hidden"),
    ],
)
def test_what_could_name_or_impersonate_somebody_is_masked(text: str, hidden: str) -> None:
    assert hidden not in logs.redact(f"about {text} here")


@pytest.mark.parametrize("harmless", ["PLZ-7KQ2M9TA", "560038", "8d0c6f1e-3b0a-4d52-9a5e-6a2e4f7c9b11", "41250 paise"])
def test_what_is_no_person_stays(harmless: str) -> None:
    assert harmless in logs.redact(f"order {harmless} done")


def test_an_error_line_has_the_stack_and_not_the_text(capsys: pytest.CaptureFixture[str]) -> None:
    address = "4 Rose Lane"
    with pytest.raises(ValueError, match=address) as caught:
        int(address)

    logs.error("failed", caught.value)

    line = json.loads(capsys.readouterr().out)
    assert line["severity"] == "ERROR"
    assert "test_logs.py" in line["stack_trace"]
    assert "Rose Lane" not in json.dumps(line)


def test_a_provider_error_names_provider_and_status_only() -> None:
    assert "Maps" in str(ProviderDown("Maps", "geocode", 503))
