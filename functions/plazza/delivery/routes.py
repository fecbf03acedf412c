"""Deliveries over HTTP."""

from datetime import datetime
from uuid import UUID

from plazza.data.once import Once
from plazza.data.sql import read
from plazza.delivery import store
from plazza.delivery.actions import code, jobs, proofs
from plazza.delivery.models import (
    AssignRider,
    DeliveriesQuery,
    DeliveryView,
    FailDelivery,
    JobsView,
    ProofView,
    SubmitProof,
    VerifyCode,
)
from plazza.http import paging
from plazza.http.api import Api
from plazza.identity import Caller, Role
from plazza.schema import Page

api = Api("deliveries")

STAFF = [Role.STORE_STAFF, Role.PHARMACIST, Role.SUPPORT, Role.ADMIN]
PER_MINUTE = 60


@api.get("/delivery", roles=STAFF)
def list_deliveries(caller: Caller, query: DeliveriesQuery) -> Page[DeliveryView]:
    """List deliveries, latest first; `flagged=true` are those whose proof staff must look at."""
    after = paging.decode(query.cursor, datetime.fromisoformat, UUID)
    last = (after[0], after[1]) if after else None
    rows = read(lambda tx: store.list_deliveries(tx, query, last, seen_by=caller))
    page = paging.page(rows, query.limit, lambda row: (row.created_at.isoformat(), str(row.id)))
    return Page[DeliveryView](items=[store.view(row) for row in page.items], next_cursor=page.next_cursor)


@api.get("/delivery/jobs", roles=[Role.RIDER])
def list_jobs(caller: Caller) -> JobsView:
    """Give the rider's open jobs, the oldest first, with their addresses and the cash to take."""
    return read(lambda tx: jobs.list_jobs(tx, caller.uid))


@api.get("/delivery/<uuid:order_id>", roles=[*STAFF, Role.CASHIER, Role.RIDER, Role.CUSTOMER])
def get_delivery(caller: Caller, order_id: UUID) -> DeliveryView:
    """Tell how far an order's delivery is."""
    return store.view(read(lambda tx: store.get_delivery(tx, order_id, seen_by=caller)))


@api.post("/delivery/<uuid:order_id>/assign", roles=STAFF)
def assign_rider(caller: Caller, order_id: UUID, body: AssignRider) -> DeliveryView:
    """Give a delivery to a rider, or to another one before it was picked up."""
    return jobs.assign(order_id, body.rider_uid, caller)


@api.post("/delivery/<uuid:order_id>/pickup", roles=[Role.RIDER])
def pick_up(caller: Caller, order_id: UUID) -> DeliveryView:
    """Take the parcel: the order is shipped, and the customer is sent a code."""
    return jobs.pick_up(order_id, caller)


@api.post("/delivery/<uuid:order_id>/arrive", roles=[Role.RIDER])
def arrive(caller: Caller, order_id: UUID) -> DeliveryView:
    """Stand at the door; a code that ran out on the way is sent anew."""
    return jobs.arrive(order_id, caller)


@api.post("/delivery/proof", roles=[Role.RIDER], status=201, per_minute=PER_MINUTE)
def submit_proof(caller: Caller, once: Once, body: SubmitProof) -> ProofView:
    """Hand in a proof of delivery: the customer's code, a photo or a signature."""
    return proofs.submit(once, caller, body)


@api.post("/delivery/verify/<uuid:order_id>", roles=[Role.RIDER], per_minute=PER_MINUTE)
def verify_code(caller: Caller, order_id: UUID, body: VerifyCode) -> ProofView:
    """Type in the code that the customer told; a wrong one is a conflict that says how many tries are left."""
    return proofs.verify(order_id, caller, body)


@api.post("/delivery/<uuid:order_id>/reissue-code", roles=STAFF)
def reissue_code(caller: Caller, order_id: UUID) -> DeliveryView:
    """Send the customer a new code with five new tries."""
    return code.reissue(order_id, caller)


@api.post("/delivery/<uuid:order_id>/fail", roles=[Role.RIDER, *STAFF])
def fail_delivery(caller: Caller, order_id: UUID, body: FailDelivery) -> DeliveryView:
    """Say that the parcel could not be handed over, and why."""
    return jobs.fail(order_id, body.reason, caller)


@api.post("/delivery/<uuid:order_id>/reattempt", roles=STAFF)
def reattempt_delivery(caller: Caller, order_id: UUID) -> DeliveryView:
    """Let a failed delivery be tried again."""
    return jobs.reattempt(order_id, caller)
