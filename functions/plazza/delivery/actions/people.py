"""Whom a delivery may be given to, as Firebase Auth knows them."""

from firebase_admin import auth, exceptions

from plazza.data import firebase
from plazza.errors import Conflict, Unavailable
from plazza.identity import Role


def check_rider(uid: str) -> None:
    """Raise Conflict unless this account is an active rider's, Unavailable when accounts cannot be reached."""
    try:
        user = auth.get_user(uid, app=firebase.app())
    except auth.UserNotFoundError as exc:
        raise Conflict("There is no such rider.", reason="NO_RIDER") from exc
    except exceptions.FirebaseError as exc:
        raise Unavailable("Accounts cannot be reached at the moment; try again.") from exc
    if user.disabled or (user.custom_claims or {}).get("role") != Role.RIDER:
        raise Conflict("There is no such rider.", reason="NO_RIDER")
