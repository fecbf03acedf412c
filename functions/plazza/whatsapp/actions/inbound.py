"""What WhatsApp tells us: kept first, worked on afterwards. Statuses only move forward; people's messages become conversations."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from werkzeug.datastructures import Headers

from plazza import clock, logs, settings
from plazza.data import outbox, rtdb
from plazza.data.sql import POSTGRES, Tx, read, run_transaction
from plazza.errors import Conflict, Invalid, Unauthorized
from plazza.order.store import orders
from plazza.providers import whatsapp
from plazza.providers.errors import ProviderRefused
from plazza.whatsapp import rules
from plazza.whatsapp.actions import people, sending
from plazza.whatsapp.models import MessageStatus, Preferences, Received, ThreadView
from plazza.whatsapp.store import notifications, support

MAX_BODY = 4096


def receive(raw: bytes, headers: Headers) -> Received:
    """Keep a webhook that Meta signed. Raises Unauthorized, Invalid, Unavailable (it comes again)."""
    if not whatsapp.is_webhook_signature(raw, headers.get("X-Hub-Signature-256", "")):
        raise Unauthorized("The signature is not Meta's.")
    try:
        body = raw.decode()
        json.loads(body)["entry"]
    except (ValueError, KeyError, TypeError, RecursionError) as exc:
        raise Invalid("The body is no event.") from exc
    event_id = hashlib.sha256(raw).hexdigest()  # Meta gives no id: the same bytes are the same event

    def work(tx: Tx) -> Received:
        if support.insert_webhook(tx, event_id, body, clock.now()):
            outbox.announce(tx, "whatsapp.reported", event_id)
        return Received()

    return run_transaction(work)


def process(event_id: str) -> None:
    """Work on a kept webhook; what is not of the documented form is passed over and logged."""
    body = read(lambda tx: support.get_webhook(tx, event_id))
    if body is None:
        return
    for value in _values(json.loads(body)):
        for status in value.get("statuses") or []:
            _guarded(_take_status, status)
        for message in value.get("messages") or []:
            _guarded(_take_message, message, value)
    run_transaction(lambda tx: support.set_webhook_done(tx, event_id, clock.now()))


def _values(body: dict[str, Any]) -> list[dict[str, Any]]:
    changes = [change for entry in body.get("entry") or [] for change in entry.get("changes") or []]
    values = [change.get("value") or {} for change in changes if change.get("field") == "messages"]
    ours = settings.get("WHATSAPP_PHONE_NUMBER_ID")
    return [value for value in values if (value.get("metadata") or {}).get("phone_number_id") == ours]


def _guarded(take: Any, *given: Any) -> None:
    try:
        take(*given)
    except (KeyError, ValueError, TypeError, AttributeError, IndexError) as exc:
        logs.error("a part of a webhook has another form than documented", exc)


def _take_status(status: dict[str, Any]) -> None:
    try:
        to = MessageStatus(status["status"])
    except ValueError:
        return  # `played`, `deleted` and whatever comes next
    message_id = _our_message(status)
    message = message_id and read(lambda tx: notifications.find(tx, message_id))
    if not message:
        return
    if to is MessageStatus.FAILED:
        errors = status.get("errors") or [{}]
        if rules.is_forward(MessageStatus(message.status), to):
            sending.refuse(message, int(errors[0].get("code") or 0))
        return

    def work(tx: Tx) -> bool:
        now = notifications.lock(tx, message.id)
        if now is None or not rules.is_forward(MessageStatus(now.status), to):
            return False
        notifications.set_status(tx, message.id, to, clock.now(), provider_id=str(status["id"]))
        return True

    if run_transaction(work):
        sending.show(message.id)


def _our_message(status: dict[str, Any]) -> UUID | None:
    """Find the message by our own id, which comes back even when the answer to its sending was lost."""
    given = status.get("biz_opaque_callback_data")
    if given:
        return UUID(str(given))
    return read(lambda tx: notifications.find_by_provider_id(tx, str(status["id"])))


def _take_message(message: dict[str, Any], value: dict[str, Any]) -> None:
    contact = next(iter(value.get("contacts") or []), {})
    phone = f"+{message['from']}" if message.get("from") else None
    contact_id = str(message.get("from_user_id") or contact.get("user_id") or phone)
    uid = people.uid_of(phone) if phone else None
    sent_at = datetime.fromtimestamp(int(message["timestamp"]), UTC)
    run_transaction(
        lambda tx: support.upsert_contact(
            tx, contact_id, phone, uid, min(sent_at, clock.now()) + rules.WINDOW, clock.now()
        )
    )
    text = _text(message)[:MAX_BODY]
    word = rules.plain(text)
    if word in rules.STOP_WORDS and uid is not None:
        run_transaction(
            lambda tx: notifications.set_preferences(tx, uid, Preferences(whatsapp_opted_out=True), clock.now()),
            on=POSTGRES,
        )
        return
    if (
        word in rules.TRACK_WORDS
        and uid is not None
        and phone is not None
        and _answer_track(uid, phone, str(message["id"]))
    ):
        return
    thread_id = run_transaction(lambda tx: _keep_message(tx, contact_id, str(message["id"]), text))
    project_thread(thread_id)


def _text(message: dict[str, Any]) -> str:
    kind = str(message.get("type"))
    if kind == "text":
        return str(message["text"]["body"])
    if kind == "button":
        return str(message["button"]["text"])
    if kind == "interactive":
        return str((message["interactive"].get("button_reply") or {}).get("title", ""))
    return f"({kind})"  # a picture, a place, a voice: support asks for words


def _answer_track(uid: str, phone: str, message_id: str) -> bool:
    """Answer "track" with the last order's status; False when there is no order or no answer can be sent."""
    number_and_status = read(lambda tx: orders.find_latest(tx, uid))
    if number_and_status is None:
        return False
    number, status = number_and_status
    try:
        whatsapp.send_text(phone, f"Your order {number} is {status}.", f"track:{message_id}"[:500])
    except ProviderRefused as exc:
        logs.write("WARNING", "track was not answered", **exc.details)
        return False
    return True


