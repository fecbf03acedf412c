"""Payments over HTTP."""

from uuid import UUID

from plazza.data.once import Once
from plazza.data.sql import read
from plazza.http.api import Api
from plazza.identity import Caller, Role
from plazza.payment.actions import decisions, disputes, intents, refunds, reports, views
from plazza.payment.models import (
    CreatePayment,
    DifferenceView,
    DisputeView,
    PaymentView,
    ReconciliationsQuery,
    ReconciliationView,
    RefundRequest,
    RefundView,
    ResolvePayment,
    VerifyPayment,
    WaitingPayment,
    WaitingQuery,
)
from plazza.payment.store import payments
from plazza.schema import Page

api = Api("payments")


@api.post("/payments/create", roles=[Role.CUSTOMER], status=201)
def create_payment(caller: Caller, once: Once, body: CreatePayment) -> PaymentView:
    """Start paying an order; gives what Razorpay Checkout needs."""
    return intents.create(once, caller, body)


@api.post("/payments/verify", roles=[Role.CUSTOMER])
def verify_payment(caller: Caller, body: VerifyPayment) -> PaymentView:
    """Hand in what Checkout gave; the order is confirmed when the money is there."""
    return intents.verify(caller, body)


@api.post("/payments/refund", roles=[Role.SUPPORT, Role.ADMIN], status=201, sensitive=True)
def refund_payment(caller: Caller, once: Once, body: RefundRequest) -> RefundView:
    """Give back part or all of a captured payment.

    What it takes off the price of an invoiced order is credited: a credit note with reason `allowance` joins the order's.
    """
    return refunds.request_refund(once, body, caller)


@api.post("/payments/<uuid:payment_id>/resolve", roles=[Role.SUPPORT, Role.ADMIN], sensitive=True)
def resolve_payment(caller: Caller, once: Once, payment_id: UUID, body: ResolvePayment) -> PaymentView:
    """Decide about a payment for which something else came than was asked."""
    return decisions.resolve(once, caller, payment_id, body)


@api.get("/payments/conflicted", roles=[Role.SUPPORT, Role.ADMIN])
def list_conflicted(query: WaitingQuery) -> Page[WaitingPayment]:
    """List the payments about which a person must decide."""
    return decisions.list_conflicted(query)


@api.get("/payments/disputes", roles=[Role.SUPPORT, Role.ADMIN])
def list_disputes(query: WaitingQuery) -> Page[DisputeView]:
    """List the disputes that are not over."""
    return disputes.list_open(query)


@api.get("/payments/reconciliations", roles=[Role.SUPPORT, Role.ADMIN])
def list_reconciliations(query: ReconciliationsQuery) -> Page[ReconciliationView]:
    """List the hours in which Razorpay's books were held against ours, latest first."""
    return reports.list_reports(query)


@api.get("/payments/reconciliations/<uuid:reconciliation_id>/differences", roles=[Role.SUPPORT, Role.ADMIN])
def list_differences(reconciliation_id: UUID, query: ReconciliationsQuery) -> Page[DifferenceView]:
    """List what differed in one of those hours."""
    return reports.list_differences(reconciliation_id, query)


@api.get("/payments/<uuid:payment_id>", roles=[Role.CUSTOMER, Role.SUPPORT, Role.ADMIN])
def get_payment(caller: Caller, payment_id: UUID) -> PaymentView:
    """Tell what happened to the money of a payment."""
    return read(lambda tx: views.view(tx, payments.get_payment(tx, payment_id, seen_by=caller), caller))
