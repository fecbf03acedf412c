"""The Firebase app of this instance, made on first use, with a deadline on its calls."""

import json
import os
import threading

import firebase_admin
from firebase_admin import credentials
from google.auth.credentials import AnonymousCredentials

from plazza import settings

HTTP_TIMEOUT_SEC = 5

_lock = threading.Lock()


class _EmulatorCredential(credentials.Base):
    """No credential: the emulators know the administrator by the header that the SDKs send them."""

    def get_credential(self) -> AnonymousCredentials:
        return AnonymousCredentials()


def app() -> firebase_admin.App:
    """Give the default app: project, database and bucket from FIREBASE_CONFIG, which Cloud Functions and the emulator set."""
    with _lock:
        try:
            return firebase_admin.get_app()
        except ValueError:
            options = {"projectId": settings.project_id(), "httpTimeout": HTTP_TIMEOUT_SEC}
            options |= json.loads(os.environ.get("FIREBASE_CONFIG", "{}"))
            emulated = bool(os.environ.get("FIREBASE_AUTH_EMULATOR_HOST"))
            return firebase_admin.initialize_app(_EmulatorCredential() if emulated else None, options)
