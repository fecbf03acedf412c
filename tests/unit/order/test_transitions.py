"""Which way an order may go, and at whose hand."""

from itertools import product

import pytest

from plazza.errors import Conflict
from plazza.identity import Role
from plazza.order.models.orders import Status
from plazza.order.rules import states

ROLES = [*Role, "system"]
ALLOWED = {
    (Status.PENDING, Status.CONFIRMED): {"system"},
    (Status.PENDING, Status.CANCELLED): {"system", "customer", "store_staff", "pharmacist", "support", "admin"},
    (Status.CONFIRMED, Status.PROCESSING): {"store_staff", "pharmacist", "admin"},
    (Status.CONFIRMED, Status.CANCELLED): {"system", "customer", "store_staff", "pharmacist", "support", "admin"},
    (Status.PROCESSING, Status.SHIPPED): {"system", "rider", "store_staff", "pharmacist", "admin"},
    (Status.PROCESSING, Status.CANCELLED): {"system", "store_staff", "pharmacist", "support", "admin"},
    (Status.SHIPPED, Status.DELIVERED): {"system", "rider", "support", "admin"},
}


@pytest.mark.parametrize(("start", "end", "role"), list(product(Status, Status, ROLES)))
def test_each_way_is_open_to_its_roles_only(start: Status, end: Status, role: str) -> None:
    if role in ALLOWED.get((start, end), set()):
        states.check_transition(start, end, role)
        return
    with pytest.raises(Conflict) as refused:
        states.check_transition(start, end, role)
    assert refused.value.details["status"] == start


def test_texts_from_the_database_are_statuses() -> None:
    states.check_transition("confirmed", Status.PROCESSING, "store_staff")  # pyright: ignore[reportArgumentType] -- as a row has it


@pytest.mark.parametrize("status", [Status.PENDING, Status.CONFIRMED, Status.SHIPPED, Status.DELIVERED])
def test_nobody_sets_by_hand_what_follows_from_something_else(status: Status) -> None:
    with pytest.raises(Conflict):
        states.check_status_by_hand(status)
