"""An order on its way: a shop, its staff, a rider with an account, and a parcel to bring."""

from typing import Any
from uuid import UUID

import pytest

from plazza.data import rtdb
from plazza.delivery import consumers
from plazza.delivery.actions.code import current_code
from tests.integration.order.conftest import Shop
from tests.support import auth
from tests.support.auth import People
from tests.support.client import Answer, Client
from tests.support.database import Builders, Database
from tests.support.servers import Servers


class Parcel:
    """One order paid in cash, with its delivery; the customer lives where the store is."""

    def __init__(self, shop: Shop, people: People) -> None:
        self.shop, self.people = shop, people
        self.product = shop.product()
        answer = shop.place(self.product)
        assert answer.status_code == 201, answer.json
        self.order = str(answer.json["id"])
        consumers.create_delivery(self.order)
        self.rider = people.sign_up("rider")

    def pack(self) -> None:
        """Let the store prepare it."""
        answer = self.shop.api.post(f"/orders/{self.order}/status", {"status": "processing"}, **self.shop.staff())
        assert answer.status_code == 200, answer.json

    def step(self, name: str, body: Any = None, **who: Any) -> Answer:
        """Take a step of the delivery: as its rider unless said otherwise."""
        return self.shop.api.post(f"/delivery/{self.order}/{name}", body, **(who or self.as_rider()))

    def as_rider(self) -> dict[str, Any]:
        return {"role": "rider", "uid": self.rider}

    def assign(self, rider: str | None = None) -> Answer:
        return self.step("assign", {"rider_uid": rider or self.rider}, **self.shop.staff())

    def ship(self) -> None:
        """Bring it onto the road."""
        self.pack()
        assert self.assign().status_code == 200
        answer = self.step("pickup")
        assert answer.status_code == 200, answer.json

    def code(self) -> str:
        found = current_code(UUID(self.order))
        assert found is not None
        return found

    def wrong_code(self, number: int = 1) -> str:
        return f"{(int(self.code()) + number) % 1_000_000:06d}"

    def verify(self, otp: str, **place: float) -> Answer:
        return self.shop.api.post(f"/delivery/verify/{self.order}", {"otp": otp} | place, **self.as_rider())

    def prove(self, key: str | None = None, **over: Any) -> Answer:
        body = {
            "order_id": self.order,
            "client_id": "p1",
            "kind": "otp",
            "latitude": 12.9720,
            "longitude": 77.6410,
        } | over
        return self.shop.api.post("/delivery/proof", body, key=key, **self.as_rider())

    def view(self) -> Any:
        return self.shop.api.get(f"/delivery/{self.order}", uid=self.shop.uid).json

    def order_view(self) -> Any:
        return self.shop.api.get(f"/orders/{self.order}", uid=self.shop.uid).json

    def live(self) -> Any:
        consumers.project_delivery(self.order)
        return rtdb.get(f"deliveries/{self.order}")

    def expire_code(self) -> None:
        self.shop.db.execute(
            "UPDATE deliveries SET code_expires_at = now() - interval '1 second' WHERE order_id = %s", UUID(self.order)
        )


@pytest.fixture(scope="session")
def people(parts: Servers) -> People:
    """Accounts in the auth emulator."""
    return auth.start(parts)


@pytest.fixture
def parcel(api: Client, db: Database, make: Builders, people: People) -> Parcel:
    """A parcel that nobody else has."""
    return Parcel(Shop(api, db, make), people)
