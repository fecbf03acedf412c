"""Stores."""

from collections.abc import Callable
from datetime import time
from typing import NamedTuple
from uuid import UUID

from plazza.data.sql import Tx
from plazza.errors import NotFound


class Store(NamedTuple):
    """A row of `stores`."""

    id: UUID
    code: str
    name: str
    address: str
    city: str
    state: str
    state_code: str
    pincode: str
    latitude: float
    longitude: float
    gstin: str
    drug_licence: str
    pharmacist_name: str
    pharmacist_registration: str
    phone: str
    opens_at: time
    closes_at: time
    status: str


_SELLER = (
    "name", "address", "city", "state", "state_code", "pincode", "phone", "gstin", "drug_licence", "pharmacist_name",
    "pharmacist_registration",
)  # fmt: skip


_STORES = """
        SELECT id, code, name, address, city, state, state_code, pincode, latitude, longitude, gstin, drug_licence,
               pharmacist_name, pharmacist_registration, phone, opens_at, closes_at, status
          FROM stores"""


def get_store(tx: Tx, store_id: UUID) -> Store:
    """Give a store. Raises NotFound."""
    return _only(tx.rows(Store, _STORES + " WHERE id = %s", (store_id,)))


def ask_store(tx: Tx, store_id: UUID) -> Callable[[], Store]:
    """Ask for a store along with what is read next; what this gives then gives it. Raises NotFound there."""
    asked = tx.ask(Store, _STORES + " WHERE id = %s", (store_id,))
    return lambda: _only(asked())


def _only(found: list[Store]) -> Store:
    if not found:
        raise NotFound("No such store.")
    return found[0]


def list_stores(tx: Tx) -> list[Store]:
    """Give all stores."""
    return tx.rows(Store, _STORES + " ORDER BY code")


def seller(store: Store) -> dict[str, str]:
    """Give what a tax paper says of its store."""
    return {name: str(getattr(store, name)) for name in _SELLER}
