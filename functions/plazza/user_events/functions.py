"""Entry points of what people do in the apps."""

from typing import Any

from firebase_functions.db_fn import Event, on_value_created
from firebase_functions.https_fn import on_request
from firebase_functions.options import MemoryOption, Timezone
from firebase_functions.scheduler_fn import ScheduledEvent, on_schedule
from flask import Request, Response

from plazza.settings import COCKROACH_DB_URL, DATABASE_REGION, REDIS_URL, REGION, THREADS


@on_request(
    region=REGION,
    memory=MemoryOption.MB_512,
    cpu=1,
    timeout_sec=30,
    concurrency=THREADS,
    min_instances=1,
    max_instances=20,
    invoker="public",
    secrets=[COCKROACH_DB_URL, REDIS_URL],
)
def user_events(request: Request) -> Response:
    """Events and sessions of the apps."""
    # Many small batches: half the memory, twice the instances.
    from plazza.user_events.routes import api

    return api.dispatch(request)


@on_value_created(
    reference="/events/{uid}/{session}/{event}",
    region=DATABASE_REGION,
    memory=MemoryOption.MB_512,
    cpu=1,
    timeout_sec=60,
    concurrency=THREADS,
    min_instances=0,
    max_instances=10,
    secrets=[COCKROACH_DB_URL],
)
def on_event_tracked(event: Event[Any]) -> None:
    """Take in an event that an app pushed while it had no API at hand."""
    from plazza.user_events.consumers import copy_event

    copy_event(event.params["uid"], event.params["session"], event.params["event"], event.data)


@on_schedule(
    schedule="*/5 * * * *",
    timezone=Timezone("Asia/Kolkata"),
    region=REGION,
    memory=MemoryOption.MB_256,
    cpu=1,
    timeout_sec=120,
    min_instances=0,
    max_instances=1,
    secrets=[COCKROACH_DB_URL],
)
def close_idle_sessions(event: ScheduledEvent) -> None:
    """End the sessions in which nothing happened for 30 minutes."""
    # A schedule waits for nobody: no instance is kept warm, and one at a time is enough.
    from plazza.user_events import actions

    actions.close_idle_sessions()
