"""A person decides about money that is not what was asked."""

from datetime import datetime
from functools import partial
from uuid import UUID

from plazza import clock, logs
from plazza.data.once import Once
from plazza.data.sql import Tx, read
from plazza.errors import Conflict
from plazza.http import paging
from plazza.identity import Caller
from plazza.payment import rules
from plazza.payment.actions import settlement, views
from plazza.payment.models import Decision, PaymentView, ResolvePayment, WaitingPayment, WaitingQuery
from plazza.payment.store import attempts, decisions, payments
from plazza.providers import razorpay
from plazza.schema import Page


def resolve(once: Once, caller: Caller, payment_id: UUID, body: ResolvePayment) -> PaymentView:
    """Do what a person decided about a conflicted payment.

    Raises NotFound, Conflict when nothing is to be decided or the decision cannot be carried out, Forbidden when only an
    administrator may decide so, ProviderDown.
    """
    stored = once.answer(PaymentView)
    if stored is not None:
        return stored
    accepted = _whole_attempt(payment_id, caller) if body.decision is Decision.ACCEPT else None

    def work(tx: Tx) -> PaymentView:
        payment = payments.lock_payment(tx, payment_id)
        settlement.decide(tx, payment, body.decision, accepted, caller)
        decisions.insert_decision(tx, payment_id, body.decision, body.note, caller, clock.now())
        tx.after_commit["tell of a decision"] = partial(
            logs.write,
            "WARNING",
            "a person decided about a payment",
            payment_id=str(payment_id),
            decision=body.decision,
            uid=caller.uid,
        )
        return views.view(tx, payments.lock_payment(tx, payment_id), caller)

    return once.run(PaymentView, work)


def _whole_attempt(payment_id: UUID, caller: Caller) -> str:
    """Give the attempt that may pay the order, after Razorpay said that its money is still there."""

    def choose(tx: Tx) -> str:
        payment = payments.get_payment(tx, payment_id, seen_by=caller)
        captured = attempts.list_captured(tx, payment_id)
        return rules.choose_accepted(settlement.standing_of(tx, payment), captured, caller.role).razorpay_payment_id

    ident = read(choose)
    there = razorpay.fetch_payment(ident)
    if there.status != "captured" or there.amount_refunded:
        raise Conflict("Razorpay no longer holds this money; say that it was handled.", razorpay_status=there.status)
    return ident


def list_conflicted(query: WaitingQuery) -> Page[WaitingPayment]:
    """Give the payments about which a person must decide, oldest first."""
    after = paging.decode(query.cursor, datetime.fromisoformat, UUID)
    last = (after[0], after[1]) if after else None
    rows = read(lambda tx: payments.list_conflicted(tx, last, query.limit + 1))
    items = [
        WaitingPayment.model_validate({name: getattr(row, name) for name in WaitingPayment.model_fields})
        for row in rows
    ]
    return paging.page(items, query.limit, lambda item: (item.created_at.isoformat(), str(item.id)))
