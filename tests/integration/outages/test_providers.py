"""What a customer still can do while another company's server is away, and how it catches up. A test per row of the outage table."""

import random
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
import requests

from plazza.catalogue.actions import reading
from plazza.data import cache
from plazza.errors import Unavailable
from plazza.providers import airtable, claude, maps, razorpay, textract, whatsapp
from plazza.whatsapp.actions import sending
from tests.integration.outages.conftest import ALL_WORK, CUTS, Journey, Lay, either, is_away
from tests.support import auth, papers
from tests.support.auth import People
from tests.support.outbox import deliver_lane
from tests.support.readers import Readers
from tests.support.servers import Servers


@either
def test_without_razorpay_an_order_waits_for_its_payment(
    monkeypatch: pytest.MonkeyPatch, lay: Lay, begin: Callable[[], Journey], cut: str
) -> None:
    monkeypatch.setattr(razorpay, "READ_SEC", 1)
    line = lay("RAZORPAY_BASE_URL")
    journey = begin()
    CUTS[cut](line)

    played = journey.play(payment_method="razorpay")

    assert played.statuses == ALL_WORK | {"create": 503, "verify": None}
    assert is_away(played.create)
    assert played.order.json["status"] == "pending"
    line.mend()
    assert journey.verify(journey.paid(journey.create())).status_code == 200
    assert journey.track().json["status"] == "confirmed"


@either
def test_without_whatsapp_the_message_comes_later_and_once(
    monkeypatch: pytest.MonkeyPatch, lay: Lay, begin: Callable[[], Journey], people: People, parts: Servers, cut: str
) -> None:
    monkeypatch.setattr(whatsapp, "READ_SEC", 0.5)
    line = lay("WHATSAPP_BASE_URL")
    journey = begin()
    phone = people.phone(people.sign_up(uid=journey.shop.uid))
    CUTS[cut](line)

    played = journey.play()
    deliver_lane(journey.db, played.order.json["id"])
    message: UUID = journey.db.value("SELECT id FROM notifications WHERE uid = %s", journey.shop.uid)
    sending.send(message)

    assert played.statuses == ALL_WORK
    assert journey.live(played.order.json["id"]) == "confirmed"
    assert journey.db.value("SELECT status FROM notifications WHERE id = %s", message) == "failed"
    line.mend()
    journey.db.execute("UPDATE notifications SET next_attempt_at = now() WHERE id = %s", message)
    sending.send(message)
    sending.send(message)
    url = f"{parts.sandbox_url}/_sandbox/whatsapp/messages"
    received = requests.get(url, params={"to": phone}, timeout=10).json()["messages"]
    assert [sent["template"] for sent in received] == ["order_confirmed"]


@either
def test_without_airtable_its_row_comes_later(
    monkeypatch: pytest.MonkeyPatch, lay: Lay, begin: Callable[[], Journey], people: People, parts: Servers, cut: str
) -> None:
    monkeypatch.setattr(airtable, "READ_SEC", 0.2)
    line = lay("AIRTABLE_BASE_URL")
    journey = begin()
    people.sign_up(uid=journey.shop.uid)
    CUTS[cut](line)

    played = journey.play()
    order = played.order.json
    assert deliver_lane(journey.db, order["id"]) > 0
    waiting = "SELECT DISTINCT consumer FROM outbox WHERE lane = %s AND status = 'pending'"

    def row() -> bool:
        url = f"{parts.sandbox_url}/_sandbox/airtable/appSandbox0000001/Orders"
        return order["number"] in requests.get(url, timeout=10).text

    assert played.statuses == ALL_WORK
    assert journey.live(order["id"]) == "confirmed"
    assert journey.db.rows(waiting, order["id"]) == [("order.mirror_order",)]
    assert not row()
    line.mend()
    assert deliver_lane(journey.db, order["id"]) == 0
    assert row()


@either
def test_without_maps_the_areas_own_figures_hold(
    monkeypatch: pytest.MonkeyPatch, lay: Lay, begin: Callable[[], Journey], cut: str
) -> None:
    monkeypatch.setattr(maps, "READ_SEC", 0.5)
    line = lay("MAPS_BASE_URL")
    journey = begin()
    pincode = journey.shop.pincode
    typed = {
        "label": "Home", "recipient": "Asha Example", "phone": "+919812345678", "line1": "12, 100 Feet Road",
        "city": "Bengaluru", "state": "Karnataka", "pincode": pincode,
    }  # fmt: skip
    somewhere = {"latitude": 12.9719 + random.uniform(0.01, 0.02), "longitude": 77.6412}  # noqa: S311 -- no ride to it is known
    new = journey.shop.make.address(journey.shop.uid, pincode=pincode, **somewhere)
    CUTS[cut](line)

    played = journey.play(
        lambda: journey.api.post("/addresses", typed, uid=journey.shop.uid),
        lambda: journey.api.post("/serviceability/check", {"address_id": new}, uid=journey.shop.uid),
        lambda: journey.shop.quote(journey.product, address_id=new),
    )
    added, served, quote = played.more

    assert played.statuses == ALL_WORK
    assert added.status_code == 201
    assert quote.json["promised_minutes"] == 30
    assert (served.json["serviceable"], served.json["estimate"]) == (True, "area")
    assert served.json["promised_minutes"] == 30
    cache.delete("maps:away")


@either
@pytest.mark.parametrize("reader", ["TEXTRACT_BASE_URL", "ANTHROPIC_BASE_URL"])
def test_without_a_reader_a_prescription_is_read_later(
    monkeypatch: pytest.MonkeyPatch,
    lay: Lay,
    begin: Callable[[], Journey],
    people: People,
    parts: Servers,
    reader: str,
    cut: str,
) -> None:
    monkeypatch.setattr(textract, "READ_SEC", 0.5)
    monkeypatch.setattr(claude, "TIMEOUT_SEC", 1.0)
    line = lay(reader)
    journey = begin()
    page = papers.png(papers.page(["Rx", str(uuid4())]))
    Readers(parts.sandbox_url).says(page, f"1. Tab. {journey.word} 500 mg 1-0-1 x 5 days")
    path = f"prescriptions/{journey.shop.uid}/{uuid4()}.png"
    auth.upload(people, path, page)
    prescription = reading.begin(path, "image/png", len(page))
    assert prescription is not None
    CUTS[cut](line)

    played = journey.play()
    with pytest.raises(Unavailable):
        reading.read(prescription)

    def shown() -> Any:
        return journey.api.get(f"/prescriptions/{prescription}", uid=journey.shop.uid).json

    assert played.statuses == ALL_WORK
    assert (shown()["status"], shown()["problem"], shown()["items"]) == ("reading", None, [])
    line.mend()
    reading.read(prescription)
    assert shown()["status"] == "read"
    assert shown()["items"][0]["candidates"][0]["product_id"] == journey.product
