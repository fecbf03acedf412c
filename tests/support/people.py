"""Tokens of people, in the unsigned form that the auth emulator issues."""

import base64
import json
from typing import Any
from uuid import uuid4

from plazza import clock
from tests.support.servers import PROJECT


def token(uid: str, role: str = "customer", store: str | None = None, **claims: Any) -> str:
    """Make an ID token; extra claims replace the usual ones (`exp=…`, `aud=…`)."""
    at = int(clock.now().timestamp())  # ours, which a test may have moved
    payload: dict[str, Any] = {
        "iss": f"https://securetoken.google.com/{PROJECT}",
        "aud": PROJECT,
        "auth_time": at,
        "user_id": uid,
        "sub": uid,
        "iat": at,
        "exp": at + 3600,
        "phone_number": "+919812345678",
        "firebase": {"identities": {}, "sign_in_provider": "phone"},
    }
    if role != "customer":
        payload["role"] = role
    if store is not None:
        payload["store_id"] = store
    return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(payload | claims)}."


def new_uid(prefix: str = "u") -> str:
    """Make a uid that nobody has."""
    return f"{prefix}{uuid4().hex[:20]}"


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
