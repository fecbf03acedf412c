"""Textract's client against a Textract that misbehaves: what may be asked again, and what no repeat will change."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from plazza.providers import textract
from plazza.providers.errors import ProviderDown, ProviderRefused
from tests.support import papers
from tests.support.readers import Readers
from tests.support.servers import Servers

LINES = ("1. Tab. Amlodin 5", "1-0-0 x 30 days")


@pytest.fixture
def there(parts: Servers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Readers]:
    """Textract itself, and a client that does not wait as long as in production."""
    monkeypatch.setattr(textract, "READ_SEC", 2)
    monkeypatch.setattr(textract, "_clients", {})
    sandbox = Readers(parts.sandbox_url)
    yield sandbox
    sandbox.mend()


def refused(there: Readers, code: str, status: int = 400, **more: Any) -> None:
    there.break_calls("textract", "status", status=status, body={"__type": code, "Message": "secret text"}, **more)


@pytest.fixture
def content(there: Readers) -> bytes:
    """A page whose lines are known without reading it."""
    page = papers.png(papers.page([]).crop((0, 0, 40, 40)))
    there.says(page, *LINES)
    return page


def test_a_page_is_really_read(parts: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(textract, "_clients", {})

    lines = textract.read_page(papers.png(papers.page(LINES)))

    assert [line.text for line in lines] == [*papers.HEAD, *LINES]
    assert all(50 < line.confidence <= 100 for line in lines)


def test_an_empty_page_has_no_lines(there: Readers) -> None:
    assert textract.read_page(papers.jpeg(papers.page([], head=[]))) == []


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ThrottlingException", 400),
        ("ProvisionedThroughputExceededException", 400),
        ("LimitExceededException", 400),
        ("InternalServerError", 500),
        ("ServiceUnavailableException", 503),
        ("SomethingNew", 502),
        ("SomethingNew", 429),
    ],
)
def test_what_may_pass_is_down(there: Readers, content: bytes, code: str, status: int) -> None:
    refused(there, code, status, times="always")

    with pytest.raises(ProviderDown) as failed:
        textract.read_page(content)

    assert failed.value.details == {
        "provider": "Textract",
        "operation": "DetectDocumentText",
        "providerStatus": status,
    }
    assert "secret" not in str(failed.value)


@pytest.mark.parametrize(
    "code",
    [
        "UnsupportedDocumentException",
        "DocumentTooLargeException",
        "BadDocumentException",
        "InvalidParameterException",
        "AccessDeniedException",
        "InvalidS3ObjectException",
        "UnrecognizedClientException",
    ],
)
def test_what_no_repeat_changes_is_refused(there: Readers, content: bytes, code: str) -> None:
    refused(there, code, times="always")
    before = there.calls("textract")

    with pytest.raises(ProviderRefused) as failed:
        textract.read_page(content)

    assert failed.value.provider_code == code
    assert "secret" not in str(failed.value)
    assert there.calls("textract") == before + 1


def test_throttled_once_is_not_noticed(there: Readers, content: bytes) -> None:
    refused(there, "ThrottlingException")

    assert [line.text for line in textract.read_page(content)] == list(LINES)


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("drop", {}),
        ("act_then_drop", {}),
        ("malformed", {"status": 502, "form": "html"}),
        ("malformed", {"form": "html"}),
        ("malformed", {"form": "truncated"}),
        ("malformed", {"form": "empty"}),
    ],
)
def test_an_answer_that_does_not_come_whole_is_down(
    there: Readers, content: bytes, kind: str, more: dict[str, Any]
) -> None:
    there.break_calls("textract", kind, "always", **more)

    with pytest.raises(ProviderDown):
        textract.read_page(content)


def test_no_answer_is_waited_for_only_so_long(there: Readers, content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(textract, "READ_SEC", 0.5)
    there.break_calls("textract", "hang", "always")
    started = time.monotonic()

    with pytest.raises(ProviderDown):
        textract.read_page(content)

    assert time.monotonic() - started < 10


def test_the_limits_of_production() -> None:
    assert (textract.CONNECT_SEC, textract.READ_SEC, textract.ATTEMPTS) == (3, 20, 2)


def test_files_that_are_no_page_are_refused_by_name(there: Readers) -> None:
    two_pages = papers.pdf([papers.page([]), papers.page([])])
    for content, code in (
        (two_pages, "UnsupportedDocumentException"),
        (b"GIF89a" + bytes(50), "UnsupportedDocumentException"),
        (papers.png(papers.page(LINES))[:300], "BadDocumentException"),
        (b"\xff\xd8\xff" + bytes(10 * 1024 * 1024), "DocumentTooLargeException"),
    ):
        with pytest.raises(ProviderRefused) as failed:
            textract.read_page(content)

        assert failed.value.provider_code == code


def test_a_key_that_is_not_known_is_refused(there: Readers, content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY", "AKIAOTHER00000000000")

    with pytest.raises(ProviderRefused) as failed:
        textract.read_page(content)

    assert failed.value.provider_code == "UnrecognizedClientException"
