"""Entry points of the catalogue: products, search, prescriptions."""

from typing import Any
from uuid import UUID

from firebase_functions.core import CloudEvent
from firebase_functions.https_fn import CallableRequest, on_request
from firebase_functions.options import MemoryOption, RateLimits, RetryConfig, Timezone
from firebase_functions.scheduler_fn import ScheduledEvent, on_schedule
from firebase_functions.storage_fn import StorageObjectData, on_object_finalized
from firebase_functions.tasks_fn import on_task_dispatched
from flask import Request, Response

from plazza.settings import (
    AIRTABLE_API_KEY,
    ANTHROPIC_API_KEY,
    AWS_ACCESS_KEY,
    AWS_SECRET_KEY,
    BUCKET_REGION,
    COCKROACH_DB_URL,
    ELASTICSEARCH_URL,
    REDIS_URL,
    REGION,
    THREADS,
)


@on_request(
    region=REGION,
    memory=MemoryOption.GB_1,
    cpu=1,
    timeout_sec=15,
    concurrency=THREADS,
    min_instances=1,
    max_instances=50,
    invoker="public",
    secrets=[COCKROACH_DB_URL, REDIS_URL, ELASTICSEARCH_URL],
)
def catalogue(request: Request) -> Response:
    """Products: list, search, suggest, substitutes, cart check."""
    # Every order starts here: more instances than the default ten, and reads and small writes answer in seconds; a longer one is stuck and should free its thread.
    from plazza.catalogue.routes.products import api

    return api.dispatch(request)


@on_request(
    region=REGION,
    memory=MemoryOption.GB_1,
    cpu=1,
    timeout_sec=540,
    concurrency=THREADS,
    min_instances=0,
    max_instances=10,
    invoker="public",
    secrets=[COCKROACH_DB_URL, REDIS_URL, ELASTICSEARCH_URL],
)
def catalogue_admin(request: Request) -> Response:
    """Products and index for staff: upsert, import, vendor matches, index build, swap and status."""
    # Staff tools: the default 540 seconds for an index build, and no instance kept warm.
    from plazza.catalogue.routes.admin import api

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
    secrets=[COCKROACH_DB_URL, REDIS_URL, ELASTICSEARCH_URL],
)
def prescriptions(request: Request) -> Response:
    """Prescriptions: upload, list, review, the cart made of one."""
    # An upload of 10 MiB over a slow line fits into a minute.
    from plazza.catalogue.routes.prescriptions import api

    return api.dispatch(request)


@on_object_finalized(
    region=BUCKET_REGION,
    memory=MemoryOption.MB_512,
    cpu=1,
    timeout_sec=60,
    concurrency=THREADS,
    min_instances=0,
    max_instances=10,
    secrets=[COCKROACH_DB_URL],
)
def on_prescription_uploaded(event: CloudEvent[StorageObjectData]) -> None:
    """Register an uploaded prescription and ask for it to be read."""
    # One bucket holds everything, so most objects are not ours: they are left at once, before any room is loaded.
    path = event.data.name or ""
    if not path.startswith("prescriptions/"):
        return
    from plazza.catalogue.actions import reading

    reading.begin(path, event.data.content_type or "", int(event.data.size or 0))


@on_task_dispatched(
    retry_config=RetryConfig(max_attempts=5, min_backoff_seconds=2, max_backoff_seconds=60),
    rate_limits=RateLimits(max_concurrent_dispatches=5, max_dispatches_per_second=5),
    region=REGION,
    memory=MemoryOption.GB_1,
    cpu=1,
    timeout_sec=540,
    concurrency=THREADS,
    min_instances=0,
    max_instances=10,
    secrets=[COCKROACH_DB_URL, REDIS_URL, ELASTICSEARCH_URL, AWS_ACCESS_KEY, AWS_SECRET_KEY, ANTHROPIC_API_KEY],
)
def readPrescription(request: CallableRequest[Any]) -> None:
    """Read a prescription: pages to text, text to lines, lines to products."""
    # Pages of a PDF are held in memory, and two providers are waited for: the default memory and time.
    from plazza.catalogue.actions import reading

    reading.read(UUID(request.data["prescription_id"]))


@on_task_dispatched(
    retry_config=RetryConfig(max_attempts=3, min_backoff_seconds=2, max_backoff_seconds=60),
    rate_limits=RateLimits(max_concurrent_dispatches=10, max_dispatches_per_second=100),
    region=REGION,
    memory=MemoryOption.MB_512,
    cpu=1,
    timeout_sec=60,
    concurrency=THREADS,
    min_instances=0,
    max_instances=10,
    secrets=[COCKROACH_DB_URL, REDIS_URL, ELASTICSEARCH_URL],
)
def indexProducts(request: CallableRequest[Any]) -> None:
    """Bring one product of the search index up to date."""
    # A small write; the outbox itself repeats what fails.
    from plazza.catalogue.consumers import index_product
    from plazza.data import outbox

    outbox.run(UUID(request.data["row_id"]), index_product)


@on_schedule(
    schedule="*/15 * * * *",
    timezone=Timezone("Asia/Kolkata"),
    region=REGION,
    memory=MemoryOption.MB_512,
    cpu=1,
    timeout_sec=540,
    min_instances=0,
    max_instances=1,
    secrets=[COCKROACH_DB_URL, REDIS_URL, AIRTABLE_API_KEY],
)
def sync_products(event: ScheduledEvent) -> None:
    """Take what the operations team changed in Airtable into the catalogue."""
    # A schedule waits for nobody: no instance is kept warm, and one at a time is enough.
    from plazza.catalogue.actions import sync, tombstones, vendors

    vendors.queue_doubtful()
    sync.sync_products()
    tombstones.sweep_if_due()


@on_schedule(
    schedule="7 * * * *",
    timezone=Timezone("Asia/Kolkata"),
    region=REGION,
    memory=MemoryOption.MB_512,
    cpu=1,
    timeout_sec=540,
    min_instances=0,
    max_instances=1,
    secrets=[COCKROACH_DB_URL, REDIS_URL],
)
def refresh_popularity(event: ScheduledEvent) -> None:
    """Count views, cart additions and purchases into the popularity of products, and searches into the query log."""
    # A schedule waits for nobody: no instance is kept warm, and one at a time is enough.
    from plazza.catalogue.actions import popularity, query_log

    popularity.refresh_popularity()
    query_log.drain()
