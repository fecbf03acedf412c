"""Entry points of payments."""

from typing import Any
from uuid import UUID

from firebase_functions.https_fn import CallableRequest, on_request
from firebase_functions.options import MemoryOption, RateLimits, RetryConfig, Timezone
from firebase_functions.scheduler_fn import ScheduledEvent, on_schedule
from firebase_functions.tasks_fn import on_task_dispatched
from flask import Request, Response

from plazza.settings import (
    COCKROACH_DB_URL,
    RAZORPAY_KEY_ID,
    RAZORPAY_KEY_SECRET,
    RAZORPAY_WEBHOOK_SECRET,
    RAZORPAY_WEBHOOK_SECRET_PREVIOUS,
    REDIS_URL,
    REGION,
    THREADS,
)


@on_request(
    region=REGION,
    memory=MemoryOption.MB_512,
    cpu=1,
    timeout_sec=30,
    concurrency=THREADS,
    min_instances=1,
    max_instances=20,
    invoker="public",
    secrets=[COCKROACH_DB_URL, REDIS_URL, RAZORPAY_KEY_ID, RAZORPAY_KEY_SECRET],
)
def payments(request: Request) -> Response:
    """Create, verify, refund and read payments."""
    # Small bodies and one call to Razorpay: half the memory, and a customer waits no longer than 30 seconds.
    from plazza.payment.routes.payments import api

    return api.dispatch(request)


@on_request(
    region=REGION,
    memory=MemoryOption.MB_256,
    cpu=1,
    timeout_sec=10,
    concurrency=THREADS,
    min_instances=1,
    max_instances=20,
    invoker="public",
    secrets=[COCKROACH_DB_URL, REDIS_URL, RAZORPAY_WEBHOOK_SECRET, RAZORPAY_WEBHOOK_SECRET_PREVIOUS],
)
def razorpay_webhook(request: Request) -> Response:
    """What Razorpay tells us: stored first, worked on afterwards."""
    # Razorpay waits 5 seconds for an answer: small, quick, and always warm.
    from plazza.payment.routes.webhook import api

    return api.dispatch(request)


@on_task_dispatched(
    retry_config=RetryConfig(max_attempts=3, min_backoff_seconds=2, max_backoff_seconds=60),
    rate_limits=RateLimits(max_concurrent_dispatches=10, max_dispatches_per_second=20),
    region=REGION,
    memory=MemoryOption.MB_512,
    cpu=1,
    timeout_sec=60,
    concurrency=THREADS,
    min_instances=0,
    max_instances=10,
    secrets=[COCKROACH_DB_URL, RAZORPAY_KEY_ID, RAZORPAY_KEY_SECRET],
)
def refundPayments(request: CallableRequest[Any]) -> None:
    """Ask Razorpay for a refund that was promised."""
    # One call to Razorpay; the outbox itself repeats what fails.
    from plazza.data import outbox
    from plazza.payment.consumers import razorpay_refund

    outbox.run(UUID(request.data["row_id"]), razorpay_refund)


@on_schedule(
    schedule="*/5 * * * *",
    timezone=Timezone("Asia/Kolkata"),
    region=REGION,
    memory=MemoryOption.MB_512,
    cpu=1,
    timeout_sec=540,
    min_instances=0,
    max_instances=1,
    secrets=[COCKROACH_DB_URL, RAZORPAY_KEY_ID, RAZORPAY_KEY_SECRET],
)
def reconcile_payments(event: ScheduledEvent) -> None:
    """Ask Razorpay about payments left open and repair ours."""
    # A schedule waits for nobody: no instance is kept warm, and one at a time is enough.
    from plazza.payment.actions import reconcile

    reconcile.reconcile()
