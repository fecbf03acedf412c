"""Messages out: kept once per person, template and subject; sent, repeated later each time, or given up where staff see it."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from plazza import clock, logs, settings
from plazza.data import outbox, rtdb
from plazza.data.once import Once
from plazza.data.sql import POSTGRES, Tx, read, run_transaction
from plazza.delivery.actions.code import current_code
from plazza.errors import NotFound, Unavailable
from plazza.providers import whatsapp
from plazza.providers.errors import ProviderDown, ProviderRefused
from plazza.providers.whatsapp import Remedy
from plazza.whatsapp import rules
from plazza.whatsapp.actions.people import phone_of
from plazza.whatsapp.models import MessageStatus, NotificationView, SendNotification, Template
from plazza.whatsapp.store import notifications as store

LEASE = timedelta(seconds=90)
LANGUAGE = "en"


def queue(tx: Tx, uid: str, template: Template, subject: str, parameters: list[str]) -> None:
    """Keep a message to be sent, unless this person has it. Raises Invalid for a wrong number of parameters."""
    rules.check_parameters(template, len(parameters))
    message_id = uuid4()
    if store.insert(tx, message_id, uid, template.value, subject, parameters, clock.now()):
        outbox.announce(tx, "notification.queued", message_id, lane=subject)


def send_by_hand(once: Once, body: SendNotification) -> NotificationView:
    """Keep a message that staff ask for; asked again, it is the one that is there. Raises Invalid."""

    def work(tx: Tx) -> NotificationView:
        queue(tx, body.uid, body.template, body.subject, list(body.parameters))
        message_id = store.find_same(tx, body.uid, body.template.value, body.subject)
        if message_id is None:
            raise NotFound("No such message.")
        return store.get_view(tx, message_id)

    return once.run(NotificationView, work)


def put_in_queue(message_id: UUID) -> None:
    """Write a message into the live queue, whose trigger sends it. It names what to send, never the text or the code."""
    message = read(lambda tx: store.find(tx, message_id))
    if message is not None and message.status == MessageStatus.QUEUED:
        rtdb.put(f"whatsapp/queue/{message.id}", {"template": message.template, "subject": message.subject})


def send(message_id: UUID) -> None:
    """Send a message that is due; safe to call again and from two places."""
    at = clock.now()
    message = run_transaction(lambda tx: store.claim(tx, message_id, at, at + LEASE))
    if message is None:
        return
    try:
        _send(message, at)
    except Unavailable as exc:
        _again(message, rules.pause_after(message.attempts), type(exc).__name__)


def retry_due() -> int:
    """Send every message whose time has come; give how many were tried."""
    due = read(lambda tx: store.list_due(tx, clock.now(), settings.number("BATCH_SIZE")))
    for message_id in due:
        send(message_id)
    return len(due)


def _send(message: store.Notification, at: datetime) -> None:
    template = Template(message.template)
    paused_until = read(lambda tx: store.get_pause(tx, ["all", message.template], at))
    if paused_until is not None:
        _again(message, paused_until - at, "PAUSED")
        return
    preferences = read(lambda tx: store.get_preferences(tx, message.uid), on=POSTGRES)
    if preferences.whatsapp_opted_out and template not in rules.OF_RUNNING_ORDERS:
        _end(message, MessageStatus.SUPPRESSED, "OPTED_OUT")
        return
    phone = phone_of(message.uid)
    parameters = _parameters(message, template)
    if phone is None or parameters is None:
        _end(message, MessageStatus.DEAD, "NO_PHONE" if phone is None else "CODE_EXPIRED")
        return
    try:
        provider_id = whatsapp.send_template(
            phone, template.value, LANGUAGE, parameters, str(message.id), is_code=template is Template.DELIVERY_CODE
        )
    except ProviderDown:
        # It may have been sent all the same: a status that names it settles that before the next try.
        _again(message, max(rules.LOST_ANSWER, rules.pause_after(message.attempts)), "NO_ANSWER")
    except ProviderRefused as exc:
        refuse(message, int(exc.provider_code or 0))
    else:
        _accept(message, provider_id)


def _parameters(message: store.Notification, template: Template) -> list[str] | None:
    if template is not Template.DELIVERY_CODE:
        return message.parameters
    order_id, _, issue = message.subject.removeprefix("order:").partition(":")
    code = current_code(UUID(order_id), int(issue) if issue else None)
    return [code] if code else None


def _accept(message: store.Notification, provider_id: str) -> None:
    def work(tx: Tx) -> None:
        now = store.lock(tx, message.id)
        if now is not None and now.status == MessageStatus.SENDING:
            store.set_status(tx, message.id, MessageStatus.ACCEPTED, clock.now(), provider_id=provider_id)

    run_transaction(work)
    show(message.id)


def refuse(message: store.Notification, code: int) -> None:
    """Do what an error code of WhatsApp's asks for."""
    remedy = whatsapp.remedy_for(code)
    if remedy in {Remedy.PAUSE, Remedy.PAUSE_TEMPLATE}:
        scope = "all" if remedy is Remedy.PAUSE else message.template
        run_transaction(lambda tx: store.set_pause(tx, scope, clock.now() + rules.PAUSE, str(code)))
        logs.write("ERROR", "whatsapp is paused: people must act", scope=scope, code=code)
        _again(message, rules.PAUSE, str(code))
    elif remedy is Remedy.RETRY:
        _again(message, rules.pause_after(message.attempts), str(code))
    elif remedy is Remedy.RETRY_SLOWLY:
        _again(message, max(rules.SLOWLY, rules.pause_after(message.attempts)), str(code))
    else:
        _end(message, MessageStatus.SUPPRESSED if remedy is Remedy.OPTED_OUT else MessageStatus.DEAD, str(code))


def _again(message: store.Notification, wait: timedelta, error: str) -> None:
    if message.attempts >= rules.MAX_ATTEMPTS and error != "PAUSED":
        _end(message, MessageStatus.DEAD, error)
        return
    at = clock.now()
    run_transaction(
        lambda tx: store.set_status(tx, message.id, MessageStatus.FAILED, at, error=error, next_at=at + wait)
    )


def _end(message: store.Notification, status: MessageStatus, error: str) -> None:
    run_transaction(lambda tx: store.set_status(tx, message.id, status, clock.now(), error=error))
    if status is MessageStatus.DEAD:
        logs.write(
            "ERROR", "a message is dead", template=message.template, error_code=error, message_id=str(message.id)
        )
    show(message.id)


def show(message_id: UUID) -> None:
    """Move a message from the live queue to where staff see what became of it."""
    message = read(lambda tx: store.get_view(tx, message_id))
    place = "dead" if message.status is MessageStatus.DEAD else "sent"
    state = {
        "template": message.template,
        "subject": message.subject,
        "status": message.status,
        "error_code": message.error_code,
    }
    rtdb.update({f"whatsapp/queue/{message_id}": None, f"whatsapp/{place}/{message_id}": state})
