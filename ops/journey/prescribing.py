"""Step 4 of the journey: a photograph in Storage becomes an approved prescription."""

import time
from datetime import timedelta
from typing import NamedTuple
from uuid import uuid4

import requests

from ops.journey.live import Watch
from ops.journey.people import Person
from ops.journey.prescription_image import draw
from ops.journey.shopping import Cast
from ops.journey.stage import TIMEOUT_SEC, Stage, today_in_india

MEDICINES = ("Cap. Amoxivant 500 mg 1-0-1 x 5 days", "Tab. Azivanta 500 mg 1-0-0 x 3 days")
FIRST_BRAND = "Amoxivant 500"
PATIENCE_SEC = 150
"""What dies in its cold start comes again when its lease is over and the sweep has run: two minutes."""


class Prescribed(NamedTuple):
    """An approved prescription and what may be ordered on it."""

    id: str
    product_id: str
    packs: int


def read_and_approve(stage: Stage, cast: Cast) -> Prescribed:
    """Upload, watch it being read, and have it approved."""
    today = today_in_india()
    prescription_id, uid = str(uuid4()), cast.customer.uid
    with Watch(stage.system, f"prescriptions/{uid}/{prescription_id}", cast.customer) as watch:
        _upload(stage, cast.customer, f"prescriptions/{uid}/{prescription_id}.png", draw(MEDICINES, today))
        seen = watch.wait_for(lambda value: value and value["status"] in {"uploaded", "reading"}, PATIENCE_SEC)
        stage.held(f"the customer's app sees it as {seen['status']}")
        seen = watch.wait_for(lambda value: value and value["status"] in {"read", "unreadable"}, PATIENCE_SEC)
        stage.check(seen["status"] == "read", "and then as read", seen)
        found = stage.call(
            "GET", f"/prescriptions/{prescription_id}", by=cast.pharmacist, show="status prescriber_registration"
        )
        matches = [
            (item["written"], [(c["name"], c["score"]) for c in item["candidates"][:1]]) for item in found["items"]
        ]
        stage.check(
            len(matches) == len(MEDICINES) and all(best for _, best in matches),
            f"matched with scores: {matches}",
            found,
        )
        stage.check(
            matches[0][1][0][0].startswith("Amoxivant") and "500" in matches[0][1][0][0],
            "the first is the one that is written",
            found,
        )
        stage.call("GET", f"/prescriptions/{prescription_id}", by=cast.rider, expect=403)
        approved = stage.call(
            "POST",
            f"/prescriptions/{prescription_id}/review",
            {
                "decision": "approve",
                "prescriber_name": "Dr. Kavita Example",
                "prescriber_registration": "KMC 45821",
                "issued_on": today.isoformat(),
                "valid_until": (today + timedelta(days=30)).isoformat(),
                "items": [
                    {"item_id": item["id"], "product_id": item["candidates"][0]["product_id"], "allowed_packs": 2}
                    for item in found["items"]
                ],
            },
            by=cast.pharmacist,
            show="status valid_until",
        )
        stage.check(approved["status"] == "approved", "the pharmacist approves it", approved)
        watch.wait_for(lambda value: value and value["status"] == "approved", PATIENCE_SEC)
        stage.held("the customer's app sees the approval")
    cart = stage.call("GET", f"/prescriptions/{prescription_id}/cart", by=cast.customer)
    stage.check(len(cart["lines"]) == len(MEDICINES), "the cart has what was approved", cart)
    line = next(line for line in cart["lines"] if line["name"].startswith("Amoxivant"))
    return Prescribed(prescription_id, line["product_id"], line["packs"])


def _upload(stage: Stage, person: Person, path: str, image: bytes) -> None:
    """Upload as the Storage SDK of an app does: rules apply."""
    url = f"http://{stage.system.storage_host}/v0/b/{stage.system.bucket}/o"
    started = time.monotonic()
    headers = {"Authorization": f"Firebase {person.token}", "Content-Type": "image/png"}
    answer = requests.post(url, params={"name": path}, data=image, headers=headers, timeout=TIMEOUT_SEC)
    took = (time.monotonic() - started) * 1000
    stage.say(f"    upload of {len(image)} bytes → {answer.status_code} in {took:.0f} ms")
    stage.check(answer.status_code == 200, "Storage takes the owner's upload", answer.text)
    refused = requests.post(
        url,
        params={"name": f"prescriptions/somebody-else/{uuid4()}.png"},
        data=image,
        headers=headers,
        timeout=TIMEOUT_SEC,
    )
    stage.check(refused.status_code == 403, "and refuses one into another person's folder", refused.text)
