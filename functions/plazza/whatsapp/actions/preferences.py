"""What a person wants to be told."""

from datetime import datetime

from plazza.data.sql import POSTGRES, run_transaction
from plazza.whatsapp.models import Preferences
from plazza.whatsapp.store import notifications


def change(uid: str, preferences: Preferences, at: datetime) -> Preferences:
    """Write what a person wants."""
    run_transaction(lambda tx: notifications.set_preferences(tx, uid, preferences, at), on=POSTGRES)
    return preferences
