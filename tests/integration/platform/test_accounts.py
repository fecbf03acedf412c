"""Accounts and roles, over the auth emulator."""

from typing import Any
from uuid import uuid4

import pytest
from firebase_admin import auth as firebase_auth

from plazza.data import firebase
from tests.support.auth import People
from tests.support.client import Client
from tests.support.people import new_uid


def test_people_see_and_name_themselves(api: Client, people: People) -> None:
    uid = people.sign_up()

    me = api.get("/me", uid=uid)
    named = api.patch("/me", {"name": "Asha"}, uid=uid)

    assert (me.status_code, me.json["uid"], me.json["role"]) == (200, uid, "customer")
    assert me.json["phone"].startswith("+91")
    assert (named.status_code, named.json["name"]) == (200, "Asha")
    assert api.get("/me", uid=uid).json["name"] == "Asha"
    assert api.get("/me", uid=new_uid()).status_code == 404


def test_an_admin_gives_a_role_and_open_sessions_end(api: Client, people: People) -> None:
    admin, uid, store = people.sign_up("admin"), people.sign_up(), str(uuid4())

    given = api.put(f"/accounts/{uid}/role", {"role": "pharmacist", "store_id": store}, role="admin", uid=admin)

    assert (given.status_code, given.json["role"], given.json["store_id"]) == (200, "pharmacist", store)
    record = firebase_auth.get_user(uid, app=firebase.app())
    assert record.custom_claims == {"role": "pharmacist", "store_id": store}
    assert record.tokens_valid_after_timestamp > 0
    back = api.put(f"/accounts/{uid}/role", {"role": "customer"}, role="admin", uid=admin)
    assert (back.json["role"], back.json["store_id"]) == ("customer", None)
    assert api.get(f"/accounts/{uid}", role="support").json["role"] == "customer"


def test_a_revoked_token_gives_no_roles(api: Client, people: People) -> None:
    admin, uid = people.sign_up("admin"), people.sign_up()
    firebase_auth.update_user(admin, disabled=True, app=firebase.app())

    answer = api.put(f"/accounts/{uid}/role", {"role": "rider"}, role="admin", uid=admin)

    assert (answer.status_code, answer.json["code"]) == (401, "UNAUTHORIZED")
    assert firebase_auth.get_user(uid, app=firebase.app()).custom_claims is None


def test_nobody_changes_their_own_role(api: Client, people: People) -> None:
    admin = people.sign_up("admin")

    answer = api.put(f"/accounts/{admin}/role", {"role": "customer"}, role="admin", uid=admin)

    assert (answer.status_code, answer.json["code"]) == (409, "CONFLICT")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"role": "owner"},
        {"role": "pharmacist"},
        {"role": "rider", "store_id": str(uuid4())},
        {"role": "cashier", "store_id": "IND"},
        {"role": "admin", "claims": {"x": 1}},
    ],
)
def test_a_role_that_is_none_is_refused(api: Client, people: People, body: Any) -> None:
    admin, uid = people.sign_up("admin"), people.sign_up()

    answer = api.put(f"/accounts/{uid}/role", body, role="admin", uid=admin)

    assert (answer.status_code, answer.json["code"]) == (400, "VALIDATION_ERROR")
    assert firebase_auth.get_user(uid, app=firebase.app()).custom_claims is None


@pytest.mark.parametrize("role", ["customer", "cashier", "store_staff", "pharmacist", "rider", "support"])
def test_roles_are_given_by_admins(api: Client, people: People, role: str) -> None:
    uid, store = people.sign_up(role), str(uuid4())

    answer = api.put(f"/accounts/{uid}/role", {"role": "admin"}, role=role, uid=uid, store=store)

    assert (answer.status_code, answer.json["code"]) == (403, "FORBIDDEN")


@pytest.mark.parametrize("uid", ["nobody", "x" * 129, "x" * 128])
def test_an_account_that_is_not_there_is_404(api: Client, people: People, uid: str) -> None:
    assert api.get(f"/accounts/{uid}", role="admin").status_code == 404


@pytest.mark.parametrize("wrong", [{}, {"name": ""}, {"name": "x" * 201}, {"name": "a\u0007"}, {"role": "admin"}])
def test_a_profile_that_is_none_is_refused(api: Client, wrong: Any) -> None:
    assert api.patch("/me", wrong).status_code == 400
