"""Messages and the support inbox over HTTP."""

from datetime import datetime
from uuid import UUID

from plazza import clock
from plazza.data.once import Once
from plazza.data.sql import POSTGRES, read
from plazza.errors import Invalid
from plazza.http import paging
from plazza.http.api import EVERYONE, Api
from plazza.identity import Caller, Role
from plazza.schema import Page
from plazza.whatsapp import rules
from plazza.whatsapp.actions import inbound, preferences, sending
from plazza.whatsapp.models import (
    NotificationView,
    Preferences,
    Reply,
    SendNotification,
    ThreadQuery,
    ThreadSummary,
    ThreadView,
)
from plazza.whatsapp.store import notifications, support

api = Api("whatsapp")

STAFF = (Role.SUPPORT, Role.ADMIN)


@api.post("/notifications/send", roles=STAFF, status=202)
def send_notification(once: Once, body: SendNotification) -> NotificationView:
    """Send somebody a registered template; one per person, template and subject."""
    if body.template not in rules.BY_HAND:
        raise Invalid("Nobody sends this template by hand.", field="template")
    return sending.send_by_hand(once, body)


@api.get("/notifications/preferences", roles=EVERYONE)
def get_preferences(caller: Caller) -> Preferences:
    """Give what messages the caller wants."""
    return read(lambda tx: notifications.get_preferences(tx, caller.uid), on=POSTGRES)


@api.put("/notifications/preferences", roles=EVERYONE)
def set_preferences(caller: Caller, body: Preferences) -> Preferences:
    """Say what messages the caller wants; those of a running order come all the same."""
    return preferences.change(caller.uid, body, clock.now())


@api.get("/notifications/<uuid:message_id>", roles=STAFF)
def get_notification(message_id: UUID) -> NotificationView:
    """Give how far a message came."""
    return read(lambda tx: notifications.get_view(tx, message_id))


@api.get("/support/threads", roles=STAFF)
def list_threads(query: ThreadQuery) -> Page[ThreadSummary]:
    """List conversations, latest first."""
    after = paging.decode(query.cursor, datetime.fromisoformat, UUID)
    last = (after[0], after[1]) if after else None
    rows = read(lambda tx: support.list_threads(tx, query.status, last, query.limit + 1))
    return paging.page(rows, query.limit, lambda thread: (thread.updated_at.isoformat(), str(thread.id)))


@api.get("/support/threads/<uuid:thread_id>", roles=STAFF)
def get_thread(thread_id: UUID) -> ThreadView:
    """Give a conversation with its messages."""
    return read(lambda tx: inbound.view(tx, thread_id))


@api.post("/support/threads/<uuid:thread_id>/reply", roles=STAFF)
def reply_to_thread(caller: Caller, once: Once, thread_id: UUID, body: Reply) -> ThreadView:
    """Answer a conversation, within 24 hours of the person's last message."""
    return inbound.reply(once, caller.uid, thread_id, body.body)


@api.post("/support/threads/<uuid:thread_id>/close", roles=STAFF)
def close_thread(thread_id: UUID) -> ThreadView:
    """End a conversation."""
    return inbound.close(thread_id)
