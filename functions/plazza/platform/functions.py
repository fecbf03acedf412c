"""Entry points of the platform: accounts, health, the outbox, backups, purges."""

from typing import Any

from firebase_functions.https_fn import CallableRequest, on_request
from firebase_functions.options import MemoryOption, RateLimits, RetryConfig, Timezone
from firebase_functions.scheduler_fn import ScheduledEvent, on_schedule
from firebase_functions.tasks_fn import on_task_dispatched
from flask import Request, Response

from plazza.settings import COCKROACH_DB_URL, ELASTICSEARCH_URL, OTP_KEY, POSTGRES_URL, REDIS_URL, REGION, THREADS


@on_request(
    region=REGION,
    memory=MemoryOption.MB_512,
    cpu=1,
    timeout_sec=30,
    concurrency=THREADS,
    min_instances=1,
    max_instances=10,
    invoker="public",
    secrets=[REDIS_URL],
)
def accounts(request: Request) -> Response:
    """Who I am; and for administrators, what others may do."""
    # Small answers: half the memory and 30 seconds.
    from plazza.platform.routes.accounts import api

    return api.dispatch(request)


@on_request(
    region=REGION,
    memory=MemoryOption.MB_512,
    cpu=1,
    timeout_sec=15,
    concurrency=THREADS,
    min_instances=0,
    max_instances=2,
    invoker="public",
    secrets=[COCKROACH_DB_URL, POSTGRES_URL, REDIS_URL, ELASTICSEARCH_URL],
)
def health(request: Request) -> Response:
    """Whether each part answers."""
    # Asked by monitors only: two instances at most.
    from plazza.platform.routes.health import api

    return api.dispatch(request)


@on_task_dispatched(
    retry_config=RetryConfig(max_attempts=1, min_backoff_seconds=2, max_backoff_seconds=60),
    rate_limits=RateLimits(max_concurrent_dispatches=4, max_dispatches_per_second=50),
    region=REGION,
    memory=MemoryOption.MB_512,
    cpu=1,
    timeout_sec=120,
    concurrency=THREADS,
    min_instances=0,
    max_instances=4,
    secrets=[COCKROACH_DB_URL, POSTGRES_URL, REDIS_URL, OTP_KEY],
)
def dispatchOutbox(request: CallableRequest[Any]) -> None:
    """Deliver the consequences of what was just committed."""
    # A nudge that is lost costs nothing: the sweep comes within a minute.
    from plazza.platform.actions import dispatch

    dispatch.run()


@on_schedule(
    schedule="* * * * *",
    timezone=Timezone("Asia/Kolkata"),
    region=REGION,
    memory=MemoryOption.MB_512,
    cpu=1,
    timeout_sec=540,
    min_instances=0,
    max_instances=1,
    secrets=[COCKROACH_DB_URL, POSTGRES_URL, REDIS_URL, OTP_KEY],
)
def sweep_outbox(event: ScheduledEvent) -> None:
    """Deliver what no nudge reached and what was postponed."""
    # A schedule waits for nobody: no instance is kept warm, and one at a time is enough.
    from plazza.platform.actions import dispatch

    dispatch.run()


@on_schedule(
    schedule="30 2 * * *",
    timezone=Timezone("Asia/Kolkata"),
    region=REGION,
    memory=MemoryOption.GB_1,
    cpu=1,
    timeout_sec=540,
    min_instances=0,
    max_instances=1,
    secrets=[COCKROACH_DB_URL, POSTGRES_URL],
)
def backup_databases(event: ScheduledEvent) -> None:
    """Write a dated copy of the databases and the live database."""
    # A schedule waits for nobody: no instance is kept warm, and one at a time is enough.
    from plazza.platform.actions import backups

    backups.back_up()


@on_schedule(
    schedule="10 3 * * *",
    timezone=Timezone("Asia/Kolkata"),
    region=REGION,
    memory=MemoryOption.MB_512,
    cpu=1,
    timeout_sec=540,
    min_instances=0,
    max_instances=1,
    secrets=[COCKROACH_DB_URL],
)
def purge_expired_data(event: ScheduledEvent) -> None:
    """Delete what is past its time: keys, delivered outbox rows, old events."""
    # A schedule waits for nobody: no instance is kept warm, and one at a time is enough.
    from plazza.platform.actions import purge

    purge.purge()
