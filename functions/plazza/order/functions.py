"""Entry points of orders, stock and the counter."""

from typing import Any
from uuid import UUID

from firebase_functions.https_fn import CallableRequest, on_request
from firebase_functions.options import MemoryOption, RateLimits, RetryConfig, Timezone
from firebase_functions.scheduler_fn import ScheduledEvent, on_schedule
from firebase_functions.tasks_fn import on_task_dispatched
from flask import Request, Response

from plazza.settings import (
    AIRTABLE_API_KEY,
    COCKROACH_DB_URL,
    GOOGLE_MAPS_API_KEY,
    POSTGRES_URL,
    REDIS_URL,
    REGION,
    THREADS,
)


@on_request(
    region=REGION,
    memory=MemoryOption.GB_1,
    cpu=1,
    timeout_sec=60,
    concurrency=THREADS,
    min_instances=1,
    max_instances=20,
    invoker="public",
    secrets=[COCKROACH_DB_URL, POSTGRES_URL, REDIS_URL, GOOGLE_MAPS_API_KEY],
)
def orders(request: Request) -> Response:
    """Quote, place, cancel, move and read orders; invoices."""
    # The busiest writer: twice the default instances; nobody waits longer than a minute for an order.
    from plazza.order.routes.orders import api

    return api.dispatch(request)


@on_request(
    region=REGION,
    memory=MemoryOption.GB_1,
    cpu=1,
    timeout_sec=60,
    concurrency=THREADS,
    min_instances=1,
    max_instances=10,
    invoker="public",
    secrets=[COCKROACH_DB_URL, REDIS_URL],
)
def inventory(request: Request) -> Response:
    """Stores, batches, stock adjustments and counter sales."""
    # A till waits no longer than a minute.
    from plazza.order.routes.inventory import api

    return api.dispatch(request)


@on_task_dispatched(
    retry_config=RetryConfig(max_attempts=3, min_backoff_seconds=2, max_backoff_seconds=60),
    rate_limits=RateLimits(max_concurrent_dispatches=1, max_dispatches_per_second=4),
    region=REGION,
    memory=MemoryOption.MB_512,
    cpu=1,
    timeout_sec=60,
    concurrency=THREADS,
    min_instances=0,
    max_instances=1,
    secrets=[COCKROACH_DB_URL, AIRTABLE_API_KEY],
)
def mirrorOrders(request: CallableRequest[Any]) -> None:
    """Copy an order into the operations team's Airtable."""
    # Airtable takes five requests a second and one writer per table.
    from plazza.data import outbox
    from plazza.order.consumers import mirror_order

    outbox.run(UUID(request.data["row_id"]), mirror_order)


@on_schedule(
    schedule="* * * * *",
    timezone=Timezone("Asia/Kolkata"),
    region=REGION,
    memory=MemoryOption.MB_512,
    cpu=1,
    timeout_sec=540,
    min_instances=0,
    max_instances=1,
    secrets=[COCKROACH_DB_URL, POSTGRES_URL],
)
def expire_pending_orders(event: ScheduledEvent) -> None:
    """Give back what unpaid orders and forgotten coupons hold."""
    # A schedule waits for nobody: no instance is kept warm, and one at a time is enough.
    from plazza.order.actions import coupons, expiry

    expiry.expire_pending()
    coupons.settle_expired()
