"""A pincode and a store that no other test has, and the map as its sandbox lets it be."""

import random
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from plazza.data import cache
from tests.support.client import Client
from tests.support.database import Builders, new_pincode
from tests.support.people import new_uid
from tests.support.sandbox import Sandbox
from tests.support.servers import Servers


class Town:
    """One served pincode and one person who lives there."""

    def __init__(self, api: Client, make: Builders, sandbox_url: str) -> None:
        self.api, self.make, self._sandbox = api, make, Sandbox(sandbox_url)
        self.pincode = new_pincode()
        # A square of its own, far from other tests' towns: a bare point finds what is near it.
        self.latitude, self.longitude = random.uniform(9, 33), random.uniform(70, 96)  # noqa: S311 -- a place, not a secret
        self.store = make.store()
        self.uid = new_uid()

    def area(self, **over: Any) -> str:
        """Serve an area in the middle of the town."""
        values = {"pincode": self.pincode, "latitude": self.latitude, "longitude": self.longitude}
        stores = {"store_latitude": self.latitude, "store_longitude": self.longitude}
        return self.make.area(self.store, **(values | stores | over))

    def address(self, **over: Any) -> dict[str, Any]:
        """Make an address's body, with its pin in the middle of the town."""
        return {
            "label": "Home", "recipient": "Asha Example", "phone": "+919812345678", "line1": "12 Lake Road", "city": "Town",
            "state": "Karnataka", "pincode": self.pincode, "latitude": self.latitude, "longitude": self.longitude,
        } | over  # fmt: skip

    def close(self, store: str) -> None:
        """Close a store, beside its hours."""
        self.make.db.execute("UPDATE stores SET status = 'closed' WHERE id = %s", UUID(store))

    def check(self, **place: Any) -> Any:
        answer = self.api.post("/serviceability/check", place, uid=self.uid)
        assert answer.status_code == 200, answer.json
        return answer.json

    def maps_fails(self, kind: str, times: int | str = "always", **more: Any) -> None:
        self._sandbox.break_calls("maps", kind, times, **more)

    def maps_knows(self, address: str, **place: Any) -> None:
        """Let Maps find this text there, and nothing else that was stated before."""
        self._sandbox.control("PUT", "/maps/places", {"places": [{"address": address} | place] if place else []})

    def maps_calls(self) -> int:
        return len(self._sandbox.calls_of("maps"))

    def mend(self) -> None:
        self._sandbox.mend()
        self._sandbox.control("PUT", "/maps/places", {"places": []})
        cache.delete("maps:away")


@pytest.fixture
def town(api: Client, make: Builders, parts: Servers) -> Iterator[Town]:
    """A town that nobody else has."""
    found = Town(api, make, parts.sandbox_url)
    found.mend()
    yield found
    found.mend()
