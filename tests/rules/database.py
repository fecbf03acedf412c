"""The Realtime Database over REST, as its server and as people who signed in."""

from typing import Any, NamedTuple

import requests

from tests.rules.people import PROJECT, Person

NAMESPACE = f"{PROJECT}-default-rtdb"
TIMEOUT_SEC = 10


class Database(NamedTuple):
    """A database server; every question names who asks."""

    url: str

    def load_rules(self, rules: str) -> None:
        """Replace the rules; raises when the server refuses them."""
        self._owner("PUT", ".settings/rules", data=rules.encode())

    def put_as_server(self, path: str, value: Any) -> None:
        """Write past the rules, as the Admin SDK does."""
        self._owner("PUT", path, json=value)

    def value(self, path: str) -> Any:
        """Read past the rules."""
        return self._owner("GET", path).json()

    def may_read(self, person: Person | None, path: str, **query: str) -> bool:
        """Whether somebody may read a path."""
        return self._allowed(self._ask(person, "GET", path, params=query))

    def may_put(self, person: Person | None, path: str, value: Any) -> bool:
        """Try to write a value; whether that was allowed."""
        return self._allowed(self._ask(person, "PUT", path, json=value))

    def may_patch(self, person: Person | None, path: str, value: Any) -> bool:
        """Try to write some children; whether that was allowed."""
        return self._allowed(self._ask(person, "PATCH", path, json=value))

    def may_delete(self, person: Person | None, path: str) -> bool:
        """Try to delete; whether that was allowed."""
        return self._allowed(self._ask(person, "DELETE", path))

    def _ask(self, person: Person | None, verb: str, path: str, **extra: Any) -> requests.Response:
        params = {"ns": NAMESPACE, **extra.pop("params", {}), **({"auth": person.id_token} if person else {})}
        return requests.request(verb, f"{self.url}/{path}.json", params=params, timeout=TIMEOUT_SEC, **extra)

    def _owner(self, verb: str, path: str, **extra: Any) -> requests.Response:
        headers = {"Authorization": "Bearer owner"}
        answer = requests.request(
            verb, f"{self.url}/{path}.json", params={"ns": NAMESPACE}, headers=headers, timeout=TIMEOUT_SEC, **extra
        )
        answer.raise_for_status()
        return answer

    @staticmethod
    def _allowed(answer: requests.Response) -> bool:
        """Anything but "yes" and "no" is a fault of the test or the server, and no refusal."""
        if answer.status_code == 401:
            assert answer.json() == {"error": "Permission denied"}
            return False
        answer.raise_for_status()
        return True
