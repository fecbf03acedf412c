"""What a customer is told of an order, and that the code is in the message alone."""

import json
from uuid import UUID

import pytest

from plazza.data import rtdb
from plazza.delivery import consumers as delivery
from plazza.delivery.actions.code import current_code
from plazza.whatsapp import consumers
from plazza.whatsapp.actions import sending
from tests.integration.order.conftest import Shop
from tests.integration.whatsapp.conftest import Line
from tests.support.client import Client
from tests.support.database import Builders, Database


class Told:
    """An order of the line's customer."""

    def __init__(self, line: Line, api: Client, db: Database, make: Builders) -> None:
        self.line, self.shop = line, Shop(api, db, make)
        self.shop.uid, self.shop.address = line.uid, make.address(line.uid, pincode=self.shop.pincode)
        answer = self.shop.place(self.shop.product()).json
        self.order, self.number = str(answer["id"]), answer["number"]

    def ship(self) -> None:
        delivery.create_delivery(self.order)
        rider = self.line.people.sign_up("rider")
        api, staff = self.shop.api, self.shop.staff()
        api.post(f"/orders/{self.order}/status", {"status": "processing"}, **staff)
        api.post(f"/delivery/{self.order}/assign", {"rider_uid": rider}, **staff)
        assert api.post(f"/delivery/{self.order}/pickup", role="rider", uid=rider).status_code == 200

    def texts(self) -> list[str]:
        self.line.send_all()
        return [sent["text"] for sent in self.line.received()]


@pytest.fixture
def told(line: Line, api: Client, db: Database, make: Builders) -> Told:
    return Told(line, api, db, make)


def test_a_confirmed_order_is_told_once_with_its_time(told: Told) -> None:
    for _ in range(3):
        consumers.tell_order_confirmed(told.order)

    (text,) = told.texts()
    assert text.startswith(f"Your Plazza order {told.number} is confirmed. It will be with you by ")
    assert text.endswith((" am.", " pm."))


def test_a_shipped_order_brings_its_time_and_its_code(told: Told) -> None:
    told.ship()
    for _ in range(2):
        consumers.tell_order_shipped(told.order)
        consumers.send_delivery_code(told.order)
    code = current_code(UUID(told.order))

    shipped, coded = sorted(told.texts(), reverse=True)

    assert shipped.startswith(f"Your Plazza order {told.number} is on its way and should arrive in ")
    assert shipped.split()[-2].isdigit()
    assert coded == f"{code} is your verification code."
    rows = told.shop.db.rows("SELECT parameters, subject FROM notifications WHERE uid = %s", told.line.uid)
    live = [rtdb.get(f"whatsapp/{place}") for place in ("queue", "sent", "dead")]
    assert str(code) not in json.dumps([rows, live], default=str)


def test_a_new_code_is_a_new_message_and_the_old_one_is_not_sent_any_more(told: Told) -> None:
    told.ship()
    consumers.send_delivery_code(told.order)
    staff = told.shop.staff()
    assert told.shop.api.post(f"/delivery/{told.order}/reissue-code", **staff).status_code == 200
    consumers.send_delivery_code(told.order)

    texts = told.texts()

    assert texts == [f"{current_code(UUID(told.order))} is your verification code."]
    query = "SELECT status, error_code FROM notifications WHERE uid = %s ORDER BY created_at"
    assert told.shop.db.rows(query, told.line.uid) == [("dead", "CODE_EXPIRED"), ("accepted", None)]


def test_a_cancelled_order_is_told_and_not_confirmed_late(told: Told) -> None:
    told.shop.api.post(f"/orders/{told.order}/cancel", {}, uid=told.line.uid)

    consumers.tell_order_confirmed(told.order)
    consumers.tell_order_cancelled(told.order)

    assert told.texts() == [f"Your Plazza order {told.number} has been cancelled."]


def test_nothing_is_told_of_an_order_that_is_none(told: Told) -> None:
    unknown = "00000000-0000-4000-8000-000000000000"
    consumers.tell_order_confirmed(unknown)
    consumers.send_delivery_code(unknown)
    sending.send(UUID(unknown))

    assert told.texts() == []
