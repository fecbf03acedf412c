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
from plazza.whatsapp.models import MessageStatus, NotificationView, Preferences, SendNotification, Template
from plazza.whatsapp.store import notifications as store
from plazza.whatsapp.store import support

LEASE = rules.LOST_ANSWER
"""A sender that died may have sent: the wait is that of a lost answer."""
LANGUAGE = "en"


def queue(
    tx: Tx, uid: str, template: Template, subject: str, parameters: list[str], *, lane: str | None = None
) -> None:
    """Keep a message to be sent, unless this person has it; messages of one `lane` (default: the subject) keep their order.

    Raises Invalid for a wrong number of parameters.
    """
    rules.check_parameters(template, parameters)
    message_id = uuid4()
    if store.insert(tx, message_id, uid, template.value, subject, parameters, clock.now()):
        outbox.announce(tx, "notification.queued", message_id, lane=lane or subject)


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
    show(message_id)


def retry_due() -> int:
    """Send every message whose time has come, tidy the live queue; give how many were tried."""
    due = read(lambda tx: store.list_due(tx, clock.now(), settings.number("BATCH_SIZE")))
    for message_id in due:
        send(message_id)
    _tidy()
    return len(due)


def _send(message: store.Notification, at: datetime) -> None:
    template = Template(message.template)
    paused_until = read(lambda tx: store.get_pause(tx, ["all", message.template], at))
    if paused_until is not None:
        _again(message, paused_until - at, "PAUSED")
        return
    if template not in rules.OF_RUNNING_ORDERS:
        preferences = read(lambda tx: store.get_preferences(tx, message.uid), on=POSTGRES)
        if preferences.whatsapp_opted_out:
            _end(message, MessageStatus.SUPPRESSED, "OPTED_OUT")
            return
    phone = phone_of(message.uid)
    parameters = _parameters(message, template)
    if phone is None or parameters is None:
        _end(message, MessageStatus.DEAD, "NO_PHONE" if phone is None else "CODE_EXPIRED")
        return
    try:
        provider_id = _hand_over(message, template, phone, parameters)
    except ProviderDown:
        # It may have been sent all the same: a status that names it settles that before the next try.
        _again(message, max(rules.LOST_ANSWER, rules.pause_after(message.attempts)), "NO_ANSWER")
    except ProviderRefused as exc:
        refuse(message, int(exc.provider_code or 0))
    else:
        _accept(message, provider_id)


def _hand_over(message: store.Notification, template: Template, phone: str, parameters: list[str]) -> str:
    """Send a template, or within WhatsApp's 24 hours the text that an order's status is answered with."""
    if template is Template.ORDER_STATUS:
        expires_at = read(lambda tx: support.get_window(tx, phone))
        if rules.is_window_open(expires_at, clock.now()):
            number, status = parameters
            return whatsapp.send_text(phone, f"Your Plazza order {number} is {status}.", str(message.id))
    return whatsapp.send_template(
        phone, template.value, LANGUAGE, parameters, str(message.id), is_code=template is Template.DELIVERY_CODE
    )


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


def refuse(message: store.Notification, code: int) -> None:
    """Do what an error code of WhatsApp's asks for, unless the message has moved on since it was read."""
    remedy, wait = whatsapp.remedy_for(code), rules.pause_after(message.attempts)
    if remedy in {Remedy.PAUSE, Remedy.PAUSE_TEMPLATE, Remedy.REST}:
        scope = message.template if remedy is Remedy.PAUSE_TEMPLATE else "all"
        wait = rules.REST if remedy is Remedy.REST else rules.PAUSE
        run_transaction(lambda tx: store.set_pause(tx, scope, clock.now() + wait, str(code)))
        logs.write("ERROR", "whatsapp is paused: people must act", scope=scope, code=code)
        _again(message, wait, str(code))
    elif remedy is Remedy.RETRY or (remedy is Remedy.RETRY_TWICE and message.attempts < rules.CODE_1_TRIES):
        _again(message, wait, str(code))
    elif remedy is Remedy.RETRY_SLOWLY:
        _again(message, max(rules.SLOWLY, wait), str(code))
    elif remedy is Remedy.OPTED_OUT:
        opt_out(message.uid)
        _end(message, MessageStatus.SUPPRESSED, str(code))
    else:
        _end(message, MessageStatus.DEAD, str(code))


def opt_out(uid: str) -> None:
    """Note that a person wants no more than a running order's messages."""
    wish = Preferences(whatsapp_opted_out=True)
    run_transaction(lambda tx: store.set_preferences(tx, uid, wish, clock.now()), on=POSTGRES)


def _again(message: store.Notification, wait: timedelta, error: str) -> None:
    next_at = clock.now() + wait
    if rules.is_too_old(message.created_at, next_at):
        _end(message, MessageStatus.DEAD, error)
        return
    _move(message, MessageStatus.FAILED, error, next_at)


def _end(message: store.Notification, status: MessageStatus, error: str) -> None:
    if _move(message, status, error, None) and status is MessageStatus.DEAD:
        logs.write(
            "ERROR", "a message is dead", template=message.template, error_code=error, message_id=str(message.id)
        )


def _move(message: store.Notification, to: MessageStatus, error: str, next_at: datetime | None) -> bool:
    """Move a message that nobody has moved since it was read: a status may have come in while the call to Meta hung."""

    def work(tx: Tx) -> bool:
        now = store.lock(tx, message.id)
        if now is None or (now.status, now.attempts) != (message.status, message.attempts):
            return False
        store.set_status(tx, message.id, to, clock.now(), error=error, next_at=next_at)
        return True

    return run_transaction(work)


def show(message_id: UUID) -> None:
    """Move a message that is done with from the live queue to where staff see what became of it.

    Without the live database it stays there until `retry_due` tidies up: what was sent must not be sent again for that.
    """
    message = read(lambda tx: store.get_view(tx, message_id))
    if message.status in {MessageStatus.QUEUED, MessageStatus.SENDING, MessageStatus.FAILED}:
        return
    place, other = ("dead", "sent") if message.status is MessageStatus.DEAD else ("sent", "dead")
    state = {
        "template": message.template,
        "subject": message.subject,
        "status": message.status,
        "error_code": message.error_code,
    }
    paths = {"queue": None, other: None, place: state}
    try:
        rtdb.update({f"whatsapp/{name}/{message_id}": value for name, value in paths.items()})
    except Unavailable as exc:
        logs.error("a message is not shown yet", exc, message_id=str(message_id))


def _tidy() -> None:
    try:
        queued = rtdb.get("whatsapp/queue")
    except Unavailable:
        return
    ids = [UUID(name) for name in queued] if isinstance(queued, dict) else []
    for message_id in read(lambda tx: store.list_settled(tx, ids)) if ids else []:
        show(message_id)
