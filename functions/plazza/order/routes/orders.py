"""Quotes and orders over HTTP."""

from datetime import datetime
from uuid import UUID

from plazza import clock
from plazza.data.once import Once
from plazza.data.sql import read
from plazza.http import paging
from plazza.http.api import Api, File
from plazza.identity import Caller, Role
from plazza.order.actions import carts, invoicing, moving, placing, reducing, returns, views
from plazza.order.models.changes import CreditNotes, CreditNoteView, ReduceOrder, ReturnPacks
from plazza.order.models.orders import (
    BoardQuery,
    CancelOrder,
    HistoryQuery,
    OrderSummary,
    OrderView,
    PlaceOrder,
    QuoteRequest,
    QuoteView,
    ReorderView,
    SetStatus,
    TakeStep,
)
from plazza.order.rules import states
from plazza.order.store import orders
from plazza.schema import Page

api = Api("orders")

STORE = [Role.STORE_STAFF, Role.PHARMACIST, Role.CASHIER]
OFFICE = [Role.SUPPORT, Role.ADMIN]
MOVERS = [Role.STORE_STAFF, Role.PHARMACIST, *OFFICE]


@api.post("/orders/quote", roles=[Role.CUSTOMER], per_minute=60)
def quote_order(caller: Caller, body: QuoteRequest) -> QuoteView:
    """Price a cart for an address: what it costs, line by line, and what stands against ordering it."""
    return carts.quote(caller, body)


@api.post("/orders", roles=[Role.CUSTOMER], status=201, per_minute=30)
def place_order(caller: Caller, once: Once, body: PlaceOrder) -> OrderView:
    """Order a cart at the price of its quote; send an Idempotency-Key, so that a repeated request is one order."""
    return placing.place_order(caller, once, body)


@api.get("/orders/history", roles=[Role.CUSTOMER, *STORE, *OFFICE])
def list_orders(caller: Caller, query: HistoryQuery) -> Page[OrderSummary]:
    """List orders, latest first: a customer's own, a store's, or for support all."""
    after = paging.decode(query.cursor, datetime.fromisoformat, UUID)
    placed = states.instants(query.from_, query.to)
    rows = read(
        lambda tx: orders.list_orders(
            tx, caller, status=query.status, number=query.number, placed=placed, after=after, limit=query.limit + 1
        )
    )
    return paging.page(
        [views.summary(row) for row in rows], query.limit, lambda row: (row.created_at.isoformat(), str(row.id))
    )


@api.get("/orders/board", roles=[*STORE, *OFFICE])
def list_open_orders(caller: Caller, query: BoardQuery) -> Page[OrderSummary]:
    """List a store's open orders, oldest first: what its live board shows, each with the clock of its stage."""
    store_id = states.store_of(caller, query.store_id)
    after = paging.decode(query.cursor, datetime.fromisoformat, UUID)
    late_at = clock.now() if query.late else None
    rows = read(lambda tx: orders.list_open(tx, store_id, late_at=late_at, after=after, limit=query.limit + 1))
    return paging.page(
        [views.summary(row) for row in rows], query.limit, lambda row: (row.created_at.isoformat(), str(row.id))
    )


@api.get("/orders/<uuid:order_id>", roles=[Role.CUSTOMER, *STORE, *OFFICE])
def get_order(caller: Caller, order_id: UUID) -> OrderView:
    """Read an order with its lines and what happened to it."""
    return views.read_order(order_id, caller)


@api.post("/orders/<uuid:order_id>/cancel", roles=[Role.CUSTOMER, *MOVERS])
def cancel_order(caller: Caller, once: Once, order_id: UUID, body: CancelOrder) -> OrderView:
    """Cancel an order: customers until the store prepares it, the store until it leaves; money that was paid goes back."""
    return moving.cancel_order(caller, once, order_id, body)


@api.post("/orders/<uuid:order_id>/lines", roles=[Role.CUSTOMER, *MOVERS])
def reduce_order(caller: Caller, once: Once, order_id: UUID, body: ReduceOrder) -> OrderView:
    """Drop lines or take packs out of them: customers until the store prepares the order, the store until it leaves.

    What stays keeps its price; the difference that was paid goes back. Customers may not take out what a coupon of the order needs
    (409 `COUPON_NEEDS_THIS`: the coupon's `code`, the `line_nos` to take out as well, `discount_paise` that would not be earned) nor go below
    the area's minimum (`MINIMUM_NOT_MET`); what the store takes out costs no discount. Send an Idempotency-Key.
    """
    return reducing.reduce_order(caller, once, order_id, body)


@api.post("/orders/<uuid:order_id>/returns", roles=MOVERS, status=201)
def return_packs(caller: Caller, once: Once, order_id: UUID, body: ReturnPacks) -> CreditNoteView:
    """Take packs of a delivered order back: a credit note at what each had cost, and the money goes back. Send an Idempotency-Key.

    Unwanted packs within 7 days, unopened and nothing that may need the cold; damaged or wrong ones within 7 days; recalled ones always.
    """
    return returns.return_packs(caller, once, order_id, body)


@api.get("/orders/<uuid:order_id>/credit-notes", roles=[Role.CUSTOMER, *STORE, *OFFICE])
def list_credit_notes(caller: Caller, order_id: UUID) -> CreditNotes:
    """List an order's credit notes."""
    return returns.list_credit_notes(order_id, caller)


@api.get("/orders/<uuid:order_id>/credit-notes/<uuid:note_id>", roles=[Role.CUSTOMER, *STORE, *OFFICE], per_minute=30)
def get_credit_note(caller: Caller, order_id: UUID, note_id: UUID) -> File:
    """Download a credit note as PDF."""
    note = invoicing.read_credit_note(order_id, note_id, caller)
    return File(note.content, "application/pdf", f"{note.number}.pdf")


@api.post("/orders/<uuid:order_id>/reorder", roles=[Role.CUSTOMER])
def reorder(caller: Caller, order_id: UUID) -> ReorderView:
    """Make a cart of what an earlier order had and is still sold; quote it, and order it if it fits."""
    return carts.reorder(caller, order_id)


@api.post("/orders/<uuid:order_id>/steps", roles=[Role.STORE_STAFF, Role.PHARMACIST])
def take_step(caller: Caller, once: Once, order_id: UUID, body: TakeStep) -> OrderView:
    """Note that an order in preparation was picked, or that a pharmacist checked it: the clock of its next stage begins."""
    return moving.take_step(caller, once, order_id, body)


@api.post("/orders/<uuid:order_id>/status", roles=MOVERS)
def set_status(caller: Caller, once: Once, order_id: UUID, body: SetStatus) -> OrderView:
    """Move an order by hand: a confirmed one to processing, or cancel it."""
    return moving.set_status(caller, once, order_id, body)


@api.get("/orders/<uuid:order_id>/invoice", roles=[Role.CUSTOMER, *STORE, *OFFICE], per_minute=30)
def get_invoice(caller: Caller, order_id: UUID) -> File:
    """Download the tax invoice as PDF; it is issued when the parcel leaves the store."""
    invoice = invoicing.read_invoice(order_id, caller)
    return File(invoice.content, "application/pdf", f"{invoice.number}.pdf")