def _keep_message(tx: Tx, contact_id: str, message_id: str, text: str) -> UUID:
    thread_id = support.open_thread(tx, contact_id, clock.now())
    support.insert_message(tx, message_id, thread_id, "in", text, None, "received", clock.now())
    return thread_id


def reply(by: str, thread_id: UUID, body: str) -> ThreadView:
    """Answer a conversation while WhatsApp allows it. Raises NotFound, Conflict with `reason`, ProviderDown, ProviderRefused."""
    thread = read(lambda tx: support.get_thread(tx, thread_id))
    if thread.status != "open":
        raise Conflict("This conversation is closed.", reason="CLOSED")
    if thread.phone is None or not rules.is_window_open(thread.window_expires_at, clock.now()):
        raise Conflict(
            "WhatsApp allows answers for 24 hours after the last message; send a template.", reason="WINDOW_CLOSED"
        )
    message_id, phone = str(uuid4()), thread.phone
    run_transaction(
        lambda tx: support.insert_message(tx, message_id, thread_id, "out", body, by, "sending", clock.now())
    )
    try:
        whatsapp.send_text(phone, body, f"reply:{message_id}")
    except ProviderRefused:
        run_transaction(lambda tx: support.set_message_status(tx, message_id, "failed", clock.now()))
        raise
    run_transaction(lambda tx: support.set_message_status(tx, message_id, "sent", clock.now()))
    project_thread(thread_id)
    return read(lambda tx: view(tx, thread_id))


def close(thread_id: UUID) -> ThreadView:
    """End a conversation. Raises NotFound."""

    def work(tx: Tx) -> ThreadView:
        support.get_thread(tx, thread_id)
        support.close_thread(tx, thread_id, clock.now())
        return view(tx, thread_id)

    closed = run_transaction(work)
    project_thread(thread_id)
    return closed


def view(tx: Tx, thread_id: UUID) -> ThreadView:
    """Give a conversation with its messages. Raises NotFound."""
    summary = support.get_summary(tx, thread_id)
    return ThreadView.model_validate(summary.model_dump() | {"messages": support.list_messages(tx, thread_id)})


def project_thread(thread_id: UUID) -> None:
    """Show support's app that a conversation moved; what was said stays behind the route."""
    summary = read(lambda tx: support.get_summary(tx, thread_id))
    state = {"status": summary.status, "updated_at": summary.updated_at.isoformat()}
    rtdb.put(f"support/{thread_id}", state if summary.status == "open" else None)
