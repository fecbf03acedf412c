"""Sign in to a local system as one person of each role, the way its clients do."""

import json
from dataclasses import dataclass
from typing import Any

from ops.endpoints import PROJECT, Endpoints
from ops.http import call

STAFF_PASSWORD = "plazza-demo"  # noqa: S105 -- of the seeded staff in the local emulator
CUSTOMER_PHONE = "+919900000001"


@dataclass(frozen=True)
class SignIn:
    """A person one can sign in as."""

    role: str
    login: str
    uid: str
    store: str = ""


def people(found: Endpoints) -> list[SignIn]:
    """Give a person of each role: the seeded staff, and a customer who signs in by phone."""
    url = (
        f"http://{found.auth_host}/identitytoolkit.googleapis.com/v1/projects/{PROJECT}/accounts:batchGet?maxResults=-1"
    )
    users: list[dict[str, Any]] = call(url, headers={"Authorization": "Bearer owner"}).get("users", [])
    by_role: dict[str, SignIn] = {}
    for user in sorted(users, key=lambda item: item.get("email", "")):
        claims = json.loads(user.get("customAttributes") or "{}")
        if user.get("email") and claims.get("role"):
            store = str(claims.get("store_id", ""))
            by_role.setdefault(claims["role"], SignIn(claims["role"], user["email"], user["localId"], store))
    uid, _ = phone_sign_in(found, CUSTOMER_PHONE)
    return [SignIn("customer", CUSTOMER_PHONE, uid), *by_role.values()]


def token_of(found: Endpoints, person: SignIn) -> str:
    """Sign a person in and give the ID token."""
    if person.login.startswith("+"):
        return phone_sign_in(found, person.login)[1]
    body = {"email": person.login, "password": STAFF_PASSWORD, "returnSecureToken": True}
    return str(_accounts(found, "signInWithPassword", body)["idToken"])


def phone_sign_in(found: Endpoints, phone: str) -> tuple[str, str]:
    """Sign in by phone: ask for a code, read it where the emulator shows it. Gives uid and ID token."""
    session = _accounts(found, "sendVerificationCode", {"phoneNumber": phone})["sessionInfo"]
    codes = call(f"http://{found.auth_host}/emulator/v1/projects/{PROJECT}/verificationCodes")["verificationCodes"]
    code = next(item["code"] for item in codes if item["sessionInfo"] == session)
    answer = _accounts(found, "signInWithPhoneNumber", {"sessionInfo": session, "code": code})
    return str(answer["localId"]), str(answer["idToken"])


def _accounts(found: Endpoints, method: str, body: dict[str, Any]) -> dict[str, Any]:
    return call(f"http://{found.auth_host}/identitytoolkit.googleapis.com/v1/accounts:{method}?key=local", "POST", body)
