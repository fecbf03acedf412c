"""A shop of its own for each test: store, area, customer with an address, two products on the shelf."""

from typing import Any
from uuid import UUID

import pytest

from tests.support.client import Answer, Client
from tests.support.database import Builders, Database, new_pincode
from tests.support.people import new_uid


class Shop:
    """One store and one customer of it."""

    def __init__(self, api: Client, db: Database, make: Builders, **area: Any) -> None:
        self.api, self.db, self.make = api, db, make
        self.pincode = new_pincode()
        self.store = make.store(pincode=self.pincode)
        make.area(self.store, pincode=self.pincode, **area)
        self.uid = new_uid()
        self.address = make.address(self.uid, pincode=self.pincode)

    def product(self, on_hand: int = 100, **over: Any) -> str:
        """Make a product with one batch."""
        product = self.make.product(**over)
        self.make.batch(self.store, product, on_hand, mrp_paise=over.get("mrp_paise", 10_000))
        return product

    def cart(self, *products: str | tuple[str, int], **over: Any) -> dict[str, Any]:
        """Make a cart's body; a product by itself is one pack."""
        items = [(entry, 1) if isinstance(entry, str) else entry for entry in products]
        lines = [{"product_id": product, "quantity": quantity} for product, quantity in items]
        return {"items": lines, "address_id": self.address} | over

    def quote(self, *products: str | tuple[str, int], **over: Any) -> Answer:
        return self.api.post("/orders/quote", self.cart(*products, **over), uid=self.uid)

    def place(self, *products: str | tuple[str, int], key: str | None = None, **over: Any) -> Answer:
        body = self.cart(*products, **({"payment_method": "cod"} | over))
        return self.api.post("/orders", body, uid=self.uid, key=key)

    def staff(self, role: str = "store_staff") -> dict[str, Any]:
        """Give the arguments with which a person of this store calls."""
        return {"role": role, "uid": f"{role}-{self.store[:8]}", "store": self.store}

    def stock(self, product: str) -> tuple[int, int]:
        """Give (on hand, reserved) of a product in all its batches."""
        query = """
            SELECT coalesce(sum(on_hand), 0)::INT8, coalesce(sum(reserved), 0)::INT8 FROM inventory_batches
             WHERE store_id = %s AND product_id = %s"""
        return self.db.rows(query, UUID(self.store), UUID(product))[0]  # pyright: ignore[reportReturnType] -- two columns

    def outbox(self, order: str) -> set[str]:
        """Give the events announced of an order."""
        return {row[0] for row in self.db.rows("SELECT DISTINCT event FROM outbox WHERE key = %s", order)}


@pytest.fixture
def shop(api: Client, db: Database, make: Builders) -> Shop:
    """A shop that nobody else has."""
    return Shop(api, db, make)
