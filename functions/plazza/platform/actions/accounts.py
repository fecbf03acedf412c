"""What changes an account: its name, its role."""

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from firebase_admin import auth, exceptions

from plazza.data import firebase
from plazza.errors import Conflict, NotFound, Unavailable
from plazza.identity import Caller, Role
from plazza.platform.models import AccountView, ChangeProfile, ChangeRole

Result = TypeVar("Result")


def get_account(uid: str) -> AccountView:
    """Give an account. Raises NotFound, Unavailable."""
    return _view(_call(lambda: auth.get_user(uid, app=firebase.app())))


def change_profile(uid: str, body: ChangeProfile) -> AccountView:
    """Change a person's own account. Raises NotFound, Unavailable."""
    return _view(_call(lambda: auth.update_user(uid, display_name=body.name, app=firebase.app())))


def change_role(uid: str, body: ChangeRole, changed_by: Caller) -> AccountView:
    """Give a role, and end every session that still carries the old one. Raises Conflict for one's own account.

    An administrator who could take their own role away might leave Plazza without any.
    """
    if uid == changed_by.uid:
        raise Conflict("Another administrator must change your role.")
    claims: dict[str, Any] = {"role": body.role.value}
    if body.store_id is not None:
        claims["store_id"] = str(body.store_id)
    _call(lambda: auth.set_custom_user_claims(uid, claims, app=firebase.app()))
    _call(lambda: auth.revoke_refresh_tokens(uid, app=firebase.app()))
    return get_account(uid)


def _call(work: Callable[[], Result]) -> Result:
    try:
        return work()
    except auth.UserNotFoundError as exc:
        raise NotFound("No such account.") from exc
    except exceptions.FirebaseError as exc:
        raise Unavailable("Accounts cannot be reached at the moment; try again.") from exc


def _view(user: auth.UserRecord) -> AccountView:
    claims: dict[str, Any] = user.custom_claims or {}
    store_id = claims.get("store_id")
    return AccountView(
        uid=str(user.uid),
        role=Role(claims.get("role", Role.CUSTOMER)),
        store_id=UUID(store_id) if store_id else None,
        name=user.display_name,
        phone=user.phone_number,
        email=user.email,
        disabled=bool(user.disabled),
    )
