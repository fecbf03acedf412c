"""A bank disputes a payment: Razorpay tells, people answer there."""

from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from plazza import clock, logs
from plazza.data import outbox
from plazza.data.sql import Tx, read, run_transaction
from plazza.http import paging
from plazza.payment.models import DisputeView, WaitingQuery
from plazza.payment.rules import Dispute
from plazza.payment.store import disputes, timeline, webhooks
from plazza.providers.razorpay import RazorpayDispute, RazorpayEvent
from plazza.schema import Page


def take_in(event_id: str, kind: str, body: dict[str, Any], payment_id: UUID) -> None:
    """Record an event of a dispute; safe to call again, and in any order."""
    told = RazorpayDispute.model_validate(body["payload"]["dispute"]["entity"])
    told_at = datetime.fromtimestamp(RazorpayEvent.model_validate(body).created_at, UTC)
    dispute = Dispute(
        id=told.id,
        razorpay_payment_id=told.payment_id,
        phase=told.phase,
        status=told.status,
        amount_paise=told.amount,
        deducted_paise=told.amount_deducted or 0,
        reason_code=told.reason_code,
        respond_by=datetime.fromtimestamp(told.respond_by, UTC) if told.respond_by else None,
        created_at=datetime.fromtimestamp(told.created_at, UTC),
    )

    def work(tx: Tx) -> None:
        # Marking the webhook and writing its line belong together: a repeat would write a second line.
        if webhooks.set_webhook(tx, event_id, "processed", clock.now()):
            disputes.set_dispute(tx, payment_id, dispute, told_at)
            timeline.insert_event(tx, payment_id, kind, told.amount, "webhook", told.id, clock.now())
            outbox.announce(tx, "payment.changed", payment_id)
            tx.after_commit["tell of a dispute"] = partial(
                logs.write, "ERROR", "a payment is disputed", payment_id=str(payment_id), kind=kind
            )

    run_transaction(work)


def list_open(query: WaitingQuery) -> Page[DisputeView]:
    """Give the disputes that are not over, oldest first."""
    after = paging.decode(query.cursor, datetime.fromisoformat, str)
    last = (after[0], after[1]) if after else None
    rows = read(lambda tx: disputes.list_open(tx, last, query.limit + 1))
    return paging.page(rows, query.limit, lambda row: (row.created_at.isoformat(), row.id))
