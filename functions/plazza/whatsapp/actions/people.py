"""Who is behind a uid or a phone number, as Firebase Auth knows it."""

from firebase_admin import auth, exceptions

from plazza.data import firebase
from plazza.errors import Unavailable


def phone_of(uid: str) -> str | None:
    """Give a person's phone number (E.164), or None. Raises Unavailable."""
    try:
        return auth.get_user(uid, app=firebase.app()).phone_number
    except auth.UserNotFoundError:
        return None
    except (exceptions.FirebaseError, ValueError) as exc:
        raise Unavailable("Accounts cannot be reached at the moment; try again.") from exc


def uid_of(phone: str) -> str | None:
    """Give whose phone number this is, or None. Raises Unavailable."""
    try:
        return str(auth.get_user_by_phone_number(phone, app=firebase.app()).uid)
    except (auth.UserNotFoundError, ValueError):
        return None
    except exceptions.FirebaseError as exc:
        raise Unavailable("Accounts cannot be reached at the moment; try again.") from exc
