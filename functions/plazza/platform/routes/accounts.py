"""Accounts over HTTP."""

from plazza.errors import NotFound
from plazza.http.api import EVERYONE, Api
from plazza.identity import Caller, Role
from plazza.platform.actions import accounts
from plazza.platform.models import AccountView, ChangeProfile, ChangeRole

api = Api("accounts")

MAX_UID = 128


@api.get("/me", roles=EVERYONE)
def get_me(caller: Caller) -> AccountView:
    """Give the caller's own profile and role."""
    return accounts.get_account(caller.uid)


@api.patch("/me", roles=EVERYONE)
def change_me(caller: Caller, body: ChangeProfile) -> AccountView:
    """Change the caller's own name."""
    return accounts.change_profile(caller.uid, body)


@api.get("/accounts/<uid>", roles=[Role.ADMIN, Role.SUPPORT])
def get_account(uid: str) -> AccountView:
    """Give anybody's profile and role."""
    return accounts.get_account(_checked(uid))


@api.put("/accounts/<uid>/role", roles=[Role.ADMIN], sensitive=True)
def change_role(caller: Caller, uid: str, body: ChangeRole) -> AccountView:
    """Give somebody a role; their open sessions end."""
    return accounts.change_role(_checked(uid), body, caller)


def _checked(uid: str) -> str:
    if len(uid) > MAX_UID:
        raise NotFound("No such account.")
    return uid
