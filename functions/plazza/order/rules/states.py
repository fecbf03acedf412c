"""Who moves an order where, how long it may wait, and whose store it is."""

from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from plazza.clock import INDIA
from plazza.errors import Conflict, Invalid, NotFound
from plazza.identity import STORE_ROLES, Caller, Role
from plazza.order.models.orders import Status

NUMBER_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
PAYMENT_WINDOW = timedelta(minutes=15)
REVIEW_WINDOW = timedelta(hours=24)
"""How long an order waits for its payment, and for the pharmacist who reads its prescription."""
REVIEWED_WINDOW = timedelta(hours=2)
"""How long an order waits for its payment after its prescription was approved."""


class Actor(NamedTuple):
    """Who moves an order: a person in a role, or the system itself."""

    uid: str
    role: str
    store_id: str | None


SYSTEM = Actor("system", "system", None)


def actor(caller: Caller) -> Actor:
    """Give a person as who moves an order."""
    return Actor(caller.uid, caller.role, caller.store_id)


_STORE = frozenset({Role.STORE_STAFF, Role.PHARMACIST})

TRANSITIONS: dict[tuple[Status, Status], frozenset[str]] = {
    (Status.PENDING, Status.CONFIRMED): frozenset({"system"}),
    (Status.PENDING, Status.CANCELLED): _STORE | {"system", Role.CUSTOMER, Role.SUPPORT, Role.ADMIN},
    (Status.CONFIRMED, Status.PROCESSING): _STORE | {Role.ADMIN},
    (Status.CONFIRMED, Status.CANCELLED): _STORE | {"system", Role.CUSTOMER, Role.SUPPORT, Role.ADMIN},
    (Status.PROCESSING, Status.SHIPPED): _STORE | {"system", Role.RIDER, Role.ADMIN},
    (Status.PROCESSING, Status.CANCELLED): _STORE | {"system", Role.SUPPORT, Role.ADMIN},
    (Status.SHIPPED, Status.DELIVERED): frozenset({"system", Role.RIDER, Role.SUPPORT, Role.ADMIN}),
}
"""Every way an order may go, and who may take it there."""


def check_transition(status: Status, to: Status, role: str) -> None:
    """Raise Conflict unless `role` may move an order from `status` to `to`."""
    roles = TRANSITIONS.get((status, to))
    if roles is None:
        raise Conflict(f"An order that is {status} cannot become {to}.", reason="NOT_ALLOWED_NOW", status=status)
    if role not in roles:
        raise Conflict(
            f"Your role cannot make this order {to}.", reason="NOT_ALLOWED_FOR_ROLE", status=status, roles=sorted(roles)
        )


_REDUCERS: dict[Status, frozenset[str]] = {
    Status.PENDING: _STORE | {Role.CUSTOMER, Role.SUPPORT, Role.ADMIN},
    Status.CONFIRMED: _STORE | {Role.CUSTOMER, Role.SUPPORT, Role.ADMIN},
    Status.PROCESSING: _STORE | {Role.SUPPORT, Role.ADMIN},
}
"""While an order may still become less, and at whose hand: its customer's until the store prepares it."""


def check_reducible(status: Status, role: str) -> None:
    """Raise Conflict unless `role` may take packs out of an order of this status."""
    roles = _REDUCERS.get(status)
    if roles is None:
        raise Conflict(f"An order that is {status} cannot be changed.", reason="NOT_ALLOWED_NOW", status=status)
    if role not in roles:
        raise Conflict(
            "Your role cannot change this order any more.",
            reason="NOT_ALLOWED_FOR_ROLE",
            status=status,
            roles=sorted(roles),
        )


def check_status_by_hand(to: Status) -> None:
    """Raise Conflict for a status that only a payment, a pickup or a proof of delivery gives."""
    if to not in {Status.PROCESSING, Status.CANCELLED}:
        raise Conflict(f"Nobody sets {to} by hand: payment, pickup and proof of delivery do.", reason="NOT_BY_HAND")


def store_of(caller: Caller, asked: UUID | None) -> UUID:
    """Give the store that a caller works in; those who look after all stores name it. Raises Invalid or NotFound."""
    if caller.role in STORE_ROLES and caller.store_id is not None:
        own = UUID(caller.store_id)
        if asked not in {None, own}:
            raise NotFound("No such store.")
        return own
    if asked is None:
        raise Invalid("Name the store.", field="store_id")
    return asked


def instants(first: date | None, last: date | None) -> tuple[datetime | None, datetime | None]:
    """Give from when until before when the days in India from `first` to `last` go."""
    begin = datetime.combine(first, time.min, INDIA) if first else None
    end = datetime.combine(last + timedelta(days=1), time.min, INDIA) if last and last < date.max else None
    return begin, end
