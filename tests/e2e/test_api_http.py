"""`docs/api.http`, sent to a running system from its first request to its last, as a developer would."""

import re
import time
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from tests.e2e.serving import Serve
from tests.support import http_file
from tests.support.http_file import Request

pytestmark = pytest.mark.timeout(600)
PATIENCE_SEC = 75.0
"""Usually a moment; a nudge that is lost is found by the sweep of the next minute."""


class Developer:
    """Sends requests one after the other, and keeps the named answers."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.last = ""

    def send(self, request: Request) -> bool:
        def value_of(name: str) -> str:
            if name in request.variables:
                return http_file.fill(request.variables[name], value_of)
            return http_file.value_in(self.answers, name) or ""

        headers = {name: http_file.fill(value, value_of) for name, value in request.headers.items()}
        url, body = http_file.fill(request.url, value_of), http_file.fill(request.body, value_of)
        answer = requests.request(request.method, url, headers=headers, data=body.encode() or None, timeout=60)
        self.last = f"{request.method} {url} {answer.status_code} {answer.text[:500]}"
        if request.name is not None:
            self.answers[request.name] = answer.json()
        return answer.ok

    def is_answered(self, request: Request, before: Request) -> bool:
        """Send a request; when what the one before it asked for was not there yet, send that one again."""
        try:
            return self.send(request)
        except IndexError:
            self.send(before)
            return False


def of(serve: Serve) -> str:
    """Give the file with the ports of this system, and the present time."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = re.sub(r"@now = .*", f"@now = {now}", http_file.FILE.read_text())
    return re.sub(r"127\.0\.0\.1:87(\d\d)", lambda found: f"127.0.0.1:{serve.base + int(found[1])}", text)


def test_its_requests_bring_an_order_to_the_door(serve: Serve) -> None:
    developer, sent = Developer(), http_file.read(of(serve))

    for before, request in zip([sent[0], *sent], sent, strict=False):
        deadline = time.monotonic() + PATIENCE_SEC
        while not developer.is_answered(request, before):
            assert time.monotonic() < deadline, developer.last
            time.sleep(1)

    token = developer.answers["customerSignIn"]["idToken"]
    url = f"{serve.found.api_url}/orders/{developer.answers['order']['id']}"
    seen = requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=60).json()
    assert (seen["status"], seen["delivery_status"]) == ("delivered", "delivered")
