"""What a store's people do to its stock, and what the repair report says of it."""

from typing import Any
from uuid import uuid4

from tests.integration.order.conftest import Shop
from tests.support.client import Answer


def transfer(source: Shop, target: Shop, batch: str, quantity: int, **over: Any) -> Answer:
    body = {"batch_id": batch, "to_store_id": target.store, "quantity": quantity} | over
    return source.api.post("/inventory/transfers", body, **source.staff())


def count(shop: Shop, batch: str, counted: int, **over: Any) -> Answer:
    return shop.api.post("/inventory/counts", {"batch_id": batch, "counted": counted} | over, **shop.staff())


def write_off(shop: Shop, **over: Any) -> Answer:
    return shop.api.post("/inventory/write-offs", over, **shop.staff())


def set_aside(shop: Shop, batch: str, quantity: int, **over: Any) -> Answer:
    body = {"batch_id": batch, "quantity": quantity, "reason": "suspect"} | over
    return shop.api.post("/inventory/quarantine", body, **shop.staff())


def dispose(shop: Shop, batch: str, quantity: int, **over: Any) -> Answer:
    body = {"batch_id": batch, "quantity": quantity, "way": "write_off", "note": "burnt, certificate 4"} | over
    return shop.api.post("/inventory/disposals", body, **shop.staff())


def sell(shop: Shop, product: str, quantity: int = 1, **over: Any) -> Answer:
    line = {"product_id": product, "quantity": quantity} | over
    body = {"client_sale_id": str(uuid4()), "payment_method": "cash", "items": [line]}
    return shop.api.post("/pos/transactions", body, **shop.staff("cashier"))


def report(shop: Shop) -> dict[str, Any]:
    return shop.api.get(f"/inventory/report?store_id={shop.store}", role="admin").json


def add_up(*shops: Shop) -> None:
    """Assert that the repair report finds nothing."""
    for shop in shops:
        found = report(shop)
        assert (found["differences"], found["broken_transfers"]) == ([], []), found
