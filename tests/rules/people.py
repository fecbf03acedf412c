"""The people who try the rules: who they are, and the ID tokens the auth emulator would give them."""

import base64
import json
import time
from typing import Any, NamedTuple

PROJECT = "demo-plazza"


class Person(NamedTuple):
    """Somebody signed in."""

    uid: str
    role: str | None = None
    store_id: str | None = None

    @property
    def claims(self) -> dict[str, Any]:
        """What an ID token says of this person."""
        now = int(time.time())
        own = {"role": self.role, "store_id": self.store_id}
        return {
            "iss": f"https://securetoken.google.com/{PROJECT}",
            "aud": PROJECT,
            "sub": self.uid,
            "user_id": self.uid,
            "auth_time": now,
            "iat": now,
            "exp": now + 3600,
            "firebase": {"identities": {}, "sign_in_provider": "phone"},
            **{name: claim for name, claim in own.items() if claim},
        }

    @property
    def id_token(self) -> str:
        """An unsigned token, as the auth emulator mints them."""
        parts = [{"alg": "none", "typ": "JWT"}, self.claims]
        coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
        return f"{coded[0]}.{coded[1]}."


STORE = "store-1"
OTHER_STORE = "store-2"

CUSTOMER = Person("customer-asha")
STRANGER = Person("customer-vikram")
RIDER = Person("rider-imran", "rider")
OTHER_RIDER = Person("rider-joseph", "rider")
CASHIER = Person("cashier-meena", "cashier", STORE)
STORE_STAFF = Person("staff-ravi", "store_staff", STORE)
PHARMACIST = Person("pharmacist-latha", "pharmacist", STORE)
OTHER_STORES_CASHIER = Person("cashier-naveen", "cashier", OTHER_STORE)
SUPPORT = Person("support-divya", "support")
ADMIN = Person("admin-george", "admin")
NOBODY = None

EVERYBODY = (
    *(NOBODY, CUSTOMER, STRANGER, RIDER, OTHER_RIDER, CASHIER, STORE_STAFF, PHARMACIST),
    *(OTHER_STORES_CASHIER, SUPPORT, ADMIN),
)


def name_of(person: Person | None) -> str:
    """How a test's name shows a person."""
    return person.uid if person else "nobody"
