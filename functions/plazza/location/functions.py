"""Entry point of places."""

from firebase_functions.https_fn import on_request
from firebase_functions.options import MemoryOption
from flask import Request, Response

from plazza.settings import COCKROACH_DB_URL, GOOGLE_MAPS_API_KEY, POSTGRES_URL, REDIS_URL, REGION, THREADS


@on_request(
    region=REGION,
    memory=MemoryOption.MB_512,
    cpu=1,
    timeout_sec=30,
    concurrency=THREADS,
    min_instances=1,
    max_instances=10,
    invoker="public",
    secrets=[COCKROACH_DB_URL, POSTGRES_URL, REDIS_URL, GOOGLE_MAPS_API_KEY],
)
def locations(request: Request) -> Response:
    """Addresses, serviceability and the areas served."""
    # Small answers: half the memory and 30 seconds.
    from plazza.location.routes import api

    return api.dispatch(request)
