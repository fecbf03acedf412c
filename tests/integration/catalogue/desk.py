"""A customer with prescriptions, and the pharmacist's desk they come to."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from plazza import clock
from plazza.catalogue.actions import reading
from plazza.data import rtdb
from tests.support import auth
from tests.support.auth import People
from tests.support.catalogue import new_brand, sell
from tests.support.client import Answer, Client
from tests.support.database import Database
from tests.support.people import new_uid
from tests.support.readers import Readers

TODAY = clock.today()


class Desk:
    """One customer, two medicines on sale that search finds, a pharmacist, and the readers behind."""

    def __init__(self, api: Client, db: Database, people: People, readers: Readers, test: str) -> None:
        self.api, self.db, self.people, self.readers = api, db, people, readers
        self.uid = new_uid()
        self.pharmacist = people.sign_up("pharmacist", store=str(uuid4()))
        # Of the test's name, so that its photographs are read the same in every run; short, as printed names are.
        tablet, capsule = (new_brand(f"{test} {form}", syllables=5) for form in ("tablet", "capsule"))
        self.brands = (tablet, capsule)
        self.tablet = sell(api, f"{self.brands[0]} 500mg Tablet", prescription_required=True)
        self.capsule = sell(api, f"{self.brands[1]} 250mg Capsule", prescription_required=True)
        self.lines = (
            f"1. Tab. {self.brands[0]} 500 mg 1-0-1 x 5 days",
            f"2. Cap. {self.brands[1]} 250 mg 1-0-0 x 3 days",
        )

    def upload(self, content: bytes) -> Answer:
        """Upload over HTTP."""
        return self.api.call("POST", "/prescriptions/upload", None, raw=content, uid=self.uid)

    def put(self, content: bytes, suffix: str = "png", content_type: str = "image/png") -> UUID:
        """Put a file into Storage as an app does, and register it as its trigger does."""
        path = f"prescriptions/{self.uid}/{uuid4()}.{suffix}"
        auth.upload(self.people, path, content, content_type)
        found = reading.begin(path, content_type, len(content))
        assert found is not None
        return found

    def see(self, prescription: UUID | str, **who: Any) -> dict[str, Any]:
        """Give a prescription as its owner sees it."""
        answer = self.api.get(f"/prescriptions/{prescription}", **({"uid": self.uid} | who))
        assert answer.status_code == 200, answer.json
        return answer.json

    def live(self, prescription: UUID | str) -> Any:
        """Give what the owner's app watches."""
        return rtdb.get(f"prescriptions/{self.uid}/{prescription}")

    def written(self, *, on: tuple[int, ...] = (0, 1)) -> UUID:
        """Make a prescription that was read; the readers are told what stands on it."""
        content = b"\x89PNG\r\n\x1a\n" + uuid4().bytes
        prescription = self.put(content)
        # The page is no picture, so its lines are written as a reading leaves them.
        for number in on:
            product = (self.tablet, self.capsule)[number]
            self.db.insert(
                "prescription_items", id=uuid4(), prescription_id=prescription, line_no=number + 1, written=self.lines[number],
                name=self.brands[number], quantity=10,
                candidates=[{"product_id": product, "sku": "S", "name": self.brands[number], "score": 100}],
            )  # fmt: skip
        self.db.execute("UPDATE prescriptions SET status = 'read' WHERE id = %s", prescription)
        return prescription

    def review(self, prescription: UUID, **over: Any) -> Answer:
        """Approve what was matched first on every line, unless said otherwise."""
        body: dict[str, Any] = {
            "decision": "approve",
            "prescriber_name": "Dr. Meera Sample",
            "prescriber_registration": "KMC-40213",
            "issued_on": TODAY.isoformat(),
            "valid_until": (TODAY + timedelta(days=30)).isoformat(),
        }
        if "items" not in over:
            over["items"] = [
                {"item_id": item["id"], "product_id": item["candidates"][0]["product_id"], "allowed_packs": 2}
                for item in self.see(prescription)["items"]
            ]
        return self.decide(prescription, body | over)

    def reject(self, prescription: UUID, note: str | None = "It is not dated.") -> Answer:
        return self.decide(prescription, {"decision": "reject"} | ({} if note is None else {"note": note}))

    def decide(self, prescription: UUID, body: dict[str, Any], **who: Any) -> Answer:
        sent_by = {"role": "pharmacist", "uid": self.pharmacist, "store": str(uuid4())} | who
        return self.api.post(f"/prescriptions/{prescription}/review", body, **sent_by)

    def cart(self, prescription: UUID, **who: Any) -> Answer:
        return self.api.get(f"/prescriptions/{prescription}/cart", **({"uid": self.uid} | who))
