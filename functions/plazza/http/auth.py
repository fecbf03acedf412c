"""A request's token → the caller."""

from typing import Any
from uuid import UUID

from firebase_admin import auth, exceptions

from plazza import clock, settings
from plazza.data import firebase
from plazza.errors import Unauthorized, Unavailable
from plazza.identity import STORE_ROLES, Caller, Role

CLOCK_SKEW_SEC = 10

_REFUSED = "Sign in again and send the new ID token as `Authorization: Bearer <token>`."


def authenticate(header: str | None, *, check_revoked: bool) -> Caller:
    """Give the caller of an Authorization header.

    Raises Unauthorized for a token that is missing, malformed, expired, revoked (when asked for) or of another project, and
    Unavailable when Google's keys or the account cannot be fetched.
    """
    settings.refuse_emulators_in_production()
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not token or len(token) > 8192:
        raise Unauthorized(_REFUSED)
    try:
        claims = auth.verify_id_token(
            token, app=firebase.app(), check_revoked=check_revoked, clock_skew_seconds=CLOCK_SKEW_SEC
        )
    except auth.CertificateFetchError as exc:
        raise Unavailable("Sign-in cannot be checked at the moment; try again.") from exc
    except (
        auth.InvalidIdTokenError,
        auth.UserDisabledError,
        auth.UserNotFoundError,
        ValueError,
    ) as exc:
        raise Unauthorized(_REFUSED) from exc
    except exceptions.FirebaseError as exc:
        raise Unavailable("Sign-in cannot be checked at the moment; try again.") from exc
    if int(claims["exp"]) < clock.now().timestamp() - CLOCK_SKEW_SEC:
        raise Unauthorized(_REFUSED)  # with the auth emulator the SDK leaves this out
    return _caller(claims)


def _caller(claims: dict[str, Any]) -> Caller:
    try:
        role = Role(claims.get("role", Role.CUSTOMER))
        store_id = str(UUID(claims["store_id"])) if role in STORE_ROLES else None
    except (KeyError, ValueError, TypeError, AttributeError) as exc:
        raise Unauthorized("This account's role is incomplete; an administrator must set it again.") from exc
    return Caller(uid=str(claims["uid"]), role=role, store_id=store_id, phone=claims.get("phone_number"))
