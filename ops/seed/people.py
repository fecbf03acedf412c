"""The sample people, one of each role, as accounts of the auth emulator."""

import json
from typing import NamedTuple
from uuid import UUID

import requests

from ops.errors import OpsError
from ops.seed.stores import STORES

PASSWORD = "plazza-demo"  # noqa: S105 -- the sample accounts' password is printed on the screen: they exist in the emulator only
_TIMEOUT_SEC = 10


class Person(NamedTuple):
    """One sample account; customers have no role claim, and only a store's people have a store."""

    uid: str
    email: str
    name: str
    role: str
    store_id: UUID | None = None


def people() -> list[Person]:
    """Give every sample account."""
    found = [
        Person("seed-customer", "customer@plazza.test", "Sample Customer", "customer"),
        Person("seed-admin", "admin@plazza.test", "Sample Admin", "admin"),
        Person("seed-support", "support@plazza.test", "Sample Support", "support"),
        Person("seed-rider-1", "rider1@plazza.test", "Ravi Sample", "rider"),
        Person("seed-rider-2", "rider2@plazza.test", "Salma Sample", "rider"),
    ]
    for store in STORES:
        short = store.code[-3:].lower()
        found += [
            Person(f"seed-pharmacist-{short}", f"pharmacist.{short}@plazza.test", store.pharmacist_name, "pharmacist", store.id),
            Person(f"seed-staff-{short}", f"staff.{short}@plazza.test", f"{store.name} Staff", "store_staff", store.id),
            Person(f"seed-cashier-{short}", f"cashier.{short}@plazza.test", f"{store.name} Cashier", "cashier", store.id),
        ]  # fmt: skip
    return found


def create_accounts(auth_host: str, project_id: str) -> int:
    """Make each account with its claims in the auth emulator, or set an existing one back to them. Gives how many."""
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = "Bearer owner"
    root = f"http://{auth_host}/identitytoolkit.googleapis.com/v1/projects/{project_id}"
    for person in people():
        account = {"localId": person.uid, "email": person.email, "password": PASSWORD, "displayName": person.name}
        made = session.post(f"{root}/accounts", json=account, timeout=_TIMEOUT_SEC)
        if not made.ok and not ("DUPLICATE_LOCAL_ID" in made.text or "EMAIL_EXISTS" in made.text):
            raise OpsError(f"The auth emulator refuses {person.email}: {made.status_code} {made.text[:200]}")
        claims = {} if person.role == "customer" else {"role": person.role}
        if person.store_id:
            claims["store_id"] = str(person.store_id)
        update = {**account, "customAttributes": json.dumps(claims), "emailVerified": True}
        changed = session.post(f"{root}/accounts:update", json=update, timeout=_TIMEOUT_SEC)
        if not changed.ok:
            raise OpsError(f"The auth emulator refuses the role of {person.email}: {changed.text[:200]}")
    return len(people())
