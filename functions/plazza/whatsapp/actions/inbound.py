"""What WhatsApp tells us: kept first, worked on afterwards. Statuses only move forward; people's messages become conversations."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from werkzeug.datastructures import Headers

from plazza import clock, logs, settings
from plazza.data import outbox, rtdb
from plazza.data.once import Once
from plazza.data.sql import Tx, read, run_transaction
from plazza.errors import Conflict, Invalid, Unauthorized
from plazza.order.store import orders
from plazza.providers import whatsapp
from plazza.providers.errors import ProviderRefused
from plazza.whatsapp import rules
from plazza.whatsapp.actions import people, sending
from plazza.whatsapp.models import MessageStatus, Received, Template, ThreadView
from plazza.whatsapp.store import notifications, support

MAX_BODY = 4096
REPLY = "reply:"
"""Before the id of support's answers in what WhatsApp gives back with a status."""


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
    given = str(status.get("biz_opaque_callback_data") or "")
    if given.startswith(REPLY):
        _settle_reply(given.removeprefix(REPLY), to)
        return
    # Our own id comes back even when the answer to the sending was lost.
    message_id = UUID(given) if given else read(lambda tx: notifications.find_by_provider_id(tx, str(status["id"])))
    message = message_id and read(lambda tx: notifications.find(tx, message_id))
    if not message:
        return
    if to is MessageStatus.FAILED:
        is_of_this_try = message.provider_message_id in {None, str(status["id"])}
        if rules.can_fail(MessageStatus(message.status)) and is_of_this_try:
            errors = status.get("errors") or [{}]
            sending.refuse(message, int(errors[0].get("code") or 0))
            sending.show(message.id)
        return

    def work(tx: Tx) -> bool:
        now = notifications.lock(tx, message.id)
        if now is None or not rules.is_forward(MessageStatus(now.status), to):
            return False
        notifications.set_status(tx, message.id, to, clock.now(), provider_id=str(status["id"]))
        return True

    if run_transaction(work):
        sending.show(message.id)


def _settle_reply(message_id: str, to: MessageStatus) -> None:
    """Note what became of an answer of support's, also when WhatsApp's own answer to it was lost."""
    status = "failed" if to is MessageStatus.FAILED else "sent"

    def work(tx: Tx) -> None:
        if support.get_message_status(tx, message_id) not in {None, "received", status}:
            support.set_message_status(tx, message_id, status, clock.now())

    run_transaction(work)


def _take_message(message: dict[str, Any], value: dict[str, Any]) -> None:
    phone = f"+{message['from']}" if message.get("from") else None
    contact_id = _contact_id(message, value, phone)
    uid = people.uid_of(phone) if phone else None
    sent_at = datetime.fromtimestamp(int(message["timestamp"]), UTC)
    run_transaction(
        lambda tx: support.upsert_contact(
            tx, contact_id, phone, uid, min(sent_at, clock.now()) + rules.WINDOW, clock.now()
        )
    )
    words = {rules.plain(text) for text in _said(message)}
    if words & rules.STOP_WORDS and uid is not None:
        sending.opt_out(uid)
        return
    if words & rules.TRACK_WORDS and uid is not None and _answer_track(uid, str(message["id"])):
        return
    text = next((text for text in _said(message) if text.strip()), f"({str(message.get('type'))[:40]})")
    thread_id = run_transaction(lambda tx: _keep_message(tx, contact_id, str(message["id"]), text[:MAX_BODY]))
    project_thread(thread_id)


def _contact_id(message: dict[str, Any], value: dict[str, Any], phone: str | None) -> str:
    """Name who wrote: by Meta's id of them, which stays when their number is hidden or changes; without one, by the number."""
    if message.get("from_user_id"):
        return str(message["from_user_id"])
    contacts: list[dict[str, Any]] = value.get("contacts") or []
    of_number = [contact.get("user_id") for contact in contacts if contact.get("wa_id") == message.get("from")]
    found = next((user_id for user_id in of_number if user_id), None) or phone
    if found is None:
        raise ValueError("a message from nobody")
    return str(found)


def _said(message: dict[str, Any]) -> list[str]:
    """Give what somebody wrote, or a button's label and then its own id; nothing for a picture, a place, a voice."""
    kind = str(message.get("type"))
    content = message.get(kind) or {}
    if kind == "interactive":
        reply = content.get("button_reply") or content.get("list_reply") or {}
        found = [reply.get("title"), reply.get("id")]
    else:
        found = {"text": [content.get("body")], "button": [content.get("text"), content.get("payload")]}.get(kind, [])
    return [text.replace("\x00", "") for text in found if isinstance(text, str)]


def _answer_track(uid: str, message_id: str) -> bool:
    """Queue the last order's status as the answer to one message, once; False when there is no order."""
    latest = read(lambda tx: orders.find_latest(tx, uid))
    if latest is None:
        return False
    run_transaction(lambda tx: sending.queue(tx, uid, Template.ORDER_STATUS, f"answer:{message_id}", list(latest)))
    return True


def _keep_message(tx: Tx, contact_id: str, message_id: str, text: str) -> UUID:
    thread_id = support.open_thread(tx, contact_id, clock.now())
    support.insert_message(tx, message_id, thread_id, "in", text, None, "received", clock.now())
    return thread_id


def reply(once: Once, by: str, thread_id: UUID, body: str) -> ThreadView:
    """Answer a conversation while WhatsApp allows it; the same key says it once.

    Raises NotFound, Conflict with `reason`, ProviderDown (it may have been sent), ProviderRefused.
    """
    stored = once.answer(ThreadView)
    if stored is not None:
        return stored
    thread = read(lambda tx: support.get_thread(tx, thread_id))
    if thread.status != "open":
        raise Conflict("This conversation is closed.", reason="CLOSED")
    if thread.phone is None or not rules.is_window_open(thread.window_expires_at, clock.now()):
        raise Conflict(
            "WhatsApp allows answers for 24 hours after the last message; send a template.", reason="WINDOW_CLOSED"
        )
    message_id = str(once.new_id("reply"))
    if _may_send(message_id, thread_id, by, body):
        try:
            whatsapp.send_text(thread.phone, body, f"{REPLY}{message_id}")
        except ProviderRefused:
            run_transaction(lambda tx: support.set_message_status(tx, message_id, "failed", clock.now()))
            raise

    def work(tx: Tx) -> ThreadView:
        support.set_message_status(tx, message_id, "sent", clock.now())
        return view(tx, thread_id)

    said = once.run(ThreadView, work)
    project_thread(thread_id)
    return said


def _may_send(message_id: str, thread_id: UUID, by: str, body: str) -> bool:
    """Keep an answer before it is sent; False when an earlier try has sent it. Raises Conflict while that is not known."""

    def work(tx: Tx) -> bool:
        at = clock.now()
        if support.insert_message(tx, message_id, thread_id, "out", body, by, "sending", at):
            return True
        if support.get_message_status(tx, message_id) == "sent":
            return False
        if not support.claim_message(tx, message_id, at, at - rules.LOST_ANSWER):
            raise Conflict("This answer may have been sent; ask again in two minutes.", reason="BEING_SENT")
        return True

    return run_transaction(work)


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
