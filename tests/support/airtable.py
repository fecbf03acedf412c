"""The operations team's side of a test: its table in the sandbox's Airtable, and what can go wrong there."""

from typing import Any

import requests

from tests.support.sandbox import Sandbox

BASE, TOKEN = "appSandbox0000001", "patSandbox.token"


class Airtable(Sandbox):
    """One table, by Airtable's own API and the sandbox's control calls. Its clock is moved past the limit of requests."""

    def __init__(self, sandbox_url: str, table: str = "Products") -> None:
        super().__init__(sandbox_url)
        self.table = table

    def seed(self, *rows: dict[str, Any]) -> list[str]:
        """Put these rows in place of all, and give their records' ids."""
        self.control("PUT", f"/airtable/{BASE}/{self.table}", {"records": [{"fields": row} for row in rows]})
        return [one["id"] for one in self.control("GET", f"/airtable/{BASE}/{self.table}")["records"]]

    def add(self, fields: dict[str, Any]) -> str:
        return self._call("POST", "", {"fields": fields})["id"]

    def edit(self, record_id: str, fields: dict[str, Any]) -> None:
        self._call("PATCH", f"/{record_id}", {"fields": fields})

    def delete(self, record_id: str) -> None:
        self._call("DELETE", f"/{record_id}")

    def fails(self, kind: str, times: int | str = 1, **more: Any) -> None:
        self.break_calls("airtable", kind, times, **more)

    def passes(self, seconds: int) -> None:
        self.control("POST", "/clock/advance", {"seconds": seconds})

    def asked(self) -> list[dict[str, Any]]:
        """Give the requests for pages."""
        return [call for call in self.calls_of("airtable") if call["method"] == "GET"]

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        self.passes(1)  # an edit by hand is not held back by the limit of requests
        url = f"{self.url}/airtable/v0/{BASE}/{self.table}{path}"
        answer = requests.request(method, url, json=body, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30)
        assert answer.ok, answer.text
        return answer.json()
