"""Step 7 of the journey: from the store's counter to the customer's door."""

import time
from typing import Any

import requests

from ops.journey.live import Watch
from ops.journey.shopping import Cast
from ops.journey.stage import TIMEOUT_SEC, Stage

WAY = ((12.9719, 77.6412), (12.9717, 77.6410), (12.9716, 77.6407))


def deliver(stage: Stage, cast: Cast, order: dict[str, Any], phone: str) -> None:
    """Pack, assign, pick up, ride, and open the door with the code."""
    order_id = order["id"]
    stage.call("POST", f"/orders/{order_id}/status", {"status": "processing"}, by=cast.staff, show="status")
    stage.call("POST", f"/orders/{order_id}/status", {"status": "delivered"}, by=cast.staff, expect=409)
    stage.call(
        "POST", f"/delivery/{order_id}/assign", {"rider_uid": cast.rider.uid}, by=cast.staff, show="status rider_uid"
    )
    jobs = stage.until(
        lambda: stage.peek("/delivery/jobs", cast.rider)["items"],
        lambda listed: order_id in {job["order_id"] for job in listed},
        "the rider has the job",
    )
    stage.check(len(jobs) >= 1, "and sees it in the list")
    before = _on_hand(stage, cast, order)
    stage.call("POST", f"/delivery/{order_id}/pickup", by=cast.rider, show="status")
    stage.check(
        _on_hand(stage, cast, order) == before - order["items"][0]["quantity"],
        "the pickup takes the stock off the shelf",
    )
    code = _code(stage, phone)
    _ride(stage, cast, order_id)
    stage.call("POST", f"/delivery/{order_id}/arrive", by=cast.rider, show="status")
    wrong = "000000" if code != "000000" else "111111"
    at = {"latitude": WAY[-1][0], "longitude": WAY[-1][1]}
    refused = stage.call(
        "POST", f"/delivery/verify/{order_id}", {"otp": wrong, **at}, by=cast.rider, expect=409, show="message"
    )
    stage.check(refused["details"]["tries_left"] == 4, "a wrong code is refused and counted", refused)
    stage.call("POST", f"/delivery/verify/{order_id}", {"otp": code, **at}, by=cast.rider, show="status")
    seen = stage.call("GET", f"/orders/{order_id}", by=cast.customer, show="status delivery_status")
    stage.check(seen["status"] == "delivered", "the right one delivers", seen)
    with Watch(stage.system, f"orders/{cast.customer.uid}/{order_id}", cast.customer) as watch:
        watch.wait_for(lambda value: value and value["status"] == "delivered")
        stage.held("the customer's app sees it as delivered")
    invoice = stage.call("GET", f"/orders/{order_id}/invoice", by=cast.customer)
    stage.check(isinstance(invoice, bytes) and invoice.startswith(b"%PDF-"), "the invoice is a PDF")


def _on_hand(stage: Stage, cast: Cast, order: dict[str, Any]) -> int:
    path = f"/inventory/batches?product_id={order['items'][0]['product_id']}"
    return sum(batch["on_hand"] for batch in stage.call("GET", path, by=cast.staff)["items"])


def _code(stage: Stage, phone: str) -> str:
    found = stage.until(
        lambda: stage.sandbox(
            "GET", f"/_sandbox/whatsapp/messages?to={phone.removeprefix('+')}&template=delivery_code"
        )["messages"],
        bool,
        "the code reached the customer's WhatsApp",
    )
    return str(found[-1]["parameters"][0])


def _ride(stage: Stage, cast: Cast, order_id: str) -> None:
    """The rider's app writes where it is; the customer's app follows."""
    url = f"http://{stage.system.database_host}/deliveries/{order_id}/location.json"
    with Watch(stage.system, f"deliveries/{order_id}", cast.customer) as watch:
        for latitude, longitude in WAY:
            here = {"latitude": latitude, "longitude": longitude, "accuracy_m": 8, "at": int(time.time() * 1000)}
            answer = requests.put(
                url, params={"ns": stage.system.namespace, "auth": cast.rider.token}, json=here, timeout=TIMEOUT_SEC
            )
            stage.check(answer.status_code == 200, f"the rider is at {latitude}, {longitude}", answer.text)
            watch.wait_for(lambda value, lat=latitude: value and value.get("location", {}).get("latitude") == lat, 10)
        stage.held("the customer's app saw the whole way")
    stranger = requests.put(
        url,
        params={"ns": stage.system.namespace, "auth": cast.customer.token},
        json={"latitude": 0},
        timeout=TIMEOUT_SEC,
    )
    stage.check(stranger.status_code == 401, "nobody else may write the rider's location", stranger.text)
