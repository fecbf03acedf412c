"""Who is calling: roles and the caller."""

from enum import StrEnum
from typing import NamedTuple


class Role(StrEnum):
    """The claim `role` of a Firebase ID token; a token without it is a customer's."""

    CUSTOMER = "customer"
    CASHIER = "cashier"
    STORE_STAFF = "store_staff"
    PHARMACIST = "pharmacist"
    RIDER = "rider"
    SUPPORT = "support"
    ADMIN = "admin"


STORE_ROLES = frozenset({Role.CASHIER, Role.STORE_STAFF, Role.PHARMACIST})
"""Roles that belong to one store and carry its `store_id`."""


class Caller(NamedTuple):
    """A signed-in person: Firebase `uid`, role, and for a store's people that store's id (UUID as text)."""

    uid: str
    role: Role
    store_id: str | None = None
    phone: str | None = None
