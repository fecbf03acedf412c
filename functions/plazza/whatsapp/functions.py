"""Entry points of messages."""

from typing import Any
from uuid import UUID

from firebase_functions.db_fn import Event, on_value_created
from firebase_functions.https_fn import CallableRequest, on_request
from firebase_functions.options import MemoryOption, RateLimits, RetryConfig, Timezone
from firebase_functions.scheduler_fn import ScheduledEvent, on_schedule
from firebase_functions.tasks_fn import on_task_dispatched
from flask import Request, Response

from plazza.settings import (
    COCKROACH_DB_URL,
    DATABASE_REGION,
    OTP_KEY,
    POSTGRES_URL,
    REDIS_URL,
    REGION,
    THREADS,
    WHATSAPP_API_KEY,
    WHATSAPP_APP_SECRET,
    WHATSAPP_VERIFY_TOKEN,
)


@on_request(
    region=REGION,
    memory=MemoryOption.MB_512,
    cpu=1,
    timeout_sec=30,
    concurrency=THREADS,
    min_instances=0,
    max_instances=10,
    invoker="public",
    secrets=[COCKROACH_DB_URL, POSTGRES_URL, REDIS_URL, WHATSAPP_API_KEY],
)
def whatsapp(request: Request) -> Response:
    """Messages and the support inbox, for staff."""
    # Staff tools: small, and no instance kept warm.
    from plazza.whatsapp.routes.messages import api

    return api.dispatch(request)


@on_request(
    region=REGION,
    memory=MemoryOption.MB_256,
    cpu=1,
    timeout_sec=10,
    concurrency=THREADS,
    min_instances=1,
    max_instances=10,
    invoker="public",
    secrets=[COCKROACH_DB_URL, POSTGRES_URL, REDIS_URL, WHATSAPP_APP_SECRET, WHATSAPP_VERIFY_TOKEN],
)
def whatsapp_webhook(request: Request) -> Response:
    """What WhatsApp tells us: statuses and inbound messages, stored first."""
    # Meta wants its answer within a second: small, quick, and always warm.
    from plazza.whatsapp.routes.webhook import api

    return api.dispatch(request)


@on_value_created(
    reference="/whatsapp/queue/{message}",
    region=DATABASE_REGION,
    memory=MemoryOption.MB_512,
    cpu=1,
    timeout_sec=60,
    concurrency=THREADS,
    min_instances=0,
    max_instances=10,
    secrets=[COCKROACH_DB_URL, POSTGRES_URL, OTP_KEY, WHATSAPP_API_KEY],
)
def on_whatsapp_queued(event: Event[Any]) -> None:
    """Send a queued message."""
    # What fails here is due again in `retry_whatsapp`; a retry by the platform would come at once, which Meta counts against us.
    from plazza.whatsapp.actions import sending

    sending.send(UUID(event.params["message"]))


@on_schedule(
    schedule="* * * * *",
    timezone=Timezone("Asia/Kolkata"),
    region=REGION,
    memory=MemoryOption.MB_512,
    cpu=1,
    timeout_sec=540,
    min_instances=0,
    max_instances=1,
    secrets=[COCKROACH_DB_URL, POSTGRES_URL, OTP_KEY, WHATSAPP_API_KEY],
)
def retry_whatsapp(event: ScheduledEvent) -> None:
    """Send what failed or was left behind, later each time, until it is dead."""
    # A schedule waits for nobody: no instance is kept warm, and one at a time is enough.
    from plazza.whatsapp.actions import sending

    sending.retry_due()


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
    secrets=[COCKROACH_DB_URL, POSTGRES_URL, WHATSAPP_API_KEY],
)
def processWhatsapp(request: CallableRequest[Any]) -> None:
    """Work on a stored webhook of WhatsApp's: statuses, people's messages, and the answer to "track"."""
    # Small work, and one text to send at most; the outbox itself repeats what fails.
    from plazza.data import outbox
    from plazza.whatsapp.consumers import process_webhook

    outbox.run(UUID(request.data["row_id"]), process_webhook)
