"""Steps of the journey before and around an order: signing in, searching, addresses, events."""

import time
from typing import Any, NamedTuple
from uuid import uuid4

from ops.endpoints import Endpoints
from ops.journey.people import Person, sign_in, sign_up
from ops.journey.stage import Stage

MISSPELT, BRAND = "paravelun 650", "Paravelon"
PREFIX = "azi"
UNSERVED_PINCODE = "110001"


class Cast(NamedTuple):
    """Everybody who plays."""

    customer: Person
    admin: Person
    support: Person
    rider: Person
    pharmacist: Person
    staff: Person
    cashier: Person


class Medicine(NamedTuple):
    """A product that needs no prescription; price in paise."""

    id: str
    name: str
    price_paise: int


def sign_everybody_in(stage: Stage, phone: str) -> Cast:
    """Step 1."""
    system: Endpoints = stage.system
    customer = sign_up(system, phone)
    me = stage.call("GET", "/me", by=customer, show="uid role phone")
    stage.check(
        me["role"] == "customer" and me["phone"] == phone, "the profile has the phone and the role customer", me
    )
    stage.call("GET", "/me", expect=401)
    cast = Cast(
        customer,
        sign_in(system, "admin", "admin@plazza.test", "seed-admin"),
        sign_in(system, "support", "support@plazza.test", "seed-support"),
        sign_in(system, "rider", "rider1@plazza.test", "seed-rider-1"),
        sign_in(system, "pharmacist", "pharmacist.ind@plazza.test", "seed-pharmacist-ind"),
        sign_in(system, "store_staff", "staff.ind@plazza.test", "seed-staff-ind"),
        sign_in(system, "cashier", "cashier.ind@plazza.test", "seed-cashier-ind"),
    )
    seen = stage.call("GET", "/me", by=cast.pharmacist, show="uid role store_id")
    stage.check(
        seen["role"] == "pharmacist" and seen["store_id"] is not None, "the pharmacist has a role and a store", seen
    )
    return cast


def search(stage: Stage) -> Medicine:
    """Step 2."""
    found = stage.call("POST", "/products/search", {"q": MISSPELT})
    names = [item["name"] for item in found["items"]]
    stage.check(names[0].startswith(BRAND) and "650" in names[0], f"'{MISSPELT}' finds {names[0]} first", names[:5])
    suggested = stage.call("GET", f"/products/suggest?q={PREFIX}")
    stage.check(bool(suggested["items"]), f"'{PREFIX}' suggests something", suggested)
    stage.check(
        all(PREFIX in str(item).lower() for item in suggested["items"]), "every suggestion has the prefix", suggested
    )
    first = found["items"][0]
    product = stage.call("GET", f"/products/{first['id']}", show="name price_paise mrp_paise schedule")
    stage.check(product["price_paise"] <= product["mrp_paise"], "the price is not above the MRP", product)
    _compare_substitutes(stage, first["id"], product)
    return Medicine(first["id"], product["name"], product["price_paise"])


def _compare_substitutes(stage: Stage, product_id: str, product: dict[str, Any]) -> None:
    substitutes = stage.call("GET", f"/products/{product_id}/substitutes")["items"]
    stage.check(bool(substitutes), "there are substitutes", substitutes)
    stage.check(
        all(other["strength"] == product["strength"] for other in substitutes),
        "all have the same strength",
        substitutes,
    )
    stage.check(all(other["form"] == product["form"] for other in substitutes), "all have the same form", substitutes)
    unit = [other["price_paise"] * 1000 // other["pack_quantity"] for other in substitutes]
    stage.check(unit == sorted(unit), "the cheapest per unit stands first", unit)


def add_addresses(stage: Stage, customer: Person) -> str:
    """Step 3."""
    address = stage.call(
        "POST",
        "/addresses",
        {
            "label": "Home",
            "recipient": "Asha Example",
            "phone": "+919812345678",
            "line1": "12, 100 Feet Road",
            "area": "Indiranagar",
            "city": "Bengaluru",
            "state": "Karnataka",
            "pincode": "560038",
            "latitude": 12.9716,
            "longitude": 77.6407,
            "is_default": True,
        },
        by=customer,
        expect=201,
    )
    answer = stage.call(
        "POST",
        "/serviceability/check",
        {"address_id": address["id"]},
        by=customer,
        show="serviceable charge_paise promised_minutes",
    )
    stage.check(answer["serviceable"] is True and answer["store_id"] is not None, "the address has a store", answer)
    stage.check(
        answer["promised_minutes"] > 0 and answer["charge_paise"] >= 0, "minutes and charge are promised", answer
    )
    far = stage.call(
        "POST", "/serviceability/check", {"pincode": UNSERVED_PINCODE}, by=customer, show="serviceable reason"
    )
    stage.check(
        far["serviceable"] is False and bool(far["reason"]),
        f"{UNSERVED_PINCODE} is not served, and the reason says so",
        far,
    )
    return str(address["id"])


def track(stage: Stage, customer: Person, medicine: Medicine) -> None:
    """Step 8."""
    session = stage.call("POST", "/sessions", {"platform": "web"}, by=customer, expect=201, show="id")["id"]
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    events = [
        {"id": uuid4().hex, "session_id": session, "name": name, "product_id": medicine.id, "at": at}
        for name in ["product_viewed"] * 3 + ["cart_item_added"] * 2
    ]
    before = stage.call("GET", f"/products/{medicine.id}")["popularity"]
    sent = stage.call("POST", "/events", {"events": events}, by=customer, show="recorded duplicates")
    again = stage.call("POST", "/events", {"events": events}, by=customer, show="recorded duplicates")
    stage.check(
        sent["recorded"] == 5 and again["recorded"] == 0, "five events are recorded, and no second time", [sent, again]
    )
    seen = stage.call("GET", f"/sessions/{session}", by=customer)
    stage.check(seen["id"] == session, "the session is there", seen)
    stage.run_schedule("refresh_popularity")
    stage.until(
        lambda: stage.peek(f"/products/{medicine.id}", customer)["popularity"],
        lambda after: after > before,
        "popularity moved after its schedule ran",
    )
