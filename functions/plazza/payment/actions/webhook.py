"""Razorpay's webhooks: verified, stored and answered at once; worked on afterwards from what was stored."""

import json
import re
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from werkzeug.datastructures import Headers

from plazza import clock, logs
from plazza.data import outbox
from plazza.data.sql import Tx, read, run_transaction
from plazza.errors import Invalid, NotFound, Unauthorized
from plazza.payment.actions import disputes, refunds, settlement
from plazza.payment.models import WebhookReceipt
from plazza.payment.store import attempts, payments, timeline, webhooks
from plazza.payment.store.refunds import find_refund_id
from plazza.providers import razorpay

PAYMENT_KINDS = ("payment.authorized", "payment.captured", "payment.failed", "order.paid")
REFUND_KINDS = ("refund.created", "refund.processed", "refund.failed")
_KIND = re.compile(r"[a-z][a-z0-9_.]{2,99}")
_EVENT_ID = re.compile(r"[\x21-\x7e]{1,100}")
WAIT_FOR_OURS = timedelta(hours=1)
"""How long a webhook about something we do not know (yet) is tried again."""


def receive(raw: bytes, headers: Headers) -> WebhookReceipt:
    """Keep a webhook that Razorpay signed; a consumer works on it.

    Raises Unauthorized for a bad signature (nothing is kept), Invalid for a body or an event id that is none, and Unavailable when
    the database is down, so that Razorpay sends it again.
    """
    if not razorpay.is_webhook_signature(raw, headers.get("X-Razorpay-Signature", "")):
        raise Unauthorized("The signature is not Razorpay's.")
    event_id = headers.get("X-Razorpay-Event-Id", "")
    if not _EVENT_ID.fullmatch(event_id):
        raise Invalid("The header X-Razorpay-Event-Id is missing or malformed.", field="X-Razorpay-Event-Id")
    try:
        body = raw.decode()
        kind = json.loads(body)["event"]
    except (ValueError, KeyError, TypeError, RecursionError) as exc:
        raise Invalid("The body is no event.") from exc
    if not isinstance(kind, str) or not _KIND.fullmatch(kind):
        raise Invalid("The body is no event.", field="event")

    def work(tx: Tx) -> WebhookReceipt:
        is_new = webhooks.insert_webhook(tx, event_id, kind, body, clock.now())
        if is_new:
            outbox.announce(tx, "razorpay.reported", event_id)
        return WebhookReceipt(duplicate=not is_new)

    return run_transaction(work)


def process(event_id: str) -> None:
    """Work on a stored webhook. Raises NotFound while it speaks of something that may still become ours."""
    stored = read(lambda tx: webhooks.get_webhook(tx, event_id))
    if stored is None or stored.status != "stored":
        return
    try:
        is_used = _process(event_id, stored.kind, json.loads(stored.body))
    except NotFound:
        if clock.now() - stored.received_at < WAIT_FOR_OURS:
            raise
        is_used = False
    except (ValidationError, KeyError, TypeError) as exc:
        logs.error("webhook has another form than documented", exc, event_id=event_id, kind=stored.kind)
        is_used = False
    run_transaction(lambda tx: webhooks.set_webhook(tx, event_id, "processed" if is_used else "ignored", clock.now()))


def _process(event_id: str, kind: str, body: dict[str, Any]) -> bool:
    if kind in PAYMENT_KINDS:
        payment = razorpay.RazorpayPayment.model_validate(body["payload"]["payment"]["entity"])
        if not payment.order_id:
            return False  # a payment link or page of the same account: orders of ours always have one
        settlement.apply(_our_payment(payment.order_id), payment, "webhook")
        return True
    if kind in REFUND_KINDS:
        return _process_refund(
            event_id, kind, razorpay.RazorpayRefund.model_validate(body["payload"]["refund"]["entity"])
        )
    if kind.startswith("payment.dispute."):
        payment = razorpay.RazorpayPayment.model_validate(body["payload"]["payment"]["entity"])
        if not payment.order_id:
            return False
        disputes.take_in(event_id, kind, body, _our_payment(payment.order_id))
        return True
    return False


def _our_payment(razorpay_order_id: str) -> UUID:
    found = read(lambda tx: payments.find_payment_id(tx, razorpay_order_id))
    if found is None:
        raise NotFound("No such payment.")
    return found


def _process_refund(event_id: str, kind: str, refund: razorpay.RazorpayRefund) -> bool:
    refund_id = read(lambda tx: find_refund_id(tx, refund.id)) or refund.refund_id
    if refund_id is None:
        # Made by hand in Razorpay's dashboard: there is no promise of ours to finish.
        return run_transaction(lambda tx: _note_by_hand(tx, event_id, kind, refund))
    refunds.finish(refund_id, refund)
    return True


def _note_by_hand(tx: Tx, event_id: str, kind: str, refund: razorpay.RazorpayRefund) -> bool:
    payment_id = attempts.list_payment_ids(tx, [refund.payment_id]).get(refund.payment_id)
    tx.after_commit["tell of a refund by hand"] = partial(
        logs.write, "ERROR", "a refund that Plazza did not ask for", razorpay_refund_id=refund.id
    )
    # `refund.created` may say "processed" already, and so would be told twice.
    if payment_id is None or kind != f"refund.{refund.status}":
        return False
    # Marking the webhook and writing its line belong together: a repeat would write a second line.
    if webhooks.set_webhook(tx, event_id, "processed", clock.now()):
        line = f"refund {refund.status} by hand"
        timeline.insert_event(tx, payment_id, line, refund.amount, "webhook", refund.id, clock.now())
    return True
