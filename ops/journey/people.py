"""People who are signed in as the apps do it: by phone code, or by password."""

from dataclasses import dataclass

from ops.endpoints import Endpoints
from ops.sign_ins import SignIn, phone_sign_in, token_of


@dataclass(frozen=True)
class Person:
    """Somebody signed in: who they are and the token their app sends."""

    uid: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """Give the header that every call of theirs carries."""
        return {"Authorization": f"Bearer {self.token}"}


def sign_up(system: Endpoints, phone: str) -> Person:
    """Sign a customer up (or in) with the code that would come as a text message."""
    uid, token = phone_sign_in(system, phone)
    return Person(uid, token)


def sign_in(system: Endpoints, role: str, email: str, uid: str) -> Person:
    """Sign a seeded member of staff in."""
    return Person(uid, token_of(system, SignIn(role, email, uid)))
