"""Bodies and answers of the platform's routes."""

from typing import Literal
from uuid import UUID

from pydantic import model_validator

from plazza.identity import STORE_ROLES, Role
from plazza.schema import Model, Phone, ShortText


class AccountView(Model):
    """A person as the API knows them: their sign-in and their role."""

    uid: str
    role: Role
    store_id: UUID | None
    name: str | None
    phone: Phone | None
    email: str | None
    disabled: bool


class ChangeProfile(Model):
    """What a person may change of their own account."""

    name: ShortText


class ChangeRole(Model):
    """The role that an administrator gives; a store's people also get their store."""

    role: Role
    store_id: UUID | None = None

    @model_validator(mode="after")
    def _store_goes_with_role(self) -> "ChangeRole":
        if (self.role in STORE_ROLES) != (self.store_id is not None):
            raise ValueError("store_id belongs to cashier, store_staff and pharmacist, and only to them")
        return self


class PartHealth(Model):
    """One part: whether it answers, and how long that took."""

    name: str
    status: Literal["up", "down"]
    duration_ms: int


class HealthView(Model):
    """`ok` when every part answers, `degraded` when only parts that Plazza can do without are down, else `down`."""

    status: Literal["ok", "degraded", "down"]
    parts: list[PartHealth]
